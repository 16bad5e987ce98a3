// A folder for the files of a test, and what tests ask of results.
#pragma once

#include "sim/result.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace racktwin {

// A folder that goes away with the test.
struct Folder {
  Folder() : path(std::filesystem::temp_directory_path() / fmt::format("racktwin-recording-{}", ::getpid())) {
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path); }
  std::string file(const std::string& name) const { return (path / name).string(); }
  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& entry : std::filesystem::directory_iterator(path))
      result.push_back(entry.path().filename().string());
    std::sort(result.begin(), result.end());
    return result;
  }
  std::filesystem::path path;
};

template <class T>
T value_of(Result<T> result) {
  if (!result) FAIL(result.error().front().message);
  return std::move(*result);
}

inline void require_ok(const Result<void>& result) {
  if (!result) FAIL(result.error().front().message);
}

template <class T>
std::string complaint(const Result<T>& result) {
  if (result) return "no error";
  const Error& error = result.error().front();
  return error.hint.empty() ? error.message : error.message + "; " + error.hint;
}

template <class T>
ErrorCode code_of(const Result<T>& result) {
  REQUIRE_FALSE(result.has_value());
  return result.error().front().code;
}

inline std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_text(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace racktwin
