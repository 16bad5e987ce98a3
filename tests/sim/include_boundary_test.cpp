// The link graph of the project, read off its #include lines.
#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

namespace racktwin {
namespace {

namespace fs = std::filesystem;

struct Include {
  std::string file;    // "sim/document.cpp"
  std::string header;  // "toml++/toml.h"
};

std::vector<Include> includes_of(const std::vector<std::string>& folders) {
  const fs::path root = RACKTWIN_SOURCE_DIRECTORY;
  std::vector<Include> includes;
  for (const std::string& folder : folders) {
    if (!fs::exists(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      if (entry.path().extension() != ".h" && entry.path().extension() != ".cpp") continue;
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) {
        if (line.compare(0, 9, "#include ") != 0 || line.size() < 11) continue;
        const std::size_t end = line.find_first_of(">\"", 10);
        includes.push_back({fs::relative(entry.path(), root).string(), line.substr(10, end - 10)});
      }
    }
  }
  return includes;
}

bool begins(const std::string& text, const std::string& with) { return text.compare(0, with.size(), with) == 0; }

// The files that include a header that begins with one of `prefixes`, each once.
std::vector<std::string> files_that_include(const std::vector<Include>& includes,
                                            const std::vector<std::string>& prefixes) {
  std::vector<std::string> files;
  for (const Include& include : includes)
    if (std::any_of(prefixes.begin(), prefixes.end(), [&](const auto& p) { return begins(include.header, p); }))
      files.push_back(include.file);
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

using Files = std::vector<std::string>;

TEST_CASE("one file each sees SimGrid and toml++, and only recordings see SQLite") {
  const auto includes = includes_of({"sim", "app", "render"});
  REQUIRE(includes.size() > 100);
  CHECK(files_that_include(includes, {"simgrid/", "xbt/"}) == Files{"sim/network/solver.cpp"});
  CHECK(files_that_include(includes, {"SQLiteCpp/", "sqlite3"}) == Files{"sim/recording/recording_database.h"});
  for (const std::string& file :
       files_that_include(includes, {"sim/recording/recording_database.h", "sim/recording/recording_reader.h"})) {
    INFO(file);
    CHECK(begins(file, "sim/recording/recording_"));
  }
  CHECK(files_that_include(includes, {"toml++/"}) == Files{"sim/document.cpp"});
}

TEST_CASE("sim sees nothing of app and render, and render nothing of app") {
  CHECK(files_that_include(includes_of({"sim"}), {"app/", "render/", "glm/"}).empty());
  CHECK(files_that_include(includes_of({"render"}), {"app/"}).empty());
}

TEST_CASE("plots see no scene, the scene no OpenGL, and only app/ui and app/window see Dear ImGui") {
  const Files plot = {"render/colour", "render/text", "render/image", "render/plot"};
  CHECK(files_that_include(includes_of(plot), {"render/scene/", "render/gl/", "glm/"}).empty());
  CHECK(files_that_include(includes_of({"render/scene"}), {"render/gl/", "epoxy/", "GL/"}).empty());
  for (const std::string& file : files_that_include(includes_of({"app", "render"}), {"epoxy/", "GL/"})) {
    INFO(file);
    CHECK(begins(file, "render/gl/"));
  }
  for (const std::string& file : files_that_include(includes_of({"app", "render"}), {"imgui", "backends/imgui"})) {
    INFO(file);
    CHECK((begins(file, "app/ui/") || begins(file, "app/window/")));
  }
  CHECK(files_that_include(includes_of({"render"}), {"ft2build.h", "freetype/"}) == Files{"render/text/font.cpp"});
  CHECK(files_that_include(includes_of({"render"}), {"png.h"}) == Files{"render/image/png.cpp"});
}

TEST_CASE("only app/cli sees CLI11, and six files of it nlohmann-json") {
  for (const std::string& file : files_that_include(includes_of({"sim", "app", "render"}), {"CLI/"})) {
    INFO(file);
    CHECK(begins(file, "app/cli/"));
  }
  CHECK(files_that_include(includes_of({"app"}), {"nlohmann/"}) ==
        Files{"app/cli/collective.cpp", "app/cli/entry_text.cpp", "app/cli/summary_json.cpp", "app/cli/validate.cpp",
              "app/cli/validate_parameters.cpp", "app/cli/waveform.cpp"});
}

TEST_CASE("nobody includes iostream") {
  CHECK(files_that_include(includes_of({"sim", "app", "render"}), {"iostream"}).empty());
}

}  // namespace
}  // namespace racktwin
