#include "sim/write_file.h"

#include "tests/sim/folder.h"

#include <catch2/catch.hpp>

#include <filesystem>

namespace racktwin {
TEST_CASE("a file is written as a whole, and replaced only by force") {
  const Folder folder;
  const std::string path = folder.file("a.md");
  REQUIRE(write_file(path, "one", false));
  CHECK(text_of(path) == "one");
  const auto refused = write_file(path, "two", false);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().front().code == ErrorCode::kIo);
  CHECK(refused.error().front().hint == "--force replaces it");
  CHECK(text_of(path) == "one");
  CHECK(write_file(path, "two", true));
  CHECK(text_of(path) == "two");
}

TEST_CASE("what cannot be written is known before, and leaves nothing behind") {
  const Folder folder;
  for (const std::string& path : {std::string("/dev/full"), folder.file("no/such/a.md"), folder.file("")}) {
    INFO(path);
    CHECK_FALSE(check_output_file(path, true));
    const auto refused = write_file(path, "text", true);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().front().code == ErrorCode::kIo);
    CHECK(refused.error().front().message.find("cannot write " + path) == 0);
  }
  CHECK(std::filesystem::is_empty(folder.file("")));
}

}  // namespace racktwin
