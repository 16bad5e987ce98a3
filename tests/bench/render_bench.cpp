// How fast pictures are, beside the aim: prints a table. Never fails: times are noisy, compare by ratio. What is
// compared runs in turns, so that another program's load meets both. The software rasteriser draws in this thread, so
// that times of frames are those of the processor.
#include "render/gl/offscreen_context.h"
#include "render/gl/render_target.h"
#include "render/gl/scene_renderer.h"
#include "render/scene/build_scene.h"
#include "sim/catalog/catalog.h"
#include "sim/plan/parse_plan.h"
#include "sim/twin/twin.h"
#include "tests/bench/minimal_boxes.h"
#include "tests/render/gl/sample_scene.h"

#include <epoxy/gl.h>
#include <fmt/core.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace racktwin {
namespace {

constexpr const char* kScenario = RACKTWIN_SOURCE_DIRECTORY "/racks/scenarios/gb200-su-llama405b.toml";
constexpr const char* kRecording = "/tmp/racktwin-render-bench.racktwin";
constexpr Viewport kView{0, 0, 1920, 1080};
constexpr int kRepetitions = 60;

double processor_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

double ms_of(const std::function<void()>& work) {
  const double started = processor_ms();
  work();
  return processor_ms() - started;
}

// Each of several things in turns.
std::vector<double> best_ms(int repetitions, const std::vector<std::function<void()>>& works) {
  std::vector<double> best(works.size(), std::numeric_limits<double>::infinity());
  for (int i = 0; i < repetitions; ++i) {
    for (std::size_t k = 0; k < works.size(); ++k) best[k] = std::min(best[k], ms_of(works[k]));
  }
  return best;
}

void row(const std::string& what, double value, const char* unit, const char* aim = "") {
  fmt::print("{:<58}{:>10.3g} {:<5} {}\n", what, value, unit, aim);
}

Result<RunHistory> recorded_history() {
  const Catalog catalog(Catalog::default_directory());
  const Result<Plan> plan = load_plan(kScenario, {}, catalog);
  if (!plan) return fail(plan.error());
  const Result<Calibration> calibration = catalog.calibration();
  if (!calibration) return fail(calibration.error());
  RunOptions options;
  options.output = kRecording;
  options.force = true;
  const auto outcome = run_twin(*plan, *calibration, options);
  if (!outcome) return fail(outcome.error());
  return RunHistory::open(kRecording);
}

std::vector<MinimalBox> boxes_of(const Scene& scene) {
  std::vector<MinimalBox> boxes;
  for (const FrontItem& item : scene.fronts) boxes.push_back({item.corner, item.size});
  for (const BoxItem& item : scene.boxes) boxes.push_back({item.corner, item.size});
  for (const TubeItem& item : scene.tubes) {
    const glm::vec3 aside = item.radius * (glm::vec3(1) - glm::abs(glm::normalize(item.to - item.from)));
    const glm::vec3 low = glm::min(item.from, item.to) - aside;
    boxes.push_back({low, glm::max(item.from, item.to) + aside - low});
  }
  return boxes;
}

void compare(SceneRenderer& renderer, const RunHistory& history, const char* camera_name, const char* aim) {
  FontBook fonts;
  SceneView view;
  view.viewport = kView;
  view.has_title = false;  // as in the window
  const auto camera = named_camera(history.site(), camera_name, kView, free_part(kView, 1, false));
  if (!camera) return;
  view.camera = *camera;
  const Scene scene = build_scene(history, history.frame(600), view, fonts);
  const MinimalBoxes minimal(boxes_of(scene));
  const auto best = best_ms(kRepetitions, {[&] {
                                             renderer.draw_place(scene, *camera, kView, kView.height);
                                             renderer.draw_overlay(scene, kView, kView.height);
                                             glFinish();
                                           },
                                           [&] {
                                             minimal.draw(camera->clip_from_world(kView.aspect()));
                                             glFinish();
                                           }});
  fmt::print("{}, {} boxes, {} pieces of text\n", camera_name, boxes_of(scene).size(), scene.overlay.texts.size());
  row("  a frame at 1920 x 1080", best[0], "ms");
  row("  as many plain boxes", best[1], "ms");
  row("  ratio", best[0] / best[1], "", aim);
  row("  picture, 2 x 2 samples", best_ms(10, {[&] { (void)renderer.picture(scene, *camera, 1920, 1080); }})[0], "ms");
}

// Of the whole program, as a user starts it; -1: it failed.
double program_ms(const std::string& arguments) {
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < 5; ++i) {
    const auto started = std::chrono::steady_clock::now();
    if (std::system((std::string(RACKTWIN_BINARY) + " " + arguments + " >/dev/null 2>&1").c_str()) != 0) return -1;
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count());
  }
  return 1e3 * best;
}

void programs() {
  const std::string picture = "/tmp/racktwin-render-bench.png";
  row("racktwin shot, 1920 x 1080", program_ms(std::string("shot ") + kRecording + " --force -o " + picture), "ms",
      "< 1000");
  const std::string view = std::string("view ") + kRecording + " --force --screenshot " + picture;
  row("racktwin view: from start to a picture of the window", program_ms(view), "ms", "< 1000");
  ::unlink(picture.c_str());
}

int report(const Errors& errors) {
  for (const Error& error : errors) fmt::print(stderr, "error: {}\n", error.message);
  return 1;
}

int bench() {
  ::setenv("LP_NUM_THREADS", "0", 1);
  const Result<RunHistory> history = recorded_history();
  if (!history) return report(history.error());
  const auto started = std::chrono::steady_clock::now();
  const Result<OffscreenContext> context = OffscreenContext::create();
  if (!context) return report(context.error());
  const double context_ms = 1e3 * std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  FontBook fonts;
  Result<SceneRenderer> renderer = SceneRenderer::create(fonts);
  if (!renderer) return report(renderer.error());
  const Camera camera{{2.6F, 0.5F, 1.0F}, 0.5F, 0.35F, 9};
  const double first_ms = ms_of([&] { (void)renderer->picture(sample_scene(), camera, 1920, 1080); });
  const Result<RenderTarget> target = RenderTarget::create(kView.width, kView.height);
  if (!target) return report(target.error());

  fmt::print("racktwin render bench on {}, best of several\n", context->info().renderer);
  row("context without a display", context_ms, "ms");
  row("first picture: compiles the shaders", first_ms, "ms");
  compare(*renderer, *history, "overview", "< 1.5");
  compare(*renderer, *history, "plan", "");
  compare(*renderer, *history, "row", "");
  compare(*renderer, *history, "rack:hall/row-a/rack-03", "");

  const Scene large = sample_scene(70, 100);
  const Camera over{{30, 100, 0}, 0.5F, 0.6F, 220};
  row("7,000 racks", best_ms(20, {[&] {
                               renderer->draw_place(large, over, kView, kView.height);
                               glFinish();
                             }})[0],
      "ms");
  ::unsetenv("LP_NUM_THREADS");
  programs();
  ::unlink(kRecording);
  return 0;
}

}  // namespace
}  // namespace racktwin

int main() { return racktwin::bench(); }
