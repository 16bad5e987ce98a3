#include "render/scene/swatch_plan.h"
#include "tests/render/scene/example.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace racktwin {
namespace {

struct Solid {
  glm::vec3 low, high;
  ComponentId id;
};

bool overlap(const Solid& a, const Solid& b) {
  constexpr float kTouch_m = 1e-3F;
  return glm::all(glm::greaterThan(glm::min(a.high, b.high) - glm::max(a.low, b.low), glm::vec3(kTouch_m)));
}

// A pipe as the box around it, less `less` [m] at either end.
Solid solid_of(const TubeItem& tube, float less = 0) {
  const glm::vec3 along = glm::abs(tube.to - tube.from);
  glm::vec3 across(tube.radius);
  for (int i = 0; i < 3; ++i)
    if (along[i] > 0) across[i] = -less;
  return {glm::min(tube.from, tube.to) - across, glm::max(tube.from, tube.to) + across, tube.id};
}

std::vector<Solid> boxes_of(const Scene& scene) {
  std::vector<Solid> solids;
  for (const BoxItem& box : scene.boxes) solids.push_back({box.corner, box.corner + box.size, box.id});
  for (const FrontItem& front : scene.fronts) solids.push_back({front.corner, front.corner + front.size, front.id});
  return solids;
}

Scene place_of(const RunHistory& history, Layer layer = Layer::kPower) {
  Scene scene;
  build_place(history, 0, layer_spec(history, layer), scene);
  return scene;
}

// How many pipes go down into the top of a thing, by their radius: an end that only touches it would flicker.
int pipes_on(const Scene& scene, const Place& p) {
  const auto ends_on = [&](glm::vec3 end, float radius) {
    const float top = static_cast<float>(p.z_m + p.height_m);
    return std::abs(end.z + radius - top) < 1e-3F && end.x > p.x_m && end.x < p.x_m + p.width_m && end.y > p.y_m &&
           end.y < p.y_m + p.depth_m;
  };
  return static_cast<int>(std::count_if(scene.tubes.begin(), scene.tubes.end(), [&](const TubeItem& t) {
    return ends_on(t.from, t.radius) || ends_on(t.to, t.radius);
  }));
}

TEST_CASE("Pipes join the CDU to every rack and to the facility, and pass through no box") {
  for (const int rows : {1, 3}) {
    HandMade site;
    site.rows = rows;
    site.racks_per_row = 4;
    const RunHistory by_hand = hand_made_history(site);
    for (const RunHistory* history : {&by_hand, &example_history()}) {
      const Scene scene = place_of(*history);
      for (const PlacedRack& rack : history->site().racks()) CHECK(pipes_on(scene, rack.place) == 2);
      const PlacedComponent cdu = history->site().placed("cdu").front();
      CHECK(pipes_on(scene, cdu.place) >= 4);  // supply and return of both loops
      CHECK(pipes_on(scene, history->site().placed("facility").front().place) == 2);
      const std::vector<Solid> boxes = boxes_of(scene);
      for (const TubeItem& tube : scene.tubes)
        for (const Solid& box : boxes) {
          INFO("pipe of " << history->site().path(tube.id) << ", box of " << history->site().path(box.id));
          CHECK_FALSE(overlap(solid_of(tube, tube.radius), box));
        }
    }
  }
}

// A hall of three rows with two CDUs at the right end of each.
RunHistory history_of_six_cdus() {
  HandMade site;
  site.rows = 3;
  site.racks_per_row = 4;
  site.change = [](std::vector<ComponentRow>& rows) {
    const auto pump = std::find_if(rows.begin(), rows.end(), [](const ComponentRow& r) { return r.kind == "pump"; });
    std::vector<ComponentRow> more;
    for (int i = 1; i < 6; ++i)
      more.push_back({pump->id + i, "hall/cdu-" + std::to_string(i + 1), "cdu", 0, 5.2 + 1.1 * (i / 3),
                      1 + 3.0 * (i % 3), 0, 1, 1, 1.8});
    for (auto row = pump + 1; row != rows.end(); ++row) {
      row->id += 5;
      if (row->parent > pump->id) row->parent += 5;
    }
    rows.insert(pump + 1, more.begin(), more.end());
  };
  return hand_made_history(site);
}

TEST_CASE("Supply and return of the technology loop and of the facility never meet") {
  HandMade site;
  site.rows = 3;
  const RunHistory by_hand = hand_made_history(site), of_six = history_of_six_cdus();
  for (const RunHistory* history : {&by_hand, &of_six, &example_history()}) {
    const Scene scene = place_of(*history);
    const auto pipe_of = [](const TubeItem& tube) { return std::pair(tube.swatch, tube.radius > 0.06F); };
    std::set<std::pair<SwatchIndex, bool>> pipes;
    for (const TubeItem& tube : scene.tubes) pipes.insert(pipe_of(tube));
    CHECK(pipes.size() == 4);
    for (const TubeItem& a : scene.tubes)
      for (const TubeItem& b : scene.tubes)
        if (pipe_of(a) < pipe_of(b)) CHECK_FALSE(overlap(solid_of(a), solid_of(b)));
  }
}

TEST_CASE(
    "Several CDUs work on one loop: common headers join all rows and all CDUs, and one pair goes to the facility") {
  const RunHistory history = history_of_six_cdus();
  const std::vector<PlacedComponent> cdus = history.site().placed("cdu");
  REQUIRE(cdus.size() == 6);
  const Scene scene = place_of(history);
  for (const PlacedComponent& cdu : cdus) CHECK(pipes_on(scene, cdu.place) == 4);
  CHECK(pipes_on(scene, history.site().placed("facility").front().place) == 2);
  for (const SwatchIndex loop : {swatch_of(Neutral::kSupply), swatch_of(Neutral::kReturn)})
    for (const bool is_facility : {false, true}) {
      std::vector<const TubeItem*> rest, joined;
      for (const TubeItem& tube : scene.tubes)
        if (tube.swatch == loop && (tube.radius > 0.06F) == is_facility) rest.push_back(&tube);
      REQUIRE_FALSE(rest.empty());
      joined.push_back(rest.back());
      rest.pop_back();
      for (std::size_t i = 0; i < joined.size(); ++i) {
        const auto touches = [&](const TubeItem* tube) { return overlap(solid_of(*joined[i]), solid_of(*tube)); };
        const auto next = std::stable_partition(rest.begin(), rest.end(), [&](auto* tube) { return !touches(tube); });
        joined.insert(joined.end(), next, rest.end());
        rest.erase(next, rest.end());
      }
      CHECK(rest.empty());  // all of a loop's pipes hang together
    }
}

TEST_CASE("Cable trays run along every row and drop to every rack and network rack") {
  HandMade site;
  site.rows = 3;
  site.change = [](std::vector<ComponentRow>& rows) {  // a second network rack beside the first
    const auto first = std::find_if(rows.begin(), rows.end(), [](const ComponentRow& r) { return r.kind == "leaf"; });
    first->kind = "network-rack";
    first->parent = 0;
    first->x_m = -1.4;
    first->y_m = 1;
    first->z_m = 0;
    first->height_m = 2;
  };
  const RunHistory history = hand_made_history(site);
  const Scene scene = place_of(history);
  const auto drops_on = [&](const Place& p) {
    return std::count_if(scene.boxes.begin(), scene.boxes.end(), [&](const BoxItem& box) {
      return std::abs(box.corner.z - 2) < 1e-3F && box.corner.x > p.x_m && box.corner.x < p.x_m + p.width_m &&
             box.corner.y > p.y_m && box.corner.y < p.y_m + p.depth_m;
    });
  };
  for (const PlacedRack& rack : history.site().racks()) CHECK(drops_on(rack.place) == 1);
  const std::vector<PlacedComponent> networks = history.site().placed("network-rack");
  REQUIRE(networks.size() == 2);
  for (const PlacedComponent& network : networks) CHECK(drops_on(network.place) >= 1);
  for (const PlacedComponent& row : history.site().placed("row"))
    CHECK(std::count_if(scene.boxes.begin(), scene.boxes.end(),
                        [&](const BoxItem& box) { return box.id.component == row.component; }) == 1);
}

TEST_CASE("The cable tray of a network rack has the colour of its own switches, as its label has their value") {
  HandMade site;
  site.leaf_use = {0.9F, 0.1F};
  site.change = [](std::vector<ComponentRow>& rows) {
    const auto add = [&](const char* path, const char* kind, int parent, double x_m, double height_m) {
      const int id = static_cast<int>(rows.size());
      rows.push_back({id, path, kind, parent, x_m, parent == 0 ? 1.0 : 0, 0, 1, 1, height_m});
      return id;
    };
    (void)add("hall/network-2/leaf-02", "leaf", add("hall/network-2", "network-rack", 0, -1.4, 2), 0, 0.05);
  };
  const RunHistory history = hand_made_history(site);
  const Composed picture = compose(history, 10, Layer::kUtilization, "row", 1600, 900);
  const auto colour_of = [&](const std::string& path, float least_z) {
    const ComponentId id = id_of(history, path);
    for (const BoxItem& box : picture.scene.boxes)
      if (box.id == id && box.corner.z >= least_z) return picture.scene.swatches[box.swatch].colour;
    FAIL(path);
    return Rgba{};
  };
  for (const char* number : {"1", "2"}) {
    const std::string rack = std::string("hall/network-") + number;
    CHECK(colour_of(rack, 2) == colour_of(rack + "/leaf-0" + number, 0));
  }
  CHECK_FALSE(colour_of("hall/network-1", 2) == colour_of("hall/network-2", 2));
}

TEST_CASE("Everything knows what it belongs to") {
  const RunHistory& history = example_history();
  const Scene scene = place_of(history);
  std::map<std::string, int> tubes, boxes;
  for (const TubeItem& tube : scene.tubes) ++tubes[std::string(history.site().kind(tube.id))];
  for (const BoxItem& box : scene.boxes) ++boxes[std::string(history.site().kind(box.id))];
  CHECK(tubes.at("rack") == 16);  // a drop of either kind
  CHECK(tubes.at("cdu") > 4);
  CHECK(tubes.size() == 2);
  CHECK(boxes.at("rack") == 8);  // cables
  CHECK(boxes.at("row") == 1);   // their tray
  CHECK(boxes.at("pump") == 2);
  CHECK(boxes.at("facility") == 1);
  CHECK(boxes.at("leaf") == static_cast<int>(history.site().placed("leaf").size()));
  CHECK(boxes.at("spine") == static_cast<int>(history.site().placed("spine").size()));
  CHECK(scene.fronts.size() == 8);
  for (const FrontItem& front : scene.fronts) CHECK(history.site().kind(front.id) == "rack");
}

TEST_CASE("Without a CDU there are no pipes, without a network rack no cable trays") {
  HandMade site;
  site.has_cdu = site.has_network = false;
  const RunHistory history = hand_made_history(site);
  const Scene scene = place_of(history);
  CHECK(scene.tubes.empty());
  CHECK(scene.boxes.size() == 1);  // the facility
  CHECK(scene.fronts.size() == 2);
}

TEST_CASE("A thing without a place is left out") {
  HandMade site;
  site.change = [](std::vector<ComponentRow>& rows) {
    for (ComponentRow& row : rows)
      if (row.path == "hall/row-1/rack-02" || row.kind == "pump" || row.kind == "facility") row.x_m = std::nan("");
  };
  const RunHistory history = hand_made_history(site);
  const Composed picture = compose(history, 10, Layer::kPower, "overview", 800, 600);
  const Scene& scene = picture.scene;
  CHECK(scene.fronts.size() == 1);
  for (const Solid& solid : boxes_of(scene)) {
    CHECK(std::isfinite(solid.low.x + solid.high.x));
    CHECK(history.site().kind(solid.id) != "facility");
  }
  for (const TubeItem& tube : scene.tubes) CHECK(std::isfinite(tube.from.x + tube.to.x));
  CHECK(std::isfinite(scene.floor_corner.x + scene.floor_size.x));
}

TEST_CASE("The front of a rack is a grid of its GPUs, trays and PSUs") {
  const RunHistory& history = example_history();
  const Scene scene = place_of(history);
  REQUIRE(scene.grids.size() == 1);
  const FrontGrid& grid = scene.grids[0];
  CHECK(grid.columns == 12);  // four GPUs or six PSUs
  CHECK(grid.rows == 37);
  CHECK(grid.cells() == 72 + 9 + 8 * 6 + 2 + 1);  // and the rest
  std::map<std::uint16_t, std::set<std::uint16_t>> cells_of_kind;
  for (const FrontGrid::Texel& texel : grid.texels) cells_of_kind[texel.kind].insert(texel.cell);
  CHECK(cells_of_kind[static_cast<std::uint16_t>(FrontKind::kGpu)].size() == 72);
  CHECK(cells_of_kind[static_cast<std::uint16_t>(FrontKind::kSwitchTray)].size() == 9);
  CHECK(cells_of_kind[static_cast<std::uint16_t>(FrontKind::kPowerShelf)].size() == 8 * 6);
  CHECK(cells_of_kind[static_cast<std::uint16_t>(FrontKind::kManagementSwitch)].size() == 2);
  for (std::size_t column = 1; column < 12; ++column) CHECK(grid.texels[column].cell == grid.texels[0].cell);
  CHECK(grid.texels[12].cell != grid.texels[0].cell);  // a part spans the columns of a row
}

TEST_CASE("The place changes with the layer and the site, and with nothing else") {
  const RunHistory& history = example_history();
  const std::uint64_t power = place_of(history).place_version;
  CHECK(place_of(history).place_version == power);
  CHECK(place_of(history, Layer::kTemperature).place_version != power);  // pipes carry values
  const Composed early = compose(history, 0, Layer::kPower, "overview", 800, 600);
  const Composed late = compose(history, kExampleTime_s, Layer::kPower, "plan", 1280, 720, true);
  CHECK(early.scene.place_version == power);
  CHECK(late.scene.place_version == power);
  CHECK(place_of(hand_made_history({})).place_version != power);
}

TEST_CASE("Shadows lie under every row and box, the floor goes beyond") {
  const RunHistory& history = example_history();
  const Scene scene = place_of(history);
  CHECK(scene.shadows.size() == 4);  // a row, CDU, network rack, facility
  const Place extent = history.site().extent();
  CHECK(scene.floor_corner.x <= extent.x_m - 3);
  CHECK(scene.floor_corner.y + scene.floor_size.y >= extent.y_m + extent.depth_m + 3);
  CHECK(std::fmod(scene.floor_size.x / scene.floor_grid_m + 0.01F, 1.0F) < 0.02F);
}

}  // namespace
}  // namespace racktwin
