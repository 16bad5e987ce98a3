#include "sim/network/collective.h"

#include "app/cli/commands.h"
#include "app/cli/version.h"
#include "sim/catalog/catalog.h"
#include "sim/document.h"
#include "sim/nearest_match.h"
#include "sim/plan/parse_plan.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>

namespace racktwin {
namespace {

constexpr double kElementBytes = 4;  // float, as in nccl-tests
constexpr std::size_t kMaxSizes = 1000;
constexpr double kMaxBytes = 1024.0 * 1024 * 1024 * 1024 * 1024;

struct CollectiveOptions {
  std::string site;  // scenario file or rack of the catalogue
  int racks = 1;
  std::string fabric = "ndr-rail-2tier";
  std::string op = "all_reduce", algorithm, protocol;
  std::string first = "8", last = "16G";
  double factor = 2;
  std::optional<int> ranks;  // default: all GPUs
  double skew = 1;
  bool is_sharp = false, shows_links = false, is_json = false;
};

Error bad(std::string message, std::string hint = {}) {
  return {ErrorCode::kBadInput, std::move(message), {}, 1, std::move(hint), {}};
}

// "16G", "8", "1MiB": powers of 1024, as nccl-tests reads them.
std::optional<double> parse_bytes(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value) || value <= 0) return std::nullopt;
  std::string unit(end, text.data() + text.size());
  if (!unit.empty() && unit.back() == 'B') unit.pop_back();
  if (unit.size() == 2 && unit[1] == 'i') unit.pop_back();
  for (const std::string units = "KMGT"; const char c : units) {
    value *= unit.size() == 1 && (unit[0] == c || unit[0] == std::tolower(c)) ? std::pow(1024, units.find(c) + 1) : 1;
    if (unit.size() == 1 && (unit[0] == c || unit[0] == std::tolower(c))) unit.clear();
  }
  if (!unit.empty() || value > kMaxBytes) return std::nullopt;
  return std::floor(value);
}

// The value whose word is `text`; an error with the nearest word if there is none.
template <class T>
std::optional<T> parse_word(const std::string& option, const std::string& text, int count, std::string_view (*word)(T),
                            Errors& errors) {
  std::vector<std::string> known;
  std::string list;
  for (int i = 0; i < count; ++i) {
    known.emplace_back(word(static_cast<T>(i)));
    if (known.back() == text) return static_cast<T>(i);
    list += (i > 0 ? ", " : "") + known.back();
  }
  const auto nearest = nearest_match(text, known);
  errors.push_back(bad(fmt::format("{}: there is no \"{}\"", option, text),
                       nearest ? fmt::format("did you mean \"{}\"?", *nearest) : "one of " + list));
  return std::nullopt;
}

struct SiteRead {
  RackType rack;
  FabricType fabric;
  int racks = 1;
  std::string name;
};

Result<SiteRead> read_site(const CollectiveOptions& options, const Catalog& catalog) {
  SiteRead site;
  const std::string ending = ".toml";
  if (options.site.size() > ending.size() &&
      options.site.compare(options.site.size() - ending.size(), ending.size(), ending) == 0) {
    Result<Plan> plan = load_plan(options.site, {}, catalog);
    if (!plan) return tl::unexpected(plan.error());
    site.rack = plan->site.rack_type;
    site.fabric = plan->site.fabric;
    site.racks = static_cast<int>(plan->site.racks.size());
    site.name = plan->title;
    return site;
  }
  Result<RackType> rack = catalog.rack(options.site);
  Result<FabricType> fabric = catalog.fabric(options.fabric);
  Errors errors;
  if (!rack) errors = rack.error();
  if (!fabric) errors.insert(errors.end(), fabric.error().begin(), fabric.error().end());
  if (!errors.empty()) return fail(std::move(errors));
  site.rack = std::move(*rack);
  site.fabric = std::move(*fabric);
  site.racks = options.racks;
  site.name = fmt::format("{} x {}, {}", site.racks, site.rack.title, site.fabric.title);
  return site;
}

// Elements of one rank's send (or, of a reduce-scatter, receive) buffer, as nccl-tests counts them.
double count_of(CollectiveOp op, double bytes, int ranks) {
  const bool is_split =
      op == CollectiveOp::kAllGather || op == CollectiveOp::kReduceScatter || op == CollectiveOp::kAllToAll;
  return std::floor(bytes / kElementBytes / (is_split ? ranks : 1));
}

struct Line {
  double bytes = 0;
  CollectiveTime time;
};

double algbw(const Line& line) { return line.bytes / line.time.time_s / 1e9; }

std::string bottleneck(const CollectiveTime& time) {
  return time.is_latency_bound() ? "latency" : std::string(tier_word(time.slowest));
}

double utilization(const TierLoad& load, const CollectiveTime& time) {
  return load.bytes / load.bytes_per_s / time.time_s;
}

// Tiers that any of the sizes loads.
std::vector<NetworkTier> used_tiers(const std::vector<Line>& lines) {
  std::vector<NetworkTier> tiers;
  for (int t = 0; t < kNetworkTiers; ++t)
    if (std::any_of(lines.begin(), lines.end(), [&](const Line& line) { return line.time.tiers[t].bytes > 0; }))
      tiers.push_back(static_cast<NetworkTier>(t));
  return tiers;
}

// What the result leans on most weakly.
std::string weakest_input(const SiteRead& site, const CollectiveLayout& layout, const Calibration& calibration) {
  const std::pair<const char*, const Sourced*> inputs[] = {
      {"NVLink bandwidth", &site.rack.gpu.nvlink_bytes_per_s},
      {"NVLink rates and steps", &calibration.collective.step.value},
      {"NIC bandwidth", &site.rack.nic_bytes_per_s},
      {"step between NVLink domains", &calibration.collective.net_hop_simple_s.value},
      {"link latency of the fabric", &site.fabric.link_latency_s}};
  const std::size_t count = layout.domains > 1 ? std::size(inputs) : 2;
  const auto* weakest = &inputs[0];
  for (std::size_t i = 1; i < count; ++i)
    if (inputs[i].second->evidence >= weakest->second->evidence) weakest = &inputs[i];
  return fmt::format("{}, {} ({})", weakest->first, evidence_word(weakest->second->evidence), weakest->second->from);
}

std::string text_of(const CollectiveOptions& options, CollectiveOp op, const SiteRead& site,
                    const CollectiveLayout& layout, const std::vector<Line>& lines, const std::string& weakest) {
  const std::vector<NetworkTier> tiers = used_tiers(lines);
  std::string out =
      fmt::format("# {} over {} ranks in {} NVLink domain{} of up to {}\n# {}\n#\n", op_word(op), layout.ranks,
                  layout.domains, layout.domains == 1 ? "" : "s", layout.per_domain, site.name);
  out += fmt::format("#{:>13}{:>13}{:>8}{:>12}{:>9}{:>9}  {:<19}", "size", "count", "type", "time", "algbw", "busbw",
                     "algorithm");
  if (options.shows_links) {
    for (const NetworkTier tier : tiers) out += fmt::format("{:>13}", tier_word(tier));
    out += "  bottleneck";
  }
  out += fmt::format("\n#{:>13}{:>13}{:>8}{:>12}{:>9}{:>9}", "(B)", "(elements)", "", "(us)", "(GB/s)", "(GB/s)");
  if (options.shows_links) out += fmt::format("{:>21}{}", "", "  load of the busiest link over the whole time");
  out += "\n";
  for (const Line& line : lines) {
    out += fmt::format("{:>14.0f}{:>13.0f}{:>8}{:>12.2f}{:>9.2f}{:>9.2f}", line.bytes,
                       count_of(op, line.bytes, layout.ranks), "float", line.time.time_s * 1e6, algbw(line),
                       algbw(line) * bus_factor(op, layout.ranks));
    const std::string how =
        fmt::format("{} {}", algorithm_word(line.time.algorithm), protocol_word(line.time.protocol));
    if (!options.shows_links) {
      out += fmt::format("  {}\n", how);
      continue;
    }
    out += fmt::format("  {:<19}", how);
    for (const NetworkTier tier : tiers)
      out += fmt::format("{:>11.1f} %", 100 * utilization(line.time.tiers[static_cast<std::size_t>(tier)], line.time));
    out += fmt::format("  {}\n", bottleneck(line.time));
  }
  return out + fmt::format("#\n# Weakest input: {}\n", weakest);
}

std::string json_of(CollectiveOp op, const SiteRead& site, const CollectiveLayout& layout,
                    const std::vector<Line>& lines, const std::string& weakest) {
  nlohmann::ordered_json out = {{"schema", 1},
                                {"version", std::string(version_text())},
                                {"site", site.name},
                                {"op", std::string(op_word(op))},
                                {"ranks", layout.ranks},
                                {"domains", layout.domains},
                                {"ranks_per_domain", layout.per_domain},
                                {"weakest_input", weakest}};
  out["rows"] = nlohmann::ordered_json::array();
  for (const Line& line : lines) {
    nlohmann::ordered_json row = {{"size_bytes", line.bytes},
                                  {"count", count_of(op, line.bytes, layout.ranks)},
                                  {"type", "float"},
                                  {"time_s", line.time.time_s},
                                  {"algbw_bytes_per_s", algbw(line) * 1e9},
                                  {"busbw_bytes_per_s", algbw(line) * bus_factor(op, layout.ranks) * 1e9},
                                  {"algorithm", std::string(algorithm_word(line.time.algorithm))},
                                  {"protocol", std::string(protocol_word(line.time.protocol))},
                                  {"launch_s", line.time.launch_s},
                                  {"latency_s", line.time.latency_s},
                                  {"transfer_s", line.time.transfer_s},
                                  {"bottleneck", bottleneck(line.time)}};
    row["links"] = nlohmann::ordered_json::array();
    for (const NetworkTier tier : used_tiers({line})) {
      const TierLoad& load = line.time.tiers[static_cast<std::size_t>(tier)];
      row["links"].push_back({{"tier", std::string(tier_word(tier))},
                              {"bytes", load.bytes},
                              {"capacity_bytes_per_s", load.bytes_per_s},
                              {"utilization", utilization(load, line.time)}});
    }
    out["rows"].push_back(std::move(row));
  }
  return out.dump(2) + "\n";
}

std::vector<double> sizes_of(const CollectiveOptions& options, Errors& errors) {
  const auto first = parse_bytes(options.first), last = parse_bytes(options.last);
  const char* const hint = "bytes, or a number with K, M, G or T, e.g. \"16G\"";
  if (!first) errors.push_back(bad(fmt::format("-b: \"{}\" is no size", options.first), hint));
  if (!last) errors.push_back(bad(fmt::format("-e: \"{}\" is no size", options.last), hint));
  if (!(options.factor > 1)) errors.push_back(bad(fmt::format("-f: the factor {} must be above 1", options.factor)));
  if (first && last && *first > *last)
    errors.push_back(bad(fmt::format("-b {} is more than -e {}", options.first, options.last)));
  std::vector<double> sizes;
  if (!first || !last || !(options.factor > 1)) return sizes;
  for (double size = *first; size <= *last && sizes.size() <= kMaxSizes; size = std::floor(size * options.factor)) {
    if (!sizes.empty() && size <= sizes.back()) size = sizes.back() + 1;
    if (size <= *last) sizes.push_back(size);
  }
  if (sizes.size() > kMaxSizes)
    errors.push_back(bad(fmt::format("-f {} gives more than {} sizes", options.factor, kMaxSizes)));
  return sizes;
}

int collective(const CollectiveOptions& options, const GlobalOptions& global) {
  const Catalog catalog(global.catalogue_directory);
  Errors errors;
  const auto op = parse_word<CollectiveOp>("--op", options.op, kCollectiveOps, op_word, errors);
  CollectiveChoice choice;
  choice.allows_sharp = options.is_sharp;
  if (!options.algorithm.empty())
    choice.algorithm = parse_word<CollectiveAlgorithm>("--algorithm", options.algorithm, kCollectiveAlgorithms,
                                                       algorithm_word, errors);
  if (!options.protocol.empty())
    choice.protocol =
        parse_word<CollectiveProtocol>("--protocol", options.protocol, kCollectiveProtocols, protocol_word, errors);
  const std::vector<double> sizes = sizes_of(options, errors);
  if (options.racks < 1) errors.push_back(bad(fmt::format("--racks: {} is less than 1", options.racks)));
  if (!(options.skew >= 1)) errors.push_back(bad(fmt::format("--skew: {} is less than 1", options.skew)));
  const Result<SiteRead> site = read_site(options, catalog);
  const Result<Calibration> calibration = catalog.calibration();
  if (!site) errors.insert(errors.end(), site.error().begin(), site.error().end());
  if (!calibration) errors.insert(errors.end(), calibration.error().begin(), calibration.error().end());
  if (!errors.empty()) return print_errors(errors, global);

  const int gpus = site->racks * site->rack.gpus();
  const int ranks = options.ranks.value_or(gpus);
  if (ranks < 2) return print_error(bad(fmt::format("-n: a collective needs at least 2 ranks, not {}", ranks)), global);
  if (ranks > gpus) return print_error(bad(fmt::format("-n: {} ranks, but the site has {} GPUs", ranks, gpus)), global);
  const CollectiveLayout layout = CollectiveLayout::of(ranks, site->rack.domain_gpus());
  const Result<Fabric> fabric = generate_fabric(site->fabric, site->racks * site->rack.domains(),
                                                site->rack.domain_gpus(), site->rack.nic_bytes_per_s_per_gpu());
  if (!fabric) return print_errors(fabric.error(), global);
  CollectiveCapacities capacities = collective_capacities(site->rack, site->fabric, *fabric);
  capacities.skew = options.skew;
  if (choice.algorithm) {
    std::string why;
    bool can = false;
    for (int p = kCollectiveProtocols - 1; p >= 0; --p) {
      const auto protocol = static_cast<CollectiveProtocol>(p);
      if (choice.protocol && protocol != *choice.protocol) continue;
      const std::string reason = why_not(*op, *choice.algorithm, protocol, layout, capacities);
      can |= reason.empty();
      if (why.empty()) why = reason;
    }
    if (!can) return print_error(bad(why), global);
  }
  if (options.is_sharp && !choice.algorithm) {
    const std::string why = why_not(*op, CollectiveAlgorithm::kSharp, CollectiveProtocol::kSimple, layout, capacities);
    if (!why.empty()) return print_error(bad("--sharp: " + why), global);
  }
  std::vector<Line> lines;
  for (const double size : sizes) {
    const auto time = chosen_collective(*op, size, layout, capacities, *calibration, choice);
    if (!time)
      return print_error(bad(fmt::format("no algorithm does {} with the protocol {}", op_word(*op), options.protocol)),
                         global);
    lines.push_back({size, *time});
  }
  if (site->rack.gpu.nvlink_generation > kNewestFittedNvlink)
    print_warnings({fmt::format("nothing was measured on NVLink {}: shares of the port are those of NVLink {}",
                                site->rack.gpu.nvlink_generation, kNewestFittedNvlink)},
                   global);
  const std::string weakest = weakest_input(*site, layout, *calibration);
  print_result(options.is_json ? json_of(*op, *site, layout, lines, weakest)
                               : text_of(options, *op, *site, layout, lines, weakest));
  return 0;
}

}  // namespace

Subcommand add_collective(CLI::App& program, const GlobalOptions& global) {
  auto options = std::make_shared<CollectiveOptions>();
  CLI::App* app = program.add_subcommand("collective", "Time of a collective by message size, as nccl-tests prints it");
  app->footer(
      "  racktwin collective gb200-nvl72\n"
      "  racktwin collective gb200-nvl72 --racks 2 --op all_reduce -b 8 -e 16G -f 2 -n 144 --links\n"
      "  racktwin collective hall.toml --op all_to_all -n 64 --json\n"
      "  racktwin collective hgx-h100 --racks 4 --algorithm ring --protocol ll128");
  app->add_option("SITE", options->site, "Scenario file, or a rack of the catalogue")->required();
  app->add_option("--racks", options->racks, "Number of racks, if SITE is one")->type_name("N");
  app->add_option("--fabric", options->fabric, "Fabric between them")->type_name("NAME");
  app->add_option("--op", options->op, "all_reduce, all_gather, reduce_scatter, all_to_all, broadcast, sendrecv")
      ->type_name("OP");
  app->add_option("-b,--minbytes", options->first, "First size, e.g. 8 or 32M")->type_name("SIZE");
  app->add_option("-e,--maxbytes", options->last, "Last size")->type_name("SIZE");
  app->add_option("-f,--stepfactor", options->factor, "From one size to the next")->type_name("X");
  app->add_option("-n,--ranks", options->ranks, "GPUs that take part, rack by rack; default: all")->type_name("N");
  app->add_option("--algorithm", options->algorithm,
                  "Force ring, tree, nvls, nvls_tree, pat, direct, hierarchical or sharp")
      ->type_name("NAME");
  app->add_option("--protocol", options->protocol, "Force ll, ll128 or simple")->type_name("NAME");
  app->add_flag("--sharp", options->is_sharp, "The fabric's switches reduce");
  app->add_option("--skew", options->skew, "All-to-all: bytes of the busiest rank over the mean")->type_name("X");
  app->add_flag("--links", options->shows_links, "Load of each tier and the bottleneck");
  app->add_flag("--json", options->is_json, "Print one JSON object");
  return {app, [=, &global] { return collective(*options, global); }};
}

}  // namespace racktwin
