#include "sim/validation/collectives.h"

#include "sim/catalog/entry.h"
#include "sim/network/collective.h"
#include "sim/network/moe_exchange.h"
#include "sim/validation/row_words.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <tuple>

namespace racktwin {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

bool contains(const std::string& text, const char* word) { return text.find(word) != std::string::npos; }

// "All-Reduce", "all_reduce" and "allreduce" alike.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::optional<double> number_after(const std::string& text, const char* pattern) {
  std::smatch match;
  if (!std::regex_search(text, match, std::regex(pattern))) return std::nullopt;
  return std::stod(match[1]);
}

// The catalogue's rack of a text; empty if it names none. What names no product of the catalogue: architectures,
// clouds' machines, and chips that are refused by name.
std::string system_of(const std::string& hardware, const std::vector<EntryName>& names) {
  if (const EntryName* rack = rack_in_text(names, hardware)) return rack->name;
  static constexpr std::pair<const char*, const char*> kSystems[] = {{"GB300", "gb300-nvl72"},
                                                                     {"GB200", "gb200-nvl72"},
                                                                     {"B300", "hgx-b300"},
                                                                     {"B200", "hgx-b200"},
                                                                     {"GH200", "gh200"},
                                                                     {"H100 ?PCIe", "h100-pcie"},
                                                                     {"H200", "hgx-h200"},
                                                                     {"H100", "hgx-h100"},
                                                                     {"H800", "hgx-h800"},
                                                                     {"MI300X", "hgx-mi300x"},
                                                                     {"A100-40GB", "hgx-a100-40g"},
                                                                     {"A100", "hgx-a100-80g"},
                                                                     {"SM100", "hgx-b200"},
                                                                     {"SM90", "hgx-h100"},
                                                                     {"p5en?\\.", "hgx-h200"},
                                                                     {"p5\\.", "hgx-h100"},
                                                                     {"p4de\\.", "hgx-a100-80g"},
                                                                     {"p4d\\.", "hgx-a100-40g"},
                                                                     {"a3-mega", "hgx-h100"},
                                                                     {"a3-high", "hgx-h100"},
                                                                     {"Rubin", "vera-rubin-nvl72"}};
  for (const auto& [word, system] : kSystems)
    if (std::regex_search(hardware, std::regex(word, std::regex::icase))) return system;
  return {};
}

// The fabrics of a row, from the one that reaches least: the column's, the transport's of a cloud, or InfiniBand.
std::vector<std::string> fabrics_of(const CsvRow& row) {
  if (!row.text("fabric").empty()) return {row.text("fabric")};
  static constexpr std::pair<const char*, const char*> kTransports[] = {{"p4d", "efa-p4d"},
                                                                        {"EFA", "efa-p5"},
                                                                        {"p5.", "efa-p5"},
                                                                        {"p5e", "efa-p5"},
                                                                        {"p6-", "efa-p5"},
                                                                        {"TCPXO", "gpudirect-tcpxo"},
                                                                        {"A3 Mega", "gpudirect-tcpxo"},
                                                                        {"TCPX", "gpudirect-tcpx"},
                                                                        {"A3 High", "gpudirect-tcpx"},
                                                                        {"a3-mega", "gpudirect-tcpxo"},
                                                                        {"a3-high", "gpudirect-tcpx"}};
  for (const auto& [word, fabric] : kTransports)
    if (contains(row.text("hardware"), word)) return {fabric};
  return {"ndr-rail-2tier", "superpod-b200-ndr"};
}

std::optional<CollectiveOp> operation_of(const std::string& text) {
  for (const std::string& name : operation_names(text))
    for (int i = 0; i < kCollectiveOps; ++i)
      if ((name == "bcast" ? "broadcast" : name) == plain(op_word(static_cast<CollectiveOp>(i))))
        return static_cast<CollectiveOp>(i);
  return std::nullopt;
}

class Predictor {
 public:
  Predictor(const Catalog& catalog, const Calibration& calibration, std::vector<EntryName> names)
      : catalog_(catalog), calibration_(calibration), names_(std::move(names)) {}

  CollectivePrediction predict(const CsvRow& row) {
    CollectivePrediction p;
    describe_row(row, ':', p);
    if (p.system.empty()) p.system = system_of(row.text("hardware"), names_);
    if (const EntryName* entry = find_entry(names_, "racks", p.system)) p.system = entry->name;
    for (const char* column : {"source", "hardware", "system", "nic_gbps", "n_gpus", "model", "global_batch", "metric"})
      p.configuration += row.text(column) + "|";
    const auto ranks = row.number("n_gpus");
    if (const std::string& value = row.text("value"); !value.empty() && !(std::isfinite(p.value) && p.value > 0)) {
      p.reason = fmt::format("value \"{}\" is no number above zero", value);
    } else if (row.text("n_gpus").empty()) {
      p.reason = "n_gpus is not stated";
    } else if (!ranks || !(*ranks >= 1 && *ranks <= 1e9) || *ranks != std::floor(*ranks)) {
      p.reason = fmt::format("n_gpus \"{}\" is no whole number", row.text("n_gpus"));
    } else if (*ranks < 2) {
      p.reason = fmt::format("{} is not a collective", p.model);
    } else if (p.system.empty()) {
      p.reason = "the hardware is not in the catalogue";
    } else if (contains(p.model, "dispatch") || contains(p.model, "combine")) {
      p.operation = contains(p.model, "dispatch") ? "moe dispatch" : "moe combine";
      predict_moe(row, p);
    } else {
      predict_collective(row, p);
    }
    return p;
  }

 private:
  // Where a row is measured: layout and capacities; none if the catalogue lacks it, with the reason.
  struct Place {
    CollectiveLayout layout;
    CollectiveCapacities capacities;
  };
  std::optional<Place> place(const CsvRow& row, CollectivePrediction& p) {
    auto rack = racks_.find(p.system);
    if (rack == racks_.end()) rack = racks_.emplace(p.system, catalog_.rack(p.system)).first;
    if (!rack->second && find_entry(names_, "racks", p.system) != nullptr) {
      p.reason = rack->second.error().front().message;
      return std::nullopt;
    }
    if (!rack->second) {
      const std::string nearest = nearest_entry(names_, "racks", p.system);
      p.reason = fmt::format("system {} is not in the catalogue{}", p.system,
                             nearest.empty() ? "" : "; the nearest is " + nearest);
      return std::nullopt;
    }
    const std::string& hardware = row.text("hardware");
    const int ranks = row.integer("n_gpus", 0);
    int per_domain = rack->second->domain_gpus();
    // "2x GB200 NVL72": the ranks are spread evenly.
    if (const auto racks = number_after(hardware, R"((\d+)x (?:\w+ )?GB\d00 NVL72)"))
      if (*racks >= 1 && ranks % static_cast<int>(*racks) == 0)
        per_domain = std::min(per_domain, ranks / static_cast<int>(*racks));
    Place place;
    place.layout = CollectiveLayout::of(ranks, per_domain);
    RackType type = *rack->second;
    if (const auto gbps = row.number("nic_gbps")) {
      type.nic_bytes_per_s.value = *gbps * 1e9 / 8 * type.gpus_per_tray / type.nics_per_tray;
    } else if (std::smatch nics; std::regex_search(hardware, nics, std::regex(R"((\d+)x(\d+)[Gg])"))) {
      type.nic_bytes_per_s.value = std::stod(nics[1]) * std::stod(nics[2]) * 1e9 / 8 / type.nics_per_tray;
    }
    p.reason = join(fabrics_of(row), type, place);
    if (!p.reason.empty()) return std::nullopt;
    if (place.layout.domains > 1 && contains(hardware, "RoCE")) p.defaults = "RoCE taken for ndr-rail-2tier";
    return place;
  }

  // Gives the domains of a place their fabric: two tiers, or three where those do not reach. The reason if none does.
  std::string join(const std::vector<std::string>& names, const RackType& type, Place& place) {
    std::string reason;
    for (const std::string& name : names) {
      auto found = fabrics_.find(name);
      if (found == fabrics_.end()) found = fabrics_.emplace(name, catalog_.fabric(name)).first;
      const Result<FabricType>& fabric_type = found->second;
      if (!fabric_type) return fmt::format("fabric {} is not in the catalogue", name);
      const Result<Fabric> fabric =
          generate_fabric(*fabric_type, place.layout.domains, type.domain_gpus(), type.nic_bytes_per_s_per_gpu());
      if (fabric) {
        place.capacities = collective_capacities(type, *fabric_type, *fabric);
        return {};
      }
      reason = fabric.error().front().message;
    }
    return reason;
  }

  void predict_collective(const CsvRow& row, CollectivePrediction& p) {
    const auto op = operation_of(p.model);
    if (!op) {
      p.reason = fmt::format("{} is not modelled", p.model);
      return;
    }
    p.operation = op_word(*op);
    const auto bytes = row.number("global_batch");
    const bool is_busbw = p.metric == "busbw", is_algbw = p.metric == "algbw";
    if (row.text("global_batch").empty()) {
      p.reason = "the message size is not stated";
    } else if (!bytes || !(*bytes > 0 && std::isfinite(*bytes))) {
      p.reason = fmt::format("global_batch \"{}\" is no number of bytes above zero", row.text("global_batch"));
    }
    if (p.reason.empty() && !is_busbw && !is_algbw && p.metric != "latency")
      p.reason = fmt::format("metric {} is not a collective's", p.metric);
    const double unit = unit_of(p);
    if (!p.reason.empty()) return;
    p.size = message_size(*bytes);
    const auto at = place(row, p);
    if (!at) return;
    CollectiveChoice choice;
    const std::string text = p.model + " " + row.text("hardware");
    if (contains(text, "ring") || contains(text, "NVLS off")) choice.algorithm = CollectiveAlgorithm::kRing;
    if (contains(p.model, "NVLS")) choice.algorithm = CollectiveAlgorithm::kNvls;
    const auto time = chosen_collective(*op, *bytes, at->layout, at->capacities, calibration_, choice);
    if (!time) {
      p.reason = "the forced algorithm cannot run on this hardware";
      return;
    }
    p.how = fmt::format("{} {}", algorithm_word(time->algorithm), protocol_word(time->protocol));
    p.step_s = time->time_s;
    const double algbw = *bytes / time->time_s;
    p.predicted = (is_busbw ? algbw * bus_factor(*op, at->layout.ranks) : is_algbw ? algbw : time->time_s) / unit;
  }

  // In which a row has its time or bandwidth, in SI units; if it is none of these, that is the reason.
  static double unit_of(CollectivePrediction& p) {
    const bool is_time = p.metric == "latency";
    const Dimension dimension = is_time ? Dimension::kTime : Dimension::kBandwidth;
    const double unit = unit_si(p.unit, dimension, is_time ? 1e-6 : 1e9);
    if (p.reason.empty() && std::isnan(unit)) p.reason = no_such_unit(p.unit, dimension);
    return unit;
  }

  void predict_moe(const CsvRow& row, CollectivePrediction& p) {
    const std::string& notes = row.text("notes");
    const bool is_dispatch = p.operation == "moe dispatch";
    const bool is_deepep = contains(row.text("source"), "DeepEP") || contains(p.model, "DeepEP");
    std::optional<MoeKernel> kernel;
    if (is_deepep) kernel = contains(p.model, "low-latency") ? MoeKernel::kDeepEpLowLatency : MoeKernel::kDeepEp;
    if (contains(p.model, "OneSided")) kernel = MoeKernel::kOneSided;
    if (contains(p.model, "TwoSided")) kernel = MoeKernel::kTwoSided;
    const auto hidden = number_after(notes, R"(hidden (\d+))"), top_k = number_after(notes, R"(top-(\d+)(?! groups))");
    auto tokens = row.number("global_batch");
    if (!tokens) tokens = number_after(notes, R"((\d+) tokens)");
    if (!kernel) {
      p.reason = fmt::format("no kernel is known for {}", p.model);
    } else if (!hidden || !top_k || !tokens) {
      p.reason = "tokens, hidden size or experts of a token are not stated";
    } else if (is_dispatch && !is_deepep) {
      p.reason = "the number format of the dispatched tokens is not stated";
    } else if (p.metric != "latency" && p.metric != "bottleneck_bandwidth") {
      p.reason = fmt::format("metric {} is not modelled", p.metric);
    }
    const double unit = unit_of(p);
    if (!p.reason.empty()) return;
    const auto at = place(row, p);
    if (!at) return;
    MoeExchange exchange;
    exchange.tokens = *tokens;
    exchange.bytes_per_token = is_dispatch ? moe_dispatch_bytes(*hidden) : moe_combine_bytes(*hidden);
    exchange.top_k = static_cast<int>(*top_k);
    const CollectiveTime time = moe_exchange_time(*kernel, exchange, at->layout, at->capacities, calibration_);
    p.step_s = time.time_s;
    p.size = message_size(std::max(time.tiers[0].bytes, time.tiers[1].bytes));
    p.how = "direct";
    // DeepEP counts every token once for each domain (or, in one domain, rank) that needs it, the sender's own
    // included.
    const int members = at->layout.domains > 1 ? at->layout.domains : at->layout.ranks;
    const double counted = exchange.tokens * exchange.bytes_per_token * moe_destinations(members, exchange);
    p.predicted = (p.metric == "latency" ? time.time_s : counted / time.time_s) / unit;
  }

  const Catalog& catalog_;
  const Calibration& calibration_;
  std::vector<EntryName> names_;
  std::map<std::string, Result<RackType>> racks_;
  std::map<std::string, Result<FabricType>> fabrics_;
};

}  // namespace

std::string_view message_size_word(MessageSize size) {
  static constexpr std::string_view kWords[] = {"small", "medium", "large", "-"};
  return kWords[static_cast<std::size_t>(size)];
}

MessageSize message_size(double bytes) {
  return bytes < 65536 ? MessageSize::kSmall : bytes > 16777216 ? MessageSize::kLarge : MessageSize::kMedium;
}

bool is_collective_metric(std::string_view metric) {
  static constexpr std::string_view kMetrics[] = {"latency",        "busbw",    "algbw", "bottleneck_bandwidth",
                                                  "rdma_bandwidth", "bandwidth"};
  return std::find(std::begin(kMetrics), std::end(kMetrics), collective_metric(std::string(metric))) !=
         std::end(kMetrics);
}

Result<std::vector<CollectivePrediction>> predict_collective_rows(const CsvTable& table, const Catalog& catalog,
                                                                  const Calibration& calibration) {
  Errors errors = missing_columns(table, {"id", "hardware", "n_gpus", "model", "global_batch", "metric"});
  if (!errors.empty()) return fail(std::move(errors));
  Result<std::vector<EntryName>> names = list_entries(catalog);
  if (!names) return tl::unexpected(names.error());
  Predictor predictor(catalog, calibration, std::move(*names));
  std::vector<CollectivePrediction> out;
  const CsvTable worded = collectives_in_known_words(table);
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    out.push_back(predictor.predict(CsvRow(worded, i)));
    out.back().metric = CsvRow(table, i).text("metric");
    out.back().unit = CsvRow(table, i).text("unit");
  }
  return out;
}

std::vector<CollectiveScore> score_collectives(const std::vector<CollectivePrediction>& rows) {
  // "all" sorts behind the sources of its use by the flag in front of the name.
  using Key = std::tuple<std::string, bool, std::string, std::string, MessageSize>;
  std::map<Key, std::vector<const CollectivePrediction*>> groups;
  for (const CollectivePrediction& row : rows) {
    if (row.reason.empty()) {
      groups[{row.use, false, row.source, row.operation, row.size}].push_back(&row);
      groups[{row.use, true, "all", "", row.size}].push_back(&row);
    } else {
      groups[{row.use, false, row.source, row.operation, MessageSize::kUnknown}].push_back(&row);
      groups[{row.use, true, "all", "", MessageSize::kUnknown}].push_back(&row);
    }
  }
  std::vector<CollectiveScore> scores;
  for (const auto& [key, members] : groups) {
    std::vector<RowPrediction> plain_rows;
    for (const CollectivePrediction* row : members) plain_rows.push_back(*row);
    CollectiveScore s;
    static_cast<Score&>(s) = score(plain_rows).back();  // of all sources
    s.source = std::get<2>(key);
    s.operation = std::get<3>(key);
    s.size = std::get<4>(key);
    scores.push_back(std::move(s));
  }
  return scores;
}

}  // namespace racktwin
