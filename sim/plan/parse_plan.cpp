#include "sim/plan/parse_plan.h"

#include "sim/hash.h"
#include "sim/model/model.h"
#include "sim/nearest_match.h"
#include "sim/plan/in_range.h"
#include "sim/plan/parse_event.h"
#include "sim/plan/resolve_workload.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

namespace racktwin {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();
constexpr double kAisle_m = 2.4;  // between the fronts of neighbouring rows and the backs of the next
constexpr std::int64_t kMostRacks = 20000;
constexpr double kHour_s = 3600, kDay_s = 86400;
constexpr double kLongestStep_s = 900;  // for a year of weather: the plant is then a chain of steady states

// Reads one scenario; every member function appends to the document's errors.
class Parser {
 public:
  Parser(Document& document, const Catalog& catalog) : document_(document), catalog_(catalog), root_(document.root()) {}

  void parse(Plan& plan) {
    plan.title = root_.text("title");
    plan.duration_s = quantity_in_range(root_, "duration", Dimension::kTime, 1, 366 * 86400.0);
    const auto step = optional_in_range(root_, "step", Dimension::kTime, 0.05, kLongestStep_s);
    plan.step_s = choose(plan, step, 1.0, "step", "1 s");
    const auto frame = optional_in_range(root_, "frame", Dimension::kTime, plan.step_s, kDay_s);
    const double frame_s = plan.step_s * std::ceil(5 / plan.step_s - 1e-9);
    plan.frame_s = choose(plan, frame, frame_s, "frame", format_quantity(frame_s, Dimension::kTime));
    const double steps = plan.frame_s / plan.step_s;
    if (std::abs(steps - std::round(steps)) > 1e-9) root_.error_at("frame", "frame must be a whole number of steps");
    const std::size_t errors = document_.errors().size();
    parse_site(plan);
    has_site_ = document_.errors().size() == errors;
    parse_cooling(plan);
    parse_power(plan);
    parse_weather(plan);
    parse_workload(plan);
    for (Table table : root_.tables("event"))
      if (Event event; parse_event(table, plan, std::nullopt, event)) plan.events.push_back(std::move(event));
    std::stable_sort(plan.events.begin(), plan.events.end(),
                     [](const Event& a, const Event& b) { return a.time_s < b.time_s; });
  }

 private:
  int integer_within(Table& table, const char* key, std::int64_t low, std::int64_t high, std::int64_t example = 8) {
    const std::size_t errors = document_.errors().size();
    const auto value = table.integer(key, example);
    return document_.errors().size() > errors ? static_cast<int>(low) : check_integer(table, key, value, low, high);
  }
  std::optional<int> optional_integer_within(Table& table, const char* key, std::int64_t low, std::int64_t high) {
    const auto value = table.optional_integer(key);
    if (!value) return std::nullopt;
    return check_integer(table, key, *value, low, high);
  }
  static int check_integer(Table& table, const char* key, std::int64_t value, std::int64_t low, std::int64_t high) {
    if (value < low || value > high) {
      table.error_at(key, fmt::format("{} is out of range", key), fmt::format("between {} and {}", low, high));
      return static_cast<int>(low);
    }
    return static_cast<int>(value);
  }

  // A catalogue entry named at a key; an entry that does not exist is an error at that key.
  template <class T>
  bool look_up(Table& table, const char* key, Result<T> (Catalog::*read)(const std::string&) const, T& into) {
    const std::string name = table.text(key);
    if (name.empty()) return false;
    return take(table, key, (catalog_.*read)(name), into);
  }
  template <class T>
  bool take(Table& table, const char* key, Result<T> entry, T& into) {
    if (entry) {
      into = std::move(*entry);
      return true;
    }
    for (Error& error : entry.error()) {
      if (error.loc.line == 0 && !error.loc.file) {
        table.error_at(key, std::move(error.message), std::move(error.hint));
      } else {
        document_.errors().push_back(std::move(error));
      }
    }
    return false;
  }

  template <class T>
  static T choose(Plan& plan, const std::optional<T>& given, T otherwise, const char* key, std::string value) {
    if (given) return *given;
    plan.defaults.push_back({key, std::move(value), "usual"});
    return otherwise;
  }

  void parse_site(Plan& plan) {
    Site& site = plan.site;
    Table table = root_.table("site");
    site.name = table.optional_text("name").value_or("hall");
    has_rack_ = look_up(table, "rack", &Catalog::rack, site.rack_type);
    look_up(table, "fabric", &Catalog::fabric, site.fabric);
    const int rows = choose(plan, optional_integer_within(table, "rows", 1, kMostRacks), 1, "site.rows", "1");
    const auto racks = integer_within(table, "racks_per_row", 1, kMostRacks / rows);
    const double width = site.rack_type.width_m.value, depth = site.rack_type.depth_m.value;
    for (int r = 0; r < rows; ++r)
      for (int i = 0; i < racks; ++i)
        site.racks.push_back(
            {fmt::format("{}/{}/rack-{:02}", site.name, row_name(r), i + 1), i * width, r * (depth + kAisle_m)});
  }

  static std::string row_name(int row) {
    std::string letters;
    for (int i = row; i >= 0; i = i / 26 - 1) letters.insert(letters.begin(), static_cast<char>('a' + i % 26));
    return "row-" + letters;
  }

  void parse_cooling(Plan& plan) {
    CoolingPlan& cooling = plan.cooling;
    Table table = root_.table("cooling");
    if (look_up(table, "facility", &Catalog::facility, cooling.facility))
      take(table, "facility", catalog_.coolant(cooling.facility.coolant), cooling.facility_coolant);
    if (has_rack_ && !plan.site.rack_type.liquid_cooled)
      pass_over_loop(plan, table);
    else
      parse_loop(plan, table);
  }

  // Of air-cooled racks: a scenario may have been written for others.
  static void pass_over_loop(Plan& plan, Table& table) {
    plan.cooling.cdus = 0;
    plan.cooling.facility_supply_degc = kNoValue;
    table.optional_text("cdu");
    table.optional_integer("cdus");
    table.optional_quantity("pump_speed", Dimension::kNone);
    table.optional_quantity("facility_supply", Dimension::kTemperature);
    table.optional_quantity("facility_rated_heat", Dimension::kPower);
    table.optional_quantity("facility_setpoint", Dimension::kTemperature);
    table.optional_quantity("tcs_setpoint", Dimension::kTemperature);
    table.optional_text("air");
    std::vector<std::string> given;
    for (const char* key : {"cdu", "cdus", "pump_speed", "facility_supply", "facility_rated_heat", "facility_setpoint",
                            "tcs_setpoint", "air"})
      if (table.has(key)) given.push_back(fmt::format("cooling.{}", key));
    if (given.empty()) return;
    plan.warnings.push_back(fmt::format("{} {} no effect: {} is air-cooled", fmt::join(given, ", "),
                                        given.size() == 1 ? "has" : "have", plan.site.rack_type.name));
  }

  void parse_loop(Plan& plan, Table& table) {
    CoolingPlan& cooling = plan.cooling;
    if (look_up(table, "cdu", &Catalog::cdu, cooling.cdu)) {
      take(table, "cdu", catalog_.coolant(cooling.cdu.coolant_secondary), cooling.secondary_coolant);
      take(table, "cdu", catalog_.coolant(cooling.cdu.coolant_primary), cooling.primary_coolant);
    }
    cooling.cdus = choose(plan, optional_integer_within(table, "cdus", 1, 1000), 1, "cooling.cdus", "1");
    const auto supply = optional_in_range(table, "facility_supply", Dimension::kTemperature, 1, 70);
    cooling.facility_supply_degc = supply.value_or(kNoValue);
    const double rating = cooling.cdus * cooling.cdu.heat_rating_w.value;
    const auto speed = optional_in_range(table, "pump_speed", Dimension::kNone, 0.1, 1);
    cooling.pump_speed = choose(plan, speed, 1.0, "cooling.pump_speed", "100 %");
    const auto heat = optional_in_range(table, "facility_rated_heat", Dimension::kPower, 1e3, 1e10);
    cooling.facility_rated_heat_w = heat.value_or(rating);
    if (!heat)
      plan.defaults.push_back(
          {"cooling.facility_rated_heat", format_quantity(rating, Dimension::kPower), "the CDUs' rating"});
    parse_setpoints(plan, table);
    if (!supply && std::isnan(cooling.facility_setpoint_degc)) {
      const bool is_tower = cooling.facility.rejection == RejectionKind::kTower;
      plan.defaults.push_back({"cooling.facility_supply", is_tower ? "tower" : "dry cooler",
                               fmt::format("follows the {}-bulb temperature", is_tower ? "wet" : "dry")});
    }
    for (const std::string& name : {plan.site.rack_type.gpu.cold_plate, plan.site.rack_type.cpu.cold_plate})
      if (!name.empty() && cooling.cold_plate(name) == nullptr) {
        ColdPlate plate;
        if (take(table, "cdu", catalog_.cold_plate(name), plate)) cooling.cold_plates.push_back(std::move(plate));
      }
  }

  void parse_setpoints(Plan& plan, Table& table) {
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
    cooling.air = one_of(table, "air", kPaths, false).value_or(AirPath::kCrah);
    const bool is_given = !std::isnan(cooling.facility_supply_degc);
    if (is_given && facility)
      plan.warnings.push_back("cooling.facility_setpoint acts only while facility_supply is not given");
    if (cooling.facility.chiller && !is_given && !facility)
      table.error_at("facility", fmt::format("\"{}\" has a chiller, which needs a set-point", cooling.facility.name),
                     "add facility_setpoint = \"20 degC\" to [cooling]");
  }

  void parse_weather(Plan& plan) {
    Weather& weather = plan.weather;
    Table table = root_.table("weather");
    auto climate = table.optional_table("climate");
    const auto file = table.optional_text("epw");
    if (const int given = (table.has("dry_bulb") ? 1 : 0) + (climate ? 1 : 0) + (file ? 1 : 0); given > 1) {
      table.error_at(climate ? "climate" : "epw", "the weather is constant, a climate, or a file: exactly one of them",
                     "dry_bulb, [weather.climate] or epw");
      for (const char* key : {"dry_bulb", "wet_bulb", "dew_point"})
        table.optional_quantity(key, Dimension::kTemperature);
    }
    if (climate)
      weather.climate = parse_climate(*climate);
    else if (file)
      read_weather_file(plan, table, *file);
    else
      parse_constant_weather(weather, table);
    const double day = optional_in_range(table, "start_day", Dimension::kNone, 1, 365).value_or(1);
    const double hour = optional_in_range(table, "start_hour", Dimension::kNone, 0, 24).value_or(0);
    weather.start_s = (day - 1) * kDay_s + hour * kHour_s;
    const Outdoor start = weather.at(0);
    const bool needs_humidity = plan.cooling.cdus > 0 && plan.cooling.facility.rejection == RejectionKind::kTower &&
                                std::isnan(plan.cooling.facility_supply_degc);
    if (needs_humidity && std::isnan(start.dew_point_degc) && has_rack_)
      table.error_at(climate ? "climate" : "dry_bulb",
                     fmt::format("\"{}\" has a wet tower, which needs the humidity", plan.cooling.facility.name),
                     climate ? "add dew_point to [weather.climate]" : "add wet_bulb or dew_point to [weather]");
  }

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

  static Climate parse_climate(Table& table) {
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
  void read_weather_file(Plan& plan, Table& table, const std::string& name) {
    const SourceLoc loc = table.loc("epw");
    const std::filesystem::path folder = loc.file ? std::filesystem::path(*loc.file).parent_path() : "";
    Result<WeatherYear> year = read_epw((folder / name).string());
    if (!year) {
      if (year.error().front().loc.line == 0)
        table.error_at("epw", fmt::format("cannot read \"{}\"", (folder / name).string()),
                       "paths are relative to this file");
      else
        document_.errors().insert(document_.errors().end(), year.error().begin(), year.error().end());
      return;
    }
    Fnv1a hash;
    for (const auto* values : {&year->dry_bulb_degc, &year->dew_point_degc})
      hash.add(values->data(), values->size() * sizeof(double));
    plan.text += fmt::format("\n# --- epw {}: {}, hash {:016x}\n", name, year->place, hash.value());
    plan.weather.year = std::make_shared<const WeatherYear>(std::move(*year));
  }

  void parse_power(Plan& plan) {
    PowerPlan& power = plan.power;
    Table table = root_.table("power");
    look_up(table, "feed", &Catalog::feed, power.feed);
    power.feeds = optional_integer_within(table, "feeds", 1, 2).value_or(1);
    power.feed_rating_w = quantity_in_range(table, "rating", Dimension::kPower, 1e3, 1e10);
    const auto optional = [&](const char* key, Dimension dimension, double low, double high) {
      return optional_in_range(table, key, dimension, low, high).value_or(kNoValue);
    };
    const auto ups = optional_in_range(table, "ups_rating", Dimension::kPower, 1e3, 1e10);
    power.ups_rating_w = choose(plan, ups, power.feed_rating_w, "power.ups_rating", "that of the feed");
    power.busway_rating_w = optional("busway_rating", Dimension::kPower, 1e3, 1e9);
    power.ride_through_s = optional("ups_ride_through", Dimension::kTime, 1, 86400);
    power.generator_start_s = optional("generator_start", Dimension::kTime, 0.1, 3600);
    if (power.feeds == 2 && has_rack_ && plan.site.rack_type.shelves % 2 != 0)
      table.error_at("feeds", fmt::format("{} has {} power shelves, which do not divide over two feeds",
                                          plan.site.rack_type.name, plan.site.rack_type.shelves));
  }

  template <class T, std::size_t n>
  std::optional<T> one_of(Table& table, const char* key, const std::pair<const char*, T> (&words)[n], bool required) {
    const auto text = required ? std::optional(table.text(key)) : table.optional_text(key);
    if (!text || text->empty()) return std::nullopt;
    std::vector<std::string> known;
    for (const auto& [word, value] : words) {
      if (*text == word) return value;
      known.emplace_back(word);
    }
    const auto nearest = nearest_match(*text, known);
    std::string list;
    for (const std::string& k : known) list += (list.empty() ? "" : ", ") + k;
    table.error_at(key, fmt::format("unknown {} \"{}\"", key, *text),
                   nearest ? fmt::format("did you mean \"{}\"?", *nearest) : "one of " + list);
    return std::nullopt;
  }

  std::optional<std::array<Axis, 4>> parse_order(Table& table) {
    const auto text = table.optional_text("order");
    if (!text) return std::nullopt;
    std::array<Axis, 4> order{};
    std::size_t n = 0, begin = 0;
    bool good = true;
    std::vector<bool> seen(4);
    while (begin <= text->size()) {
      const std::size_t end = std::min(text->find('-', begin), text->size());
      const std::string word = text->substr(begin, end - begin);
      begin = end + 1;
      if (word == "ep") continue;  // expert parallelism lies inside dp x tp and moves nobody
      const Axis axis = word == "tp"   ? Axis::kTensor
                        : word == "cp" ? Axis::kContext
                        : word == "dp" ? Axis::kData
                                       : Axis::kPipeline;
      if ((axis == Axis::kPipeline && word != "pp") || n == 4 || seen[static_cast<std::size_t>(axis)]) {
        good = false;
        break;
      }
      seen[static_cast<std::size_t>(axis)] = true;
      order[n++] = axis;
    }
    if (!good || n != 4) {
      table.error_at("order", fmt::format("\"{}\" is no rank order", *text),
                     "each of tp, cp, dp, pp once, fastest first: \"tp-cp-dp-pp\"");
      return std::nullopt;
    }
    return order;
  }

  void parse_workload(Plan& plan) {
    Table table = root_.table("workload");
    const std::size_t errors = document_.errors().size();
    std::size_t misspelt = 0;  // errors of words, which layout and batches do not depend on
    const auto word = [&](const char* key, const auto& words, bool required) {
      const std::size_t before = document_.errors().size();
      const auto value = one_of(table, key, words, required);
      misspelt += document_.errors().size() - before;
      return value;
    };
    WorkloadRequest q;
    static constexpr std::pair<const char*, Task> kTasks[] = {
        {"pretrain", Task::kPretrain}, {"sft", Task::kSft}, {"lora", Task::kLora}};
    q.task = word("task", kTasks, true).value_or(Task::kPretrain);
    const bool has_model = look_up(table, "model", &Catalog::model, q.model);
    static constexpr std::pair<const char*, Precision> kPrecisions[] = {{"bf16", Precision::kBf16},
                                                                        {"fp8", Precision::kFp8},
                                                                        {"fp8-current", Precision::kFp8Current},
                                                                        {"mxfp8", Precision::kMxfp8},
                                                                        {"nvfp4", Precision::kNvfp4}};
    q.precision = word("precision", kPrecisions, true).value_or(Precision::kBf16);
    constexpr int kMost = 1 << 20;
    q.gpus = integer_within(table, "gpus", 1, kMost, 512);
    for (const auto& [key, value] : {std::pair{"tp", &q.tp}, {"cp", &q.cp}, {"pp", &q.pp}, {"vp", &q.vp}})
      *value =
          choose(plan, optional_integer_within(table, key, 1, 1024), 1, fmt::format("workload.{}", key).c_str(), "1");
    q.ep = optional_integer_within(table, "ep", 1, 4096);
    q.etp = optional_integer_within(table, "etp", 1, 1024);
    if (table.has("dp")) q.dp = integer_within(table, "dp", 1, kMost);
    q.order = parse_order(table);
    if (table.has("gpus_per_domain")) q.ranks_per_domain = integer_within(table, "gpus_per_domain", 1, kMost, 64);
    q.micro_batch = integer_within(table, "micro_batch", 1, kMost, 1);
    q.global_batch = integer_within(table, "global_batch", 1, kMost, 512);
    q.sequence = integer_within(table, "sequence", 1, 1 << 24, 8192);
    static constexpr std::pair<const char*, Recompute> kRecompute[] = {
        {"none", Recompute::kNone}, {"selective", Recompute::kSelective}, {"full", Recompute::kFull}};
    q.recompute = word("recompute", kRecompute, false);
    q.embedding_and_loss_count_as_layers = table.optional_boolean("embedding_and_loss_count_as_layers");
    q.overlap_tensor_parallel = table.optional_boolean("overlap_tensor_parallel");
    q.overlap_grad_reduce = table.optional_boolean("overlap_grad_reduce");
    q.overlap_expert_parallel = table.optional_boolean("overlap_expert_parallel");
    static constexpr std::pair<const char*, Sharding> kSharding[] = {{"optimizer", Sharding::kOptimizer},
                                                                     {"gradients", Sharding::kGradients},
                                                                     {"parameters", Sharding::kParameters}};
    q.sharding = word("sharding", kSharding, false);
    static constexpr std::pair<const char*, Kernels> kKernels[] = {
        {"native", Kernels::kNative}, {"compiled", Kernels::kCompiled}, {"eager", Kernels::kEager}};
    q.kernels = word("kernels", kKernels, false);
    static constexpr std::pair<const char*, ExpertDispatch> kDispatch[] = {{"alltoall", ExpertDispatch::kAllToAll},
                                                                           {"deepep", ExpertDispatch::kDeepEp}};
    q.expert_dispatch = word("expert_dispatch", kDispatch, false);
    q.expert_imbalance = table.optional_quantity("expert_imbalance", Dimension::kNone);
    if (q.expert_imbalance && (*q.expert_imbalance < 1 || *q.expert_imbalance > 10))
      table.error_at("expert_imbalance", "the busiest rank has 1 to 10 times the mean");
    q.shard_ranks = optional_integer_within(table, "shard_ranks", 1, kMost);
    q.document = optional_integer_within(table, "document", 1, 1 << 24);
    q.lora_rank = optional_integer_within(table, "lora_rank", 1, 1 << 16);
    if (has_site_ && q.gpus > plan.gpus())
      table.error_at("gpus", fmt::format("the job asks for {} GPUs, the site has {}", q.gpus, plan.gpus()));
    if (!has_rack_ || !has_model || document_.errors().size() > errors + misspelt) return;
    q.checks_layout_only = misspelt > 0;
    const auto report = [&](const std::string& key, std::string message, std::string hint,
                            std::vector<std::string> notes) {
      table.error_at(table.has(key) ? key : "gpus", std::move(message), std::move(hint));
      document_.errors().back().notes = std::move(notes);
    };
    if (auto workload = resolve_workload(q, plan.site.rack_type, plan, report)) plan.workload = std::move(*workload);
  }

  Document& document_;
  const Catalog& catalog_;
  Table root_;
  bool has_rack_ = false, has_site_ = false;  // read without errors
};

// Reads a file and what it includes, relative to itself; `chain` is who included it.
// `included` gets the texts of what is included.
Result<Document> load_with_includes(const std::string& path, std::vector<std::string> chain, std::string& included) {
  Result<Document> document = Document::load(path);
  if (!document) return document;
  std::error_code ignored;
  const std::filesystem::path self = std::filesystem::weakly_canonical(path, ignored);
  chain.push_back(self.string());
  Table root = document->root();
  std::vector<std::string> includes = root.texts("include");
  std::reverse(includes.begin(), includes.end());  // the later of two wins
  for (const std::string& name : includes) {
    const std::filesystem::path file = std::filesystem::path(path).parent_path() / name;
    const std::string canonical = std::filesystem::weakly_canonical(file, ignored).string();
    if (std::find(chain.begin(), chain.end(), canonical) != chain.end()) {
      root.error_at("include", fmt::format("\"{}\" includes itself", name), "remove the cycle");
      return fail(document->errors());
    }
    Result<Document> base = load_with_includes(file.string(), chain, included);
    if (!base) {
      Errors errors = base.error();
      if (!std::filesystem::exists(file, ignored)) {
        root.error_at("include", fmt::format("cannot read \"{}\"", file.string()), "paths are relative to this file");
        errors = document->errors();
      }
      return fail(std::move(errors));
    }
    included += fmt::format("\n# --- {}\n{}", name, base->source_text());
    document->merge_under(std::move(*base));
  }
  return document;
}

}  // namespace

std::string_view precision_word(Precision precision) {
  static constexpr std::string_view kWords[] = {"bf16", "fp8", "fp8-current", "mxfp8", "nvfp4"};
  return kWords[static_cast<std::size_t>(precision)];
}

std::string_view task_word(Task task) {
  static constexpr std::string_view kWords[] = {"pretrain", "sft", "lora"};
  return kWords[static_cast<std::size_t>(task)];
}

std::string_view sharding_word(Sharding sharding) {
  static constexpr std::string_view kWords[] = {"optimizer", "gradients", "parameters"};
  return kWords[static_cast<std::size_t>(sharding)];
}

std::string_view expert_dispatch_word(ExpertDispatch dispatch) {
  return dispatch == ExpertDispatch::kDeepEp ? "deepep" : "alltoall";
}

std::string_view kernels_word(Kernels kernels) {
  static constexpr std::string_view kWords[] = {"native", "compiled", "eager"};
  return kWords[static_cast<std::size_t>(kernels)];
}

std::string_view recompute_word(Recompute recompute) {
  static constexpr std::string_view kWords[] = {"none", "selective", "full"};
  return kWords[static_cast<std::size_t>(recompute)];
}

std::string cdu_path(const Plan& plan, int cdu) { return fmt::format("{}/cdu-{}", plan.site.name, cdu + 1); }

std::string pump_path(const Plan& plan, int cdu, int pump) {
  return fmt::format("{}/pump-{}", cdu_path(plan, cdu), pump + 1);
}

std::string feed_path(const Plan& plan, int feed) {
  return fmt::format("{}/feed-{}", plan.site.name, static_cast<char>('a' + feed));
}

std::string utility_path(const Plan& plan) { return plan.site.name + "/utility"; }

std::string facility_path(const Plan& plan) { return plan.site.name + "/facility"; }

std::string free_cooling_path(const Plan& plan) {
  const bool is_tower = plan.cooling.facility.rejection == RejectionKind::kTower;
  return facility_path(plan) + (is_tower ? "/tower" : "/dry-cooler");
}

std::string chiller_path(const Plan& plan) { return facility_path(plan) + "/chiller"; }

std::string weather_path(const Plan& plan) { return plan.site.name + "/weather"; }

std::vector<std::string> pump_paths(const Plan& plan) {
  std::vector<std::string> paths;
  for (int c = 0; c < plan.cooling.cdus; ++c)
    for (int p = 0; p < plan.cooling.cdu.pumps; ++p) paths.push_back(pump_path(plan, c, p));
  return paths;
}

const ColdPlate* CoolingPlan::cold_plate(const std::string& name) const {
  for (const ColdPlate& plate : cold_plates)
    if (plate.name == name) return &plate;
  return nullptr;
}

Result<Plan> load_plan(const std::string& path, const std::vector<std::string>& assignments, const Catalog& catalog) {
  std::string included;
  Result<Document> document = load_with_includes(path, {}, included);
  if (!document) return tl::unexpected(document.error());
  Errors errors;
  for (const std::string& assignment : assignments)
    if (const Result<void> set = document->set(assignment); !set)
      errors.insert(errors.end(), set.error().begin(), set.error().end());
  if (!errors.empty()) return fail(std::move(errors));
  Plan plan;
  plan.name = std::filesystem::path(path).stem().string();
  plan.text = document->source_text() + included;
  for (const std::string& assignment : assignments) plan.text += fmt::format("\n# --- --set {}\n", assignment);
  Parser(*document, catalog).parse(plan);
  document->report_unknown_keys();
  if (!document->errors().empty()) return fail(document->errors());
  if (const Result<Model> model = build_model(plan); !model) return tl::unexpected(model.error());
  return plan;
}

}  // namespace racktwin
