#include "app/ui/apply.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace racktwin {
namespace {

double first_time(const Surroundings& around) { return around.frame_times.empty() ? 0 : around.frame_times.front(); }
double last_time(const Surroundings& around) { return around.frame_times.empty() ? 0 : around.frame_times.back(); }

std::ptrdiff_t frame_index(const std::vector<double>& times, double time_s) {
  const auto after = std::upper_bound(times.begin(), times.end(), time_s);
  return std::max<std::ptrdiff_t>(0, after - times.begin() - 1);
}

struct Apply {
  const Surroundings& around;
  ViewerState& state;

  void seek(double time_s) {
    state.time_s = std::clamp(time_s, first_time(around), last_time(around));
    state.is_following = false;
  }
  void reveal(ComponentId id) {
    for (ComponentId up = around.site.parent(id); up.exists(); up = around.site.parent(up))
      state.unfolded.insert({up.component, up.part});
    state.is_reveal_due = id.exists();
  }
  void use_camera(const std::string& name) {
    const Result<Camera> camera = named_camera(around.site, name, around.viewport, around.free_part);
    if (!camera) {
      state.notes.push_back({camera.error().front().message, true, 0});
      return;
    }
    state.camera = *camera;
    state.camera_name = name;
  }

  void operator()(const command::Seek& c) {
    seek(c.time_s);
    state.is_playing = false;
  }
  void operator()(const command::Play& c) {
    state.is_playing = c.is_playing;
    state.is_following = false;
    const bool is_at_end = state.time_s >= last_time(around);
    if (c.is_playing && is_at_end && around.is_growing)
      (*this)(command::Follow{});
    else if (c.is_playing && is_at_end)
      state.time_s = first_time(around);
  }
  void operator()(const command::Loop& c) { state.is_looping = c.is_looping; }
  void operator()(const command::Follow&) {
    state.is_following = around.is_growing;
    state.is_playing = false;
    state.time_s = last_time(around);
  }
  void operator()(const command::StepFrames& c) {
    state.is_playing = false;
    if (around.frame_times.empty()) return;
    const auto last = static_cast<std::ptrdiff_t>(around.frame_times.size()) - 1;
    const std::ptrdiff_t to =
        std::clamp<std::ptrdiff_t>(frame_index(around.frame_times, state.time_s) + c.frames, 0, last);
    seek(around.frame_times[static_cast<std::size_t>(to)]);
  }
  void operator()(const command::SetSpeed& c) {
    state.speed = std::clamp(c.speed, std::begin(kSpeeds)[0], std::end(kSpeeds)[-1]);
  }
  void operator()(const command::SetLayer& c) { state.layer = c.layer; }
  void operator()(const command::UseCamera& c) { use_camera(c.name); }
  void operator()(const command::MoveCamera& c) {
    state.camera = c.camera;
    state.camera_name.clear();
  }
  void operator()(const command::Fit& c) {
    if (!c.id.exists()) return use_camera(state.camera.is_orthographic ? "plan" : "overview");
    state.camera = fitted_to(around.site, state.camera, c.id, around.viewport, around.free_part);
    state.camera_name.clear();
  }
  void operator()(const command::Select& c) {
    state.selected = c.id;
    reveal(c.id);
  }
  void operator()(const command::Hover& c) { state.hovered = c.id; }
  void operator()(const command::Unfold& c) {
    const std::pair<int, int> key{c.id.component, c.id.part};
    if (c.is_unfolded)
      state.unfolded.insert(key);
    else
      state.unfolded.erase(key);
  }
  void operator()(const command::Revealed&) { state.is_reveal_due = false; }
  void operator()(const command::SetFilter& c) { state.filter = c.text; }
  void operator()(const command::SetDark& c) { state.is_dark = c.is_dark; }
  void operator()(const command::ShowHelp& c) { state.is_help_open = c.is_open; }
  void operator()(const command::MoveSplitters& c) {
    state.splitters.left = std::clamp(c.splitters.left, 0.1F, 0.35F);
    state.splitters.right = std::clamp(c.splitters.right, 0.15F, 0.4F);
    state.splitters.bottom = std::clamp(c.splitters.bottom, 0.15F, 0.6F);
  }
  void operator()(const command::SetFacility& c) { state.facility_degc = c.temp_degc; }
  void operator()(const command::SetField& c) { state.fields[{c.path, c.key}] = c.value; }
  void operator()(const command::Ask& c) {
    state.asked.push_back(c.what);
    state.to_send.push_back(c.what);
  }
  void operator()(const command::SetPace& c) { state.pace_to_send = c.pace; }
  void operator()(const command::Say& c) { state.notes.push_back(c.note); }
  void operator()(const command::CloseBanner& c) { state.closed_banner = c.text; }
  void operator()(const command::Open& c) { state.file_to_open = c.path; }
  void operator()(const command::Quit&) { state.wants_to_quit = true; }
};

}  // namespace

void apply(const Command& command, const Surroundings& around, ViewerState& state) {
  std::visit(Apply{around, state}, command);
}

void advance(double wall_s, const Surroundings& around, ViewerState& state) {
  const double last_s = last_time(around);
  if (state.is_following) state.time_s = last_s;
  if (state.is_following && !around.is_growing) state.is_following = false;
  if (!state.is_playing) return;
  state.time_s += state.speed * wall_s;
  if (state.time_s < last_s) return;
  if (state.is_looping && last_s > first_time(around)) {
    state.time_s = first_time(around);
    return;
  }
  state.time_s = last_s;
  state.is_playing = false;
  state.is_following = around.is_growing;  // played up to what there is
}

}  // namespace racktwin
