#include "app/cli/simulate.h"

#include "app/cli/interrupt.h"
#include "app/cli/live_input.h"
#include "app/cli/progress.h"
#include "app/cli/summary.h"
#include "app/cli/version.h"
#include "sim/catalog/catalog.h"
#include "sim/new_file.h"
#include "sim/plan/parse_plan.h"
#include "sim/quantity.h"
#include "sim/twin/twin.h"
#include "sim/uncertainty/uncertainty.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <thread>

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

// Errors: kBadInput if a file that the run writes would replace another one of it, or its scenario.
Result<void> check_outputs(const std::string& scenario, const std::string& recording, const std::string& trace) {
  const auto is_same = [](const std::string& a, const std::string& b) {
    std::error_code ignored;
    return !a.empty() && !b.empty() &&
           (std::filesystem::equivalent(a, b, ignored) ||
            std::filesystem::absolute(a).lexically_normal() == std::filesystem::absolute(b).lexically_normal());
  };
  Errors errors;
  if (is_same(recording, scenario))
    errors.push_back({ErrorCode::kBadInput, "the recording would replace its own scenario", {}, 1, {}, {}});
  if (is_same(trace, scenario))
    errors.push_back({ErrorCode::kBadInput, "the trace would replace its own scenario", {}, 1, {}, {}});
  if (is_same(trace, recording))
    errors.push_back({ErrorCode::kBadInput, "the trace and the recording would be one file", {}, 1, {}, {}});
  if (!errors.empty()) return fail(std::move(errors));
  return {};
}

// Draws the first step into the file and says what is in it.
Result<void> write_trace(const TracedStep& step, NewFile& file, const std::string& path, const GlobalOptions& global) {
  TraceCounts counts;
  const std::string text = trace_json(step, {{"version", std::string(version_text())}}, &counts);
  if (auto ok = file.write(text); !ok) return ok;
  if (auto ok = file.finish(); !ok) return ok;
  if (global.is_quiet) return {};
  print_message(fmt::format("wrote {}: {} of {} classes of GPUs, {} events, {:.1f} MB; open it in ui.perfetto.dev\n",
                            path, counts.drawn_classes, counts.classes, counts.events,
                            static_cast<double>(text.size()) / 1e6));
  return {};
}

Result<Uncertainty> take_samples(const Plan& plan, const Catalog& catalog, const std::vector<SummaryRow>& summary,
                                 const SimulationRequest& request, const GlobalOptions& global) {
  ProgressLine line(request.shows_progress && !global.is_quiet && is_terminal(STDERR_FILENO));
  SamplingRequest sampling;
  sampling.samples = request.samples;
  sampling.seed = request.seed;
  sampling.processes = std::max(1U, std::thread::hardware_concurrency());
  if (!global.is_quiet)
    print_message(fmt::format("{} samples to run, {} at a time\n", request.samples, sampling.processes));
  sampling.is_interrupted = is_interrupted;
  sampling.on_progress = [&](std::size_t done) {
    line.update_samples(done, static_cast<std::size_t>(request.samples));
  };
  return sample_run({request.scenario, request.assignments}, plan, catalog, summary, sampling);
}

}  // namespace

int simulate(const SimulationRequest& request, const GlobalOptions& global) {
  const auto started = std::chrono::steady_clock::now();
  const Catalog catalog(global.catalogue_directory);
  const Result<Plan> plan = load_plan(request.scenario, request.assignments, catalog);
  if (!plan) return print_errors(plan.error(), global, kNothingDone);
  const Result<Calibration> calibration = catalog.calibration();
  if (!calibration) return print_errors(calibration.error(), global, kNothingDone);

  std::string output = request.output.empty() ? plan->name + ".racktwin" : request.output;
  if (!request.has_recording) output.clear();
  if (auto ok = check_outputs(request.scenario, output, request.trace); !ok) return print_errors(ok.error(), global);
  std::optional<Result<NewFile>> trace;
  if (!request.trace.empty()) trace.emplace(NewFile::create(request.trace, request.force));
  if (trace && !*trace) return print_errors(trace->error(), global, kNothingDone);
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
  if (trace)
    options.on_first_step = [&](const TracedStep& step) {
      line.clear();
      return write_trace(step, **trace, request.trace, global);
    };
  options.on_refused = [&](const Errors& errors) {
    line.clear();
    print_errors(errors, global);
  };
  options.pace = request.pace;
  LiveInput input(STDIN_FILENO, options.on_refused);
  if (request.is_live) options.wait_for_input = [&](double seconds) { return input.wait(seconds); };
  if (request.samples > 0)
    options.sample = [&](const std::vector<SummaryRow>& summary) {
      line.clear();
      return take_samples(*plan, catalog, summary, request, global);
    };
  Result<RunOutcome> outcome = run_twin(*plan, *calibration, options);
  line.clear();
  if (!outcome) return print_errors(outcome.error(), global);

  const Summary summary{std::move(outcome->summary), std::move(outcome->events), std::move(outcome->run_values),
                        std::move(outcome->uncertainty), output};
  print_result(request.is_json ? summary_json(summary) : format_summary(summary, wants_colour(global, STDOUT_FILENO)));
  const double spent_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  print_ending(summary, outcome->was_interrupted, *plan, spent_s, global);
  const bool was_cut_short =
      summary.uncertainty && static_cast<int>(summary.uncertainty->samples.size()) < summary.uncertainty->asked;
  if (outcome->was_interrupted || was_cut_short) return kExitInterrupted;
  return request.is_strict && outcome->has_crossed_limit ? kExitLimitCrossed : 0;
}

}  // namespace racktwin
