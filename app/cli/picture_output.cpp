#include "app/cli/picture_output.h"

#include "app/cli/console.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace racktwin {
namespace {

namespace fs = std::filesystem;

bool is_standard_output(const std::string& output) {
  return output == "-" || output == "/dev/stdout" || output == "/dev/fd/1" || output == "/proc/self/fd/1";
}

// A pipe or a device: bytes go into it as they are.
bool is_stream(const std::string& output) {
  std::error_code error;
  const fs::file_status status = fs::status(output, error);
  return fs::is_fifo(status) || fs::is_character_file(status) || fs::is_socket(status);
}

bool is_terminal_device(const std::string& output) {
  if (is_standard_output(output)) return is_terminal(STDOUT_FILENO);
  const int file = ::open(output.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  const bool is_one = file >= 0 && is_terminal(file);
  if (file >= 0) ::close(file);
  return is_one;
}

tl::unexpected<Errors> bad_output(std::string message, std::string hint) {
  return fail(Error{ErrorCode::kBadInput, std::move(message), {}, 1, std::move(hint), {}});
}

tl::unexpected<Errors> cannot_write(const std::string& output, int number) {
  return fail(Error{ErrorCode::kIo,
                    fmt::format("cannot write {}: {}", output, std::strerror(number)),
                    {},
                    1,
                    number == EEXIST ? "--force replaces it" : "",
                    {}});
}

}  // namespace

Result<void> check_picture_output(const std::string& output, bool force) {
  if (is_standard_output(output) || is_stream(output)) {
    const bool is_pipe = !is_standard_output(output) && fs::is_fifo(output);  // opening one would disturb its reader
    if (is_pipe || !is_terminal_device(output)) return {};
    return bad_output("a picture is not written to a terminal", "-o FILE.png, or into a pipe: -o - | COMMAND");
  }
  std::string extension = fs::path(output).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  if (extension != ".png")
    return bad_output(fmt::format("a picture is a PNG, which \"{}\" is no name for", output),
                      fmt::format("\"{}\"", fs::path(output).replace_extension(".png").string()));
  std::error_code error;
  if (fs::exists(output, error) && !force) return cannot_write(output, EEXIST);
  return {};
}

Result<void> write_picture(const std::string& output, const Image& image, const PngText& text, bool force) {
  if (!is_standard_output(output) && !is_stream(output)) return write_png(output, image, text, force);
  const Result<std::string> bytes = png_bytes(image, text);
  if (!bytes) return fail(bytes.error());
  if (is_standard_output(output)) {
    print_result(*bytes);
    return {};
  }
  std::FILE* stream = std::fopen(output.c_str(), "wbe");
  if (stream == nullptr) return cannot_write(output, errno);
  int number = std::fwrite(bytes->data(), 1, bytes->size(), stream) == bytes->size() ? 0 : errno;
  if (std::fclose(stream) != 0 && number == 0) number = errno;
  if (number != 0 && number != EPIPE) return cannot_write(output, number);
  return {};
}

std::string written_text(const std::string& output) {
  return is_standard_output(output) ? std::string() : fmt::format("wrote {}\n", output);
}

}  // namespace racktwin
