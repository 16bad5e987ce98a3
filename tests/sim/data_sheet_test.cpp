// What a full GB200 NVL72 of the catalogue gives to its coolant, against what data sheets say of it.
#include "sim/cooling/plant.h"
#include "tests/sim/flagship.h"

#include <catch2/catch.hpp>

namespace racktwin {
namespace {

// All chips at their maximum, CPUs at cpu_w each; eight racks hold their rated flow.
PlantState full_load(const Plan& plan, double cpu_w) {
  const RackType& rack = plan.site.rack_type;
  const Result<Model> model = build_model(plan);
  REQUIRE(model);
  auto plant = Plant::create(plan, *model);
  REQUIRE(plant);
  const std::size_t racks = model->rack_classes.size();
  PlantInput input;
  input.gpu_power_w.assign(model->gpu_classes.size(), rack.gpu.tdp_w.value);
  input.cpu_power_w.assign(racks, rack.compute_trays * rack.cpus_per_tray * cpu_w);
  input.tray_other_power_w.assign(racks, rack.compute_trays * rack.compute_tray_other_w.value);
  input.switch_power_w.assign(racks, rack.switch_trays * rack.switch_tray_w.value);
  input.shelf_loss_w.assign(racks, 0.0);
  input.pump_speed.assign(static_cast<std::size_t>(plant->pumps()), plan.cooling.pump_speed);
  input.facility_supply_degc = 25;
  input.dry_bulb_degc = 20;
  REQUIRE(plant->settle(input));
  return plant->state();
}

// 115 kW of 132 kW go to liquid: HPE, QuickSpecs of the GB200 NVL72. The published maximum of a Grace is 420 W; the
// power scheduler budgets 500 W.
TEST_CASE("a full GB200 NVL72 gives 115 kW to its coolant, within 3 %, with CPUs at 420 and at 500 W") {
  const Plan plan = flagship({});
  const double cpu_w = GENERATE(420.0, 500.0);
  CAPTURE(cpu_w);
  const PlantState state = full_load(plan, cpu_w);
  CHECK((state.cdu_heat_w - state.pump_power_w) / 8 == Approx(115e3).epsilon(0.03));
}

// 115.56 kW / (1020 kg/m3 x 4120 J/kgK x 130 L/min) = 12.7 K.
TEST_CASE("at 130 L/min the coolant of a full GB200 NVL72 warms by 12.7 K, within 3 %") {
  const PlantState state = full_load(flagship({}), 500);
  CHECK(state.rack_flow_m3_per_s[0] * 60e3 == Approx(130));
  CHECK(state.rack_return_degc[0] - state.rack_inlet_degc[0] == Approx(12.7).epsilon(0.03));
}

// Of a rack at 120 L/min: 56 % plates. Of the technology loop of another: 52 % plates, 22.2 % quick disconnects, 12.5 %
// hoses and 0.14 % manifold, which are the rack's own. Sources: racks/racks/gb200-nvl72.toml.
TEST_CASE("both published splits of a rack's pressure drop lie in the range of what its plates take") {
  const Sourced share = test_catalog().rack("gb200-nvl72")->plate_pressure_share;
  for (const double published : {0.56, 52 / (52 + 22.2 + 12.5 + 0.14)}) {
    CHECK(published >= share.low);
    CHECK(published <= share.high);
  }
}

}  // namespace
}  // namespace racktwin
