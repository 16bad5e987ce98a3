#include "app/ui/facts.h"

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

Fact fact_of(const RunHistory& history, const Frame& frame, const MetricRow& metric, ComponentId id) {
  Fact fact;
  fact.metric = &metric;
  fact.reading = history.reading(frame, metric, id);
  fact.limit = limit_for(history, metric, fact.reading.high);
  const double low = std::isnan(metric.low) ? 0 : metric.low;
  fact.share = fact.limit.name.empty() ? std::nan("") : (fact.reading.high - low) / (fact.limit.value - low);
  return fact;
}

}  // namespace

std::vector<FactGroup> facts_of(const RunHistory& history, const Frame& frame, ComponentId id) {
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
  // The site's metrics of CDUs are of all of them together.
  const bool is_one_of_several = kind == "cdu" && history.site().placed("cdu").size() > 1;
  std::vector<FactGroup> groups;
  for (const UnitKind group_kind : order) {
    FactGroup group{title_of(group_kind, unit, kind), {}};
    for (const MetricRow& metric : history.metrics()) {
      if (metric.kind != group_kind) continue;
      if (metric.kind == UnitKind::kSite && (is_one_of_several || !site_metric_applies(metric.name, kind))) continue;
      Fact fact = fact_of(history, frame, metric, id);
      if (fact.reading.has_data() || group_kind == unit) group.facts.push_back(std::move(fact));
    }
    if (!group.facts.empty()) groups.push_back(std::move(group));
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
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kShort = {{{"gpu", "GPU"},
                                                                                            {"it", "IT"},
                                                                                            {"tcs", "TCS"},
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
