#include "sim/write_file.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace racktwin {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Errors> fail_write(const std::string& path, const std::string& reason, std::string hint = {}) {
  return fail(Error{ErrorCode::kIo, fmt::format("cannot write {}: {}", path, reason), {}, 1, std::move(hint), {}});
}

}  // namespace

Result<void> check_output_file(const std::string& path, bool force) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::exists(status) && !fs::is_regular_file(status)) return fail_write(path, "it is not a regular file");
  if (fs::exists(status) && !force) return fail_write(path, std::strerror(EEXIST), "--force replaces it");
  const fs::path directory = fs::absolute(path, error).parent_path();
  if (!fs::is_directory(directory, error)) return fail_write(path, std::strerror(ENOENT));
  return {};
}

Result<void> write_file(const std::string& path, std::string_view bytes, bool force) {
  if (auto refused = check_output_file(path, force); !refused) return refused;
  const std::string temporary = fmt::format("{}.{}.new", path, ::getpid());
  std::FILE* file = std::fopen(temporary.c_str(), "wbe");
  if (file == nullptr) return fail_write(path, std::strerror(errno));
  int number = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size() ? 0 : errno;
  if (std::fclose(file) != 0 && number == 0) number = errno;
  if (number == 0 && std::rename(temporary.c_str(), path.c_str()) != 0) number = errno;
  if (number == 0) return {};
  ::unlink(temporary.c_str());
  return fail_write(path, std::strerror(number));
}

}  // namespace racktwin
