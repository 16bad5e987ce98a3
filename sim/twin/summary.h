// The figures of a run by which a planner judges it: stable names, units, and the weakest evidence behind each.
// Thread rule: plain values.
#pragma once

#include "sim/catalog/calibration.h"
#include "sim/cooling/energy_ledger.h"
#include "sim/model/model.h"
#include "sim/plan/plan.h"
#include "sim/power/clock_reason.h"
#include "sim/recording/recording.h"
#include "sim/twin/limits.h"
#include "sim/workload/profile.h"

#include <array>
#include <limits>
#include <string>
#include <vector>

namespace racktwin {

// What tokens are lost to: what stops the job or holds the slowest of its GPUs, or the network.
enum class Loss : std::uint8_t { kNone, kHeat, kPower, kClockLimit, kNetwork };
inline constexpr std::size_t kLosses = 5;

// Running totals over a run. Peaks are of the iteration's swings, not of means over a step of the plant.
struct RunTotals {
  static constexpr double kNoData = std::numeric_limits<double>::quiet_NaN();
  double time_s = 0;
  double steps = 0;  // training steps done
  double step_time_max_s = 0;
  double site_energy_j = 0, it_energy_j = 0;
  double burnt_j = 0;  // by the smoothing of GPUs' power
  double site_peak_w = 0, rack_peak_w = 0;
  double stopped_s = 0;    // the job stood still
  std::string missed_cap;  // the first cap that was not held, in words; empty: none
  double working_gpu_s = 0, throttled_gpu_s = 0;
  std::array<double, 1 + kClockReasonNames.size()> reason_gpu_s{};  // of working GPUs, by ClockReason
  double clock_start = 1, clock_min = 1;                            // of the slowest working GPU
  double junction_max_degc = kNoData, supply_max_degc = kNoData, return_max_degc = kNoData, facility_max_degc = kNoData;
  double pump_energy_j = 0, facility_pump_energy_j = 0, fan_energy_j = 0, chiller_energy_j = 0,
         air_cooling_energy_j = 0, cooling_energy_j = 0;
  double water_l = 0;               // NaN: somebody else's plant cooled the facility water
  double facility_heat_j = 0;       // into the facility water,
  double facility_heat_degc_j = 0;  // and times the temperature that it comes back with
  double dry_bulb_max_degc = kNoData, facility_return_max_degc = kNoData;
  double coolant_residual = 0;  // the largest
  std::string frost;            // where water was to be colder than 0 degC; empty: nowhere
  std::string runaway;          // what ran away first; empty: nothing
  int solves = 0;
  // Tokens that were not trained against a job at full clock on a whole network, by Loss. `first_loss`: "power from
  // 0:10:00 on"; empty: none.
  std::array<double, kLosses> lost{};
  std::string first_loss;
};

// The limits that give the headroom figures.
struct RunLimits {
  LimitWatch feed, other_feed, ups, generator, busway;  // other_feed: of all on one of two feeds
  LimitWatch shelf, rack, cdu, junction, inlet, outlet, coils;
};

std::vector<SummaryRow> summarise(const Plan& plan, const Model& model, const Calibration& calibration,
                                  const IterationProfile& first_step, const RunTotals& totals, const RunLimits& limits,
                                  const EnergyLedger& ledger, const std::vector<Event>& by_operator);

}  // namespace racktwin
