#include "sim/new_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace racktwin {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Errors> cannot_write(const std::string& path, const char* reason, const char* hint = "") {
  return fail(Error{ErrorCode::kIo, fmt::format("cannot write {}: {}", path, reason), {}, 1, hint, {}});
}

}  // namespace

NewFile::NewFile(std::string path, std::string temporary, std::FILE* stream)
    : path_(std::move(path)), temporary_(std::move(temporary)), stream_(stream) {}

NewFile::~NewFile() {
  if (stream_ != nullptr) ::unlink(temporary_.c_str());
}

Result<NewFile> NewFile::create(const std::string& path, bool force) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::exists(status) && !fs::is_regular_file(status)) return cannot_write(path, "it is not a regular file");
  if (fs::exists(status) && !force) return cannot_write(path, std::strerror(EEXIST), "--force replaces it");
  const std::string temporary = fmt::format("{}.{}.new", path, ::getpid());
  std::FILE* stream = std::fopen(temporary.c_str(), "wbe");
  if (stream == nullptr) return cannot_write(path, std::strerror(errno));
  return NewFile(path, temporary, stream);
}

Result<void> NewFile::write(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), stream_.get()) == bytes.size()) return {};
  return cannot_write(path_, std::strerror(errno));
}

Result<void> NewFile::finish() {
  int number = 0;
  if (std::fclose(stream_.release()) != 0) number = errno;
  if (number == 0 && std::rename(temporary_.c_str(), path_.c_str()) != 0) number = errno;
  if (number == 0) return {};
  ::unlink(temporary_.c_str());
  return cannot_write(path_, std::strerror(number));
}

}  // namespace racktwin
