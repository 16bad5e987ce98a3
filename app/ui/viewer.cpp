#include "app/ui/viewer.h"

#include "app/ui/keys.h"
#include "app/ui/navigate.h"
#include "app/ui/style.h"
#include "app/ui/what_if.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <utility>

namespace racktwin {
namespace {

constexpr double kFrame_s = 1 / 60.0;    // no more frames than this, where the display does not hold back
constexpr double kPollLive_s = 0.05;     // a run that goes on is looked at so often
constexpr double kPollIdle_s = 1;        // and a recording that is finished
constexpr double kReadPlots_s = 0.006;   // for plots, of a frame
constexpr double kLongestStep_s = 0.25;  // of wall time: a window that hung does not jump ahead
constexpr double kNoteStays_s = 6;
constexpr int kSettleFrames = 3;

double wall_clock_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double file_bytes(const std::string& path) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(path, error);
  return error ? 0 : static_cast<double>(bytes);
}

// Resident memory of this process.
double memory_bytes() {
  long pages = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%*d %ld", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  return static_cast<double>(pages) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

Viewport viewport_of(const Zone& zone) {
  return {static_cast<int>(zone.x), static_cast<int>(zone.y), std::max(1, static_cast<int>(zone.width)),
          std::max(1, static_cast<int>(zone.height))};
}

// The lines between the zones: everything but the picture, behind the panels.
void draw_background(const Zone& hole, float width, float height, Rgba colour) {
  ImDrawList& list = *ImGui::GetBackgroundDrawList();
  const ImU32 fill = im_colour(colour);
  list.AddRectFilled({0, 0}, {width, hole.y}, fill);
  list.AddRectFilled({0, hole.bottom()}, {width, height}, fill);
  list.AddRectFilled({0, hole.y}, {hole.x, hole.bottom()}, fill);
  list.AddRectFilled({hole.right(), hole.y}, {width, hole.bottom()}, fill);
}

}  // namespace

Viewer::Viewer(Window& window, Session session, std::unique_ptr<FontBook> fonts, SceneRenderer renderer)
    : window_(window),
      session_(std::move(session)),
      fonts_(std::move(fonts)),
      renderer_(std::move(renderer)),
      scene_(*fonts_) {}

Result<std::unique_ptr<Viewer>> Viewer::create(Window& window, Session session, const ViewerOptions& options) {
  auto fonts = std::make_unique<FontBook>();
  Result<SceneRenderer> renderer = SceneRenderer::create(*fonts);
  if (!renderer) return fail(renderer.error());
  std::unique_ptr<Viewer> viewer(new Viewer(window, std::move(session), std::move(fonts), std::move(*renderer)));
  if (auto begun = viewer->begin(options); !begun) return fail(begun.error());
  return viewer;
}

Result<void> Viewer::begin(const ViewerOptions& options) {
  const SiteMap& site = session_.history().site();
  Errors errors;
  if (!options.state_file.empty()) {
    Result<StateFile> file = StateFile::create(options.state_file);
    if (file)
      state_file_ = std::move(*file);
    else
      errors = file.error();
  }
  place_panels();
  const auto camera = named_camera(site, options.camera, viewport_, free_part_);
  if (camera)
    state_.camera = *camera;
  else
    errors.insert(errors.end(), camera.error().begin(), camera.error().end());
  std::optional<ComponentId> selected = ComponentId{};
  if (!options.selected.empty()) selected = site.find(options.selected);
  if (!selected) {
    const auto nearest = site.nearest_path(options.selected);
    errors.push_back({ErrorCode::kBadInput,
                      fmt::format("there is no \"{}\" in {}", options.selected, session_.history().path()),
                      {},
                      1,
                      nearest ? fmt::format("did you mean \"{}\"?", *nearest) : "",
                      {}});
  }
  if (!errors.empty()) return fail(errors);
  state_.camera_name = options.camera;
  state_.layer = options.layer;
  state_.is_dark = options.is_dark;
  state_.unfolded.insert({session_.site_id().component, -1});
  for (const int child : site.children(session_.site_id().component))
    if (site.kind({child, -1}) == "row" && site.components().size() < 300) state_.unfolded.insert({child, -1});
  if (selected->exists()) apply(command::Select{*selected}, around(), state_);
  if (options.time_s)
    apply(command::Seek{*options.time_s}, around(), state_);
  else
    apply(command::Follow{}, around(), state_);
  last_frame_s_ = wall_clock_s();
  return {};
}

Surroundings Viewer::around() const {
  return {session_.history().site(), session_.history().frame_times(), session_.is_growing(), viewport_, free_part_};
}

bool Viewer::is_moving() const {
  return state_.is_playing || is_flying_ || !session_.plots().is_complete(session_.history());
}

double Viewer::wait_s() const {
  const double since_s = wall_clock_s() - last_frame_s_;
  if (is_moving() || unsettled_ > 0) return std::max(0.0, kFrame_s - since_s);
  return session_.is_growing()                                   ? kPollLive_s
         : !state_.notes.empty() || ImGui::GetIO().WantTextInput ? 0.25
                                                                 : kPollIdle_s;
}

void Viewer::run(const std::function<bool()>& is_interrupted) {
  while (!window_.wants_to_close() && !state_.wants_to_quit && !is_interrupted()) {
    const bool has_input = window_.wait(wait_s());
    const bool has_news = poll();
    if (has_input || (has_news && !session_.is_growing())) unsettled_ = kSettleFrames;  // a banner takes two frames
    const bool is_due =
        has_news || is_moving() || unsettled_ > 0 || !state_.notes.empty() || ImGui::GetIO().WantTextInput;
    if (is_due) show_frame();
  }
}

bool Viewer::poll() { return session_.poll(wall_clock_s(), state_); }

void Viewer::wait_for_first_frame(double most_s) {
  const double until_s = wall_clock_s() + most_s;
  while (session_.history().frame_times().empty() && session_.is_growing() && wall_clock_s() < until_s) {
    poll();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void Viewer::place_panels() {
  const float line = 15 * window_.scale();
  const auto width = static_cast<float>(window_.width_px()), height = static_cast<float>(window_.height_px());
  const float banner = style_ ? banner_height(shown_banner(), width) : 0;  // text is measured within a frame
  zones_ = zones_of(width, height, line, state_.splitters, session_.is_own_run(), banner);
  const Viewport before = std::exchange(viewport_, viewport_of(zones_.viewport));
  free_part_ = free_part(viewport_, window_.scale(), false);
  if (!state_.camera_name.empty() && !is_same(before, viewport_))
    apply(command::UseCamera{state_.camera_name}, around(), state_);
}

std::string Viewer::shown_banner() const {
  std::string banner = session_.banner();
  return banner == state_.closed_banner ? std::string() : banner;
}

void Viewer::measure(double wall_s) {
  const double took_s = std::max(wall_s - last_frame_s_, 1e-4);
  const bool is_animated = state_.is_playing || is_flying_;
  frames_per_s_ = !is_animated ? 0 : frames_per_s_ == 0 ? 1 / took_s : 0.9 * frames_per_s_ + 0.1 / took_s;
  last_frame_s_ = wall_s;
  if (wall_s - measured_s_ < 1) return;
  measured_s_ = wall_s;
  const std::string& path = session_.history().path();
  recording_bytes_ = file_bytes(path) + file_bytes(path + "-wal");
  memory_bytes_ = memory_bytes();
}

ViewerData Viewer::data() {
  const double wall_s = wall_clock_s();
  return {session_.history(),
          session_.parts(),
          tree_.rows(session_.history().site(), state_.unfolded, state_.filter),
          session_.frame(),
          session_.layer(),
          scene_.scene(),
          zones_,
          viewport_,
          free_part_,
          session_.plots(),
          session_.facts(),
          session_.verdict(),
          session_.choices(),
          session_.kind(),
          session_.run_pid().value_or(0),
          shown_banner(),
          session_.first_pace(),
          session_.pace(),
          session_.answer(state_),
          session_.is_growing() ? session_.simulated_per_wall() : 0,
          frames_per_s_,
          recording_bytes_,
          memory_bytes_,
          wall_s,
          &items_};
}

void Viewer::panels_ui(const ViewerData& data, Commands& out) {
  items_.clear();
  draw_background(zones_.viewport, static_cast<float>(window_.width_px()), static_cast<float>(window_.height_px()),
                  ui_colours(state_.is_dark).line);
  toolbar_panel_ui(data, state_, out);
  tree_panel_ui(data, state_, out);
  viewport_panel_ui(data, state_, out);
  inspector_panel_ui(data, state_, out);
  what_if_panel_ui(data, state_, out);
  timeline_panel_ui(data, state_, out);
  plots_panel_ui(data, state_, out);
  events_panel_ui(data, state_, out);
  status_panel_ui(data, state_, out);
  splitters_ui(data, state_, out);
  banner_panel_ui(data, state_, out);
  notes_panel_ui(data, state_, out);
  help_panel_ui(data, state_, out);
}

void Viewer::obey(const Commands& commands) {
  for (const Command& command : commands) apply(command, around(), state_);
  session_.send(state_);
  if (!state_.file_to_open.empty()) open_file();
  const double wall_s = wall_clock_s();
  for (Note& note : state_.notes)
    if (note.until_s == 0) note.until_s = wall_s + kNoteStays_s;
  std::erase_if(state_.notes, [&](const Note& note) { return note.until_s < wall_s; });
}

void Viewer::fly(const WindowInput& input, double seconds) {
  is_flying_ = !ImGui::GetIO().WantTextInput && (input.forward != 0 || input.right != 0);
  if (!is_flying_) return;
  const Camera moved = flown(state_.camera, input.forward, input.right, static_cast<float>(seconds));
  apply(command::MoveCamera{moved}, around(), state_);
}

void Viewer::open_file() {
  const std::string path = std::exchange(state_.file_to_open, {});
  const auto say = [&](std::string text) { state_.notes.push_back({std::move(text), true, 0}); };
  if (session_.is_own_run()) return say("This window shows a live run: open the recording in another one.");
  Result<RunHistory> history = RunHistory::open(path);
  if (!history) return say(history.error().front().message);
  session_.replace(std::move(*history));
  scene_.forget();
  tree_.forget();
  ViewerState fresh;
  fresh.layer = state_.layer;
  fresh.is_dark = state_.is_dark;
  fresh.splitters = state_.splitters;
  fresh.unfolded.insert({session_.site_id().component, -1});
  state_ = std::move(fresh);
  apply(command::Follow{}, around(), state_);
  apply(command::UseCamera{"overview"}, around(), state_);
  window_.set_title(fmt::format("{} - racktwin", std::filesystem::path(path).filename().string()));
}

// The slider stays where the water is, now and not at the cursor, until somebody moves it elsewhere.
void Viewer::follow_facility() {
  const RunHistory& history = session_.history();
  const MetricRow* supply = history.metric("facility_supply");
  if (supply == nullptr || history.frame_times().empty()) return;
  const double newest_s = history.frame_times().back();
  if (!session_.is_own_run() || newest_s == facility_seen_s_) return;
  facility_seen_s_ = newest_s;
  const std::optional<Frame> frame = history.frame(newest_s);
  if (!frame) return;
  const Reading now = history.reading(*frame, *supply, session_.site_id());
  if (!now.has_data()) return;
  const bool is_untouched = state_.facility_degc == state_.facility_now_degc;
  const bool has_arrived = std::abs(state_.facility_degc - now.high) < 0.05;
  state_.facility_now_degc = now.high;
  if (is_untouched || has_arrived || std::isnan(state_.facility_degc))
    apply(command::SetFacility{now.high}, around(), state_);
}

void Viewer::update_picture() {
  session_.update(state_, kReadPlots_s);
  SceneView view;
  view.layer = state_.layer;
  view.camera = state_.camera;
  view.viewport = viewport_;
  view.scale = window_.scale();
  view.is_dark = state_.is_dark;
  view.selected = state_.selected;
  view.hovered = state_.hovered;
  view.has_title = false;
  scene_.update(session_.history(), session_.frame(), session_.layer(), view);
}

void Viewer::draw_picture() {
  renderer_.draw_place(scene_.scene(), state_.camera, viewport_, window_.height_px());
  renderer_.draw_overlay(scene_.scene(), viewport_, window_.height_px());
}

void Viewer::show_frame() {
  const double wall_s = wall_clock_s(), step_s = std::min(wall_s - last_frame_s_, kLongestStep_s);
  measure(wall_s);
  if (is_moving()) unsettled_ = std::max(unsettled_, 2);
  unsettled_ = std::max(0, unsettled_ - 1);
  advance(step_s, around(), state_);
  window_.begin_frame();
  if (style_ != std::pair(state_.is_dark, window_.scale())) {
    style_ = {state_.is_dark, window_.scale()};
    apply_style(state_.is_dark, window_.scale());
  }
  place_panels();
  update_picture();
  follow_facility();
  const WindowInput input = window_.take_input();
  const bool takes_text = ImGui::GetIO().WantTextInput;
  Commands commands = commands_of(input, state_, around(), takes_text);
  commands.push_back(command::Hover{});
  const ViewerData shown = data();
  panels_ui(shown, commands);
  obey(commands);
  fly(input, step_s);
  update_picture();
  draw_picture();
  if (state_file_) state_file_->note(state_json(data(), state_));
  window_.end_frame();
}

}  // namespace racktwin
