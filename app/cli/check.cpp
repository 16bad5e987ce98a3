#include "app/cli/commands.h"
#include "sim/catalog/catalog.h"
#include "sim/model/model.h"
#include "sim/plan/parse_plan.h"
#include "sim/quantity.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace racktwin {
namespace {

struct CheckOptions {
  std::string scenario;
  std::vector<std::string> assignments;
};

std::string plural(std::size_t count, const std::string& word, const std::string& ending = "s") {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : ending);
}

// One paragraph, and the defaults.
std::string describe(const Plan& plan, const Model& model) {
  const Workload& work = plan.workload;
  const Parallelism& p = work.parallelism;
  const auto used = static_cast<std::size_t>(std::count_if(model.rank_of_gpu.begin(), model.rank_of_gpu.end(),
                                                           [](std::uint32_t rank) { return rank != kNoIndex; }));
  std::string text = fmt::format("{}\n", plan.title);
  text += fmt::format("{} of {} ({} GPUs); ", plural(plan.site.racks.size(), "rack"), plan.site.rack_type.name,
                      plan.gpus());
  const std::string experts = work.model.moe ? fmt::format(", ep {}, etp {}", p.ep, p.etp) : "";
  const std::string task = work.task == Task::kPretrain ? "" : fmt::format("{} of ", task_word(work.task));
  text += fmt::format("{} used by {}{} in {}: tp {} x cp {} x dp {} x pp {}, vp {}{}, {} a replica;\n", used, task,
                      work.model.title, precision_word(work.precision), p.tp, p.cp, p.dp, p.pp, p.vp, experts,
                      plural(static_cast<std::size_t>(work.micro_batches()), "micro-batch", "es"));
  if (work.is_fully_sharded())
    text += fmt::format("{} shared out over {} ranks;\n", sharding_word(work.sharding), work.shard_ranks);
  text += fmt::format("{} of GPUs and {} of racks; {}; {} in steps of {}.\n",
                      plural(model.gpu_classes.size(), "class", "es"), plural(model.rack_classes.size(), "class", "es"),
                      plural(plan.events.size(), "event"), format_quantity(plan.duration_s, Dimension::kTime),
                      format_quantity(plan.step_s, Dimension::kTime));
  if (!plan.defaults.empty()) text += "\nDefaults used (say otherwise in the scenario)\n";
  for (const DefaultUsed& d : plan.defaults) text += fmt::format("  {} = {} ({})\n", d.key, d.value, d.reason);
  return text;
}

int check(const CheckOptions& options, const GlobalOptions& global) {
  const Catalog catalog(global.catalogue_directory);
  const Result<Plan> plan = load_plan(options.scenario, options.assignments, catalog);
  if (!plan) return print_errors(plan.error(), global, "Nothing was simulated.");
  const Result<Model> model = build_model(*plan);
  if (!model) return print_errors(model.error(), global, "Nothing was simulated.");
  print_result(describe(*plan, *model));
  print_warnings(plan->warnings, global);
  if (!global.is_quiet) print_message(fmt::format("ok; next: racktwin run {}\n", options.scenario));
  return 0;
}

}  // namespace

Subcommand add_check(CLI::App& program, const GlobalOptions& global) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* app = program.add_subcommand("check", "Check a scenario: all its errors at once, or the plan");
  app->footer(
      "  racktwin check hall.toml\n"
      "  racktwin check hall.toml --set workload.gpus=256");
  app->add_option("SCENARIO", options->scenario, "Scenario file")->required();
  app->add_option("--set", options->assignments, "Set a value of the scenario; repeatable")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  return {app, [=, &global] { return check(*options, global); }};
}

}  // namespace racktwin
