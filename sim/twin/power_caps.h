// Power caps of trays, racks, rows and the site: the clocks at which what is capped draws no more than it may.
//
// A cap holds for the mean over an iteration, at the place where its power is metered: a tray's DC, a rack's AC, the
// sum of a row's racks, the site at its feed. All GPUs below it run at most at one clock, as a synchronous job wants
// it. Of caps below each other the innermost comes first: the others count with what it leaves. Thread rule: one thread
// per PowerCaps.
#pragma once

#include "sim/model/model.h"
#include "sim/plan/plan.h"
#include "sim/recording/recording.h"
#include "sim/twin/site_power.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace racktwin {

class PowerCaps {
 public:
  PowerCaps(const Plan& plan, const Model& model);

  // What the power of all depends on, but for the clocks.
  struct Conditions {
    const IterationProfile* profile = nullptr;  // nullptr: the job stands still
    const std::vector<double>& clocks;          // (n_gpu_class) in force
    const std::vector<double>& junction_degc;   // (n_gpu_class)
    RackSupply supply;
    LiveFeeds live;
    const PlantState& plant;
  };

  // The caps of the events in force from time_s on. A new one ramps from, and a curtailment is a share of, what was
  // drawn `before`, when the job last ran. One that has ended ramps back to that. It is the baseline of demand
  // response, what would be drawn without the event (source: PJM Manual 11, customer baseline load: there the mean of
  // hours before it; here the moment before, which is the mean over an iteration).
  void take(const std::vector<const Event*>& in_force, double time_s, const Conditions& before);
  bool is_empty() const { return caps_.empty(); }
  // Whether what one of them allows changes between two times.
  bool is_ramping(double from_s, double to_s) const;

  // A control period: down to what the caps allow at once, up by a percent in a second. `allowed` (n_gpu_class): the
  // clocks without caps. Appends an event for a cap that the lowest clock does not hold.
  void control(double time_s, double period_s, const Conditions& now, std::vector<double> allowed,
               std::vector<EventRow>& events);
  // The same from a standstill: to the highest clock that the caps allow.
  void settle(double time_s, const Conditions& now, std::vector<double> allowed, std::vector<EventRow>& events);

  // The lowest of the whole site, ramps included; NaN: there is none. [W]
  double site_cap_w(double time_s) const;
  // The same of each rack of a class, by caps of its own.
  double rack_cap_w(std::uint32_t rack_class, double time_s) const;
  // The highest clock of a class under all caps; 1: none binds.
  double limit(std::uint32_t gpu_class) const { return limits_[gpu_class]; }
  // The first that the lowest clock did not hold, in words; empty: none.
  const std::string& first_missed() const { return first_missed_; }

 private:
  enum class Level : std::uint8_t { kTray, kRack, kRow, kSite };
  struct Cap {
    Event event;
    double power_w = 0;  // to come down to
    double from_w = 0;   // where the ramp starts and ends
    double ends_s = 0;   // from then on it ramps back; infinite: in force
    double ratio = 1;    // highest clock below it
    bool is_missed = false;
    std::vector<bool> holds;                           // (n_gpu_class) GPUs of this class lie below it
    std::vector<std::pair<std::uint32_t, int>> racks;  // class, how many; of a row or the site
    std::uint32_t unit = 0;                            // class of a rack or tray
    Level level = Level::kSite;
    double target_w(double time_s) const;
    void lower(std::vector<double>& clocks) const;  // (n_gpu_class) to its ratio
    bool is_over(double time_s) const { return time_s >= ends_s + event.ramp_s; }
  };

  Cap cap_of(const Event& event) const;
  double power_w(const Cap& cap, const Conditions& now, const std::vector<double>& clocks);
  // With the GPUs below it at `ratio` at most.
  double power_at(const Cap& cap, const Conditions& now, const std::vector<double>& allowed, double ratio);
  double lowest_cap_w(Level level, std::uint32_t unit, double time_s) const;
  // The highest clock, up to `most`, at which it holds with half of the band to spare; the lowest clock if none does.
  double highest_ratio(const Cap& cap, double target_w, const Conditions& now, const std::vector<double>& allowed,
                       double most);
  void note_missed(Cap& cap, double time_s, double target_w, double power_w, std::vector<EventRow>& events);
  void gather();

  const Plan& plan_;
  const Model& model_;
  SitePower power_;
  std::vector<Cap> caps_;       // innermost first
  std::vector<double> limits_;  // (n_gpu_class)
  std::string first_missed_;
};

}  // namespace racktwin
