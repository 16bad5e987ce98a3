#include "app/ui/what_if.h"

#include "app/ui/facts.h"
#include "render/text/value_text.h"
#include "sim/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <initializer_list>
#include <utility>

namespace racktwin {
namespace {

constexpr std::string_view kOperator = "operator";
constexpr std::string_view kWaiting = "waiting for the run", kTooLate = "not done, the run has ended";
constexpr double kNoBound_w = 1e10;  // the highest power cap there is

// The last change of a setting, by one of its keys; nullptr: there was none, or it is as without.
const EventRow* in_force(const std::vector<EventRow>& events, const std::string& path,
                         std::initializer_list<std::string_view> keys) {
  const auto last = std::find_if(events.rbegin(), events.rend(), [&](const EventRow& event) {
    return event.path == path && std::find(keys.begin(), keys.end(), event.key) != keys.end();
  });
  return last == events.rend() || std::isnan(last->setting) ? nullptr : &*last;
}

// A state, or the speed of a pump, that is down.
bool is_down(const EventRow* event) { return event != nullptr && event->setting == 0; }

bool is_same(double a, double b) { return fmt::format("{:.3e}", a) == fmt::format("{:.3e}", b); }

// Lists what can be asked of one thing.
class Chooser {
 public:
  Chooser(const RunHistory& history, const Frame& frame, ComponentId id)
      : history_(history), frame_(frame), site_(history.site()), id_(id), path_(site_.path(id)), kind_(site_.kind(id)) {
    for (const std::string_view kind : {"site", "facility"})
      if (const auto placed = site_.placed(kind); !placed.empty())
        (kind == "site" ? site_path_ : facility_path_) = site_.path({placed.front().component, -1});
    is_liquid_ = !facility_path_.empty() && !site_.placed("cdu").empty();
  }

  Choices choose() {
    out_.title = site_.name(id_);
    if (kind_ == "site" || kind_ == "row" || kind_ == "rack" || kind_ == "compute-tray" || kind_ == "gpu")
      add_of_gpus();
    if (kind_ == "site" || kind_ == "facility") add_of_site();
    if (kind_ == "power-shelf" && says_apart(site_.parent(id_))) add_failure("Shelf", path_);
    if (kind_ == "psu" && says_apart(site_.parent(site_.parent(id_)))) add_failure("PSU", path_);
    if ((kind_ == "switch-tray" && says_apart(site_.parent(id_))) || kind_ == "leaf" || kind_ == "spine" ||
        kind_ == "core")
      add_failure(kind_ == "switch-tray" ? "Switch tray" : "Switch", path_);
    add_supply(kind_, id_);
    if (kind_ == "cdu")
      add_state("CDU", path_, "Isolate", "isolated",
                "Cut off from both loops, its pumps with it; the other CDUs go on");
    if (kind_ == "pump") add_pump();
    if (out_.choices.empty() && out_.note.empty()) out_.note = "Nothing of it can be changed in a run.";
    return std::move(out_);
  }

 private:
  // Whether a run can change a thing's GPUs alone; if not, says so.
  bool says_apart(ComponentId of) {
    const int epoch = frame_.epoch;
    if (has_own_classes(history_, epoch, of)) return true;
    ComponentId above = site_.parent(of);
    while (above.exists() && !has_own_classes(history_, epoch, above)) above = site_.parent(above);
    out_.note = "Its GPUs are computed as one with others: an event in the scenario tells them apart";
    out_.note += above.exists() ? fmt::format(". What can be changed now is {}.", site_.name(above)) : ".";
    return false;
  }

  void add_of_gpus() {
    if (!says_apart(id_)) return;
    if (kind_ != "gpu") add_caps();
    add_gpu_limit();
    add_share("Clock limit", "clock_limit", 0.05, "Of the sustained clock, of every GPU in it");
    if (!is_liquid_) return;
    if (kind_ == "rack")
      add_share("Valve", "valve", 0, "Flow that the rack's valve lets through, of what an open one does");
    if (kind_ == "rack" || kind_ == "compute-tray")
      add_state("Leak", path_, "Isolate", "leaking", "It leaks: its coolant is shut off and its power with it");
    if (kind_ == "rack" || kind_ == "compute-tray" || kind_ == "gpu")
      add_share("Clogged to", "flow_area", 0,
                kind_ == "rack" ? "What clogging leaves of the flow area of the rack's loop"
                                : "What clogging leaves of the flow area of the GPU plates");
  }

  // What it draws now: of a tray DC, else AC. NaN: no data.
  double drawn_w() const {
    const bool is_tray = kind_ == "compute-tray", is_site = kind_ == "site";
    const MetricRow* metric = history_.metric(is_tray ? "tray_power" : is_site ? "site_power" : "rack_power");
    if (metric == nullptr) return std::nan("");
    return history_.reading(frame_, *metric, id_).mean * units_in(site_, metric->kind, id_);
  }

  void add_caps() {
    const double drawn_w = this->drawn_w();
    if (std::isnan(drawn_w)) return;
    const char* where = kind_ == "compute-tray" ? "DC of the tray"
                        : kind_ == "site"       ? "at the feed"
                                                : "AC of its racks";
    Choice cap = number("Power cap", "power_cap", drawn_w, 100, kNoBound_w, Dimension::kPower, kNoBound_w);
    cap.unit = drawn_w < 0.99995e6 ? "kW" : "MW";
    cap.factor = drawn_w < 0.99995e6 ? 1e3 : 1e6;
    cap.step = 0.002 * drawn_w;
    cap.has_ramp = true;
    cap.tip = fmt::format(
        "Mean power of an iteration, {}, kept by the clocks below.\nBeside it stands what is drawn now, "
        "{}. Lifted by a cap that nothing reaches.",
        where, value_text(drawn_w, "W", 4));
    out_.choices.push_back(std::move(cap));

    Choice curtail = number("Curtail by", "curtail", 0.1, 0.01, 0.95, Dimension::kNone, std::nan(""));
    curtail.has_ramp = true;
    curtail.tip =
        "Of the power when it begins. It stays to the end of the run: a run cannot take a curtailment back,\n"
        "and another one counts from the power then. A power cap can be lifted.";
    out_.choices.push_back(std::move(curtail));

    Choice ramp;
    ramp.label = "Ramp";
    ramp.path = path_;
    ramp.key = "ramp";
    ramp.unit = "min";
    ramp.factor = 60;
    ramp.high = 24 * 3600;
    ramp.step = 15;
    ramp.tip = "How long until a power cap or a curtailment holds fully, and until a lifted cap has gone";
    out_.choices.push_back(std::move(ramp));
  }

  void add_gpu_limit() {
    const MetricRow* power = history_.metric("gpu_power");
    if (power == nullptr) return;
    const auto tdp = std::find_if(history_.limits().begin(), history_.limits().end(), [&](const LimitRow& limit) {
      return limit.metric == power->id && limit.name == "TDP";
    });
    if (tdp == history_.limits().end() || std::isnan(tdp->value)) return;
    Choice limit = number("GPU limit", "gpu_power_limit", tdp->value, 0, tdp->value, Dimension::kPower, tdp->value);
    limit.unit = "W";
    limit.step = 5;
    limit.tip = "Power of each GPU, from its idle power to its TDP, which lifts it";
    out_.choices.push_back(std::move(limit));
  }

  void add_of_site() {
    if (is_liquid_ && has_data("dry_bulb")) add_dry_bulb();
    if (kind_ == "site")
      for (const char* kind : {"utility", "feed", "ups"})
        for (const PlacedComponent& part : site_.placed(kind)) add_supply(kind, {part.component, -1});
    // Equipment that has no effect, since the supply is given, or that has not worked yet, is not known of.
    if (!is_liquid_ || !has_data("water_use")) return;
    const std::string tower = facility_path_ + "/tower", chiller = facility_path_ + "/chiller";
    const bool is_tower = value_of("water_use") > 0 || has_events(tower);
    add_state(is_tower ? "Towers" : "Dry coolers", is_tower ? tower : facility_path_ + "/dry-cooler", "Trip", "tripped",
              "Fans of the facility stop");
    if (value_of("chiller_power") > 0 || has_events(chiller))
      add_state("Chiller", chiller, "Trip", "tripped", "Its compressors stop");
  }

  // "Utility", "Feed B", "UPS B"; a UPS without batteries changes nothing.
  void add_supply(std::string_view kind, ComponentId id) {
    const std::string path = site_.path(id);
    const auto letter = [&] { return static_cast<char>(std::toupper(path[path.find("feed-") + 5])); };
    if (kind == "utility") add_failure("Utility", path);
    if (kind == "feed") add_failure(fmt::format("Feed {}", letter()), path);
    if (kind == "ups" && has_data("ups_charge")) add_failure(fmt::format("UPS {}", letter()), path);
  }

  void add_dry_bulb() {
    Choice rise =
        number("Dry bulb", "dry_bulb_rise", 0, -30, 30, Dimension::kTemperatureDelta, 0, site_path_ + "/weather");
    rise.unit = "K";
    rise.step = 0.1;
    rise.tip = "Heat wave: outside air above the weather (below: negative)";
    out_.choices.push_back(std::move(rise));
  }

  void add_pump() {
    add_state("Pump", path_, "Trip", "tripped", "It stands still");
    out_.choices.back().holds = is_pump_tripped(history_.events(), path_);
    Choice speed = number("Speed", "speed", 1, 0, 1, Dimension::kNone, std::nan(""));
    const EventRow* last = in_force(history_.events(), path_, {"state", "speed"});
    speed.holds = speed.holds && last != nullptr && last->key == "speed";  // no state has come after it
    if (!speed.holds) speed.preset = 1;
    if (const MetricRow* metric = history_.metric("pump_speed"); metric != nullptr && !speed.holds)
      if (const Reading now = history_.reading(frame_, *metric, id_); now.has_data()) speed.preset = now.mean;
    speed.undo = "Lift";
    speed.undoing = {path_, "state", "running"};
    speed.tip = "A speed that it keeps, of its rated speed; lifted, it is as the scenario says for all";
    out_.choices.push_back(std::move(speed));
  }

  void add_share(std::string label, std::string key, double low, std::string tip) {
    Choice choice = number(std::move(label), std::move(key), 1, low, 1, Dimension::kNone, 1);
    choice.tip = std::move(tip);
    out_.choices.push_back(std::move(choice));
  }

  // neutral: a value that takes it back; NaN: none does.
  Choice number(std::string label, std::string key, double preset, double low, double high, Dimension dimension,
                double neutral, std::string path = {}) {
    Choice choice;
    choice.label = std::move(label);
    choice.path = path.empty() ? path_ : std::move(path);
    choice.key = std::move(key);
    choice.apply = "Apply";
    choice.preset = preset;
    choice.low = low;
    choice.high = high;
    if (dimension == Dimension::kNone) {
      choice.unit = "%";
      choice.factor = 0.01;
      choice.step = 0.005;
    }
    if (!std::isnan(neutral)) {
      choice.undo = "Lift";
      choice.undoing = {choice.path, choice.key, format_quantity(neutral, dimension, 12)};
    }
    const EventRow* event = in_force(history_.events(), choice.path, {choice.key});
    if (event == nullptr || is_same(event->setting, neutral)) return choice;
    choice.holds = true;
    choice.preset = event->setting;
    return choice;
  }

  void add_state(std::string label, std::string path, std::string apply, std::string state, std::string tip) {
    Choice choice;
    choice.label = std::move(label);
    choice.path = std::move(path);
    choice.key = "state";
    choice.apply = std::move(apply);
    choice.state = std::move(state);
    choice.undo = "Restore";
    choice.undoing = {choice.path, "state", "running"};
    choice.tip = std::move(tip);
    choice.holds = is_down(in_force(history_.events(), choice.path, {choice.key}));
    out_.choices.push_back(std::move(choice));
  }
  void add_failure(std::string label, std::string path) {
    add_state(std::move(label), std::move(path), "Fail", "failed", "Until it is restored");
  }

  double value_of(const char* metric) const {
    const MetricRow* row = history_.metric(metric);
    return row == nullptr ? std::nan("") : history_.reading(frame_, *row, id_of_site()).mean;
  }
  bool has_data(const char* metric) const { return !std::isnan(value_of(metric)); }
  ComponentId id_of_site() const { return site_.find(site_path_).value_or(id_); }
  bool has_events(const std::string& path) const {
    return std::any_of(history_.events().begin(), history_.events().end(),
                       [&](const EventRow& event) { return event.path == path && !event.key.empty(); });
  }

  const RunHistory& history_;
  const Frame& frame_;
  const SiteMap& site_;
  const ComponentId id_;
  const std::string path_;
  const std::string_view kind_;
  std::string site_path_, facility_path_;
  bool is_liquid_ = false;
  Choices out_;
};

}  // namespace

Choices choices_of(const RunHistory& history, const Frame& frame, ComponentId id) {
  return Chooser(history, frame, id).choose();
}

bool has_own_classes(const RunHistory& history, int epoch, ComponentId id) {
  const MetricRow* gpus = history.metric("gpu_power");
  if (gpus == nullptr) return false;
  std::vector<bool> is_own;
  for (const std::uint32_t c : history.classes_of(epoch, *gpus, id)) {
    if (c >= is_own.size()) is_own.resize(c + 1);
    is_own[c] = true;
  }
  const std::vector<std::uint32_t>& all = history.membership(epoch, UnitKind::kGpu);
  const auto members =
      std::count_if(all.begin(), all.end(), [&](std::uint32_t c) { return c < is_own.size() && is_own[c]; });
  return members > 0 && members == units_in(history.site(), UnitKind::kGpu, id);
}

double field_value(const Choice& choice, const Fields& fields) {
  const auto put = fields.find({choice.path, choice.key});
  return put == fields.end() ? choice.preset : put->second;
}

std::string field_text(const Choice& choice, double value) {
  const double shown = value / choice.factor;
  return shown < 1e4 ? fmt::format("{:.4g} {}", shown, choice.unit) : fmt::format("{:.0f} {}", shown, choice.unit);
}

bool is_undo(const Choice& choice, const Fields& fields) {
  if (!choice.holds || choice.undo.empty()) return false;
  return !choice.state.empty() || is_same(field_value(choice, fields), choice.preset);
}

WhatIf what_if_of(const Choice& choice, const Fields& fields) {
  if (is_undo(choice, fields)) return choice.undoing;
  if (!choice.state.empty()) return {choice.path, choice.key, choice.state};
  WhatIf what = {choice.path, choice.key, field_text(choice, field_value(choice, fields))};
  const auto ramp = fields.find({choice.path, "ramp"});
  if (choice.has_ramp && ramp != fields.end() && ramp->second > 0)
    what.ramp = format_quantity(ramp->second, Dimension::kTime);
  return what;
}

bool is_pump_tripped(const std::vector<EventRow>& events, const std::string& path) {
  return is_down(in_force(events, path, {"state", "speed"}));
}

WhatIfAnswer answer_to(const std::vector<WhatIf>& asked, const std::vector<EventRow>& events, bool is_running) {
  const std::string& path = asked.back().path;
  const auto same = [&](const auto& thing) { return thing.path == path; };
  // A run answers each change with one event, in order.
  const auto nth = std::count_if(asked.begin(), asked.end(), same);
  std::ptrdiff_t seen = 0;
  for (const EventRow& event : events) {
    if (event.by != kOperator || event.path != path || ++seen < nth) continue;
    return {true, event.key.empty(), fmt::format("{}  {}: {}", time_text(event.time_s), path, event.what)};
  }
  return {false, !is_running, fmt::format("{}: {}", path, is_running ? kWaiting : kTooLate)};
}

std::string pace_text(double pace) { return pace == 0 ? "Hold" : fmt::format("{:g}×", pace); }

std::vector<double> paces_of(double first, double now) {
  std::vector<double> paces = {0, 1, 60, 600, first, now};
  std::sort(paces.begin(), paces.end());
  paces.erase(std::unique(paces.begin(), paces.end()), paces.end());
  return paces;
}

}  // namespace racktwin
