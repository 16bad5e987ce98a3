#include "app/cli/simulate.h"

#include "app/cli/interrupt.h"
#include "app/cli/live_input.h"
#include "app/cli/progress.h"
#include "app/cli/summary.h"
#include "app/cli/version.h"
#include "sim/catalog/catalog.h"
#include "sim/plan/parse_plan.h"
#include "sim/quantity.h"
#include "sim/twin/twin.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>

namespace racktwin {
namespace {

constexpr std::string_view kNothingDone = "Nothing was simulated.";

std::string quantity_of(double value, Dimension dimension) { return format_quantity(value, dimension); }

void print_header(const Plan& plan, const SimulationRequest& request, const std::string& output,
                  const GlobalOptions& global) {
  if (global.is_quiet) return;
  const Site& site = plan.site;
  print_message(fmt::format("racktwin {}  {}\n", version_text(), plan.title));
  print_message(fmt::format("{}: {} x {}, {} GPUs; feed {}; {} to simulate\n", site.name, site.racks.size(),
                            site.rack_type.name, plan.gpus(), quantity_of(plan.power.feed_rating_w, Dimension::kPower),
                            quantity_of(plan.duration_s, Dimension::kTime)));
  if (!global.is_verbose) return;
  print_message(fmt::format("scenario {}, catalogue {}, recording {}, plant steps of {}\n", request.scenario,
                            global.catalogue_directory, output.empty() ? "none" : output,
                            quantity_of(plan.step_s, Dimension::kTime)));
}

void print_ending(const Summary& summary, bool was_interrupted, const Plan& plan, double spent_s,
                  const GlobalOptions& global) {
  if (global.is_quiet) return;
  if (was_interrupted) {
    const std::string simulated = summary.run_value("simulated_s");
    const double simulated_s = simulated.empty() ? std::nan("") : std::strtod(simulated.c_str(), nullptr);
    print_message(fmt::format(
        "interrupted after {} of {}{}\n", quantity_of(simulated_s, Dimension::kTime),
        quantity_of(plan.duration_s, Dimension::kTime),
        summary.recording.empty() ? std::string() : fmt::format("; the recording {} is closed", summary.recording)));
  } else if (!summary.recording.empty()) {
    print_message(fmt::format("wrote {}\n", summary.recording));
  }
  if (global.is_verbose) print_message(fmt::format("took {}\n", format_quantity(spent_s, Dimension::kTime, 3)));
}

}  // namespace

int simulate(const SimulationRequest& request, const GlobalOptions& global) {
  namespace fs = std::filesystem;
  const auto started = std::chrono::steady_clock::now();
  const Catalog catalog(global.catalogue_directory);
  const Result<Plan> plan = load_plan(request.scenario, request.assignments, catalog);
  if (!plan) return print_errors(plan.error(), global, kNothingDone);
  const Result<Calibration> calibration = catalog.calibration();
  if (!calibration) return print_errors(calibration.error(), global, kNothingDone);

  std::string output = request.output.empty() ? plan->name + ".racktwin" : request.output;
  if (!request.has_recording) output.clear();
  std::error_code ignored;
  if (!output.empty() && fs::equivalent(output, request.scenario, ignored))
    return print_error({ErrorCode::kBadInput, "the recording would replace its own scenario", {}, 1, {}, {}}, global);
  print_header(*plan, request, output, global);
  print_warnings(plan->warnings, global);

  watch_for_interrupts();
  ProgressLine line(request.shows_progress && !global.is_quiet && is_terminal(STDERR_FILENO));
  RunOptions options;
  options.output = output;
  options.force = request.force;
  options.folding = request.is_unfolded ? Folding::kUnfolded : Folding::kFolded;
  options.version = version_text();
  options.is_interrupted = is_interrupted;
  options.on_progress = [&](const RunProgress& progress) { line.update(progress); };
  options.on_refused = [&](const Errors& errors) {
    line.clear();
    print_errors(errors, global);
  };
  options.pace = request.pace;
  LiveInput input(STDIN_FILENO, options.on_refused);
  if (request.is_live) options.wait_for_input = [&](double seconds) { return input.wait(seconds); };
  Result<RunOutcome> outcome = run_twin(*plan, *calibration, options);
  line.clear();
  if (!outcome) return print_errors(outcome.error(), global);

  const Summary summary{std::move(outcome->summary), std::move(outcome->events), std::move(outcome->run_values),
                        output};
  print_result(request.is_json ? summary_json(summary) : format_summary(summary, wants_colour(global, STDOUT_FILENO)));
  const double spent_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  print_ending(summary, outcome->was_interrupted, *plan, spent_s, global);
  if (outcome->was_interrupted) return kExitInterrupted;
  return request.is_strict && outcome->has_crossed_limit ? kExitLimitCrossed : 0;
}

}  // namespace racktwin
