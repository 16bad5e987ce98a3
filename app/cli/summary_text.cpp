#include "app/cli/plain_text.h"
#include "app/cli/summary.h"
#include "app/cli/text_bar.h"
#include "app/cli/uncertainty.h"
#include "render/text/value_text.h"
#include "sim/document.h"
#include "sim/power/clock_reason.h"
#include "sim/quantity.h"
#include "sim/recording/event_reach.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <initializer_list>
#include <sstream>
#include <utility>
#include <vector>

namespace racktwin {

namespace {

constexpr std::size_t kLabelWidth = 20;
constexpr std::size_t kValueWidth = 12;
constexpr std::size_t kDetailWidth = 52;  // evidence stands in the column after it
constexpr std::size_t kMostEvents = 10;
constexpr int kMostPlaces = 3;             // of the critical path
constexpr double kShortestPlace = 0.01;    // of the step; what is shorter is only in the JSON
constexpr double kLongTime_s = 36 * 3600;  // hours on so many days say more than a quantity
constexpr double kTightHeadroom = 0.05;    // of the limit; drawn as a warning
constexpr double kTightHeadroom_k = 3.0;   // of the junction

struct Palette {
  std::string_view bold, dim, good, warning, bad, reset;
};
constexpr Palette kColours{"\x1b[1m", "\x1b[2m", "\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[0m"};

// Events that say the same: of a limit at any time, of what somebody set or broke at once.
struct AlikeEvents {
  const EventRow* first = nullptr;
  const EventRow* last = nullptr;
  std::size_t count = 1;
  // But for the values, which follow a colon.
  bool has(const EventRow& event) const {
    const auto words = [](const EventRow& of) { return of.what.substr(0, of.what.find(": ")); };
    return event.by == first->by && words(event) == words(*first) &&
           (event.by == "limit" || event.time_s == first->time_s);
  }
};

// By the first of each; where there are few, each by itself.
std::vector<AlikeEvents> alike(const std::vector<EventRow>& events) {
  std::vector<AlikeEvents> groups;
  for (const EventRow& event : events) {
    const auto found =
        std::find_if(groups.begin(), groups.end(), [&](const AlikeEvents& group) { return group.has(event); });
    if (events.size() <= kMostEvents || found == groups.end()) {
      groups.push_back({&event, &event});
    } else {
      found->last = &event;
      ++found->count;
    }
  }
  return groups;
}

std::string whole(double value) { return std::isnan(value) ? "-" : fmt::format("{:.0f}", value); }

class SummaryText {
 public:
  SummaryText(const Summary& summary, bool colour) : s_(summary), p_(colour ? kColours : Palette{}) {}

  std::string format() {
    if (s_.rows.empty()) {  // still running, or cut off
      add_extent();
      add_events();
      add_defaults();
      return std::move(out_);
    }
    add_title();
    add_headroom();
    add_above();
    add_step();
    add_critical_path();
    add_power_and_heat();
    add_links();
    add_events();
    if (s_.uncertainty) out_ += uncertainty_text(*s_.uncertainty, s_.rows, !p_.bold.empty());
    add_weakest_inputs();
    add_defaults();
    return std::move(out_);
  }

 private:
  double v(std::string_view name) const { return s_.value(name); }
  bool is_known(std::string_view name) const { return !std::isnan(v(name)); }
  std::string q(std::string_view name, Dimension dimension) const {
    return format_quantity(v(name), dimension, 4, Zeros::kKeep);
  }
  double run_number(std::string_view key) const {
    const std::string text = s_.run_value(key);
    return text.empty() ? std::nan("") : std::strtod(text.c_str(), nullptr);
  }

  void add_extent() {
    out_ += fmt::format("{}{}{}\n", p_.bold, printable(s_.run_value("title")), p_.reset);
    out_ += fmt::format("{}recorded up to {} of {}; no summary{}; racktwin {}{}\n", p_.dim, time_text(s_.recorded_s),
                        format_quantity(run_number("duration_s"), Dimension::kTime),
                        s_.is_growing ? " yet: the run goes on" : ": the run was cut off",
                        printable(s_.run_value("version")), p_.reset);
    out_ += fmt::format("What is there can be exported: racktwin export {} --csv DIR\n", printable(s_.recording));
  }

  void add_title() {
    out_ += fmt::format("{}{}{}\n", p_.bold, printable(s_.run_value("title")), p_.reset);
    const double simulated_s = run_number("simulated_s"), duration_s = run_number("duration_s");
    std::string extent = format_quantity(simulated_s, Dimension::kTime);
    if (simulated_s < duration_s) extent += " of " + format_quantity(duration_s, Dimension::kTime);
    out_ += fmt::format("{}{} simulated in {}; {} GPUs; GPU classes {}, solves {}; racktwin {}{}\n", p_.dim, extent,
                        format_quantity(run_number("wall_s"), Dimension::kTime, 2), whole(v("gpus_used")),
                        whole(v("gpu_classes")), whole(v("solves")), printable(s_.run_value("version")), p_.reset);
    const SummaryRow* verdict = s_.row("verdict");
    const std::string text = verdict == nullptr || verdict->text.empty() ? "-" : printable(verdict->text);
    const std::string_view colour = text == "ok" ? p_.good : text == "-" ? std::string_view() : p_.bad;
    out_ += fmt::format("\n{}Verdict{}   {}{}{}\n", p_.bold, p_.reset, colour, wrap(text, 10), p_.reset);
  }

  void heading(std::string_view left, std::string_view right = {}) {
    const std::size_t width = kLabelWidth + kValueWidth + kDetailWidth + 6;
    out_ += fmt::format("\n{}{:<{}}{}{}{}{}\n", p_.bold, left, right.empty() ? 0 : width, p_.reset, p_.dim, right,
                        p_.reset);
  }

  // One line: label, value, detail, and the weakest evidence of the rows that it shows.
  void line(std::string_view label, std::string_view value, std::string_view detail,
            std::initializer_list<std::string_view> rows, std::string_view colour = {}) {
    const std::string evidence = weakest_evidence(rows);
    const std::size_t detail_width = evidence.empty() ? 0 : kDetailWidth;
    std::string text = fmt::format("  {:<{}}{}{:>{}}{}  {:<{}}", label, kLabelWidth, colour, value, kValueWidth,
                                   colour.empty() ? std::string_view() : p_.reset, detail, detail_width);
    if (!evidence.empty()) text += fmt::format("  {}{}{}", p_.dim, evidence, p_.reset);
    text.erase(text.find_last_not_of(' ') + 1);
    out_ += text + "\n";
  }

  std::string weakest_evidence(std::initializer_list<std::string_view> rows) const {
    std::string weakest;
    for (int e = 0; e <= static_cast<int>(Evidence::kAssumed); ++e) {
      const std::string_view word = evidence_word(static_cast<Evidence>(e));
      for (const std::string_view name : rows)
        if (const SummaryRow* row = s_.row(name); row != nullptr && row->evidence == word) weakest = word;
    }
    return weakest;
  }

  std::string_view headroom_colour(double headroom, double tight) const {
    if (headroom < 0) return p_.bad;
    return headroom < tight ? p_.warning : std::string_view();
  }

  void add_share_headroom(std::string_view label, std::string_view row, const std::string& detail) {
    const double headroom = v(row);
    const std::string used = std::isnan(headroom) ? "" : fmt::format(" {:.0f} % used{}", 100 * (1 - headroom), detail);
    line(label, percent(headroom), text_bar(1 - headroom, 20) + used, {row}, headroom_colour(headroom, kTightHeadroom));
  }

  void add_headroom() {
    heading("Headroom", "evidence");
    add_share_headroom("feed", "headroom_feed", ", at the peak");
    if (is_known("headroom_one_feed"))
      add_share_headroom("one feed of two", "headroom_one_feed", ", were the other lost");
    if (is_known("headroom_generator"))
      add_share_headroom("generator", "headroom_generator", ", while it carries the site");
    if (is_known("headroom_busway")) add_share_headroom("busway", "headroom_busway", ", the fullest");
    if (v("headroom_ups") < v("headroom_feed")) add_share_headroom("UPS", "headroom_ups", "");
    add_share_headroom("power shelf", "headroom_shelf", ", the fullest");
    add_share_headroom("rack", "headroom_rack", ", the fullest");
    if (is_known("headroom_cdu")) add_share_headroom("CDU", "headroom_cdu", ", the fullest");
    const std::string memory = q("memory_used_bytes", Dimension::kBytes);
    add_share_headroom("GPU memory", "headroom_memory", memory == "-" ? "" : fmt::format(", {}", memory));
    const double junction_k = v("headroom_junction_k");
    line("GPU junction", format_quantity(junction_k, Dimension::kTemperatureDelta, 3, Zeros::kKeep),
         "to the first slowdown", {"headroom_junction_k"}, headroom_colour(junction_k, kTightHeadroom_k));
  }

  // How long something was above its limit.
  void add_above() {
    constexpr std::pair<std::string_view, std::string_view> kLimits[] = {{"feed", "feed"},
                                                                         {"one feed of two", "one_feed"},
                                                                         {"UPS", "ups"},
                                                                         {"generator", "generator"},
                                                                         {"busway", "busway"},
                                                                         {"rack", "rack"},
                                                                         {"power shelf", "shelf"},
                                                                         {"CDU", "cdu"},
                                                                         {"GPU junction", "junction"},
                                                                         {"coolant supply", "coolant_supply"},
                                                                         {"coolant return", "coolant_return"},
                                                                         {"water for air", "coils"}};
    bool has_heading = false;
    for (const auto& [label, name] : kLimits) {
      const std::string row = fmt::format("above_{}_s", name);
      const double above_s = v(row), days = v(fmt::format("above_{}_days", name));
      if (!(above_s > 0)) continue;
      if (!std::exchange(has_heading, true)) heading("Above the limit", "evidence");
      const bool is_long = above_s > kLongTime_s;
      line(label, is_long ? fmt::format("{:.0f} h", above_s / 3600) : format_quantity(above_s, Dimension::kTime),
           is_long ? fmt::format("on {:.0f} days", days) : "", {row});
    }
  }

  void add_part(std::string_view label, std::string_view row) {
    const double part_s = v(row);
    if (part_s == 0) return;
    const double share = part_s / v("step_time_s");
    line(label, q(row, Dimension::kTime), fmt::format("{} {:>6}", text_bar(share, 20), percent(share)), {row});
  }

  void add_step() {
    heading("Training step", "evidence");
    const double longest = v("step_time_max_s");
    line("step time", q("step_time_s", Dimension::kTime),
         longest > v("step_time_s") ? "the longest " + q("step_time_max_s", Dimension::kTime) : "",
         {"step_time_s", "step_time_max_s"});
    add_part("  compute", "compute_s");
    add_part("  memory-bound", "memory_bound_s");
    add_part("  tensor parallel", "tp_exposed_s");
    add_part("  context parallel", "cp_exposed_s");
    if (is_known("ep_exposed_s")) add_part("  expert parallel", "ep_exposed_s");
    add_part("  data parallel", "dp_exposed_s");
    add_part("  pipeline sends", "pp_exposed_s");
    add_part("  optimizer", "optimizer_s");
    add_part("  bubble", "bubble_s");
    line("tokens/s", with_prefix(v("tokens_per_s")),
         fmt::format("{} per GPU; {} tokens in {} steps", with_prefix(v("tokens_per_s_per_gpu")),
                     with_prefix(v("tokens_trained")), whole(v("steps_completed"))),
         {"tokens_per_s", "tokens_per_s_per_gpu"});
    line("MFU", percent(v("mfu")), "", {"mfu"});
    add_losses();
  }

  static constexpr std::pair<const char*, const char*> kLosses[] = {{"  to heat", "tokens_lost_to_heat"},
                                                                    {"  to power", "tokens_lost_to_power"},
                                                                    {"  to clock limits", "tokens_lost_to_clock_limit"},
                                                                    {"  to the network", "tokens_lost_to_network"}};

  void add_losses() {
    double lost = 0;
    for (const auto& [label, row] : kLosses) lost += v(row);
    if (!(lost > 0)) return;  // nothing, or a recording of an older version
    const SummaryRow* first = s_.row("first_loss");
    line("tokens lost", with_prefix(lost),
         fmt::format("{} of what full clocks train; {}", percent(lost / (lost + v("tokens_trained"))),
                     first == nullptr ? "" : printable(first->text)),
         {kLosses[0].second, kLosses[1].second, kLosses[2].second, kLosses[3].second});
    for (const auto& [label, row] : kLosses)
      if (v(row) > 0) line(label, with_prefix(v(row)), percent(v(row) / (lost + v("tokens_trained"))), {row});
  }

  // A part of the critical path: its time, its share of the step, and what else there is to say.
  void add_path_part(std::string_view label, double time_s, const std::string& detail,
                     std::initializer_list<std::string_view> rows) {
    line(label, format_quantity(time_s, Dimension::kTime, 4, Zeros::kKeep),
         fmt::format("{:>6}{}", percent(time_s / v("step_time_s")), detail), rows);
  }

  void add_critical_path() {
    if (s_.row("critical_compute_s") == nullptr) return;  // the recording is of an older version
    heading("Critical path", "evidence");
    const double compute_s = v("critical_compute_s") + v("critical_memory_bound_s");
    add_path_part("compute", compute_s,
                  fmt::format(", of it {} bound by the clock", percent(v("critical_compute_s") / compute_s)),
                  {"critical_compute_s", "critical_memory_bound_s"});
    for (const auto& [label, kind] : {std::pair{"tensor parallel", "tp"},
                                      {"context parallel", "cp"},
                                      {"expert parallel", "ep"},
                                      {"data parallel", "dp"},
                                      {"pipeline sends", "pp"}}) {
      const std::string latency = fmt::format("critical_{}_latency_s", kind),
                        transfer = fmt::format("critical_{}_transfer_s", kind),
                        contention = fmt::format("critical_{}_contention_s", kind);
      const double time_s = v(latency) + v(transfer) + v(contention);
      if (time_s > 0)
        add_path_part(
            label, time_s,
            fmt::format(", latency {}, contention {}", q(latency, Dimension::kTime), q(contention, Dimension::kTime)),
            {latency, transfer, contention});
    }
    if (v("critical_optimizer_s") > 0)
      add_path_part("optimizer", v("critical_optimizer_s"), {}, {"critical_optimizer_s"});
    if (v("critical_sections") > kMostPlaces) add_path_places("where", "critical_place");  // few say it by themselves
    add_path_places("longest sections", "critical_section");
  }

  void add_path_places(std::string_view label, std::string_view rows) {
    for (int i = 1; i <= kMostPlaces; ++i) {
      const std::string name = fmt::format("{}_{}", rows, i);
      const SummaryRow* row = s_.row(name);
      if (row == nullptr || row->value < kShortestPlace * v("step_time_s")) continue;
      const double begin_s = v(name + "_begin_s");
      std::string where = printable(row->text);
      if (!std::isnan(begin_s)) where += fmt::format(", from {} on", format_quantity(begin_s, Dimension::kTime));
      add_path_part(i == 1 ? label : "", row->value, ", " + wrap(where, kLabelWidth + kValueWidth + 12), {});
    }
  }

  void add_power_and_heat() {
    const auto temperature = [&](std::string_view row) {
      return std::isnan(v(row)) ? "-" : fmt::format("{:.1f} degC", v(row));
    };
    heading("Power and heat", "evidence");
    line("site power", q("site_peak_w", Dimension::kPower),
         fmt::format("peak; mean {}", q("site_mean_w", Dimension::kPower)), {"site_peak_w", "site_mean_w"});
    line("rack power", q("rack_peak_w", Dimension::kPower), "peak", {"rack_peak_w"});
    line("IT power", q("it_mean_w", Dimension::kPower),
         fmt::format("mean; PUE {}", std::isnan(v("pue")) ? "-" : fmt::format("{:.3f}", v("pue"))),
         {"it_mean_w", "pue"});
    if (is_known("smoothing_burn_mean_w"))
      line("  burnt by smoothing", q("smoothing_burn_mean_w", Dimension::kPower), "mean, of all GPUs",
           {"smoothing_burn_mean_w"});
    line("GPU junction", temperature("junction_max_degc"), "highest", {"junction_max_degc"});
    if (is_known("coolant_supply_max_degc"))  // racks that air cools have none
      line("coolant", temperature("coolant_supply_max_degc"),
           fmt::format("supply, return {}; highest", temperature("coolant_return_max_degc")),
           {"coolant_supply_max_degc", "coolant_return_max_degc"});
    if (is_known("facility_supply_max_degc"))
      line("facility water", temperature("facility_supply_max_degc"),
           fmt::format("supply, return {}; highest", temperature("facility_return_max_degc")),
           {"facility_supply_max_degc", "facility_return_max_degc"});
    add_cooling_use(temperature("heat_reuse_degc"));
    const double throttled = v("throttled_fraction");
    line("throttled", percent(throttled),
         fmt::format("of GPU time; clock {} at the start, lowest {}", percent(v("clock_start")),
                     percent(v("clock_min"))),
         {"throttled_fraction", "clock_min"}, throttled > 0 ? p_.warning : std::string_view());
    for (const ClockReasonName& name : kClockReasonNames)
      if (v(name.metric) > 0)
        line(fmt::format("  {}", name.words), percent(v(name.metric)),
             fmt::format("of GPU time set the clock{}", name.nvml.empty() ? "" : fmt::format(" ({})", name.nvml)),
             {name.metric});
  }

  // Recordings of older versions have none of it.
  void add_cooling_use(const std::string& reuse) {
    if (!is_known("cooling_mean_w")) return;
    line("cooling power", q("cooling_mean_w", Dimension::kPower),
         fmt::format("mean; fans {}", q("fan_mean_w", Dimension::kPower)), {"cooling_mean_w", "fan_mean_w"});
    line("  of it CDU pumps", q("cdu_pump_mean_w", Dimension::kPower),
         fmt::format("mean; facility pumps {}", q("facility_pump_mean_w", Dimension::kPower)),
         {"cdu_pump_mean_w", "facility_pump_mean_w"});
    line("  of it the room's air", q("air_cooling_mean_w", Dimension::kPower), "mean; fans and its chiller",
         {"air_cooling_mean_w"});
    if (v("chiller_mean_w") > 0) line("  chiller", q("chiller_mean_w", Dimension::kPower), "mean", {"chiller_mean_w"});
    if (v("water_l") > 0)
      line("water", format_quantity(v("water_l") / 1000, Dimension::kVolume, 4, Zeros::kKeep),
           fmt::format("evaporated and blown down; WUE {:.2f} L/kWh", v("wue_l_per_kwh")),
           {"water_l", "wue_l_per_kwh"});
    if (is_known("heat_reuse_degc"))
      line("heat to reuse", reuse, "mean return of the facility water", {"heat_reuse_degc"});
  }

  void add_links() {
    std::string lines;
    for (int i = 1; i <= 5; ++i) {
      const SummaryRow* row = s_.row(fmt::format("busiest_link_{}", i));
      if (row == nullptr || row->text.empty()) continue;
      const std::string name = row->name;
      lines += fmt::format("  {:>8}{:>9}{:>11}  {}\n", percent(row->value), percent(v(name + "_peak")),
                           q(name + "_bytes", Dimension::kBytes), printable(row->text));
    }
    if (lines.empty()) return;
    out_ += fmt::format("\n{}Busiest links{}\n{}{:>10}{:>9}{:>11}{}\n", p_.bold, p_.reset, p_.dim, "mean", "peak",
                        "a step", p_.reset);
    out_ += lines;
  }

  void add_events() {
    if (s_.events.empty()) return;
    heading("Events");
    const std::vector<AlikeEvents> groups = alike(s_.events);
    std::size_t path_width = 0, told = 0;
    const std::size_t shown = std::min(groups.size(), kMostEvents);
    for (std::size_t i = 0; i < shown; ++i) path_width = std::max(path_width, groups[i].first->path.size());
    for (std::size_t i = 0; i < shown; ++i) {
      add_event(*groups[i].first, path_width);
      told += groups[i].count;
      if (groups[i].count == 1) continue;
      const EventRow& last = *groups[i].last;
      const std::string when = last.time_s == groups[i].first->time_s ? "at once" : "until " + time_text(last.time_s);
      out_ += fmt::format("{:13}{}{} more like it {}, the last {}{}\n", "", p_.dim, groups[i].count - 1, when,
                          printable(last.path), p_.reset);
    }
    if (s_.events.size() > told) out_ += fmt::format("  and {} more; --json lists all\n", s_.events.size() - told);
  }

  void add_event(const EventRow& event, std::size_t path_width) {
    const bool is_caused = event.by != "scenario";
    const std::string what = printable(event.what);
    const bool fits = 13 + path_width + 2 + what.size() + 4 + event.by.size() <= kTextColumns;
    out_ += fmt::format("  {:>9}  {:<{}}", time_text(event.time_s), printable(event.path), fits ? path_width : 0);
    out_ += fits ? "  " : fmt::format("\n{:{}}", "", 13);
    out_ += fmt::format("{}{}{}", is_caused ? p_.warning : std::string_view(), fits ? what : wrap(what, 13),
                        is_caused ? p_.reset : std::string_view());
    out_ += fmt::format("  {}({}){}\n", p_.dim, printable(event.by), p_.reset);
    if (const std::string reach = reach_of(s_.events, event); !reach.empty())
      out_ += fmt::format("{:13}{}{}{}\n", "", p_.dim, reach, p_.reset);
  }

  void add_weakest_inputs() {
    std::string lines;
    for (const auto& [label, name] : {std::pair{"compute", "weakest_input_compute"},
                                      {"network", "weakest_input_network"},
                                      {"power", "weakest_input_power"},
                                      {"cooling", "weakest_input_cooling"}})
      if (const SummaryRow* row = s_.row(name); row != nullptr && !row->text.empty())
        lines += fmt::format("  {:<20}{}\n", label, printable(row->text));
    if (lines.empty()) return;
    heading("Weakest input of each");
    out_ += lines;
  }

  void add_defaults() {
    std::istringstream defaults(s_.run_value("defaults"));
    std::string lines;
    for (std::string text; std::getline(defaults, text);)
      if (!text.empty()) lines += fmt::format("  {}\n", wrap(printable(text), 4));
    if (lines.empty()) return;
    heading("Defaults used (say otherwise in the scenario)");
    out_ += lines;
  }

  const Summary& s_;
  const Palette p_;
  std::string out_;
};

}  // namespace

std::string format_summary(const Summary& summary, bool colour) { return SummaryText(summary, colour).format(); }

}  // namespace racktwin
