#include "app/ui/facts.h"

#include "render/text/value_text.h"
#include "sim/power/clock_reason.h"
#include "sim/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <iterator>

namespace racktwin {
namespace {

// The unit that a thing is, kSite where it is none or holds several.
UnitKind unit_of(std::string_view kind) {
  if (kind == "gpu") return UnitKind::kGpu;
  if (kind == "compute-tray") return UnitKind::kTray;
  if (kind == "rack") return UnitKind::kRack;
  if (kind == "pump") return UnitKind::kPump;
  if (kind == "leaf") return UnitKind::kLeaf;
  return UnitKind::kSite;
}

bool begins(std::string_view text, std::string_view with) { return text.substr(0, with.size()) == with; }

// Site metrics are the same everywhere, and so belong to few things only.
bool site_metric_applies(std::string_view metric, std::string_view kind) {
  if (kind == "site") return true;
  if (kind == "cdu") return begins(metric, "tcs_") || begins(metric, "cdu_") || begins(metric, "pump_");
  return kind == "facility" && begins(metric, "facility_");
}

LimitRow limit_for(const RunHistory& history, const MetricRow& metric, double high) {
  LimitRow found;
  for (const LimitRow& limit : history.limits()) {
    if (limit.metric != metric.id || std::isnan(limit.value)) continue;
    const bool is_crossed = high > limit.value, found_is_crossed = high > found.value;
    if (found.name.empty() ||
        (is_crossed ? found_is_crossed && limit.value > found.value : found_is_crossed || limit.value < found.value))
      found = limit;
  }
  return found;
}

std::string title_of(UnitKind metrics_of, UnitKind unit, std::string_view kind) {
  if (metrics_of == unit) return {};
  const bool is_inside = unit == UnitKind::kGpu || (unit == UnitKind::kTray && metrics_of == UnitKind::kRack);
  switch (metrics_of) {
    case UnitKind::kGpu:
      return "GPUs";
    case UnitKind::kTray:
      return is_inside ? "Its tray" : "Compute trays";
    case UnitKind::kRack:
      return is_inside || (kind != "site" && kind != "row") ? "Its rack" : "Racks";
    case UnitKind::kPump:
      return "Pumps";
    case UnitKind::kLeaf:
      return "Leaf switches";
    case UnitKind::kSite:
      return "Site";
  }
  return {};
}

std::string_view word_of(UnitKind kind) {
  switch (kind) {
    case UnitKind::kGpu:
      return "GPUs";
    case UnitKind::kTray:
      return "trays";
    case UnitKind::kRack:
      return "racks";
    case UnitKind::kPump:
      return "pumps";
    case UnitKind::kLeaf:
      return "leaf switches";
    case UnitKind::kSite:
      return "";
  }
  return "";
}

bool have_all_data(const RunHistory& history, const Frame& frame, const MetricRow& metric, ComponentId id) {
  const auto index = static_cast<std::size_t>(metric.id);
  if (index >= frame.values.size()) return false;
  const std::vector<float>& means = frame.values[index].mean;
  const std::vector<std::uint32_t> classes = history.classes_of(frame.epoch, metric, id);
  return std::all_of(classes.begin(), classes.end(),
                     [&](std::uint32_t c) { return c < means.size() && !std::isnan(means[c]); });
}

// How long the interval is that a frame describes.
double frame_length_s(const RunHistory& history, const Frame& frame) {
  const std::vector<double>& times = history.frame_times();
  const auto at = std::lower_bound(times.begin(), times.end(), frame.time_s);
  return at == times.begin() ? frame.time_s : frame.time_s - *(at - 1);
}

// Differences of temperatures are kelvins, those of shares are points.
std::string margin_text(double margin, const std::string& unit) {
  if (unit == "1") return fmt::format("{:.0f} points", 100 * margin);
  return value_text(margin, unit == "degC" ? "K" : unit);
}

std::string spread_text(const Fact& fact) {
  const std::string& unit = fact.metric->unit;
  const std::string low = value_text(fact.reading.low, unit), mean = value_text(fact.reading.mean, unit),
                    high = value_text(fact.reading.high, unit);
  if (fact.things == 1 && low == high) return {};
  std::string text = fact.takes_high ? (unit == "degC" ? "hottest" : "highest") : "mean";
  if (fact.things > 1)
    text += fact.have_all_data ? fmt::format(" of {} {}", fact.things, fact.word)
                               : fmt::format(" of those of {} {} with data", fact.things, fact.word);
  text += fmt::format(" over {:g} s", fact.frame_s);
  if (low == high) return text;
  return text + (fact.takes_high ? fmt::format("; mean {}, lowest {}", mean, low)
                                 : fmt::format("; lowest {}, highest {}", low, high));
}

// "limit 87.0 °C (software slowdown): 11.4 K below"; the source only of what the scenario says.
std::string limit_text(const Fact& fact) {
  const std::string& unit = fact.metric->unit;
  const double margin = fact.limit.value - fact.reading.high;
  const std::string by = fact.limit.source.empty() || !fact.limit.evidence.empty() ? "" : "; " + fact.limit.source;
  const bool is_at_peak = !fact.takes_high && value_text(fact.reading.high, unit) != value_text(fact.value(), unit);
  return fmt::format("{}limit {} ({}{}): {} {}{}", margin < 0 ? "! " : "", value_text(fact.limit.value, unit),
                     fact.limit.name, by, margin_text(std::abs(margin), unit), margin < 0 ? "above" : "below",
                     is_at_peak ? " at the highest" : "");
}

}  // namespace

int units_in(const SiteMap& site, UnitKind kind, ComponentId id) {
  if (kind == UnitKind::kSite) return 1;
  const auto is_inside = [&](ComponentId at) {
    while (at.exists() && at != id) at = site.parent(at);
    return at == id;
  };
  int units = 0;
  if (kind == UnitKind::kPump || kind == UnitKind::kLeaf) {
    for (const PlacedComponent& unit : site.placed(kind == UnitKind::kPump ? "pump" : "leaf"))
      units += is_inside({unit.component, -1});
    return units;
  }
  if (const RackPartPlace* part = site.part_of(id); part != nullptr) {
    if (kind != UnitKind::kGpu || part->gpu >= 0) return 1;
    const PlacedRack& rack = *site.rack_of(id);
    const std::vector<RackPartPlace>& parts = site.rack_types()[static_cast<std::size_t>(rack.type)].parts;
    return static_cast<int>(std::count_if(
        parts.begin(), parts.end(), [&](const RackPartPlace& gpu) { return gpu.gpu >= 0 && gpu.tray == part->tray; }));
  }
  const auto units_of = [&](const PlacedRack& rack) {
    const RackTemplate& type = site.rack_types()[static_cast<std::size_t>(rack.type)];
    return kind == UnitKind::kGpu ? type.gpus : kind == UnitKind::kTray ? type.trays : 1;
  };
  if (const PlacedRack* rack = site.rack_of(id); rack != nullptr) return units_of(*rack);
  for (const PlacedRack& rack : site.racks())
    if (is_inside({rack.component, -1})) units += units_of(rack);
  return units;
}

std::string clock_reasons(const RunHistory& history, const Frame& frame, ComponentId id) {
  constexpr double kLeast = 0.0005;  // of the time; less is not said
  double idle = 0, held = 0;
  std::string list, only;
  for (const ClockReasonName& name : kClockReasonNames) {
    const MetricRow* metric = history.metric(name.metric);
    if (metric == nullptr) return {};
    const Reading share = history.reading(frame, *metric, id);
    if (name.reason == ClockReason::kIdle && !share.has_data()) return {};
    if (!(share.mean > kLeast)) continue;
    if (name.reason == ClockReason::kIdle) {
      idle = share.mean;
      continue;
    }
    held += share.mean;
    list += fmt::format("{}{} {}", list.empty() ? "" : ", ", name.words, value_text(share.mean, "1"));
    only = fmt::format("{}{}", name.words, name.nvml.empty() ? "" : fmt::format(" ({})", name.nvml));
  }
  if (idle > 1 - kLeast) return fmt::format("{}: no rank of the job", name_of(ClockReason::kIdle).nvml);
  const bool is_one = held > 1 - kLeast && list.find(',') == std::string::npos;
  std::string text = list.empty() ? "nothing holds it down" : "set by " + (is_one ? only : list);
  if (idle > 0) text += fmt::format("; {} of the GPUs idle", value_text(idle, "1"));
  return text;
}

Fact fact_of(const RunHistory& history, const Frame& frame, const MetricRow& metric, ComponentId id, int things) {
  Fact fact;
  fact.metric = &metric;
  fact.reading = history.reading(frame, metric, id);
  fact.limit = limit_for(history, metric, fact.reading.high);
  const double low = std::isnan(metric.low) ? 0 : metric.low;
  fact.share = fact.limit.name.empty() ? std::nan("") : (fact.reading.high - low) / (fact.limit.value - low);
  fact.things = std::max(1, things);
  fact.word = word_of(metric.kind);
  fact.have_all_data = have_all_data(history, frame, metric, id);
  fact.takes_high = metric.unit == "degC" && metric.kind != UnitKind::kSite;
  fact.frame_s = frame_length_s(history, frame);
  if (metric.name == "gpu_clock") fact.why = clock_reasons(history, frame, id);
  return fact;
}

FactText text_of(const Fact& fact) {
  FactText text;
  text.value = value_text(fact.value(), fact.metric->unit);
  text.why = fact.why;
  if (!fact.reading.has_data()) return text;
  text.spread = spread_text(fact);
  if (!fact.limit.name.empty()) {
    text.limit = limit_text(fact);
    text.is_crossed = fact.reading.high > fact.limit.value;
  }
  return text;
}

UnitCounts units_in(const SiteMap& site, ComponentId id) {
  UnitCounts counts{};
  for (std::size_t kind = 0; kind < counts.size(); ++kind)
    counts[kind] = units_in(site, static_cast<UnitKind>(kind), id);
  return counts;
}

std::vector<FactGroup> facts_of(const RunHistory& history, const Frame& frame, ComponentId id,
                                const UnitCounts& units) {
  const std::string_view kind = history.site().kind(id);
  const UnitKind unit = unit_of(kind);
  std::vector<UnitKind> order = {unit};
  for (const UnitKind other :
       {UnitKind::kGpu, UnitKind::kTray, UnitKind::kRack, UnitKind::kPump, UnitKind::kLeaf, UnitKind::kSite})
    if (other != unit) order.push_back(other);
  if (unit == UnitKind::kSite || unit == UnitKind::kRack)  // from the whole to its parts
    std::sort(order.begin() + 1, order.end(), [](UnitKind a, UnitKind b) {
      constexpr std::array<int, 6> kRank = {2, 1, 0, 3, 4, 5};
      return kRank[static_cast<std::size_t>(a)] < kRank[static_cast<std::size_t>(b)];
    });
  const std::size_t cdus = kind == "cdu" ? history.site().placed("cdu").size() : 0;
  std::vector<FactGroup> groups;
  for (const UnitKind group_kind : order) {
    FactGroup group{title_of(group_kind, unit, kind), {}};
    const int things = units[static_cast<std::size_t>(group_kind)];
    for (const MetricRow& metric : history.metrics()) {
      if (metric.kind != group_kind) continue;
      if (metric.kind == UnitKind::kSite && !site_metric_applies(metric.name, kind)) continue;
      if (begins(metric.name, kClockReasonPrefix)) continue;  // said beside the clock
      Fact fact = fact_of(history, frame, metric, id, things);
      if (fact.reading.has_data() || group_kind == unit) group.facts.push_back(std::move(fact));
    }
    if (!group.facts.empty()) groups.push_back(std::move(group));
  }
  if (cdus > 1 && !groups.empty() && groups.front().title.empty()) {
    groups.front().title = fmt::format("Shared by all {} CDUs", cdus);
    groups.front().note = fmt::format(
        "The model has one mixed loop: these are of the {} CDUs together, and nothing is known of this one "
        "alone but its pumps.",
        cdus);
    std::rotate(groups.begin(), groups.begin() + 1, groups.end());  // its own come first
  }
  return groups;
}

std::string alike_text(const RunHistory& history, int epoch, ComponentId id) {
  const UnitKind unit = unit_of(history.site().kind(id));
  if (unit == UnitKind::kSite) return {};
  const auto metric = std::find_if(history.metrics().begin(), history.metrics().end(),
                                   [&](const MetricRow& row) { return row.kind == unit; });
  if (metric == history.metrics().end()) return {};
  const std::vector<std::uint32_t> classes = history.classes_of(epoch, *metric, id);
  if (classes.size() != 1) return {};
  const std::vector<std::uint32_t>& members = history.membership(epoch, unit);
  const auto alike = std::count(members.begin(), members.end(), classes.front());
  return alike > 1 ? fmt::format("one of {} alike", alike) : "simulated by itself";
}

std::string label_of(std::string_view name) {
  if (name == "tokens_per_s") return "Tokens/s";
  if (name == "tokens_per_s_per_gpu") return "Tokens/s per GPU";
  if (name == "gpu_compute") return "GPU utilization";  // as the layer
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kShort = {{{"gpu", "GPU"},
                                                                                            {"it", "IT"},
                                                                                            {"tcs", "coolant"},
                                                                                            {"cdu", "CDU"},
                                                                                            {"mfu", "MFU"},
                                                                                            {"pue", "PUE"},
                                                                                            {"tp", "TP"},
                                                                                            {"dp", "DP"},
                                                                                            {"pp", "PP"},
                                                                                            {"cp", "CP"}}};
  std::string label;
  while (!name.empty()) {
    const std::string_view word = name.substr(0, name.find('_'));
    const auto known = std::find_if(kShort.begin(), kShort.end(), [&](const auto& w) { return w.first == word; });
    if (!label.empty()) label += ' ';
    label += known == kShort.end() ? word : known->second;
    name.remove_prefix(std::min(word.size() + 1, name.size()));
  }
  if (!label.empty()) label[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(label[0])));
  return label;
}

std::string summary_label(const SummaryRow& row) {
  std::string name = row.name;
  const std::size_t last = name.rfind('_');
  for (const std::string_view unit : {"_degc", "_bytes", "_w", "_k", "_s"})
    if (last != std::string::npos && name.substr(last) == unit && name != "tokens_per_s") name.resize(last);
  return label_of(name);
}

}  // namespace racktwin
