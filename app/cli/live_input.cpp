#include "app/cli/live_input.h"

#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <utility>

namespace racktwin {
namespace {

constexpr std::size_t kLongestBlock = 64 * 1024;  // [bytes]

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r\n") == std::string_view::npos; }

timespec time_of(double seconds) {
  const double whole = std::floor(seconds);
  return {static_cast<time_t>(whole), static_cast<long>((seconds - whole) * 1e9)};
}

}  // namespace

LiveInput::LiveInput(int descriptor, std::function<void(const Errors&)> on_error)
    : descriptor_(descriptor), on_error_(std::move(on_error)) {}

std::vector<std::string> LiveInput::wait(double seconds) {
  pollfd polled = {descriptor_, POLLIN, 0};  // a negative descriptor is ignored
  const timespec longest = time_of(seconds);
  if (ppoll(&polled, 1, &longest, nullptr) <= 0) return {};
  std::array<char, kLongestBlock> buffer;
  const ssize_t count = read(descriptor_, buffer.data(), buffer.size());
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return {};
  if (count <= 0) {  // the end; a descriptor that cannot be read has none either
    descriptor_ = -1;
    text_ += "\n\n";
  } else {
    text_.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return take_blocks();
}

std::vector<std::string> LiveInput::take_blocks() {
  std::vector<std::string> blocks;
  std::size_t block_begin = 0, line_begin = 0;
  for (std::size_t end; (end = text_.find('\n', line_begin)) != std::string::npos; line_begin = end + 1) {
    if (!is_blank(std::string_view(text_).substr(line_begin, end - line_begin))) continue;
    if (line_begin - block_begin > kLongestBlock) break;  // whether its end has come or not
    if (line_begin > block_begin) blocks.push_back(text_.substr(block_begin, line_begin - block_begin));
    block_begin = end + 1;
  }
  text_.erase(0, block_begin);
  if (text_.size() > kLongestBlock) {
    on_error_({{ErrorCode::kBadInput,
                fmt::format("standard input has a block of more than {} KiB: no more is read", kLongestBlock / 1024),
                {},
                1,
                "an empty line ends a block",
                {}}});
    descriptor_ = -1;
    text_.clear();
  }
  return blocks;
}

}  // namespace racktwin
