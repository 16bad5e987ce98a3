#include "app/ui/start_live.h"

#include "sim/recording/pinned_file.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>

namespace racktwin {
namespace {

constexpr auto kLookEvery = std::chrono::milliseconds(5);

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
    std::error_code error;
    if (std::filesystem::exists(options.recording, error) && !before.is_at(options.recording)) {  // by the run
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
