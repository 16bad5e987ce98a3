#include "app/ui/start_live.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>

namespace racktwin {
namespace {

constexpr auto kLookEvery = std::chrono::milliseconds(5);

// The file of a name as it is now, until this goes: nothing else gets its inode number meanwhile.
class PinnedFile {
 public:
  explicit PinnedFile(const std::string& path) : file_(::open(path.c_str(), O_PATH | O_CLOEXEC)) {
    if (file_ >= 0) ::fstat(file_, &found_);
  }
  ~PinnedFile() {
    if (file_ >= 0) ::close(file_);
  }
  PinnedFile(const PinnedFile&) = delete;
  PinnedFile& operator=(const PinnedFile&) = delete;

  // Whether the name leads to another file now.
  bool is_replaced(const std::string& path) const {
    struct stat now {};
    if (::stat(path.c_str(), &now) != 0) return false;
    return file_ < 0 || now.st_ino != found_.st_ino || now.st_dev != found_.st_dev;
  }

 private:
  int file_;
  struct stat found_ {};
};

}  // namespace

Result<StartedRun> start_live(const LiveRunOptions& options, const std::function<bool()>& is_interrupted) {
  const PinnedFile before(options.recording);
  Result<LiveRun> run = LiveRun::start(options);
  if (!run) return fail(run.error());
  StartedRun started{std::nullopt, std::move(*run)};
  std::optional<Errors> why_not;  // the recording cannot be opened
  while (true) {
    if (is_interrupted()) return fail(ErrorCode::kInterrupted, "interrupted before the run had begun");
    started.run.poll();
    const bool has_ended = !started.run.is_running();
    if (before.is_replaced(options.recording)) {
      Result<RunHistory> history = RunHistory::open(options.recording);
      if (history) {
        started.history = std::move(*history);
        return started;
      }
      why_not = std::move(history.error());
    }
    if (has_ended && why_not) return fail(std::move(*why_not));
    if (has_ended) return started;
    std::this_thread::sleep_for(kLookEvery);
  }
}

std::string free_name(const std::string& path) {
  namespace fs = std::filesystem;
  const fs::path whole(path);
  fs::path name = whole;
  for (int number = 2; fs::exists(name); ++number)
    name = whole.parent_path() / fmt::format("{}-{}{}", whole.stem().string(), number, whole.extension().string());
  return name.string();
}

}  // namespace racktwin
