// How fast: prints a table of what users wait for, the best of some repetitions, beside the aim. Never fails: times are
// noisy, compare by ratio.
#include "sim/catalog/catalog.h"
#include "sim/cooling/plant.h"
#include "sim/network/solver.h"
#include "sim/plan/parse_plan.h"
#include "sim/recording/run_history.h"
#include "sim/twin/twin.h"
#include "sim/workload/profile.h"

#include <fmt/core.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace racktwin {
namespace {

constexpr const char* kScenario = RACKTWIN_SOURCE_DIRECTORY "/racks/scenarios/gb200-su-llama405b.toml";
constexpr const char* kGigawatt = RACKTWIN_SOURCE_DIRECTORY "/racks/scenarios/gigawatt.toml";

double seconds_of(const std::function<void()>& work) {
  const auto started = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

double best_of(int repetitions, const std::function<void()>& work) {
  double best = 1e9;
  for (int i = 0; i < repetitions; ++i) best = std::min(best, seconds_of(work));
  return best;
}

void row(const std::string& what, double value, const char* unit, const std::string& aim) {
  fmt::print("{:<58}{:>10.3g} {:<5} {}\n", what, value, unit, aim);
}

// From the start of the program to the first byte on its standard error.
double first_line_s() {
  int fds[2];
  if (::pipe(fds) != 0) return -1;
  const auto started = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(fds[1], STDERR_FILENO);
    ::close(fds[0]);
    ::execl(RACKTWIN_BINARY, RACKTWIN_BINARY, "run", kScenario, "--no-recording", nullptr);
    ::_exit(127);
  }
  ::close(fds[1]);
  char byte = 0;
  const bool came = ::read(fds[0], &byte, 1) == 1;
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  ::kill(child, SIGKILL);
  ::close(fds[0]);
  ::waitpid(child, nullptr, 0);
  return came ? took : -1;
}

// One step of the plant of a site: at rest, where its factorisation is used again, and while a pump runs down, so that
// flows and factorisation are new at each.
void bench_plant(const Plan& plan, const Model& model) {
  Result<Plant> plant = Plant::create(plan, model);
  if (!plant) return;
  PlantInput input;
  input.gpu_power_w.assign(model.gpu_classes.size(), 1000);
  for (auto* powers : {&input.cpu_power_w, &input.tray_other_power_w, &input.switch_power_w, &input.shelf_loss_w})
    powers->assign(model.rack_classes.size(), 8000);
  input.pump_speed.assign(static_cast<std::size_t>(plant->pumps()), plan.cooling.pump_speed);
  input.facility_supply_degc = 30;
  input.dry_bulb_degc = 20;
  if (!plant->settle(input)) return;
  constexpr int kSteps = 100;
  const auto step_us = [&](double dt_s) {
    const double took_s = seconds_of([&] {
      for (int i = 0; i < kSteps; ++i) plant->step(input, dt_s);
    });
    return 1e6 * took_s / kSteps;
  };
  (void)step_us(1);
  row("  a step of the plant at rest", step_us(1), "us", "");
  input.pump_speed.front() = 0;
  row("  a step of the plant while a pump runs down", step_us(0.01), "us", "");
}

// 7,168 racks for a day, with events that part classes.
void bench_gigawatt(const Catalog& catalog, const Calibration& calibration, const RunOptions& options) {
  const Result<Plan> plan = load_plan(kGigawatt, {}, catalog);
  if (!plan) return;
  Result<Model> model = fail(ErrorCode::kInternal, "not built");
  const double build_s = seconds_of([&] { model = build_model(*plan); });
  if (!model) return;
  fmt::print("\n{} racks, {} classes of GPUs\n", plan->site.racks.size(), model->gpu_classes.size());
  row("  plan to model", build_s, "s", "");
  bench_plant(*plan, *model);
  const double run_s = seconds_of([&] { (void)run_twin(*plan, calibration, options); });
  row("  24 h in steps of 10 s, recorded", run_s, "s", "< 30");
  row("    a step", 1e3 * (run_s - build_s) / (plan->duration_s / plan->step_s), "ms", "");
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  row("    memory at its peak", static_cast<double>(used.ru_maxrss) / 1024, "MiB", "< 1000");
  row("    recording", static_cast<double>(std::filesystem::file_size(options.output)) / 1e6, "MB", "< 1000");
}

int bench() {
  const Catalog catalog(Catalog::default_directory());
  const Result<Plan> plan = load_plan(kScenario, {}, catalog);
  const Result<Calibration> calibration = catalog.calibration();
  if (!plan || !calibration) return 1;
  const Result<Model> model = build_model(*plan);
  if (!model) return 1;
  const std::vector<double> clocks(model->gpu_classes.size(), 1.0);
  const Iteration iteration = build_iteration(*plan, *model, *calibration, clocks);
  const auto activities = static_cast<double>(iteration.graph.size());

  fmt::print("{:<58}{:>16} {}\n", fmt::format("racktwin bench: {} activities, best of several", iteration.graph.size()),
             "measured", "aim");
  row("scenario to plan", 1e3 * best_of(20, [&] { (void)load_plan(kScenario, {}, catalog); }), "ms", "");
  row("plan to model (576 GPUs)", 1e3 * best_of(20, [&] { (void)build_model(*plan); }), "ms", "");
  const double build_s = best_of(10, [&] { (void)build_iteration(*plan, *model, *calibration, clocks); });
  row("model to activity graph", 1e3 * build_s, "ms", "");
  const double solve_s = best_of(10, [&] { (void)solve(iteration.graph); });
  row("solve on SimGrid, forked", 1e3 * solve_s, "ms", "< 100");
  row("  an activity", 1e6 * solve_s / activities, "us", "< 2");
  const Result<ActivityTimes> times = solve(iteration.graph);
  if (!times) return 1;
  row("times to profile", 1e3 * best_of(10, [&] { (void)profile_of(*model, iteration, *times); }), "ms", "");
  const IterationProfile profile = profile_of(*model, iteration, *times);
  const TracedStep step{*plan, *model, iteration, *times, profile, {}};
  row("profile to trace", 1e3 * best_of(5, [&] { (void)trace_json(step, {}); }), "ms", "< 1000");
  RunOptions options;
  options.output = "/tmp/racktwin-bench.racktwin";
  options.force = true;
  row("default scenario, 30 min, recorded", best_of(3, [&] { (void)run_twin(*plan, *calibration, options); }), "s",
      "< 2");
  Plan day = *plan;
  day.duration_s = 86400;
  day.frame_s = 60;
  row("the same site for 24 h in steps of 1 s, recorded",
      seconds_of([&] { (void)run_twin(day, *calibration, options); }), "s", "< 5");
  bench_plant(*plan, *model);
  (void)run_twin(*plan, *calibration, options);
  Result<RunHistory> history = RunHistory::open(options.output);
  if (!history) return 1;
  row("a look at a recording without news", 1e6 * best_of(1000, [&] { (void)history->follow(); }), "us", "");
  row("one of its frames", 1e3 * best_of(100, [&] { (void)history->frame(600); }), "ms", "");
  bench_gigawatt(catalog, *calibration, options);
  ::unlink(options.output.c_str());
  std::vector<double> first;
  for (int i = 0; i < 10; ++i) first.push_back(first_line_s());
  row("program start to its first line", 1e3 * *std::min_element(first.begin(), first.end()), "ms", "< 100");
  return 0;
}

}  // namespace
}  // namespace racktwin

int main() { return racktwin::bench(); }
