#include "render/scene/pick.h"

#include "tests/render/scene/example.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace racktwin {
namespace {

// A rack of two cells, one above the other, at the origin; a pipe over it.
Scene one_rack() {
  Scene scene;
  FrontGrid grid;
  grid.columns = 1;
  grid.rows = 2;
  grid.texels = {{0, 0}, {1, 0}};
  grid.part_of_cell = {70, 71};
  scene.grids = {grid};
  scene.fronts.push_back({{0, 0, 0}, {1, 1, 2}, 0, 0, 0, 0, {5, -1}});
  scene.tubes.push_back({{-1, 0.5F, 2.5F}, {2, 0.5F, 2.5F}, 0.1F, 0, {6, -1}});
  scene.boxes.push_back({{3, 0, 0}, {1, 1, 1}, 0, {7, -1}});
  return scene;
}

ComponentId pick_at(const Scene& scene, Camera camera, glm::vec3 world) {
  const Viewport viewport{0, 0, 400, 400};
  camera.fov_y = 0.8F;
  return pick(scene, camera, viewport, project(camera, viewport, world).px);
}

TEST_CASE("The front of a rack gives its parts, its top and sides the rack") {
  const Scene scene = one_rack();
  Camera front;
  front.target = {0.5F, 0, 1};
  CHECK(pick_at(scene, front, {0.5F, 0, 1.5F}) == ComponentId{5, 70});
  CHECK(pick_at(scene, front, {0.5F, 0, 0.5F}) == ComponentId{5, 71});
  Camera above = front;
  above.pitch = 1.2F;
  above.yaw = 0.5F;
  CHECK(pick_at(scene, above, {0.5F, 0.9F, 2}) == ComponentId{5, -1});
  CHECK(pick_at(scene, above, {1, 0.5F, 1.5F}) == ComponentId{5, -1});
  Camera behind = front;
  behind.yaw = 3.1F;
  CHECK(pick_at(scene, behind, {0.5F, 1, 1.5F}) == ComponentId{5, -1});
}

TEST_CASE("Pipes and boxes are picked, floor and background are not") {
  const Scene scene = one_rack();
  Camera camera;
  camera.target = {1, 0, 1};
  CHECK(pick_at(scene, camera, {1.5F, 0.5F, 2.5F}).component == 6);
  CHECK(pick_at(scene, camera, {3.5F, 0, 0.5F}).component == 7);
  CHECK_FALSE(pick_at(scene, camera, {2, 0, 0.5F}).exists());
  CHECK_FALSE(pick_at(scene, camera, {-3, 0, 3}).exists());
}

TEST_CASE("A label wins, and a plate that belongs to nothing hides what is below it") {
  Scene scene = one_rack();
  Camera camera;
  camera.target = {0.5F, 0, 1};
  LabelBox label;
  label.px = {190, 190};
  label.size = {20, 20};
  label.id = {9, -1};
  scene.overlay.labels = {label};
  CHECK(pick_at(scene, camera, {0.5F, 0, 1}).component == 9);
  scene.overlay.labels[0].id = {};
  CHECK_FALSE(pick_at(scene, camera, {0.5F, 0, 1}).exists());
}

TEST_CASE("What stands behind the eye of a parallel projection is not picked") {
  const Scene scene = one_rack();
  Camera camera;
  camera.is_orthographic = true;
  camera.target = {0.5F, 2, 1};  // the eye stands inside of the aisle behind the rack
  camera.distance = 0.5F;
  camera.fov_y = 2;
  const Viewport viewport{0, 0, 400, 400};
  CHECK_FALSE(pick(scene, camera, viewport, {200, 200}).exists());
}

TEST_CASE("Every GPU of a rack is picked at its place in the rack view") {
  const RunHistory& history = example_history();
  Composed picture = compose(history, kExampleTime_s, Layer::kTemperature, "rack:hall/row-a/rack-03", 1280, 720);
  int gpus = 0;
  for (int tray = 1; tray <= 18; ++tray)
    for (int gpu = 0; gpu < 4; ++gpu, ++gpus) {
      const std::string path = fmt::format("hall/row-a/rack-03/compute-{:02}/gpu-{}", tray, gpu);
      const ComponentId id = id_of(history, path);
      const Place p = history.site().place(id);
      const glm::dvec3 middle(p.x_m + p.width_m / 2, p.y_m, p.z_m + p.height_m / 2);
      const Projected at = project(picture.view.camera, picture.view.viewport, glm::vec3(middle));
      INFO(path);
      CHECK(pick(picture.scene, picture.view.camera, picture.view.viewport, at.px) == id);
    }
  CHECK(gpus == 72);
}

TEST_CASE("Every rack is picked at its front in the row view") {
  const RunHistory& history = example_history();
  for (const Size size : kSizes) {
    const Composed picture = compose(history, kExampleTime_s, Layer::kPower, "row", size.width, size.height);
    for (const PlacedRack& rack : history.site().racks()) {
      const Place& p = rack.place;
      const glm::dvec3 middle(p.x_m + p.width_m / 2, p.y_m, p.z_m + p.height_m / 2);
      const Projected at = project(picture.view.camera, picture.view.viewport, glm::vec3(middle));
      CHECK(pick(picture.scene, picture.view.camera, picture.view.viewport, at.px).component == rack.component);
    }
  }
}

}  // namespace
}  // namespace racktwin
