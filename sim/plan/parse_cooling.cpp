#include "sim/plan/in_range.h"
#include "sim/plan/scenario_reader.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace racktwin {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

// Of air-cooled racks: a scenario may have been written for others.
void pass_over_loop(Plan& plan, Table& table) {
  plan.cooling.cdus = 0;
  plan.cooling.facility_supply_degc = kNoValue;
  table.optional_text("cdu");
  table.optional_integer("cdus");
  table.optional_quantity("pump_speed", Dimension::kNone);
  table.optional_quantity("tcs_flow", Dimension::kVolumeFlow);
  table.optional_quantity("tcs_pressure", Dimension::kPressure);
  table.optional_quantity("facility_supply", Dimension::kTemperature);
  table.optional_quantity("facility_rated_heat", Dimension::kPower);
  table.optional_quantity("facility_setpoint", Dimension::kTemperature);
  table.optional_quantity("tcs_setpoint", Dimension::kTemperature);
  table.optional_text("air");
  std::vector<std::string> given;
  for (const char* key : {"cdu", "cdus", "pump_speed", "tcs_flow", "tcs_pressure", "facility_supply",
                          "facility_rated_heat", "facility_setpoint", "tcs_setpoint", "air"})
    if (table.has(key)) given.push_back(fmt::format("cooling.{}", key));
  if (given.empty()) return;
  plan.warnings.push_back(fmt::format("{} {} no effect: {} is air-cooled", fmt::join(given, ", "),
                                      given.size() == 1 ? "has" : "have", plan.site.rack_type.name));
}

void parse_setpoints(ScenarioReader& reader, Table& table) {
  Plan& plan = reader.plan;
  CoolingPlan& cooling = plan.cooling;
  const CduType& cdu = cooling.cdu;
  const auto facility = optional_in_range(table, "facility_setpoint", Dimension::kTemperature, 1, 70);
  cooling.facility_setpoint_degc = facility.value_or(kNoValue);
  const auto or_else = [](const Sourced& value, double otherwise) {
    return std::isnan(value.value) ? otherwise : value.value;
  };
  const auto tcs = optional_in_range(table, "tcs_setpoint", Dimension::kTemperature, or_else(cdu.supply_min_degc, 5),
                                     or_else(cdu.supply_max_degc, 70));
  cooling.tcs_setpoint_degc = tcs.value_or(kNoValue);
  static constexpr std::pair<const char*, AirPath> kPaths[] = {{"crah", AirPath::kCrah},
                                                               {"crah-on-facility-water", AirPath::kCrahOnFacility},
                                                               {"rear-door", AirPath::kRearDoor}};
  cooling.air = reader.one_of(table, "air", kPaths, false).value_or(AirPath::kCrah);
  const bool is_given = !std::isnan(cooling.facility_supply_degc);
  if (is_given && facility)
    plan.warnings.push_back("cooling.facility_setpoint acts only while facility_supply is not given");
  if (cooling.facility.chiller && !is_given && !facility)
    table.error_at("facility", fmt::format("\"{}\" has a chiller, which needs a set-point", cooling.facility.name),
                   "add facility_setpoint = \"20 degC\" to [cooling]");
}

// Pumps at a fixed speed, or a set-point that they hold: of the flow, as CDUs do if nobody says otherwise, or of the
// pressure. source of the default: Vertiv, CoolChip CDU 600 operation and maintenance guide (2025), table 4.19, P201.
void parse_pumps(ScenarioReader& reader, Table& table) {
  Plan& plan = reader.plan;
  CoolingPlan& cooling = plan.cooling;
  const RackType& rack = plan.site.rack_type;
  const auto speed = optional_in_range(table, "pump_speed", Dimension::kNone, 0.1, 1);
  const auto flow = optional_in_range(table, "tcs_flow", Dimension::kVolumeFlow, 1e-5, 1e3);
  const auto pressure = optional_in_range(table, "tcs_pressure", Dimension::kPressure, 1e3, 2e6);
  if (speed.has_value() + flow.has_value() + pressure.has_value() > 1)
    table.error_at(pressure ? "tcs_pressure" : "tcs_flow", "the pumps run at a speed, or hold a flow or a pressure",
                   "exactly one of pump_speed, tcs_flow and tcs_pressure");
  cooling.pump_speed = speed.value_or(kNoValue);
  cooling.tcs_pressure_pa = pressure.value_or(kNoValue);
  cooling.tcs_flow_m3_per_s = flow.value_or(kNoValue);
  if (speed || flow || pressure) return;
  cooling.tcs_flow_m3_per_s = static_cast<double>(plan.site.racks.size()) * rack.rated_flow_m3_per_s.value;
  plan.defaults.push_back({"cooling.tcs_flow", format_quantity(cooling.tcs_flow_m3_per_s, Dimension::kVolumeFlow),
                           "what the racks are rated for"});
}

void parse_loop(ScenarioReader& reader, Table& table) {
  Plan& plan = reader.plan;
  CoolingPlan& cooling = plan.cooling;
  if (reader.look_up(table, "cdu", &Catalog::cdu, cooling.cdu)) {
    reader.take(table, "cdu", reader.catalog.coolant(cooling.cdu.coolant_secondary), cooling.secondary_coolant);
    reader.take(table, "cdu", reader.catalog.coolant(cooling.cdu.coolant_primary), cooling.primary_coolant);
  }
  cooling.cdus = reader.choose(reader.optional_integer_within(table, "cdus", 1, 1000), 1, "cooling.cdus", "1");
  const auto supply = optional_in_range(table, "facility_supply", Dimension::kTemperature, 1, 70);
  cooling.facility_supply_degc = supply.value_or(kNoValue);
  const double rating = cooling.cdus * cooling.cdu.heat_rating_w.value;
  parse_pumps(reader, table);
  const auto heat = optional_in_range(table, "facility_rated_heat", Dimension::kPower, 1e3, 1e10);
  cooling.facility_rated_heat_w = heat.value_or(rating);
  if (!heat)
    plan.defaults.push_back(
        {"cooling.facility_rated_heat", format_quantity(rating, Dimension::kPower), "the CDUs' rating"});
  parse_setpoints(reader, table);
  if (!supply && std::isnan(cooling.facility_setpoint_degc)) {
    const bool is_tower = cooling.facility.rejection == RejectionKind::kTower;
    plan.defaults.push_back({"cooling.facility_supply", is_tower ? "tower" : "dry cooler",
                             fmt::format("follows the {}-bulb temperature", is_tower ? "wet" : "dry")});
  }
  for (const std::string& name : {plan.site.rack_type.gpu.cold_plate, plan.site.rack_type.cpu.cold_plate})
    if (!name.empty() && cooling.cold_plate(name) == nullptr) {
      ColdPlate plate;
      if (reader.take(table, "cdu", reader.catalog.cold_plate(name), plate))
        cooling.cold_plates.push_back(std::move(plate));
    }
}

}  // namespace

void parse_cooling(ScenarioReader& reader) {
  CoolingPlan& cooling = reader.plan.cooling;
  Table table = reader.table("cooling");
  if (reader.look_up(table, "facility", &Catalog::facility, cooling.facility))
    reader.take(table, "facility", reader.catalog.coolant(cooling.facility.coolant), cooling.facility_coolant);
  if (reader.has_rack && !reader.plan.site.rack_type.liquid_cooled)
    pass_over_loop(reader.plan, table);
  else
    parse_loop(reader, table);
}

}  // namespace racktwin
