// The parts of the window that are pure functions.
#include "app/ui/facts.h"
#include "app/ui/layout.h"
#include "app/ui/navigate.h"
#include "app/ui/panels.h"
#include "app/ui/tree_rows.h"
#include "app/ui/what_if.h"
#include "tests/ui/small_site.h"

#include <catch2/catch.hpp>
#include <glm/gtc/constants.hpp>

namespace racktwin {
namespace {

constexpr Viewport kViewport{200, 40, 800, 600};

TEST_CASE("the floor under the cursor stays there while it is dragged") {
  Camera camera;
  camera.is_orthographic = true;
  camera.pitch = glm::half_pi<float>();
  const glm::vec3 point{1, 2, 0};
  const glm::vec2 before = project(camera, kViewport, point).px;
  const glm::vec2 after = project(panned(camera, kViewport, {30, -20}), kViewport, point).px;
  CHECK(after.x - before.x == Approx(30).margin(0.01));
  CHECK(after.y - before.y == Approx(-20).margin(0.01));
}

TEST_CASE("what is under the cursor stays there while zooming") {
  Camera camera;
  camera.is_orthographic = true;
  camera.pitch = glm::half_pi<float>();
  const glm::vec3 point{1, 2, 0};
  const glm::vec2 before = project(camera, kViewport, point).px;
  const Camera nearer = zoomed(camera, kViewport, before, 3);
  CHECK(nearer.distance < camera.distance);
  CHECK(project(nearer, kViewport, point).px.x == Approx(before.x).margin(0.01));
  CHECK(project(nearer, kViewport, point).px.y == Approx(before.y).margin(0.01));
  CHECK(zoomed(camera, kViewport, before, 1000).distance > 0.1F);
}

TEST_CASE("an orbit keeps target and distance, and stays above the floor") {
  Camera camera;
  camera.pitch = 0.5F;
  const Camera turned = orbited(camera, {100, 1e5F});
  CHECK(turned.target == camera.target);
  CHECK(turned.distance == camera.distance);
  CHECK(turned.pitch == Approx(glm::half_pi<float>()));
  CHECK(orbited(camera, {0, -1e5F}).pitch > 0);
}

TEST_CASE("flying moves over the floor") {
  Camera camera;
  camera.pitch = 0.7F;
  const Camera moved = flown(camera, 1, 0, 0.1F);
  CHECK(moved.target.z == Approx(camera.target.z));
  CHECK(moved.target.y == Approx(0.05 * camera.distance));
  CHECK(flown(camera, 0, 1, 0.1F).target.x == Approx(0.05 * camera.distance));
}

TEST_CASE("the row's camera follows the selection") {
  const SiteMap site = small_site();
  CHECK(row_camera(site, {}) == "row");
  CHECK(row_camera(site, site.find("hall/row-a/rack-01/compute-01/gpu-0").value()) == "row:hall/row-a");
  CHECK(row_camera(site, site.find("hall/row-a").value()) == "row:hall/row-a");
  CHECK(row_camera(site, site.find("hall").value()) == "row");
}

TEST_CASE("clicks go from the rack to the tray to the GPU") {
  const SiteMap site = small_site();
  const auto find = [&](const char* path) { return site.find(path).value(); };
  const ComponentId gpu0 = find("hall/row-a/rack-01/compute-01/gpu-0"),
                    gpu1 = find("hall/row-a/rack-01/compute-01/gpu-1");
  const ComponentId tray = find("hall/row-a/rack-01/compute-01"), rack = find("hall/row-a/rack-01");
  CHECK(click_target(site, gpu0, {}) == rack);
  CHECK(click_target(site, gpu0, rack) == tray);
  CHECK(click_target(site, gpu0, tray) == gpu0);
  CHECK(click_target(site, gpu1, gpu0) == gpu1);
  CHECK(click_target(site, gpu0, find("hall/row-a/rack-02/compute-01")) == rack);
  CHECK(click_target(site, find("hall/row-a/rack-01/power-shelf-01"), rack) ==
        find("hall/row-a/rack-01/power-shelf-01"));
  CHECK(click_target(site, rack, rack) == rack);
  CHECK(click_target(site, find("hall/cdu-1/pump-2"), rack) == find("hall/cdu-1/pump-2"));
  CHECK_FALSE(click_target(site, {}, rack).exists());
}

std::vector<std::string> paths(const SiteMap& site, const std::vector<TreeRow>& rows) {
  std::vector<std::string> out;
  for (const TreeRow& row : rows) out.push_back(site.path(row.id));
  return out;
}

TEST_CASE("the tree shows what is unfolded") {
  const SiteMap site = small_site();
  CHECK(paths(site, tree_rows(site, {}, "")) == std::vector<std::string>{"hall"});
  const auto rows = tree_rows(site, {{0, -1}, {1, -1}, {2, -1}, {2, 9}}, "");
  CHECK(paths(site, rows) ==
        std::vector<std::string>{"hall", "hall/row-a", "hall/row-a/rack-01", "hall/row-a/rack-01/compute-01",
                                 "hall/row-a/rack-01/compute-01/gpu-0", "hall/row-a/rack-01/compute-01/gpu-1",
                                 "hall/row-a/rack-01/power-shelf-01", "hall/row-a/rack-02", "hall/cdu-1",
                                 "hall/facility"});
  CHECK(rows[4].depth == 4);
  CHECK(rows[3].is_unfolded);
  CHECK_FALSE(rows[4].has_children);
  CHECK(rows[8].has_children);
}

TEST_CASE("a filter finds parts of paths, in any case of letters, under what holds them") {
  const SiteMap site = small_site();
  CHECK(paths(site, tree_rows(site, {}, "PUMP-2")) ==
        std::vector<std::string>{"hall", "hall/cdu-1", "hall/cdu-1/pump-2"});
  CHECK(paths(site, tree_rows(site, {}, "rack-02/compute")) ==
        std::vector<std::string>{"hall", "hall/row-a", "hall/row-a/rack-02", "hall/row-a/rack-02/compute-01"});
  CHECK(tree_rows(site, {}, "no such thing").empty());
}

TEST_CASE("the rows of the tree are kept until something else is asked for") {
  const SiteMap site = small_site();
  TreeCache cache;
  const auto shown = [&](const std::set<std::pair<int, int>>& unfolded, const char* filter) {
    return paths(site, cache.rows(site, unfolded, filter));
  };
  CHECK(shown({}, "") == std::vector<std::string>{"hall"});
  CHECK(shown({{0, -1}}, "").size() == 4);
  CHECK(shown({{0, -1}}, "pump-2").back() == "hall/cdu-1/pump-2");
  CHECK(shown({{0, -1}}, "GPU-1").back() == "hall/row-a/rack-02/compute-01/gpu-1");
  const TreeRow* rows = cache.rows(site, {}, "").data();
  CHECK(cache.rows(site, {}, "").data() == rows);
  std::vector<ComponentRow> other = {{0, "barn", "site", -1, 0, 0, 0, 0, 0, 0}};
  const SiteMap barn = SiteMap::create(other).value();
  cache.forget();
  CHECK(paths(barn, cache.rows(barn, {}, "")) == std::vector<std::string>{"barn"});
}

TEST_CASE("things are counted in what holds them") {
  const SiteMap site = small_site();
  const auto count = [&](UnitKind kind, const char* path) { return units_in(site, kind, site.find(path).value()); };
  CHECK(count(UnitKind::kGpu, "hall") == 4);
  CHECK(count(UnitKind::kGpu, "hall/row-a/rack-01") == 2);
  CHECK(count(UnitKind::kGpu, "hall/row-a/rack-01/compute-01") == 2);
  CHECK(count(UnitKind::kGpu, "hall/row-a/rack-01/compute-01/gpu-0") == 1);
  CHECK(count(UnitKind::kTray, "hall/row-a") == 2);
  CHECK(count(UnitKind::kRack, "hall") == 2);
  CHECK(count(UnitKind::kPump, "hall/cdu-1") == 2);
  CHECK(count(UnitKind::kPump, "hall/row-a") == 0);
}

// No two of them lie on each other, and they lie in the window.
void check_apart(const Zones& zones, float width, float height) {
  const std::vector<Zone> all = {zones.toolbar, zones.tree,   zones.viewport, zones.inspector, zones.what_if,
                                 zones.plots,   zones.events, zones.timeline, zones.status};
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Zone& zone = all[i];
    CAPTURE(i);
    CHECK((zone.x >= 0 && zone.y >= 0 && zone.right() <= width && zone.bottom() <= height));
    for (std::size_t j = i + 1; j < all.size(); ++j) {
      CAPTURE(j);
      const Zone& other = all[j];
      CHECK(
          (zone.right() <= other.x || other.right() <= zone.x || zone.bottom() <= other.y || other.bottom() <= zone.y));
    }
  }
}

TEST_CASE("the zones of the window fill it without overlap, from the smallest to a large one") {
  for (const auto& [width, height] :
       {std::pair(960.0F, 600.0F), {1280.0F, 720.0F}, {1600.0F, 900.0F}, {1920.0F, 1080.0F}}) {
    const Zones zones = zones_of(width, height, 15, {}, true);
    CAPTURE(width);
    check_apart(zones, width, height);
    CHECK(zones.viewport.width > 0.4F * width);
    CHECK(zones.viewport.height > 0.35F * height);
    CHECK(zones.inspector.right() == width);
    CHECK(zones.events.right() == width);
    CHECK(zones.inspector.height > 14 * 15);  // some values, also beside what-ifs in the smallest
    CHECK(zones.events.height > 6 * 15);
    CHECK(zones.plots.height > 100);
    CHECK(zones.status.bottom() == height);
  }
}

TEST_CASE("a low window gives the right column all of its height") {
  const Zones low = zones_of(960, 600, 15, {}, true), high = zones_of(1600, 900, 15, {}, true);
  CHECK(low.events.bottom() >= low.status.y - 2);
  CHECK(low.inspector.bottom() > 0.4F * (low.status.y - low.inspector.y));
  CHECK(low.timeline.right() < low.inspector.x);
  CHECK(high.timeline.right() == 1600);
  CHECK(high.events.y == high.plots.y);
}

TEST_CASE("a banner takes its room from the picture and covers nothing; what-ifs leave room for the inspector") {
  for (const float banner : {0.0F, 40.0F, 500.0F}) {
    const Zones zones = zones_of(960, 600, 15, {}, true, banner);
    CAPTURE(banner);
    CHECK(zones.banner.y >= zones.toolbar.bottom());
    for (const Zone& below : {zones.tree, zones.viewport, zones.inspector}) CHECK(zones.banner.bottom() <= below.y);
    check_apart(zones, 960, 600);
    CHECK(zones.inspector.height >= 8 * 15);
    CHECK(zones.plots.height > 9 * 15);
  }
  CHECK(zones_of(960, 600, 15, {}, true).what_if.height > 180);
  const Zones large = zones_of(1920, 1080, 15, {}, true);
  CHECK(large.inspector.height >= large.what_if.height);
}

TEST_CASE("a site without coolant has no facility water to change") {
  const SiteMap site = small_site();
  CHECK(site_parts(site).facility == "hall/facility");
  CHECK(site_parts(site).pumps.size() == 2);
  CHECK(site.path(site_parts(site).whole) == "hall");
  std::vector<ComponentRow> rows = {{0, "hall", "site", -1, 0, 0, 0, 0, 0, 0},
                                    {1, "hall/facility", "facility", 0, 4, 0, 0, 1, 1, 1}};
  CHECK(site_parts(SiteMap::create(rows).value()).facility.empty());
}

Fact fact(const MetricRow& metric, double low, double mean, double high, int things, std::string_view word) {
  Fact fact;
  fact.metric = &metric;
  fact.reading = {mean, low, high};
  fact.things = things;
  fact.word = word;
  fact.frame_s = 5;
  return fact;
}

TEST_CASE("a value says what it is taken over, and how far it is from its limit") {
  MetricRow metric;
  metric.unit = "degC";
  Fact hottest = fact(metric, 71.2, 74.9, 75.6, 64, "GPUs");
  hottest.takes_high = true;
  hottest.limit.name = "software slowdown";
  hottest.limit.value = 87;
  FactText text = text_of(hottest);
  CHECK(text.value == "75.6 °C");
  CHECK(text.spread == "hottest of 64 GPUs over 5 s; mean 74.9 °C, lowest 71.2 °C");
  CHECK(text.limit == "limit 87.0 °C (software slowdown): 11.4 K below");
  CHECK_FALSE(text.is_crossed);
  hottest.reading.high = 88;
  text = text_of(hottest);
  CHECK(text.limit == "! limit 87.0 °C (software slowdown): 1 K above");
  CHECK(text.is_crossed);

  metric.unit = "W";
  Fact power = fact(metric, 200, 900, 1100, 72, "GPUs");
  power.limit.name = "TDP";
  power.limit.value = 1200;
  power.limit.source = "scenario";
  text = text_of(power);
  CHECK(text.value == "900 W");
  CHECK(text.spread == "mean of 72 GPUs over 5 s; lowest 200 W, highest 1.1 kW");
  CHECK(text.limit == "limit 1.2 kW (TDP; scenario): 100 W below at the highest");
  power.have_all_data = false;
  CHECK(text_of(power).spread == "mean of those of 72 GPUs with data over 5 s; lowest 200 W, highest 1.1 kW");
}

TEST_CASE("a value that never was another needs no explanation, and no value has no limit") {
  MetricRow metric;
  metric.unit = "degC";
  CHECK(text_of(fact(metric, 45, 45, 45, 1, "racks")).spread.empty());
  CHECK(text_of(fact(metric, 44, 45, 46, 1, "racks")).spread == "mean over 5 s; lowest 44.0 °C, highest 46.0 °C");
  CHECK(text_of(fact(metric, 45, 45, 45, 8, "racks")).spread == "mean of 8 racks over 5 s");
  Fact none;
  none.metric = &metric;
  none.limit.name = "coolant in";
  none.limit.value = 45;
  const FactText text = text_of(none);
  CHECK(text.value == "-");
  CHECK(text.spread.empty());
  CHECK(text.limit.empty());
}

TEST_CASE("the pace of a run is among those to choose from") {
  CHECK(paces_of(60, 60) == std::vector<double>{0, 1, 60, 600});
  CHECK(paces_of(60, 0) == std::vector<double>{0, 1, 60, 600});
  CHECK(paces_of(20, 5000) == std::vector<double>{0, 1, 20, 60, 600, 5000});
  CHECK(pace_text(0) == "Hold");
  CHECK(pace_text(0.5) == "0.5×");
}

TEST_CASE("names of metrics and results become labels") {
  CHECK(label_of("gpu_junction") == "GPU junction");
  CHECK(label_of("tcs_flow") == "Coolant flow");
  CHECK(label_of("gpu_compute") == "GPU utilization");
  CHECK(label_of("tokens_per_s") == "Tokens/s");
  CHECK(label_of("rack_shelf_load") == "Rack shelf load");
  CHECK(label_of("") == "");
  CHECK(summary_label({"junction_max_degc", 0, "", "degC", ""}) == "Junction max");
  CHECK(summary_label({"tokens_per_s", 0, "", "1/s", ""}) == "Tokens/s");
  CHECK(summary_label({"step_time_s", 0, "", "s", ""}) == "Step time");
  CHECK(summary_label({"pue", 0, "", "1", ""}) == "PUE");
}

TEST_CASE("a what-if is answered by the operator's events on its component, in order") {
  const std::string pump = "hall/cdu-1/pump-1";
  std::vector<EventRow> events = {{60, pump, "pump tripped", "scenario"}};
  events.back().key = "state";
  events.back().setting = 0;
  CHECK(is_pump_tripped(events, pump));
  CHECK_FALSE(is_pump_tripped(events, "hall/cdu-1/pump-2"));
  std::vector<WhatIf> asked = {{pump, "state", "running"}};
  CHECK_FALSE(answer_to(asked, events, true).is_answered);
  events.push_back({75, pump, "pump started", "operator"});
  events.back().key = "state";
  events.back().setting = 0.75;
  CHECK(answer_to(asked, events, true).text == "0:01:15  hall/cdu-1/pump-1: pump started");
  CHECK_FALSE(is_pump_tripped(events, pump));
  asked.push_back({pump, "state", "broken"});
  CHECK_FALSE(answer_to(asked, events, true).is_answered);
  CHECK_FALSE(answer_to(asked, events, true).is_rejected);
  CHECK(answer_to(asked, events, false).text == "hall/cdu-1/pump-1: not done, the run has ended");
  events.push_back({80, pump, "rejected: the state of a pump is \"tripped\" or \"running\"", "operator"});
  CHECK(answer_to(asked, events, true).is_rejected);
  CHECK_FALSE(is_pump_tripped(events, pump));
}

}  // namespace
}  // namespace racktwin
