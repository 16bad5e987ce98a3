// Electrical power of every class in a window of the iteration: chip to tray to rack (DC) to shelf (AC), and the swings
// within the window. Thread rule: one thread per SitePower.
#pragma once

#include "sim/cooling/plant.h"
#include "sim/model/model.h"
#include "sim/plan/plan.h"
#include "sim/power/power_supply.h"
#include "sim/workload/profile.h"

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace racktwin {

// DC power of one tray or rack of a class, by part; of a rack also AC.
struct UnitPower {
  double gpu_w = 0, cpu_w = 0, other_w = 0, switch_w = 0, ac_w = 0;
  double dc_w() const { return gpu_w + cpu_w + other_w + switch_w; }
};

// What feeds racks, and what of them is switched off.
struct RackSupply {
  std::vector<int> psus;     // (n_rack_class) of one rack, that work and have a feed; 0: it draws nothing
  std::vector<bool> is_off;  // (n_gpu_class) GPUs of trays without power; all of a tray or none
};
RackSupply full_supply(const Plan& plan, const Model& model);
bool has_power(const Model& model, const RackSupply& supply, std::uint32_t gpu_class);

// Phases [from, to) of the iteration; beyond 1 it repeats. No profile: the job stands still, for so long already.
struct PhaseWindow {
  const IterationProfile* profile = nullptr;
  double from = 0, to = 0;
  double stopped_s = std::numeric_limits<double>::infinity();
};

// The cooling of a site with batteries parts in what they are to carry and the rest.
SiteLoad site_load(const PowerPlan& power, double it_w, const PlantState& plant);

class SitePower {
 public:
  SitePower(const Plan& plan, const Model& model);

  // clocks, junction_degc (n_gpu_class); a junction without data counts at the reference temperature. A GPU draws at
  // most its tdp.
  void update(const PhaseWindow& window, const std::vector<double>& clocks, const std::vector<double>& junction_degc);
  // The same, and the swings within the window.
  void update_with_swings(const PhaseWindow& window, const std::vector<double>& clocks,
                          const std::vector<double>& junction_degc);

  void set_supply(RackSupply supply) { supply_ = std::move(supply); }
  bool gpu_has_power(std::uint32_t c) const { return has_power(model_, supply_, c); }

  // Means over the window.
  const std::vector<double>& gpu_w() const { return gpu_w_; }             // (n_gpu_class)
  const std::vector<GpuActivity>& activity() const { return activity_; }  // (n_gpu_class)
  const std::vector<UnitPower>& trays() const { return trays_; }          // (n_tray_class)
  const std::vector<UnitPower>& racks() const { return racks_; }          // (n_rack_class)
  // What update_with_swings() found: power of a GPU of a class in each bin of the iteration that the window touches
  // (n_bin), or its mean.
  const std::vector<double>& swing(std::uint32_t gpu_class) const { return swings_[swing_of_class_[gpu_class]]; }
  // Lowest and highest of these: of a GPU, of a rack (AC), of all racks and the fabric together (AC).
  struct Extremes {
    std::vector<double> gpu_low_w, gpu_high_w;    // (n_gpu_class)
    std::vector<double> rack_low_w, rack_high_w;  // (n_rack_class)
    double it_low_w = 0, it_high_w = 0;
  };
  const Extremes& extremes() const { return extremes_; }

  // What smoothing burns, of all GPUs: mean over the window. [W]
  double burnt_w() const { return burnt_w_; }
  // The mean clock of tensor work that smoothing's ramp up leaves of a clock.
  double clock_within_ramp(const IterationProfile& profile, std::uint32_t gpu_class, double clock,
                           double junction_degc) const;

  // Switches and optics outside the racks, AC; what has no data counts as nothing.
  double fabric_w() const;
  // DC that the PSUs of a rack of a class can give: those that work, the redundant ones not counted.
  double usable_shelf_w(std::uint32_t rack_class) const;
  // AC of a rack of a class whose PSUs that work all give their rating; 0: none works.
  double rated_ac_w(std::uint32_t rack_class) const;

 private:
  using Counts = std::vector<std::pair<std::uint32_t, int>>;  // class, how many
  void list_trays();
  bool rack_has_power(std::uint32_t rack_class) const { return supply_.psus[rack_class] > 0; }
  double rack_ac_of(std::uint32_t rack_class, double dc_w) const;
  void find_swings(const PhaseWindow& window, const std::vector<double>& clocks,
                   const std::vector<double>& junction_degc);
  // The power of a class that works in the bins from `from` on, as many as the row has.
  void draw_bins(const IterationProfile& profile, std::uint32_t gpu_class, int from, double clock, double junction_degc,
                 std::vector<double>& row);
  // Of all GPUs (n_bin), and of those of a rack (n_rack_class x n_bin).
  void find_extremes(const std::vector<double>& total_w, const std::vector<const std::vector<double>*>& rack_w);
  double gpu_mean_w(const PhaseWindow& window, std::uint32_t gpu_class, double clock, double junction_degc);

  // Smoothed power of a class in the bins of an iteration, kept until what it follows from changes.
  struct Smoothed {
    const IterationProfile* profile = nullptr;
    double clock = 0, junction_degc = 0;
    std::vector<double> power_w;  // (n_bin)
    std::vector<double> up_to_j;  // (n_bin + 1) integral, of a bin's length
    double mean_w(double from, double to) const;
  };
  const Smoothed& smoothed_at(const IterationProfile& profile, std::uint32_t gpu_class, double clock,
                              double junction_degc);

  const Plan& plan_;
  const RackType& rack_;
  const Model& model_;
  std::vector<Counts> trays_of_rack_;  // (n_rack_class)
  std::vector<Counts> gpus_of_tray_;   // (n_tray_class)
  std::vector<int> gpus_of_rack_;      // (n_gpu_class) that one rack has
  std::vector<bool> tray_works_;       // (n_tray_class)
  std::vector<double> gpu_w_;
  std::vector<GpuActivity> activity_;
  std::vector<UnitPower> trays_, racks_;
  RackSupply supply_;
  std::vector<std::uint32_t> rack_of_gpu_class_;
  std::vector<std::vector<double>> swings_;    // one for all classes that draw alike
  std::vector<std::uint32_t> swing_of_class_;  // (n_gpu_class)
  std::vector<Smoothed> smoothed_;             // (n_gpu_class) empty without smoothing
  std::vector<bool> has_worked_;               // (n_gpu_class)
  double burnt_w_ = 0;
  Extremes extremes_;
};

}  // namespace racktwin
