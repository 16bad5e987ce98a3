#include "sim/twin/components.h"

#include "sim/recording/site_map.h"
#include "tests/sim/flagship.h"
#include "tests/sim/folder.h"

#include <catch2/catch.hpp>

#include <cmath>

namespace racktwin {
namespace {

std::vector<ComponentRow> components(const Plan& plan) { return component_rows(plan, value_of(build_model(plan))); }

SiteMap map_of(const Plan& plan) { return value_of(SiteMap::create(components(plan))); }

// Four rows of four racks, six CDUs wider than a rack, switches for two racks.
Plan four_rows() {
  return flagship({"site.rows=4", "site.racks_per_row=4", "cooling.cdus=6", "cooling.cdu=deschutes"});
}

Plan air_cooled() {
  return small_job({"site.rack=hgx-h100", "event=[]", "workload.gpus_per_domain=8", "workload.pp=1", "workload.vp=1",
                    "workload.dp=16"});
}

constexpr double kRounding_m = 1e-9;

bool overlap(const Place& a, const Place& b) {
  return a.x_m + a.width_m > b.x_m + kRounding_m && b.x_m + b.width_m > a.x_m + kRounding_m &&
         a.y_m + a.depth_m > b.y_m + kRounding_m && b.y_m + b.depth_m > a.y_m + kRounding_m &&
         a.z_m + a.height_m > b.z_m + kRounding_m && b.z_m + b.height_m > a.z_m + kRounding_m;
}

bool holds(const Place& outer, const Place& inner) {
  return inner.x_m >= outer.x_m - kRounding_m && inner.y_m >= outer.y_m - kRounding_m &&
         inner.z_m >= outer.z_m - kRounding_m && inner.x_m + inner.width_m <= outer.x_m + outer.width_m + kRounding_m &&
         inner.y_m + inner.depth_m <= outer.y_m + outer.depth_m + kRounding_m &&
         inner.z_m + inner.height_m <= outer.z_m + outer.height_m + kRounding_m;
}

std::vector<Place> standing(const SiteMap& site) {
  std::vector<Place> places;
  for (const PlacedRack& rack : site.racks()) places.push_back(rack.place);
  for (const char* kind : {"cdu", "network-rack", "facility"})
    for (const PlacedComponent& thing : site.placed(kind)) places.push_back(thing.place);
  return places;
}

ComponentId at(const SiteMap& site, const std::string& path) {
  const auto found = site.find(path);
  if (!found) FAIL("there is no " << path);
  return *found;
}

TEST_CASE("everything has a place, none stands in another, and parts lie within what they are parts of") {
  for (const Plan& plan : {flagship({}), four_rows(), air_cooled(),
                           flagship({"site.racks_per_row=30", "site.fabric=superpod-gb200-ndr"})}) {
    const std::vector<ComponentRow> rows = components(plan);
    const SiteMap site = value_of(SiteMap::create(rows));
    for (const ComponentRow& row : rows) {
      CAPTURE(row.path);
      if (row.kind == "utility" || row.kind == "feed" || row.kind == "ups") continue;  // outside, nobody says where
      REQUIRE(std::isfinite(row.x_m + row.y_m + row.z_m));
      REQUIRE(row.width_m > 0);
      REQUIRE(row.depth_m > 0);
      REQUIRE(row.height_m > 0);
      if (row.parent < 0 || row.kind == "facility") continue;
      const ComponentRow& parent = rows[static_cast<std::size_t>(row.parent)];
      const Place box = {0, 0, 0, parent.width_m, parent.depth_m, parent.height_m};
      REQUIRE(holds(box, {row.x_m, row.y_m, row.z_m, row.width_m, row.depth_m, row.height_m}));
    }
    const std::vector<Place> places = standing(site);
    for (std::size_t a = 0; a < places.size(); ++a)
      for (std::size_t b = 0; b < a; ++b) REQUIRE_FALSE(overlap(places[a], places[b]));
    for (const char* kind : {"pump", "leaf", "spine"}) {
      const auto parts = site.placed(kind);
      for (std::size_t a = 0; a < parts.size(); ++a)
        for (std::size_t b = 0; b < a; ++b) REQUIRE_FALSE(overlap(parts[a].place, parts[b].place));
    }
  }
}

TEST_CASE("racks keep the distances that the plan gives them, and stand in their rows") {
  const Plan plan = four_rows();
  const SiteMap site = map_of(plan);
  REQUIRE(site.racks().size() == plan.site.racks.size());
  for (std::size_t r = 0; r < plan.site.racks.size(); ++r) {
    const PlacedRack& rack = site.racks()[r];
    CHECK(site.path({rack.component, -1}) == plan.site.racks[r].path);
    CHECK(rack.place.x_m - site.racks()[0].place.x_m == Approx(plan.site.racks[r].x_m));
    CHECK(rack.place.y_m - site.racks()[0].place.y_m == Approx(plan.site.racks[r].y_m));
    CHECK(holds(site.place(site.parent({rack.component, -1})), rack.place));
  }
}

TEST_CASE("CDUs stand at the right end of the rows in turn, with their pumps inside") {
  const SiteMap site = map_of(four_rows());
  const auto place = [&](const std::string& path) { return site.place(at(site, path)); };
  CHECK(place("hall/cdu-1").width_m == 1.651);
  CHECK(place("hall/cdu-1").y_m == place("hall/row-a/rack-01").y_m);
  CHECK(place("hall/cdu-4").y_m == place("hall/row-d/rack-01").y_m);
  CHECK(place("hall/cdu-6").y_m == place("hall/row-b/rack-01").y_m);
  const Place last_rack = place("hall/row-b/rack-04");
  CHECK(place("hall/cdu-2").x_m == Approx(last_rack.x_m + last_rack.width_m + 0.1));
  CHECK(place("hall/cdu-6").x_m == Approx(place("hall/cdu-2").x_m + 1.651 + 0.1));
  CHECK(site.path(site.parent(at(site, "hall/cdu-2"))) == "hall");
  CHECK(holds(place("hall/cdu-6"), place("hall/cdu-6/pump-2")));
  CHECK(holds(place("hall/row-b"), place("hall/cdu-6")));
}

TEST_CASE("a CDU of unknown size is drawn as large as a rack, and an air-cooled site has none") {
  Plan plan = flagship({});
  plan.cooling.cdu.width_m = Sourced();
  const SiteMap site = map_of(plan);
  CHECK(site.place(at(site, "hall/cdu-1")).width_m == site.racks()[0].place.width_m);
  CHECK(site.place(at(site, "hall/cdu-1")).height_m == site.racks()[0].place.height_m);
  CHECK(map_of(air_cooled()).placed("cdu").empty());
}

TEST_CASE("the fabric's switches hang in racks at the left end of the rows, leaves first, 40 in a rack") {
  const Plan plan = four_rows();
  const Model model = value_of(build_model(plan));
  REQUIRE(model.leaves == 36);
  REQUIRE(model.spines == 32);
  const SiteMap site = map_of(plan);
  CHECK(site.placed("leaf").size() == 36);
  CHECK(site.placed("spine").size() == 32);
  CHECK(site.placed("network-rack").size() == 2);
  CHECK(site.children(at(site, "hall/network-1").component).size() == 40);
  CHECK(site.find("hall/network-1/leaf-36").has_value());
  CHECK(site.find("hall/network-1/spine-04").has_value());
  CHECK(site.find("hall/network-2/spine-05").has_value());
  CHECK(site.find("hall/network-2/spine-32").has_value());
  const auto place = [&](const std::string& path) { return site.place(at(site, path)); };
  CHECK(place("hall/network-1/leaf-01").height_m == 0.04445);
  CHECK(place("hall/network-1/leaf-01").z_m > place("hall/network-1/leaf-02").z_m);
  CHECK(place("hall/network-2").y_m == place("hall/row-b/rack-01").y_m);
  const Place network = place("hall/network-1");
  CHECK(network.x_m + network.width_m + 0.1 == Approx(place("hall/row-a/rack-01").x_m));
  for (const PlacedComponent& leaf : site.placed("leaf")) CHECK(model.class_of_leaf.size() > leaf.number);
}

TEST_CASE("the hall holds the rows, and the facility stands behind it where its water cools something") {
  for (const Plan& plan : {flagship({}), four_rows(), air_cooled()}) {
    const SiteMap site = map_of(plan);
    const Place hall = site.place(at(site, "hall"));
    for (const PlacedComponent& row : site.placed("row")) CHECK(holds(hall, row.place));
    REQUIRE(site.placed("facility").size() == (plan.site.rack_type.liquid_cooled ? 1 : 0));
    if (!plan.site.rack_type.liquid_cooled) continue;
    const Place facility = site.place(at(site, "hall/facility"));
    CHECK(facility.y_m > hall.y_m + hall.depth_m);
    CHECK(holds(site.extent(), facility));
  }
}

}  // namespace
}  // namespace racktwin
