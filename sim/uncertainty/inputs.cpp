#include "sim/uncertainty/inputs.h"

#include "sim/catalog/entry.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace racktwin {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

// Drawn or shown only.
constexpr std::string_view kForPeople[] = {"mechanical.mass",
                                           "mechanical.width",
                                           "mechanical.depth",
                                           "mechanical.height",
                                           "mechanical.price",
                                           "width",
                                           "depth",
                                           "height",
                                           "nic.power",
                                           "nic.latency",
                                           "switch.power_idle",
                                           "voltage",
                                           "power.busbar_rating",
                                           "heat_rated",
                                           "pump_efficiency",
                                           "secondary_rated_head"};

// The files behind a plan, each once. Models of transformers are left out: they count, and what they say about
// parameters is checked against the count.
std::vector<std::string> files_of(const Plan& plan) {
  const RackType& rack = plan.site.rack_type;
  const CoolingPlan& cooling = plan.cooling;
  std::vector<std::string> files;
  const auto add = [&](const char* folder, const std::string& name) {
    const std::string file = fmt::format("{}/{}", folder, name);
    if (!name.empty() && std::find(files.begin(), files.end(), file) == files.end()) files.push_back(file);
  };
  add("chips", rack.gpu.name);
  add("chips", rack.cpu.name);
  add("racks", rack.name);
  add("fabrics", plan.site.fabric.name);
  add("cooling", cooling.cdu.name);
  add("cooling", cooling.facility.name);
  for (const Coolant* coolant : {&cooling.secondary_coolant, &cooling.primary_coolant, &cooling.facility_coolant})
    add("cooling", coolant->name);
  for (const ColdPlate& plate : cooling.cold_plates) add("cooling", plate.name);
  add("power", plan.power.feed.name);
  files.emplace_back("calibration");
  return files;
}

bool is_weak(const std::string& evidence) {
  return evidence == evidence_word(Evidence::kAssumed) || evidence == evidence_word(Evidence::kReported);
}

}  // namespace

bool is_computed_with(const std::string& key) {
  return std::find(std::begin(kForPeople), std::end(kForPeople), key) == std::end(kForPeople);
}

bool can_vary(const UncertainInputRow& input) { return input.low < input.high && is_weak(input.evidence); }

Result<std::vector<UncertainInputRow>> uncertain_inputs(const Plan& plan, const Catalog& catalog) {
  std::vector<UncertainInputRow> inputs;
  for (const std::string& file : files_of(plan)) {
    const Result<std::vector<EntryValue>> values = read_values(catalog, file);
    if (!values) return tl::unexpected(values.error());
    for (std::size_t v = 0; v < values->size(); ++v) {
      const EntryValue& value = (*values)[v];
      const bool has_range = value.low < value.high;
      if (!has_range && !is_weak(value.evidence)) continue;
      const bool is_first_list = value.is_curve && v + 1 < values->size() && (*values)[v + 1].is_curve &&
                                 (*values)[v + 1].table == value.table;
      const std::string key = value.table.empty() ? value.key : value.table + "." + value.key;
      if (is_first_list || !is_computed_with(key)) continue;
      inputs.push_back({file, key, value.unit, value.value, has_range ? value.low : kNoValue,
                        has_range ? value.high : kNoValue, value.evidence, value.from});
    }
  }
  return inputs;
}

CatalogChanges changes_of(const std::vector<UncertainInputRow>& inputs, std::size_t sample) {
  CatalogChanges changes;
  for (const UncertainInputRow& input : inputs)
    if (sample < input.samples.size())
      changes[input.entry].push_back(fmt::format("{}.is=\"{:.17g}{}\"", input.key, input.samples[sample],
                                                 input.unit == "1" ? "" : " " + input.unit));
  return changes;
}

}  // namespace racktwin
