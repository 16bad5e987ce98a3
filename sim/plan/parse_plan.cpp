#include "sim/plan/parse_plan.h"

#include "sim/model/model.h"
#include "sim/plan/in_range.h"
#include "sim/plan/parse_event.h"
#include "sim/plan/scenario_reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace racktwin {
namespace {

constexpr double kDay_s = 86400;
constexpr double kLongestStep_s = 900;  // for a year of weather: the plant is then a chain of steady states

void parse_time(ScenarioReader& reader) {
  Plan& plan = reader.plan;
  Table& root = reader.root();
  plan.duration_s = quantity_in_range(root, "duration", Dimension::kTime, 1, 366 * kDay_s);
  const auto step = optional_in_range(root, "step", Dimension::kTime, 0.05, kLongestStep_s);
  plan.step_s = reader.choose(step, 1.0, "step", "1 s");
  const auto frame = optional_in_range(root, "frame", Dimension::kTime, plan.step_s, kDay_s);
  const double frame_s = plan.step_s * std::ceil(5 / plan.step_s - 1e-9);
  plan.frame_s = reader.choose(frame, frame_s, "frame", format_quantity(frame_s, Dimension::kTime));
  const double steps = plan.frame_s / plan.step_s;
  if (std::abs(steps - std::round(steps)) > 1e-9) root.error_at("frame", "frame must be a whole number of steps");
}

void parse_events(ScenarioReader& reader) {
  Plan& plan = reader.plan;
  for (Table table : reader.root().tables("event"))
    if (Event event; parse_event(table, plan, std::nullopt, event)) plan.events.push_back(std::move(event));
  for (const Event& event : plan.events)
    if (const std::string why = why_no_effect(event, plan); !why.empty())
      plan.warnings.push_back(fmt::format("an event of \"{}\" has no effect: {}", event.path, why));
  std::stable_sort(plan.events.begin(), plan.events.end(),
                   [](const Event& a, const Event& b) { return a.time_s < b.time_s; });
}

// Every function appends to the errors of the document.
void parse_scenario(Document& document, const Catalog& catalog, Plan& plan) {
  ScenarioReader reader(document, catalog, plan);
  plan.title = reader.root().text("title");
  parse_time(reader);
  parse_site(reader);
  parse_cooling(reader);
  parse_power(reader);
  parse_weather(reader);
  parse_workload(reader);
  parse_events(reader);
}

// Reads a file and what it includes, relative to itself; `chain` is who included it.
// `included` gets the texts of what is included.
Result<Document> load_with_includes(const std::string& path, std::vector<std::string> chain, std::string& included) {
  Result<Document> document = Document::load(path);
  if (!document) return document;
  std::error_code ignored;
  const std::filesystem::path self = std::filesystem::weakly_canonical(path, ignored);
  chain.push_back(self.string());
  Table root = document->root();
  std::vector<std::string> includes = root.texts("include");
  std::reverse(includes.begin(), includes.end());  // the later of two wins
  for (const std::string& name : includes) {
    const std::filesystem::path file = std::filesystem::path(path).parent_path() / name;
    const std::string canonical = std::filesystem::weakly_canonical(file, ignored).string();
    if (std::find(chain.begin(), chain.end(), canonical) != chain.end()) {
      root.error_at("include", fmt::format("\"{}\" includes itself", name), "remove the cycle");
      return fail(document->errors());
    }
    Result<Document> base = load_with_includes(file.string(), chain, included);
    if (!base) {
      Errors errors = base.error();
      if (!std::filesystem::exists(file, ignored)) {
        root.error_at("include", fmt::format("cannot read \"{}\"", file.string()), "paths are relative to this file");
        errors = document->errors();
      }
      return fail(std::move(errors));
    }
    included += fmt::format("\n# --- {}\n{}", name, base->source_text());
    document->merge_under(std::move(*base));
  }
  return document;
}

}  // namespace

Result<Plan> load_plan(const std::string& path, const std::vector<std::string>& assignments, const Catalog& catalog) {
  std::string included;
  Result<Document> document = load_with_includes(path, {}, included);
  if (!document) return tl::unexpected(document.error());
  Errors errors;
  for (const std::string& assignment : assignments)
    if (const Result<void> set = document->set(assignment); !set)
      errors.insert(errors.end(), set.error().begin(), set.error().end());
  if (!errors.empty()) return fail(std::move(errors));
  Plan plan;
  plan.name = std::filesystem::path(path).stem().string();
  plan.text = document->source_text() + included;
  for (const std::string& assignment : assignments) plan.text += fmt::format("\n# --- --set {}\n", assignment);
  parse_scenario(*document, catalog, plan);
  document->report_unknown_keys();
  if (!document->errors().empty()) return fail(document->errors());
  if (const Result<void> placed = check_placement(plan); !placed) return tl::unexpected(placed.error());
  return plan;
}

}  // namespace racktwin
