#include "render/image/image.h"

#include <catch2/catch.hpp>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace racktwin {
namespace {

namespace fs = std::filesystem;

// A directory of the test's own, removed with what is in it.
class Directory {
 public:
  Directory() {
    std::string name = (fs::temp_directory_path() / "racktwin-png-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Directory() { fs::remove_all(path_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  std::string file(const char* name) const { return (path_ / name).string(); }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& entry : fs::directory_iterator(path_)) all.push_back(entry.path().filename().string());
    return all;
  }

 private:
  fs::path path_;
};

Image noise(int width, int height) {
  Image image;
  image.width = width;
  image.height = height;
  std::uint32_t state = 1;
  for (int i = 0; i < 4 * width * height; ++i) {
    state = state * 1664525 + 1013904223;
    image.pixels.push_back(i % 4 == 3 ? 255 : static_cast<std::uint8_t>(state >> 24));
  }
  return image;
}

std::string bytes_of(const std::string& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

void put_bytes(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

Error error_of_reading(const std::string& path) {
  const auto image = read_png(path);
  REQUIRE_FALSE(image);
  return image.error().front();
}

// Files cannot grow beyond `bytes` while it lives: what a full disk looks like to a writer.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit = {bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

}  // namespace

TEST_CASE("a picture comes back from its file pixel by pixel, with its texts") {
  const Directory directory;
  const Image image = noise(97, 31);
  const PngText text = {{"Scenario", "llama3"}, {"Place", "Zürich"}, {"Empty", ""}, {"Lines", "one\ntwo"}};
  REQUIRE(write_png(directory.file("a.png"), image, text, false));
  PngText text_read;
  const auto read = read_png(directory.file("a.png"), &text_read);
  REQUIRE(read);
  CHECK(read->width == 97);
  CHECK(read->height == 31);
  CHECK(read->pixels == image.pixels);
  CHECK(text_read == text);
  CHECK(directory.names() == std::vector<std::string>{"a.png"});
}

TEST_CASE("texts stand before the pixels, ASCII as tEXt and the rest as iTXt") {
  const Directory directory;
  REQUIRE(write_png(directory.file("a.png"), noise(4, 4), {{"Scenario", "llama3"}, {"Place", "Zürich"}}, false));
  const std::string bytes = bytes_of(directory.file("a.png"));
  CHECK(bytes.find("tEXtScenario") < bytes.find("IDAT"));
  CHECK(bytes.find("iTXtPlace") < bytes.find("IDAT"));
}

TEST_CASE("alpha is dropped") {
  const Directory directory;
  Image image = noise(2, 1);
  image.pixels[3] = 7;
  REQUIRE(write_png(directory.file("a.png"), image, {}, false));
  image.pixels[3] = 255;
  CHECK(read_png(directory.file("a.png"))->pixels == image.pixels);
}

TEST_CASE("the same picture gives the same bytes") {
  const Directory directory;
  REQUIRE(write_png(directory.file("a.png"), noise(50, 50), {{"Seed", "1"}}, false));
  REQUIRE(write_png(directory.file("b.png"), noise(50, 50), {{"Seed", "1"}}, false));
  CHECK(bytes_of(directory.file("a.png")) == bytes_of(directory.file("b.png")));
}

TEST_CASE("a file is replaced only by force") {
  const Directory directory;
  const std::string path = directory.file("a.png");
  put_bytes(path, "mine");
  const auto refused = write_png(path, noise(2, 2), {}, false);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().front().code == ErrorCode::kIo);
  CHECK(refused.error().front().hint == "--force replaces it");
  CHECK(bytes_of(path) == "mine");
  CHECK(write_png(path, noise(2, 2), {}, true));
  CHECK(read_png(path));
}

TEST_CASE("a path that cannot be written is an I/O error and leaves nothing behind") {
  const Directory directory;
  const auto missing = write_png(directory.file("no/such/a.png"), noise(2, 2), {}, false);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().front().code == ErrorCode::kIo);
  CHECK(missing.error().front().message.find("No such file or directory") != std::string::npos);

  fs::create_directory(directory.file("d.png"));
  const auto folder = write_png(directory.file("d.png"), noise(2, 2), {}, true);
  REQUIRE_FALSE(folder);
  CHECK(folder.error().front().message.find("not a regular file") != std::string::npos);
  CHECK(directory.names() == std::vector<std::string>{"d.png"});
}

TEST_CASE("a disk that fills up keeps the old picture and says why") {
  const Directory directory;
  const std::string path = directory.file("a.png");
  put_bytes(path, "mine");
  Result<void> result;
  {
    const FileSizeLimit limit(10'000);
    result = write_png(path, noise(200, 200), {}, true);
  }
  REQUIRE_FALSE(result);
  CHECK(result.error().front().code == ErrorCode::kIo);
  CHECK(result.error().front().message.find("File too large") != std::string::npos);
  CHECK(bytes_of(path) == "mine");
  CHECK(directory.names() == std::vector<std::string>{"a.png"});
}

TEST_CASE("files that are no PNG, cut off, damaged or too large are refused") {
  const Directory directory;
  CHECK(error_of_reading(directory.file("none.png")).code == ErrorCode::kIo);

  const std::string path = directory.file("a.png");
  REQUIRE(write_png(path, noise(40, 40), {{"Scenario", "x"}}, false));
  const std::string whole = bytes_of(path);
  for (const std::size_t length :
       {std::size_t{0}, std::size_t{7}, std::size_t{20}, whole.size() / 2, whole.size() - 1}) {
    put_bytes(path, whole.substr(0, length));
    INFO(length);
    CHECK(error_of_reading(path).code == ErrorCode::kBadInput);
  }
  std::string damaged = whole;
  damaged[whole.size() / 2] = static_cast<char>(damaged[whole.size() / 2] ^ 0x10);
  put_bytes(path, damaged);
  CHECK(error_of_reading(path).code == ErrorCode::kBadInput);

  put_bytes(path, "SQLite format 3, or anything else that is long enough to hold a signature");
  CHECK(error_of_reading(path).code == ErrorCode::kBadInput);
  CHECK(error_of_reading(directory.file("")).code == ErrorCode::kBadInput);

  // IHDR of 16385 x 1 pixels, with its CRC
  const std::string wide("\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x40\x01\0\0\0\x01\x08\x02\0\0\0", 29);
  put_bytes(path, wide + std::string("\x46\x3f\x4a\x31", 4));
  CHECK(error_of_reading(path).message.find("Invalid IHDR") != std::string::npos);
}

}  // namespace racktwin
