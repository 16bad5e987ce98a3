#include "app/ui/state_file.h"

#include "sim/json_text.h"

#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <cstring>

namespace racktwin {
namespace {

std::string number(double value) { return std::isfinite(value) ? fmt::format("{}", value) : "null"; }

std::string zone_json(const Zone& zone) {
  return fmt::format("[{},{},{},{}]", zone.x, zone.y, zone.width, zone.height);
}

std::string values_json(const std::vector<FactGroup>& groups) {
  std::string out;
  for (const FactGroup& group : groups)
    for (const Fact& fact : group.facts)
      out += fmt::format("{}{}:{}", out.empty() ? "" : ",", json_text(fact.metric->name), number(fact.value()));
  return "{" + out + "}";
}

std::string items_json(const ViewerData& data) {
  std::string out;
  if (data.items != nullptr)
    for (const auto& [name, zone] : *data.items)
      out += fmt::format("{}{}:{}", out.empty() ? "" : ",", json_text(name), zone_json(zone));
  return "{" + out + "}";
}

}  // namespace

const char* run_word(RunKind kind) {
  switch (kind) {
    case RunKind::kReplay:
      return "replay";
    case RunKind::kGrowing:
      return "growing";
    case RunKind::kLive:
      return "live";
    case RunKind::kBroken:
      return "broken";
  }
  return "";
}

std::string state_json(const ViewerData& data, const ViewerState& state) {
  const SiteMap& site = data.history.site();
  const auto path_of = [&](ComponentId id) { return json_text(id.exists() ? site.path(id) : std::string()); };
  return fmt::format(
      R"({{"time_s":{},"frames":{},"playing":{},"following":{},"layer":{},"camera":{},"theme":{},"help":{},)"
      R"("selected":{},"hovered":{},"run":{},"run_pid":{},"pace":{},"status":{},"verdict":{},"banner":{},"answer":{},"viewport":{},"values":{},"items":{}}})",
      number(state.time_s), data.history.frame_times().size(), state.is_playing, state.is_following,
      json_text(layer_word(state.layer)), json_text(state.camera_name), json_text(state.is_dark ? "dark" : "light"),
      state.is_help_open, path_of(state.selected), path_of(state.hovered), json_text(run_word(data.kind)), data.run_pid,
      number(data.pace), json_text(status_word(data)), json_text(data.verdict.text), json_text(data.banner),
      json_text(data.answer.text), zone_json(data.zones.viewport), values_json(data.facts), items_json(data));
}

Result<StateFile> StateFile::create(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr) return fail(ErrorCode::kIo, fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  return StateFile(file);
}

void StateFile::note(const std::string& line) {
  if (line == last_) return;
  last_ = line;
  std::fputs((line + "\n").c_str(), file_.get());
  std::fflush(file_.get());
}

}  // namespace racktwin
