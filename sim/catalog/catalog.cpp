#include "sim/catalog/catalog.h"

#include "sim/catalog/read.h"
#include "sim/check.h"
#include "sim/nearest_match.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace racktwin {
namespace {

// Bandwidths and the like: zero would disconnect what they connect.
Sourced positive_value(Table& table, const char* key, Dimension dimension) {
  const std::size_t line = static_cast<std::size_t>(table.loc(key).line);
  Sourced value = table.sourced(key, dimension);
  if (line > 0 && value.value <= 0) table.error_at(key, fmt::format("{} must be above zero", key));
  return value;
}

Curve read_curve(Table table, const char* x_key, Dimension x, const char* y_key, Dimension y) {
  Curve curve;
  curve.x = table.quantities(x_key, x);
  curve.y = table.quantities(y_key, y);
  curve.from = table.text("from");
  table.optional_text("note");
  const std::string evidence = table.text("evidence");
  for (const Evidence e : {Evidence::kMeasured, Evidence::kPublished, Evidence::kReported, Evidence::kDerived})
    if (evidence == evidence_word(e)) curve.evidence = e;
  if (curve.x.size() != curve.y.size() || curve.x.empty() || !std::is_sorted(curve.x.begin(), curve.x.end()))
    table.error_at(y_key, fmt::format("{} and {} must be arrays of equal length, {} ascending", x_key, y_key, x_key));
  return curve;
}

// A chip that nobody measured has no table `gemm`.
Sourced gemm_share(std::optional<Table>& gemm, const char* key) {
  return gemm ? optional_within(*gemm, key, Dimension::kNone, 0.01, 1) : Sourced();
}

void read_heat_path(Table& thermal, Sourced& junction_to_case, Sourced& heat_capacity, Sourced& plate_heat_capacity,
                    std::string& cold_plate, Sourced& air_resistance) {
  junction_to_case = thermal.sourced("junction_to_case", Dimension::kThermalResistance);
  heat_capacity = thermal.sourced("heat_capacity", Dimension::kHeatCapacity);
  plate_heat_capacity = thermal.sourced("plate_heat_capacity", Dimension::kHeatCapacity);
  cold_plate = thermal.optional_text("cold_plate").value_or("");
  air_resistance = optional_value(thermal, "air_resistance", Dimension::kThermalResistance);
  if (cold_plate.empty() == std::isnan(air_resistance.value))
    thermal.error_at("cold_plate", "a chip needs either a cold_plate or an air_resistance");
}

// "2:1" of a switch with 48 ports: 32 down, 16 up.
void read_oversubscription(Table& topology, FabricType& f) {
  const std::string text = topology.text("oversubscription");
  int down = 0, up = 0, end = 0;
  const bool is_ratio = std::sscanf(text.c_str(), "%d:%d%n", &down, &up, &end) == 2 &&
                        static_cast<std::size_t>(end) == text.size() && down > 0 && up > 0;
  if (!is_ratio) {
    if (!text.empty())
      topology.error_at("oversubscription", "oversubscription is the ratio of a leaf's ports down and up",
                        "e.g. \"1:1\"");
    down = up = 1;
  }
  f.leaf_ports_down = f.switch_ports * down / (down + up);
  f.leaf_ports_up = f.switch_ports - f.leaf_ports_down;
  if (f.leaf_ports_down * up != f.leaf_ports_up * down)
    topology.error_at("oversubscription",
                      fmt::format("{} ports of a switch do not divide into {} down : {} up", f.switch_ports, down, up),
                      fmt::format("the ports must be a multiple of {}", down + up));
}

}  // namespace

double Curve::at(double value) const {
  if (value <= x.front()) return y.front();
  if (value >= x.back()) return y.back();
  const auto upper = static_cast<std::size_t>(std::upper_bound(x.begin(), x.end(), value) - x.begin());
  const double share = (value - x[upper - 1]) / (x[upper] - x[upper - 1]);
  return y[upper - 1] + share * (y[upper] - y[upper - 1]);
}

std::string Catalog::default_directory() {
  if (const char* directory = std::getenv("RACKTWIN_RACKS"); directory != nullptr && *directory != '\0')
    return directory;
  return RACKTWIN_RACKS_DIRECTORY;
}

Result<Document> Catalog::load(const std::string& file) const {
  Result<Document> document = Document::load(fmt::format("{}/{}.toml", directory_, file));
  const auto changes = changes_.find(file);
  if (!document || changes == changes_.end()) return document;
  for (const std::string& assignment : changes->second)
    if (const Result<void> set = document->set(assignment); !set) return tl::unexpected(set.error());
  return document;
}

Result<Document> Catalog::open(const std::string& folder, const std::string& name, const std::string& kind) const {
  namespace fs = std::filesystem;
  const fs::path directory = fs::path(directory_) / folder;
  const fs::path file = directory / (name + ".toml");
  std::error_code error;
  if (name.find('/') != std::string::npos || !fs::is_regular_file(file, error)) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory, error))
      if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
    std::sort(names.begin(), names.end());
    Error missing;
    missing.message = fmt::format("there is no {} \"{}\" in the catalogue", kind, name);
    std::string known;
    for (const std::string& n : names) known += (known.empty() ? "" : ", ") + n;
    if (const auto nearest = nearest_match(name, names)) {
      missing.hint = fmt::format("did you mean \"{}\"?", *nearest);
    } else {
      missing.hint = known.empty() ? fmt::format("no entries in {}", directory.string()) : "known here: " + known;
    }
    return fail(std::move(missing));
  }
  Result<Document> document = load(folder + "/" + name);
  if (!document) return document;
  Table root = document->root();
  const std::string is = root.text("kind");
  root.text("title");
  root.texts("aliases");
  if (is != kind) root.error_at("kind", fmt::format("this is a {}, not a {}", is, kind));
  return document;
}

Result<Gpu> Catalog::gpu(const std::string& name) const {
  Result<Document> document = open("chips", name, "gpu");
  if (!document) return tl::unexpected(document.error());
  Table root = document->root();
  Gpu g;
  g.name = name;
  g.title = root.text("title");
  Table p = root.table("performance");
  std::optional<Table> gemm = root.optional_table("gemm");
  g.bf16 = {optional_value(p, "bf16_dense", Dimension::kFlops), gemm_share(gemm, "bf16_share")};
  g.fp8 = {optional_value(p, "fp8_dense", Dimension::kFlops), gemm_share(gemm, "fp8_share")};
  g.mxfp8 = {g.fp8.dense_flops, gemm_share(gemm, "mxfp8_share")};
  g.nvfp4 = {optional_value(p, "fp4_dense", Dimension::kFlops), gemm_share(gemm, "nvfp4_share")};
  if (std::optional<Table> attention = root.optional_table("attention")) {
    g.attention_forward_share = value_within(*attention, "forward_share", Dimension::kNone, 0.01, 1);
    g.attention_backward_share = value_within(*attention, "backward_share", Dimension::kNone, 0.01, 1);
  }
  g.special_functions_per_s = optional_value(p, "special_functions", Dimension::kFlops);
  g.warp_level_share = optional_value(p, "warp_level_share", Dimension::kNone);
  g.hbm_capacity_bytes = p.sourced("hbm_capacity", Dimension::kBytes);
  g.hbm_bandwidth_bytes_per_s = positive_value(p, "hbm_bandwidth", Dimension::kBandwidth);
  g.nvlink_bytes_per_s = positive_value(p, "nvlink_per_direction", Dimension::kBandwidth);
  g.nvlink_generation = positive_integer(p, "nvlink_generation");
  g.sm_count = p.sourced("sm_count", Dimension::kNone);
  Table power = root.table("power");
  g.tdp_w = power.sourced("tdp", Dimension::kPower);
  g.idle_w = power.sourced("idle", Dimension::kPower);
  g.waiting_w = optional_value(power, "waiting", Dimension::kPower);
  g.memory_bound_share = power.sourced("memory_bound_share", Dimension::kNone);
  g.communication_share = power.sourced("communication_share", Dimension::kNone);
  g.leakage_share = power.sourced("leakage_share", Dimension::kNone);
  g.leakage_doubling_k = power.sourced("leakage_doubling", Dimension::kTemperatureDelta);
  g.fixed_voltage_share = power.sourced("fixed_voltage_share", Dimension::kNone);
  g.min_clock_ratio = power.sourced("min_clock_ratio", Dimension::kNone);
  g.boost_clock_ratio = optional_value(power, "boost_clock_ratio", Dimension::kNone);
  g.smoothing_floor_max = optional_value(power, "smoothing_floor_max", Dimension::kNone);
  Table t = root.table("thermal");
  g.reference_junction_degc = t.sourced("reference_junction", Dimension::kTemperature);
  g.software_slowdown_degc = t.sourced("software_slowdown", Dimension::kTemperature);
  g.hardware_slowdown_degc = t.sourced("hardware_slowdown", Dimension::kTemperature);
  g.shutdown_degc = t.sourced("shutdown", Dimension::kTemperature);
  read_heat_path(t, g.junction_to_case_k_per_w, g.heat_capacity_j_per_k, g.plate_heat_capacity_j_per_k, g.cold_plate,
                 g.air_resistance_k_per_w);
  if (!(g.idle_w.value < g.tdp_w.value)) power.error_at("idle", "idle must be below tdp");
  return finish(*document, std::move(g));
}

Result<Cpu> Catalog::cpu(const std::string& name) const {
  Result<Document> document = open("chips", name, "cpu");
  if (!document) return tl::unexpected(document.error());
  Table root = document->root();
  Cpu c;
  c.name = name;
  c.title = root.text("title");
  Table power = root.table("power");
  c.tdp_w = power.sourced("tdp", Dimension::kPower);
  c.idle_w = power.sourced("idle", Dimension::kPower);
  c.training_load = power.sourced("training_load", Dimension::kNone);
  Table t = root.table("thermal");
  read_heat_path(t, c.junction_to_case_k_per_w, c.heat_capacity_j_per_k, c.plate_heat_capacity_j_per_k, c.cold_plate,
                 c.air_resistance_k_per_w);
  return finish(*document, std::move(c));
}

Result<RackType> Catalog::rack(const std::string& name) const {
  Result<Document> document = open("racks", name, "rack");
  if (!document) return tl::unexpected(document.error());
  Table root = document->root();
  RackType r;
  r.name = name;
  r.title = root.text("title");
  Table parts = root.table("parts");
  const std::string gpu_name = parts.text("gpu"), cpu_name = parts.text("cpu");
  Table trays = root.table("trays");
  trays.optional_text("source");
  r.compute_trays = positive_integer(trays, "compute_trays");
  r.gpus_per_tray = positive_integer(trays, "gpus_per_tray");
  r.cpus_per_tray = positive_integer(trays, "cpus_per_tray");
  r.switch_trays = count(trays, "switch_trays");
  r.nvswitch_chips = r.switch_trays * count(trays, "nvswitch_chips_per_switch_tray") +
                     r.compute_trays * count(trays, "nvswitch_chips_per_compute_tray");
  const std::string domain = trays.text("nvlink_domain");
  if (domain != "rack" && domain != "tray") trays.error_at("nvlink_domain", "nvlink_domain is \"rack\" or \"tray\"");
  r.domain_is_tray = domain == "tray";
  r.nvlink_ports_per_gpu = positive_integer(trays, "nvlink_ports_per_gpu");
  r.nvswitch_port_bytes_per_s = positive_value(trays, "nvswitch_port_bandwidth", Dimension::kBandwidth);
  r.nics_per_tray = positive_integer(trays, "nics_per_tray");
  Table nic = root.table("nic");
  r.nic_bytes_per_s = positive_value(nic, "bandwidth_per_direction", Dimension::kBandwidth);
  r.nic_latency_s = optional_value(nic, "latency", Dimension::kTime);
  optional_value(nic, "power", Dimension::kPower);
  Table power = root.table("power");
  power.optional_text("source");
  r.shelves = positive_integer(power, "shelves");
  r.shelf_psus = positive_integer(power, "shelf_psus");
  r.shelf_redundant_psus = count(power, "shelf_redundant_psus");
  if (r.shelf_redundant_psus >= r.shelf_psus)
    power.error_at("shelf_redundant_psus", "there must be fewer redundant PSUs than PSUs");
  r.psu_rating_w = power.sourced("psu_rating", Dimension::kPower);
  r.rack_rating_w = power.sourced("rack_rating", Dimension::kPower);
  r.psu_input_lag_s = optional_value(power, "psu_input_lag", Dimension::kTime);
  r.energy_storage_j = optional_value(power, "energy_storage", Dimension::kEnergy);
  optional_value(power, "busbar_rating", Dimension::kCurrent);
  r.compute_tray_other_w = power.sourced("compute_tray_other", Dimension::kPower);
  r.compute_tray_other_idle_w = power.sourced("compute_tray_other_idle", Dimension::kPower);
  r.compute_tray_fans_w = optional_value(power, "compute_tray_fans", Dimension::kPower);
  if (r.switch_trays > 0) {
    r.switch_tray_w = power.sourced("switch_tray", Dimension::kPower);
    r.switch_tray_idle_w = power.sourced("switch_tray_idle", Dimension::kPower);
  }
  r.shelf_efficiency =
      read_curve(power.table("shelf_efficiency"), "load", Dimension::kNone, "efficiency", Dimension::kNone);
  Table cooling = root.table("cooling");
  r.liquid_cooled = cooling.optional_boolean("liquid_cooled").value_or(false);
  if (r.liquid_cooled) {
    r.coolant = cooling.text("coolant");
    r.liquid_share_tray_other = cooling.sourced("liquid_share_tray_other", Dimension::kNone);
    r.liquid_share_switch_tray = cooling.sourced("liquid_share_switch_tray", Dimension::kNone);
    r.max_inlet_degc = cooling.sourced("max_inlet", Dimension::kTemperature);
    r.max_return_degc = cooling.sourced("max_return", Dimension::kTemperature);
    r.rated_flow_m3_per_s = value_within(cooling, "rated_flow", Dimension::kVolumeFlow, 1e-5, 0.1);
    r.rated_pressure_drop_pa = value_within(cooling, "rated_pressure_drop", Dimension::kPressure, 1e3, 1e6);
    r.flow_exponent = value_within(cooling, "flow_exponent", Dimension::kNone, 1, 2);
    r.coolant_volume_m3 = value_within(cooling, "coolant_volume", Dimension::kVolume, 1e-4, 1);
    r.plate_share_gpu = cooling.sourced("plate_share_gpu", Dimension::kNone);
    r.plate_pressure_share = value_within(cooling, "plate_pressure_share", Dimension::kNone, 0.01, 1);
  }
  Table mechanical = root.table("mechanical");
  r.mass_kg = optional_value(mechanical, "mass", Dimension::kMass);
  r.width_m = optional_value(mechanical, "width", Dimension::kLength);
  r.depth_m = optional_value(mechanical, "depth", Dimension::kLength);
  r.height_m = optional_value(mechanical, "height", Dimension::kLength);
  r.price_usd = optional_value(mechanical, "price", Dimension::kMoney);
  mechanical.optional_text("elevation_source");
  mechanical.optional_text("elevation_evidence");
  for (Table part : mechanical.tables("elevation"))
    r.elevation.push_back({part.text("part"), positive_integer(part, "count")});
  document->report_unknown_keys();
  Errors& errors = document->errors();
  const auto take = [&](auto chip, auto& into) {
    if (chip) {
      into = std::move(*chip);
    } else {
      errors.insert(errors.end(), chip.error().begin(), chip.error().end());
    }
  };
  take(gpu(gpu_name), r.gpu);
  take(cpu(cpu_name), r.cpu);
  if (!errors.empty()) return fail(errors);
  return r;
}

namespace {

void read_transport(Table transport, FabricType& f) {
  f.transport_step_s = transport.sourced("step", Dimension::kTime);
  const std::vector<std::string> protocols = transport.texts("protocols");
  const auto has = [&](const char* word) {
    return std::find(protocols.begin(), protocols.end(), word) != protocols.end();
  };
  f.carries_ll = has("ll");
  f.carries_ll128 = has("ll128");
  for (const std::string& word : protocols)
    if (word != "ll" && word != "ll128" && word != "simple")
      transport.error_at("protocols", fmt::format("\"{}\" is no protocol of NCCL: ll, ll128 or simple", word));
  if (!has("simple")) transport.error_at("protocols", "every transport carries \"simple\"");
}

}  // namespace

Result<FabricType> Catalog::fabric(const std::string& name) const {
  Result<Document> document = open("fabrics", name, "fabric");
  if (!document) return tl::unexpected(document.error());
  Table root = document->root();
  FabricType f;
  f.name = name;
  f.title = root.text("title");
  Table s = root.table("switch");
  s.optional_text("source");
  f.switch_ports = positive_integer(s, "ports");
  f.ports_loc = s.loc("ports");
  f.port_bytes_per_s = positive_value(s, "port_bandwidth", Dimension::kBandwidth);
  f.switch_power_w = optional_value(s, "power", Dimension::kPower);
  optional_value(s, "power_idle", Dimension::kPower);
  f.switch_latency_s = s.sourced("latency", Dimension::kTime);
  Table t = root.table("topology");
  t.optional_text("source");
  f.tiers = positive_integer(t, "tiers");
  f.tiers_loc = t.loc("tiers");
  if (f.tiers < 2 || f.tiers > 3) t.error_at("tiers", "a fabric has two or three tiers");
  f.planes = t.has("planes") ? positive_integer(t, "planes") : 1;
  f.rail_optimised = t.optional_boolean("rail_optimised").value_or(false);
  f.unit_domains = t.has("unit_domains") ? positive_integer(t, "unit_domains") : 0;
  f.unit_domains_loc = t.loc("unit_domains");
  f.management_cables = count(t, "management_cables");
  read_oversubscription(t, f);
  Table link = root.table("link");
  f.link_latency_s = link.sourced("latency", Dimension::kTime);
  f.links_per_cable = link.has("links_per_cable") ? positive_integer(link, "links_per_cable") : 1;
  f.optics_power_w = optional_value(link, "optics_power", Dimension::kPower);
  if (root.has("transport")) read_transport(root.table("transport"), f);
  return finish(*document, std::move(f));
}

Result<ColdPlate> Catalog::cold_plate(const std::string& name) const {
  Result<Document> document = open("cooling", name, "cold-plate");
  if (!document) return tl::unexpected(document.error());
  Table root = document->root();
  ColdPlate c;
  c.name = name;
  c.title = root.text("title");
  c.resistance_k_per_w = read_curve(root, "flow", Dimension::kVolumeFlow, "resistance", Dimension::kThermalResistance);
  return finish(*document, std::move(c));
}

Result<Coolant> Catalog::coolant(const std::string& name) const {
  Result<Document> document = open("cooling", name, "coolant");
  if (!document) return tl::unexpected(document.error());
  Table root = document->root();
  Coolant c;
  c.name = name;
  c.title = root.text("title");
  c.density_kg_per_m3 = root.sourced("density", Dimension::kDensity);
  c.specific_heat_j_per_kg_k = root.sourced("specific_heat", Dimension::kSpecificHeat);
  c.viscosity_pa_s = optional_value(root, "viscosity", Dimension::kViscosity);
  return finish(*document, std::move(c));
}

Result<CduType> Catalog::cdu(const std::string& name) const {
  Result<Document> document = open("cooling", name, "cdu");
  if (!document) return tl::unexpected(document.error());
  Table root = document->root();
  CduType c;
  c.name = name;
  c.title = root.text("title");
  c.coolant_secondary = root.text("coolant_secondary");
  c.coolant_primary = root.text("coolant_primary");
  c.pumps = positive_integer(root, "pumps");
  c.heat_rating_w = value_within(root, "heat_rating", Dimension::kPower, 1e3, 1e8);
  c.approach_k = value_within(root, "approach", Dimension::kTemperatureDelta, 0.5, 20);
  c.secondary_rated_flow_m3_per_s = root.sourced("secondary_rated_flow", Dimension::kVolumeFlow);
  optional_value(root, "secondary_rated_head", Dimension::kPressure);
  c.pump_rated_flow_m3_per_s = value_within(root, "pump_rated_flow", Dimension::kVolumeFlow, 1e-5, 1);
  c.pump_rated_head_pa = value_within(root, "pump_rated_head", Dimension::kPressure, 1e4, 2e6);
  c.pump_shutoff_head_pa = root.sourced("pump_shutoff_head", Dimension::kPressure);
  c.pump_rated_power_w = root.sourced("pump_power", Dimension::kPower);
  optional_value(root, "pump_efficiency", Dimension::kNone);
  c.pump_rundown_s = value_within(root, "pump_rundown", Dimension::kTime, 0.1, 60);
  c.pump_runup_s = value_within(root, "pump_runup", Dimension::kTime, 0.1, 600);
  c.primary_rated_flow_m3_per_s = root.sourced("primary_rated_flow", Dimension::kVolumeFlow);
  c.primary_rated_pressure_drop_pa = root.sourced("primary_rated_pressure_drop", Dimension::kPressure);
  c.hx_heat_capacity_j_per_k = root.sourced("hx_heat_capacity", Dimension::kHeatCapacity);
  c.secondary_volume_m3 = root.sourced("secondary_volume", Dimension::kVolume);
  c.primary_volume_m3 = root.sourced("primary_volume", Dimension::kVolume);
  c.supply_min_degc = optional_value(root, "supply_min", Dimension::kTemperature);
  c.supply_max_degc = optional_value(root, "supply_max", Dimension::kTemperature);
  c.valve_stroke_s = optional_within(root, "valve_stroke", Dimension::kTime, 1, 3600);
  c.width_m = optional_value(root, "width", Dimension::kLength);
  c.depth_m = optional_value(root, "depth", Dimension::kLength);
  c.height_m = optional_value(root, "height", Dimension::kLength);
  if (!(c.pump_rated_head_pa.value < c.pump_shutoff_head_pa.value))
    root.error_at("pump_shutoff_head", "the shut-off head must be above the head at rated flow");
  return finish(*document, std::move(c));
}

static Chiller read_chiller(Table& table) {
  Chiller c;
  c.carnot_share = value_within(table, "carnot_share", Dimension::kNone, 0.2, 0.8);
  c.max_cop = value_within(table, "max_cop", Dimension::kNone, 2, 30);
  c.evaporator_approach_k = value_within(table, "evaporator_approach", Dimension::kTemperatureDelta, 0, 25);
  c.condenser_approach_k = value_within(table, "condenser_approach", Dimension::kTemperatureDelta, 2, 40);
  return c;
}

Result<FacilityType> Catalog::facility(const std::string& name) const {
  Result<Document> document = open("cooling", name, "facility");
  if (!document) return tl::unexpected(document.error());
  Table root = document->root();
  FacilityType f;
  f.name = name;
  f.title = root.text("title");
  f.coolant = root.text("coolant");
  if (root.has("rejection"))
    f.rejection = one_of<RejectionKind>(root, "rejection",
                                        {{"dry-cooler", RejectionKind::kDryCooler}, {"tower", RejectionKind::kTower}});
  optional_value(root, "heat_rated", Dimension::kPower);
  f.approach_rated_k = value_within(root, "approach_rated", Dimension::kTemperatureDelta, 1, 30);
  f.fan_power_share = value_within(root, "fan_power_share", Dimension::kNone, 0, 0.1);
  f.fan_exponent = value_within(root, "fan_exponent", Dimension::kNone, 1, 3.5);
  f.fan_heat_exponent = value_within(root, "fan_heat_exponent", Dimension::kNone, 0.3, 1);
  f.pump_power_share = value_within(root, "pump_power_share", Dimension::kNone, 0, 0.1);
  f.loop_volume_m3_per_w = value_within(root, "loop_volume_per_rated_heat", Dimension::kVolume, 1e-4, 0.1);
  f.loop_volume_m3_per_w.value /= 1000;  // the file gives it per kW
  f.crah_fan_power_share = value_within(root, "crah_fan_power_share", Dimension::kNone, 0, 0.3);
  f.room_air_supply_degc = value_within(root, "room_air_supply", Dimension::kTemperature, 5, 50);
  f.room_dew_point_degc = optional_within(root, "room_dew_point", Dimension::kTemperature, -10, 30);
  f.dew_point_margin_k = optional_within(root, "dew_point_margin", Dimension::kTemperatureDelta, 0, 10);
  if (f.rejection == RejectionKind::kTower) {
    f.latent_share = value_within(root, "latent_share", Dimension::kNone, 0.3, 1);
    f.cycles_of_concentration = value_within(root, "cycles_of_concentration", Dimension::kNone, 1.5, 20);
  }
  f.rear_door_fan_power_share = optional_within(root, "rear_door_fan_power_share", Dimension::kNone, 0, 0.1);
  f.coil_approach_k = optional_within(root, "coil_approach", Dimension::kTemperatureDelta, 1, 20);
  if (auto table = root.optional_table("chiller")) {
    f.chiller = read_chiller(*table);
    f.chiller->capacity_share = value_within(*table, "capacity_share", Dimension::kNone, 0.05, 3);
  }
  if (auto table = root.optional_table("room_chiller")) f.room_chiller = read_chiller(*table);
  return finish(*document, std::move(f));
}

Result<FeedType> Catalog::feed(const std::string& name) const {
  Result<Document> document = open("power", name, "feed");
  if (!document) return tl::unexpected(document.error());
  Table root = document->root();
  FeedType f;
  f.name = name;
  f.title = root.text("title");
  optional_value(root, "voltage", Dimension::kVoltage);
  f.transformer_no_load_loss = root.sourced("transformer_no_load_loss", Dimension::kNone);
  f.transformer_load_loss = root.sourced("transformer_load_loss", Dimension::kNone);
  f.busway_efficiency = root.sourced("busway_loss", Dimension::kNone);
  f.busway_efficiency.value = 1 - f.busway_efficiency.value;
  f.ups_efficiency =
      read_curve(root.table("ups").table("efficiency"), "load", Dimension::kNone, "efficiency", Dimension::kNone);
  f.carries_dc = root.optional_boolean("direct_current").value_or(false);
  if (auto rack = root.optional_table("rack"))
    f.rack_conversion = read_curve(rack->table("efficiency"), "load", Dimension::kNone, "efficiency", Dimension::kNone);
  return finish(*document, std::move(f));
}

}  // namespace racktwin
