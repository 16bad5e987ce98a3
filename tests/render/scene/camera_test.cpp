#include "render/scene/camera.h"

#include "render/scene/pick.h"
#include "tests/render/scene/example.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

namespace racktwin {
namespace {

bool is_near(glm::vec3 a, glm::vec3 b, float by = 1e-4F) { return glm::distance(a, b) < by; }

// Extremes of the corners of boxes in a picture.
struct Seen {
  glm::vec2 low{1e9F}, high{-1e9F};
};
Seen seen(const Composed& picture, const std::vector<Place>& boxes) {
  Seen all;
  for (const Place& p : boxes)
    for (int i = 0; i < 8; ++i) {
      const glm::dvec3 corner(p.x_m + (i & 1 ? p.width_m : 0), p.y_m + (i & 2 ? p.depth_m : 0),
                              p.z_m + (i & 4 ? p.height_m : 0));
      const Projected at = project(picture.view.camera, picture.view.viewport, glm::vec3(corner));
      REQUIRE(at.w > 0);
      all.low = glm::min(all.low, at.px);
      all.high = glm::max(all.high, at.px);
    }
  return all;
}

TEST_CASE("A camera without angles looks along the fronts' depth, from before them") {
  Camera camera;
  camera.target = {1, 2, 3};
  camera.distance = 4;
  CHECK(is_near(camera.eye(), {1, -2, 3}));
  CHECK(is_near(camera.right(), {1, 0, 0}));
  CHECK(is_near(camera.up(), {0, 0, 1}));
  camera.yaw = 1.57079633F;  // the eye goes to the right
  CHECK(is_near(camera.eye(), {5, 2, 3}));
  camera.yaw = 0;
  camera.pitch = 1.57079633F;
  CHECK(is_near(camera.eye(), {1, 2, 7}));
  CHECK(is_near(camera.up(), {0, 1, 0}));
}

TEST_CASE("A point lies on the ray through its pixel, and the target in the middle of the picture") {
  for (const bool is_orthographic : {false, true}) {
    Camera camera;
    camera.yaw = 0.7F;
    camera.pitch = 0.5F;
    camera.is_orthographic = is_orthographic;
    const Viewport viewport{100, 50, 640, 480};  // points count from the viewport's corner
    const glm::vec2 middle = project(camera, viewport, camera.target).px;
    CHECK(glm::distance(middle, glm::vec2(320, 240)) < 1e-2F);
    const glm::vec3 point(1, 2, -1);
    const Projected at = project(camera, viewport, point);
    const Ray ray = ray_through(camera, viewport, at.px);
    CHECK(glm::length(ray.direction) == Approx(1));
    const float along = glm::dot(point - ray.origin, ray.direction);
    CHECK(is_near(ray.origin + along * ray.direction, point, 1e-3F));
    CHECK(at.depth == Approx(glm::dot(point - camera.eye(), camera.forward())));
    CHECK(project(camera, viewport, camera.eye() - camera.forward()).w <= 0);
  }
}

TEST_CASE("Cameras fit their subject exactly into what is free") {
  const RunHistory& history = example_history();
  std::vector<Place> racks, standing;
  for (const PlacedRack& rack : history.site().racks()) racks.push_back(rack.place);
  standing = racks;
  for (const char* kind : {"cdu", "network-rack", "facility"})
    for (const PlacedComponent& thing : history.site().placed(kind)) standing.push_back(thing.place);
  for (const Size size : kSizes)
    for (const std::string& name : example_cameras()) {
      INFO(name << " " << size.width);
      const Composed picture = compose(history, 0, Layer::kPower, name, size.width, size.height);
      const Viewport free = free_part(picture.view.viewport, 1, true);
      const glm::vec2 low(free.x, free.y), high = low + glm::vec2(free.width, free.height);
      const bool is_rack = name.substr(0, 4) == "rack";
      const Seen all = seen(picture, is_rack ? std::vector<Place>{racks[2]} : name == "row" ? racks : standing);
      CHECK(glm::all(glm::greaterThan(all.low, low - 0.5F)));
      CHECK(glm::all(glm::lessThan(all.high, high + 0.5F)));
      const glm::vec2 share = (all.high - all.low) / (high - low);
      if (is_rack || name == "plan") CHECK(std::max(share.x, share.y) == Approx(1).margin(0.002));
      CHECK(std::max(share.x, share.y) > 0.68F);  // the others leave room for what runs overhead
    }
}

TEST_CASE("A plan of many short rows is turned so that they fill the picture, and labels stand before the fronts") {
  HandMade site;
  site.rows = 5;
  site.racks_per_row = 4;
  site.gpu_class = [](std::uint32_t gpu) { return gpu % 8; };
  const RunHistory history = hand_made_history(site);
  const Composed wide = compose(history, 10, Layer::kPower, "plan", 1920, 1080);
  const Viewport free = free_part(wide.view.viewport, 1, true);
  std::vector<Place> racks;
  for (const PlacedRack& rack : history.site().racks()) racks.push_back(rack.place);
  const Seen all = seen(wide, racks);
  CHECK(all.high.x - all.low.x > 0.6F * static_cast<float>(free.width));
  for (int r = 1; r <= site.rows; ++r) {
    const ComponentId rack = id_of(history, "hall/row-" + std::to_string(r) + "/rack-02");
    const Seen at = seen(wide, {history.site().place(rack)});
    const auto& labels = wide.scene.overlay.labels;
    const auto label = std::find_if(labels.begin(), labels.end(), [&](const LabelBox& l) { return l.id == rack; });
    INFO(r);
    REQUIRE(label != labels.end());
    CHECK(label->px.x + label->size.x <= at.low.x);  // to the left, where its front is
    CHECK(std::abs(label->px.y + label->size.y / 2 - (at.low.y + at.high.y) / 2) < 2);
  }
  const Composed narrow = compose(history, 10, Layer::kPower, "plan", 900, 1600);
  CHECK(narrow.view.camera.yaw == 0);
  CHECK(compose(example_history(), 0, Layer::kPower, "plan", 1920, 1080).view.camera.yaw == 0);
}

TEST_CASE("A row behind another is seen in full") {
  HandMade site;
  site.rows = 3;
  site.racks_per_row = 4;
  const RunHistory history = hand_made_history(site);
  const Composed picture = compose(history, 10, Layer::kPower, "row:hall/row-2", 1280, 720);
  for (int i = 1; i <= 4; ++i) {
    const ComponentId rack = id_of(history, "hall/row-2/rack-0" + std::to_string(i));
    const Place p = history.site().place(rack);
    for (const double share : {0.02, 0.98}) {
      const glm::dvec3 at(p.x_m + share * p.width_m, p.y_m, p.z_m + share * p.height_m);
      const Projected seen_at = project(picture.view.camera, picture.view.viewport, glm::vec3(at));
      CHECK(pick(picture.scene, picture.view.camera, picture.view.viewport, seen_at.px).component == rack.component);
    }
  }
}

TEST_CASE("Of several rows, a row's camera shows nothing that stands behind it") {
  HandMade site;
  site.rows = 3;
  site.racks_per_row = 4;
  const RunHistory history = hand_made_history(site);
  const Composed picture = compose(history, 10, Layer::kPower, "row:hall/row-2", 1280, 720);
  for (const LabelBox& label : picture.scene.overlay.labels) {
    const std::string path = history.site().path(label.id);
    INFO(path);
    CHECK(path.find("row-3") == std::string::npos);
    CHECK(path.find("facility") == std::string::npos);
  }
  for (float y = 70; y < 670; y += 10) {  // over the racks' tops, too
    const ComponentId seen = pick(picture.scene, picture.view.camera, picture.view.viewport, {500, y});
    CHECK(history.site().path(seen).find("row-3") == std::string::npos);
  }
  Composed around = picture;  // one row alone may be seen before what is behind it
  around.view.camera.behind_m = std::numeric_limits<float>::infinity();
  bool is_seen = false;
  for (float y = 70; y < 670; y += 10) {
    const ComponentId seen = pick(picture.scene, around.view.camera, picture.view.viewport, {500, y});
    is_seen = is_seen || history.site().path(seen).find("row-3") != std::string::npos;
  }
  CHECK(is_seen);
  CHECK_FALSE(std::isfinite(compose(example_history(), 10, Layer::kPower, "row", 1280, 720).view.camera.behind_m));
}

TEST_CASE("The camera \"row\" says which row it shows, if there are several") {
  HandMade site;
  site.rows = 3;
  const RunHistory history = hand_made_history(site);
  CHECK(camera_note(history.site(), "row") ==
        "\"row\" shows hall/row-1, the first of 3 rows; \"row:PATH\" shows another");
  CHECK(camera_note(history.site(), "row:hall/row-2").empty());
  CHECK(camera_note(history.site(), "plan").empty());
  CHECK(camera_note(example_history().site(), "row").empty());
}

TEST_CASE("An unknown camera or path is answered with the nearest") {
  const SiteMap& site = example_history().site();
  const Viewport all{0, 0, 800, 600};
  const auto hint = [&](const std::string& name) {
    const Result<Camera> camera = named_camera(site, name, all, all);
    INFO(name);
    REQUIRE_FALSE(camera);
    CHECK(camera.error().front().code == ErrorCode::kBadInput);
    return camera.error().front().message + " / " + camera.error().front().hint;
  };
  CHECK(hint("overvew") == "there is no camera \"overvew\" / did you mean \"overview\"?");
  CHECK(hint("sunset") == "there is no camera \"sunset\" / overview, plan, row, row:PATH or rack:PATH");
  CHECK(hint("rack").find("rack:PATH") != std::string::npos);
  CHECK(hint("plan:hall").find("no camera") != std::string::npos);
  CHECK(hint("rack:hall/row-a/rack-3") ==
        "there is no \"hall/row-a/rack-3\" in the recording / did you mean \"hall/row-a/rack-03\"?");
  CHECK(hint("rack:hall/cdu-1") == "\"hall/cdu-1\" is no rack, nor inside of one / ");
  CHECK(hint("rack:hall/row-a") == "\"hall/row-a\" is a row, not a rack / did you mean \"row:hall/row-a\"?");
  CHECK(hint("row:hall/cdu-1") == "\"hall/cdu-1\" is no row of racks / ");
}

TEST_CASE("A camera on a GPU is that on its rack") {
  const SiteMap& site = example_history().site();
  const Viewport all{0, 0, 800, 600};
  const Result<Camera> rack = named_camera(site, "rack:hall/row-a/rack-03", all, all);
  const Result<Camera> gpu = named_camera(site, "rack:hall/row-a/rack-03/compute-07/gpu-2", all, all);
  REQUIRE(rack);
  REQUIRE(gpu);
  CHECK(is_near(rack->target, gpu->target));
  CHECK(rack->fov_y == gpu->fov_y);
}

TEST_CASE("Fitting one thing keeps the angles, and leaves the camera alone where nothing stands") {
  const RunHistory& history = example_history();
  Composed picture = compose(history, 0, Layer::kPower, "overview", 1280, 720);
  const Viewport free = free_part(picture.view.viewport, 1, true);
  const ComponentId rack = id_of(history, "hall/row-a/rack-05");
  const Camera before = picture.view.camera;
  picture.view.camera = fitted_to(history.site(), before, rack, picture.view.viewport, free);
  CHECK(picture.view.camera.yaw == before.yaw);
  CHECK(picture.view.camera.pitch == before.pitch);
  const Seen all = seen(picture, {history.site().place(rack)});
  const glm::vec2 share = (all.high - all.low) / glm::vec2(free.width, free.height);
  CHECK(std::max(share.x, share.y) == Approx(1).margin(0.01));
  CHECK(fitted_to(history.site(), before, {}, picture.view.viewport, free).distance == before.distance);
}

TEST_CASE("A recording that places nothing has no camera") {
  HandMade site;
  site.change = [](std::vector<ComponentRow>& rows) {
    for (ComponentRow& row : rows) row.x_m = std::nan("");
  };
  const RunHistory history = hand_made_history(site);
  const Viewport all{0, 0, 800, 600};
  for (const char* name : {"overview", "plan", "row"}) {
    const Result<Camera> camera = named_camera(history.site(), name, all, all);
    REQUIRE_FALSE(camera);
    CHECK(camera.error().front().message.find("does not say where") != std::string::npos);
  }
}

}  // namespace
}  // namespace racktwin
