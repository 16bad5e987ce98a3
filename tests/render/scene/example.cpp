#include "tests/render/scene/example.h"

#include "sim/catalog/catalog.h"
#include "sim/plan/parse_plan.h"
#include "sim/twin/twin.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <numeric>
#include <optional>

namespace racktwin {
namespace {

namespace fs = std::filesystem;

// Opens a recording and deletes its file: what is open stays readable.
RunHistory open_and_delete(const std::string& file) {
  Result<RunHistory> history = RunHistory::open(file);
  REQUIRE(history);
  std::error_code ignored;
  fs::remove(file, ignored);
  return std::move(*history);
}

std::string temporary_file() {
  static int count = 0;
  return (fs::temp_directory_path() / fmt::format("racktwin-scene-{}-{}.racktwin", getpid(), count++)).string();
}

class SiteLister {
 public:
  explicit SiteLister(const HandMade& site) : site_(site) {}

  std::vector<ComponentRow> list() {
    add("hall", "site", -1, {0, 0, 0}, {40, 40, 2});
    for (int r = 0; r < site_.rows; ++r) list_row(r);
    if (site_.has_cdu) {
      const int cdu = add("hall/cdu-1", "cdu", 0, {1.2 + site_.racks_per_row, 1, 0}, {1, 1, 1.8});
      add("hall/cdu-1/pump-1", "pump", cdu, {0, 0, 0}, {1, 1, 0.5});
    }
    if (site_.has_network) {
      const int network = add("hall/network-1", "network-rack", 0, {-0.2, 1, 0}, {1, 1, 2});
      add("hall/network-1/leaf-01", "leaf", network, {0, 0, 1.9}, {1, 1, 0.05});
      add("hall/network-1/spine-01", "spine", network, {0, 0, 1.8}, {1, 1, 0.05});
    }
    add("hall/facility", "facility", 0, {0, 3.0 * site_.rows + 1, 0}, {5, 2, 2.2});
    list_template();
    return std::move(rows_);
  }

 private:
  int add(const std::string& path, const std::string& kind, int parent, glm::dvec3 at, glm::dvec3 size) {
    const int id = static_cast<int>(rows_.size());
    rows_.push_back({id, path, kind, parent, at.x, at.y, at.z, size.x, size.y, size.z});
    return id;
  }

  void list_row(int r) {
    const std::string path = fmt::format("hall/row-{}", r + 1);
    const int row = add(path, "row", 0, {1, 1 + 3.0 * r, 0}, {site_.racks_per_row, 1, 2});
    for (int i = 0; i < site_.racks_per_row; ++i)
      add(fmt::format("{}/rack-{:02}", path, i + 1), "rack", row, {i, 0, 0}, {1, 1, 2});
  }

  void list_template() {
    const int rack = add("box", "rack-type", -1, {0, 0, 0}, {1, 1, 2});
    add("box/power-shelf-01", "power-shelf", rack, {0, 0, 1.5}, {1, 1, 0.5});
    list_tray("box/compute-01", rack, 1.0);
    add("box/switch-tray-01", "switch-tray", rack, {0, 0, 0.5}, {1, 1, 0.5});
    list_tray("box/compute-02", rack, 0);
  }

  void list_tray(const std::string& path, int rack, double z) {
    const int tray = add(path, "compute-tray", rack, {0, 0, z}, {1, 1, 0.5});
    for (int g = 0; g < 2; ++g) add(fmt::format("{}/gpu-{}", path, g), "gpu", tray, {0.5 * g, 0, 0}, {0.5, 1, 0.5});
  }

  const HandMade& site_;
  std::vector<ComponentRow> rows_;
};

}  // namespace

const RunHistory& example_history() {
  static const RunHistory history = [] {
    const std::string file = temporary_file();
    const Catalog catalog(RACKTWIN_SOURCE_DIRECTORY "/racks");
    const Result<Plan> plan = load_plan(catalog.directory() + "/scenarios/gb200-su-llama405b.toml", {}, catalog);
    REQUIRE(plan);
    RunOptions options;
    options.output = file;
    options.version = "0.0.0 (test)";
    REQUIRE(run_twin(*plan, *catalog.calibration(), options));
    return open_and_delete(file);
  }();
  return history;
}

RunHistory hand_made_history(const HandMade& site) {
  const std::string file = temporary_file();
  Result<RecordingWriter> writer = RecordingWriter::create(file, true);
  REQUIRE(writer);
  std::vector<ComponentRow> components = SiteLister(site).list();
  site.change(components);
  std::vector<MetricRow> metrics;
  const auto add_metric = [&](const char* name, UnitKind kind, const char* unit, double low, double high) {
    metrics.push_back({static_cast<int>(metrics.size()), name, kind, unit, "", "", low, high, "assumed", "a guess"});
  };
  add_metric("rack_inlet", UnitKind::kRack, "degC", 15, 65);
  add_metric("rack_network", UnitKind::kRack, "1", 0, 1);
  if (site.has_cdu) add_metric("pump_speed", UnitKind::kPump, "1", 0, 1);
  const int power = static_cast<int>(metrics.size());
  if (site.has_power) add_metric("gpu_power", UnitKind::kGpu, "W", 0, std::nan(""));
  const int leaf_metric = static_cast<int>(metrics.size());
  if (!site.leaf_use.empty()) add_metric("leaf_network", UnitKind::kLeaf, "1", 0, 1);
  const auto racks = static_cast<std::uint32_t>(site.rows * site.racks_per_row);
  std::vector<std::uint32_t> gpu_class, rack_class(racks, 0);
  for (std::uint32_t g = 0; g < 4 * racks; ++g) gpu_class.push_back(site.gpu_class(g));
  REQUIRE(writer->put_run({{"title", "By hand"}, {"duration_s", "60"}, {"version", "0.0.0"}}));
  REQUIRE(writer->put_components(components));
  REQUIRE(writer->put_metrics(metrics));
  std::vector<LimitRow> limits;
  limits.push_back({0, "coolant in", 45, "published", ""});
  for (const double limit_w : site.limits_w)
    if (site.has_power) limits.push_back({power, "TDP", limit_w, "published", ""});
  REQUIRE(writer->put_limits(limits));
  REQUIRE(writer->put_epoch(0, 0));
  REQUIRE(writer->put_membership(0, UnitKind::kGpu, gpu_class));
  REQUIRE(writer->put_membership(0, UnitKind::kRack, rack_class));
  if (site.has_cdu) REQUIRE(writer->put_membership(0, UnitKind::kPump, {0}));
  std::vector<FrameRow> values = {{0, {site.coolant_degc}, {site.coolant_degc}, {site.coolant_degc}, 0, 0},
                                  {1, {0.5F}, {0.5F}, {0.5F}, 0, 0}};
  if (site.has_cdu) values.push_back({2, {site.pump_speed}, {site.pump_speed}, {site.pump_speed}, 0, 0});
  if (site.has_power) values.push_back({power, site.power_w, site.power_w, site.power_w, 0, 0});
  if (!site.leaf_use.empty()) {
    std::vector<std::uint32_t> leaf_class(site.leaf_use.size());
    std::iota(leaf_class.begin(), leaf_class.end(), 0u);
    REQUIRE(writer->put_membership(0, UnitKind::kLeaf, leaf_class));
    values.push_back({leaf_metric, site.leaf_use, site.leaf_use, site.leaf_use, 0, 0});
  }
  REQUIRE(writer->append_frame(0, 10, values));
  REQUIRE(writer->append_event({5, "hall/facility", "facility supply set to 40 degC", "test"}));
  REQUIRE(writer->close());
  return open_and_delete(file);
}

ComponentId id_of(const RunHistory& history, const std::string& path) {
  const std::optional<ComponentId> id = history.site().find(path);
  INFO(path);
  REQUIRE(id);
  return *id;
}

Composed compose(const RunHistory& history, double time_s, Layer layer, const std::string& camera, int width,
                 int height, bool is_dark) {
  static FontBook fonts;
  Composed picture;
  picture.view.layer = layer;
  picture.view.viewport = {0, 0, width, height};
  picture.view.is_dark = is_dark;
  const Result<Camera> named =
      named_camera(history.site(), camera, picture.view.viewport, free_part(picture.view.viewport, 1, true));
  INFO(camera);
  REQUIRE(named);
  picture.view.camera = *named;
  picture.scene = build_scene(history, history.frame(time_s), picture.view, fonts);
  return picture;
}

}  // namespace racktwin
