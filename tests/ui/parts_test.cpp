// The parts of the window that are pure functions.
#include "app/ui/facts.h"
#include "app/ui/layout.h"
#include "app/ui/navigate.h"
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

TEST_CASE("the zones of the window fill it without overlap, from the smallest to a large one") {
  for (const auto& [width, height] : {std::pair(960.0F, 600.0F), {1280.0F, 720.0F}, {1920.0F, 1080.0F}}) {
    const Zones zones = zones_of(width, height, 15, {}, true, 2);
    CAPTURE(width);
    CHECK(zones.viewport.width > 0.4F * width);
    CHECK(zones.viewport.height > 0.35F * height);
    CHECK(zones.tree.right() <= zones.viewport.x);
    CHECK(zones.viewport.right() <= zones.inspector.x);
    CHECK(zones.inspector.right() == width);
    CHECK(zones.inspector.bottom() < zones.what_if.y);
    CHECK(zones.inspector.height > 60);
    CHECK(zones.what_if.bottom() <= zones.timeline.y);
    CHECK(zones.timeline.bottom() <= zones.plots.y);
    CHECK(zones.plots.height > 100);
    CHECK(zones.plots.right() <= zones.events.x);
    CHECK(zones.plots.bottom() <= zones.status.y);
    CHECK(zones.status.bottom() == height);
  }
}

TEST_CASE("names of metrics and results become labels") {
  CHECK(label_of("gpu_junction") == "GPU junction");
  CHECK(label_of("tcs_flow") == "TCS flow");
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
  CHECK(is_pump_tripped(events, pump));
  CHECK_FALSE(is_pump_tripped(events, "hall/cdu-1/pump-2"));
  std::vector<WhatIf> asked = {{pump, "state", "running"}};
  CHECK_FALSE(answer_to(asked, events).is_answered);
  events.push_back({75, pump, "pump started", "operator"});
  CHECK(answer_to(asked, events).text == "0:01:15  hall/cdu-1/pump-1: pump started");
  CHECK_FALSE(is_pump_tripped(events, pump));
  asked.push_back({pump, "state", "broken"});
  CHECK_FALSE(answer_to(asked, events).is_answered);
  events.push_back({80, pump, "rejected: the state of a pump is \"tripped\" or \"running\"", "operator"});
  CHECK(answer_to(asked, events).is_rejected);
  CHECK_FALSE(is_pump_tripped(events, pump));
}

}  // namespace
}  // namespace racktwin
