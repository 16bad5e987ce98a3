#include "sim/recording/site_map.h"

#include "sim/twin/components.h"
#include "tests/sim/flagship.h"
#include "tests/sim/folder.h"
#include "tests/sim/hand_made_site.h"

#include <catch2/catch.hpp>

#include <cmath>

namespace racktwin {
namespace {

SiteMap hand_made() { return value_of(SiteMap::create(hand_made_site())); }

SiteMap default_site() {
  const Plan plan = flagship({});
  return value_of(SiteMap::create(component_rows(plan, value_of(build_model(plan)))));
}

ComponentId at(const SiteMap& site, const std::string& path) {
  const auto found = site.find(path);
  if (!found) FAIL("there is no " << path);
  return *found;
}

TEST_CASE("every GPU of the default site is found by its path and has it") {
  const SiteMap site = default_site();
  REQUIRE(site.racks().size() == 8);
  REQUIRE(site.rack_types().size() == 1);
  CHECK(site.rack_types()[0].gpus == 72);
  CHECK(site.rack_types()[0].trays == 18);
  std::uint32_t gpu = 0;
  for (int rack = 1; rack <= 8; ++rack)
    for (int tray = 1; tray <= 18; ++tray)
      for (int g = 0; g < 4; ++g, ++gpu) {
        const std::string path = fmt::format("hall/row-a/rack-{:02}/compute-{:02}/gpu-{}", rack, tray, g);
        CAPTURE(path);
        const ComponentId id = at(site, path);
        REQUIRE(site.path(id) == path);
        REQUIRE(site.kind(id) == "gpu");
        REQUIRE(site.path(site.parent(id)) == path.substr(0, path.rfind('/')));
        REQUIRE(site.rack_of(id)->first_gpu + static_cast<std::uint32_t>(site.part_of(id)->gpu) == gpu);
        REQUIRE(site.rack_of(id)->first_tray + static_cast<std::uint32_t>(site.part_of(id)->tray) == gpu / 4);
      }
  CHECK(gpu == 576);
}

TEST_CASE("units are found by their number among those of their kind") {
  const SiteMap site = hand_made();
  const auto path = [&](UnitKind kind, std::uint32_t number) { return site.path(site.unit(kind, number)); };
  CHECK(path(UnitKind::kGpu, 0) == "hall/row-a/rack-01/compute-01/gpu-0");
  CHECK(path(UnitKind::kGpu, 15) == "hall/row-b/rack-02/compute-02/gpu-1");
  CHECK(path(UnitKind::kTray, 3) == "hall/row-a/rack-02/compute-02");
  CHECK(path(UnitKind::kRack, 2) == "hall/row-b/rack-01");
  CHECK(path(UnitKind::kPump, 2) == "hall/cdu-2/pump-1");
  CHECK(path(UnitKind::kLeaf, 2) == "hall/network-1/leaf-03");
  CHECK(path(UnitKind::kSite, 0) == "hall");
  for (const UnitKind kind : {UnitKind::kGpu, UnitKind::kTray, UnitKind::kRack, UnitKind::kPump, UnitKind::kLeaf})
    CHECK_FALSE(site.unit(kind, 16).exists());
}

TEST_CASE("everything outside the racks is found by its path, too, and templates are not part of the site") {
  const SiteMap site = default_site();
  for (const ComponentRow& row : site.components()) {
    const bool is_template = row.path.rfind("gb200-nvl72", 0) == 0;
    CAPTURE(row.path);
    REQUIRE(site.find(row.path).has_value() != is_template);
    if (!is_template) REQUIRE(*site.find(row.path) == ComponentId{row.id, -1});
  }
  CHECK(site.placed("cdu").size() == 1);
  CHECK(site.placed("pump").size() == 2);
  CHECK(site.placed("leaf").size() == 18);
  CHECK(site.placed("spine").size() == 16);
  CHECK(site.placed("gpu").empty());
  CHECK(site.placed("leaf")[17].number == 17);
}

TEST_CASE("what is no path is not found") {
  const SiteMap site = hand_made();
  for (const char* path : {"", "/", "hall/", "/hall", "hall/row-a/rack-01/", "hall/row-a/rack-01/gpu-0",
                           "hall/row-a/compute-01", "hall/cdu-1/compute-01", "small-rack", "small-rack/compute-01"}) {
    CAPTURE(path);
    CHECK_FALSE(site.find(path).has_value());
  }
}

TEST_CASE("a thing knows its name, kind, parent and what stands below it") {
  const SiteMap site = hand_made();
  const ComponentId gpu = at(site, "hall/row-b/rack-01/compute-02/gpu-1");
  CHECK(site.name(gpu) == "gpu-1");
  CHECK(site.kind(site.parent(gpu)) == "compute-tray");
  CHECK(site.path(site.parent(site.parent(gpu))) == "hall/row-b/rack-01");
  CHECK(site.path(site.parent(site.parent(site.parent(site.parent(gpu))))) == "hall");
  CHECK_FALSE(site.parent(at(site, "hall")).exists());
  CHECK(site.rack_of(at(site, "hall/cdu-1")) == nullptr);
  CHECK(site.part_of(at(site, "hall/row-a/rack-01")) == nullptr);
  CHECK(site.rack_of(gpu)->number == 2);
  CHECK(site.children(at(site, "hall").component).size() == 8);
  CHECK(site.children(at(site, "hall/row-a").component).size() == 2);
  CHECK(site.children(at(site, "hall/row-a/rack-01").component).empty());
  for (const ComponentId nothing : {ComponentId{}, ComponentId{99, -1}}) {
    CHECK(site.path(nothing).empty());
    CHECK(site.kind(nothing).empty());
    CHECK_FALSE(site.parent(nothing).exists());
    CHECK(site.rack_of(nothing) == nullptr);
    CHECK(std::isnan(site.place(nothing).x_m));
    CHECK(site.children(nothing.component).empty());
  }
}

TEST_CASE("places are in the site, of parts of racks too; what has none has no data") {
  const SiteMap site = hand_made();
  const Place rack = site.place(at(site, "hall/row-b/rack-02"));
  CHECK(rack.x_m == Approx(2.6));
  CHECK(rack.y_m == 4);
  CHECK(rack.height_m == 2);
  const Place gpu = site.place(at(site, "hall/row-b/rack-02/compute-02/gpu-1"));
  CHECK(gpu.x_m == Approx(2.9));
  CHECK(gpu.y_m == 4);
  CHECK(gpu.z_m == Approx(0.5));
  CHECK(gpu.width_m == 0.3);
  CHECK(site.place(at(site, "hall/cdu-2/pump-2")).x_m == Approx(4.5));
  CHECK(site.placed("pump")[3].place.y_m == 4);
  CHECK(std::isnan(site.place(at(site, "hall/facility")).x_m));
  const Place all = site.extent();
  CHECK(all.x_m == 0);
  CHECK(all.width_m == 10);
  CHECK(all.depth_m == 9);
  CHECK(all.height_m == 2);
}

TEST_CASE("the path nearest to a mistyped one is found word by word") {
  const SiteMap site = default_site();
  CHECK(site.nearest_path("hall/row-a/rack-03/compute-07/gpu-2") == "hall/row-a/rack-03/compute-07/gpu-2");
  CHECK(site.nearest_path("hal/row-a/rack-03") == "hall/row-a/rack-03");
  CHECK(site.nearest_path("hall/rowa/rack-03/compute-07/gpu-2") == "hall/row-a/rack-03/compute-07/gpu-2");
  CHECK(site.nearest_path("hall/row-a/rack-3/compute-7/gpu2") == "hall/row-a/rack-03/compute-07/gpu-2");
  CHECK(site.nearest_path("hall/cdu1/pump2") == "hall/cdu-1/pump-2");
  CHECK(site.nearest_path("hall/facilty") == "hall/facility");
  for (const char* far : {"", "elsewhere", "hall/row-a/rack-03/xyz", "hall/row-a/rack-03/compute-07/gpu-2/core-1"}) {
    CAPTURE(far);
    CHECK_FALSE(site.nearest_path(far).has_value());
  }
}

TEST_CASE("a component table that contradicts itself is refused with what is wrong") {
  const auto complaint_after = [](auto change) {
    std::vector<ComponentRow> rows = hand_made_site();
    change(rows);
    const auto site = SiteMap::create(rows);
    CHECK(code_of(site) == ErrorCode::kBadInput);
    return complaint(site);
  };
  using Rows = std::vector<ComponentRow>;
  CHECK_THAT(complaint_after([](Rows& rows) { rows[2].parent = 99; }),
             Catch::Contains("\"hall/row-a/rack-01\" has component 99 as its parent"));
  CHECK_THAT(complaint_after([](Rows& rows) { rows[0].parent = 1; }), Catch::Contains("component 1 as its parent"));
  CHECK_THAT(complaint_after([](Rows& rows) { rows.erase(rows.begin() + 3); }),
             Catch::Contains("there is no component 3"));
  CHECK_THAT(complaint_after([](Rows& rows) { rows[3].path = rows[2].path; }),
             Catch::Contains("there are two \"hall/row-a/rack-01\""));
  CHECK_THAT(complaint_after([](Rows& rows) {
               while (rows.back().kind != "facility") rows.pop_back();
             }),
             Catch::Contains("of 0 rack types"));
  CHECK_THAT(complaint_after([](Rows& rows) { rows.back().path = "other/gpu-1"; }),
             Catch::Contains("\"other/gpu-1\" is part of \"small-rack\""));
  CHECK(value_of(SiteMap::create({})).racks().empty());
}

TEST_CASE("the order of the rows does not matter") {
  std::vector<ComponentRow> rows = hand_made_site();
  std::reverse(rows.begin(), rows.end());
  const SiteMap site = value_of(SiteMap::create(rows));
  CHECK(site.path(at(site, "hall/row-b/rack-02/compute-02/gpu-1")) == "hall/row-b/rack-02/compute-02/gpu-1");
}

}  // namespace
}  // namespace racktwin
