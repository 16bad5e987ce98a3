// Flow of the technology loop: the pumps of the CDUs against the racks, with their valves and what clogs them.
//
// The flow is the steady one at the mean speeds of the pumps over the step, which are commanded or hold a set-point.
// CDUs that were always treated alike are one class. Of heat it knows only the pumps' work. Thread rule: one thread per
// loop.
#pragma once

#include "sim/cooling/hydraulics.h"
#include "sim/cooling/plant.h"

#include <vector>

namespace racktwin {

struct CduClass {
  double count = 0;
  std::size_t first = 0;   // number of its first member
  std::size_t parent = 0;  // the class that it was parted from
  bool is_isolated = false;
  std::vector<double> command;  // (n_pump of a CDU) speed relative to rated; NaN: holds the set-point
  std::vector<double> speed;    // (n_pump of a CDU) at the end of the step
  std::vector<double> mean_speed, mean_cube, flow_m3_per_s;  // (n_pump of a CDU) over the step
  double total_flow_m3_per_s = 0;                            // of one CDU
};

class TechnologyLoop {
 public:
  // All pumps off, all valves open.
  TechnologyLoop(const RackType& rack, const CoolingPlan& cooling, const Model& model);

  // Puts the pumps at their commanded speeds, or those that hold the set-point.
  void settle(const PlantInput& input);
  // Lets the pumps follow their commands for dt_s. True: a flow has changed.
  bool step(const PlantInput& input, double dt_s);

  std::size_t class_of_cdu(std::size_t cdu) const { return class_of_cdu_[cdu]; }
  const std::vector<CduClass>& cdus() const { return cdus_; }  // classes are only ever added, at the end
  double total_flow_m3_per_s() const { return total_flow_m3_per_s_; }
  double pump_power_w() const { return pump_power_w_; }
  double rack_opening(std::size_t rack_class) const { return rack_opening_[rack_class]; }
  double rack_flow_m3_per_s(std::size_t rack_class) const;          // of one rack
  double gpu_plate_flow_m3_per_s(std::size_t gpu_class) const;      // of one plate
  double other_plates_flow_m3_per_s(std::size_t rack_class) const;  // of all plates of a rack that are not the GPUs'
  // Of every pump, CDU by CDU.
  void put_pumps(std::vector<double>& speed, std::vector<double>& flow_m3_per_s) const;

 private:
  void set_openings(const PlantInput& input);
  void part_cdus(const PlantInput& input);
  void set_commands(const PlantInput& input);
  bool follow_commands(double dt_s);
  double holding_speed(double dt_s) const;
  struct Speed {
    double end, mean, mean_cube;  // over the step but for the end
  };
  Speed speed_after(const CduClass& cdu, std::size_t pump, double holding, double dt_s) const;
  LoopFlow flow_after(double holding, double dt_s) const;
  double held(const LoopFlow& flow) const;
  LoopFlow solve(const std::vector<PumpGroup>& pumps) const;
  void find_flow();

  RackType rack_;
  CduType cdu_;
  double flow_setpoint_m3_per_s_, pressure_setpoint_pa_;  // NaN: not that one
  std::vector<double> rack_count_, gpu_count_;            // (n_rack_class), (n_gpu_class)
  std::vector<std::size_t> rack_class_of_gpu_;            // (n_gpu_class)
  std::vector<double> rack_opening_, gpu_flow_area_;      // (n_rack_class), (n_gpu_class)
  std::vector<double> gpu_flow_share_;                    // (n_gpu_class) of its plates' flow with clean channels
  std::vector<double> rack_admittance_;                   // (n_rack_class) flow over that of an open, clean rack
  double open_racks_ = 0;                                 // that many open, clean racks take the same flow
  std::vector<std::size_t> class_of_cdu_;                 // (n_cdu)
  std::vector<CduClass> cdus_;
  bool must_find_flow_ = true;
  bool is_holding_ = false;  // the set-point, or as near as the pumps can: no speed changes until something else does

  double total_flow_m3_per_s_ = 0, open_rack_flow_m3_per_s_ = 0;
  double pump_power_w_ = 0;
};

}  // namespace racktwin
