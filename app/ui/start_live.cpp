#include "app/ui/start_live.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>

namespace racktwin {
namespace {

constexpr auto kLookEvery = std::chrono::milliseconds(5);

// Tells a file from another one of the same name. Inode numbers are used again, hence the time.
struct FileIdentity {
  ino_t inode = 0;
  timespec changed{};
  bool operator==(const FileIdentity& other) const {
    return inode == other.inode && changed.tv_sec == other.changed.tv_sec && changed.tv_nsec == other.changed.tv_nsec;
  }
};

FileIdentity identity_of(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 ? FileIdentity{found.st_ino, found.st_ctim} : FileIdentity{};
}

}  // namespace

Result<StartedRun> start_live(const LiveRunOptions& options, const std::function<bool()>& is_interrupted) {
  const FileIdentity before = identity_of(options.recording);
  Result<LiveRun> run = LiveRun::start(options);
  if (!run) return fail(run.error());
  StartedRun started{std::nullopt, std::move(*run)};
  while (true) {
    if (is_interrupted()) return fail(ErrorCode::kInterrupted, "interrupted before the run had begun");
    started.run.poll();
    const bool has_ended = !started.run.is_running();
    if (!(identity_of(options.recording) == before)) {  // not the recording that is to be replaced
      if (Result<RunHistory> history = RunHistory::open(options.recording)) {
        started.history = std::move(*history);
        return started;
      }
    }
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
