#include "sim/hash.h"
#include "sim/plan/in_range.h"
#include "sim/plan/scenario_reader.h"

#include <fmt/core.h>

#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

namespace racktwin {
namespace {

constexpr double kHour_s = 3600, kDay_s = 86400;

void parse_constant_weather(Weather& weather, Table& table) {
  Outdoor& outdoor = weather.constant;
  outdoor.dry_bulb_degc = quantity_in_range(table, "dry_bulb", Dimension::kTemperature, -50, 60);
  const auto wet = optional_in_range(table, "wet_bulb", Dimension::kTemperature, -50, 60);
  const auto dew = optional_in_range(table, "dew_point", Dimension::kTemperature, -60, 60);
  if (wet && dew) table.error_at("dew_point", "the humidity is given twice", "wet_bulb or dew_point");
  for (const auto& [key, value] : {std::pair{"wet_bulb", wet}, {"dew_point", dew}})
    if (value && *value > outdoor.dry_bulb_degc)
      table.error_at(key, fmt::format("{} is above the dry bulb", key),
                     fmt::format("at most {}", format_quantity(outdoor.dry_bulb_degc, Dimension::kTemperature)));
  if (wet && *wet <= outdoor.dry_bulb_degc) {
    outdoor.dew_point_degc = dew_point_degc(outdoor.dry_bulb_degc, *wet);
    if (wet_bulb_degc(outdoor.dry_bulb_degc, outdoor.dew_point_degc) > *wet + 0.1)
      table.error_at("wet_bulb", "air cannot be that dry: not even completely dry air has so low a wet bulb");
  }
  if (dew) outdoor.dew_point_degc = *dew;
}

Climate parse_climate(Table& table) {
  Climate c;
  c.mean_degc = quantity_in_range(table, "mean", Dimension::kTemperature, -40, 45);
  c.yearly_swing_k = quantity_in_range(table, "yearly_swing", Dimension::kTemperatureDelta, 0, 70);
  c.daily_swing_k = quantity_in_range(table, "daily_swing", Dimension::kTemperatureDelta, 0, 40);
  c.hottest_day = optional_in_range(table, "hottest_day", Dimension::kNone, 1, 365).value_or(c.hottest_day);
  c.hottest_hour = optional_in_range(table, "hottest_hour", Dimension::kNone, 0, 24).value_or(c.hottest_hour);
  c.mean_dew_point_degc =
      optional_in_range(table, "dew_point", Dimension::kTemperature, -40, 35).value_or(c.mean_dew_point_degc);
  c.dew_point_yearly_swing_k =
      optional_in_range(table, "dew_point_yearly_swing", Dimension::kTemperatureDelta, 0, 60).value_or(0);
  return c;
}

// Named relative to the file that names it.
void read_weather_file(ScenarioReader& reader, Table& table, const std::string& name) {
  const SourceLoc loc = table.loc("epw");
  const std::filesystem::path folder = loc.file ? std::filesystem::path(*loc.file).parent_path() : "";
  Result<WeatherYear> year = read_epw((folder / name).string());
  if (!year) {
    if (year.error().front().loc.line == 0)
      table.error_at("epw", fmt::format("cannot read \"{}\"", (folder / name).string()),
                     "paths are relative to this file");
    else
      reader.errors().insert(reader.errors().end(), year.error().begin(), year.error().end());
    return;
  }
  Fnv1a hash;
  for (const auto* values : {&year->dry_bulb_degc, &year->dew_point_degc})
    hash.add(values->data(), values->size() * sizeof(double));
  reader.plan.text += fmt::format("\n# --- epw {}: {}, hash {:016x}\n", name, year->place, hash.value());
  reader.plan.weather.year = std::make_shared<const WeatherYear>(std::move(*year));
}

}  // namespace

void parse_weather(ScenarioReader& reader) {
  Plan& plan = reader.plan;
  Weather& weather = plan.weather;
  Table table = reader.table("weather");
  auto climate = table.optional_table("climate");
  const auto file = table.optional_text("epw");
  if (const int given = (table.has("dry_bulb") ? 1 : 0) + (climate ? 1 : 0) + (file ? 1 : 0); given > 1) {
    table.error_at(climate ? "climate" : "epw", "the weather is constant, a climate, or a file: exactly one of them",
                   "dry_bulb, [weather.climate] or epw");
    for (const char* key : {"dry_bulb", "wet_bulb", "dew_point"}) table.optional_quantity(key, Dimension::kTemperature);
  }
  if (climate)
    weather.climate = parse_climate(*climate);
  else if (file)
    read_weather_file(reader, table, *file);
  else
    parse_constant_weather(weather, table);
  const double day = optional_in_range(table, "start_day", Dimension::kNone, 1, 365).value_or(1);
  const double hour = optional_in_range(table, "start_hour", Dimension::kNone, 0, 24).value_or(0);
  weather.start_s = (day - 1) * kDay_s + hour * kHour_s;
  const Outdoor start = weather.at(0);
  const bool needs_humidity = plan.cooling.cdus > 0 && plan.cooling.facility.rejection == RejectionKind::kTower &&
                              std::isnan(plan.cooling.facility_supply_degc);
  if (needs_humidity && std::isnan(start.dew_point_degc) && reader.has_rack)
    table.error_at(climate ? "climate" : "dry_bulb",
                   fmt::format("\"{}\" has a wet tower, which needs the humidity", plan.cooling.facility.name),
                   climate ? "add dew_point to [weather.climate]" : "add wet_bulb or dew_point to [weather]");
}

}  // namespace racktwin
