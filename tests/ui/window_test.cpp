// The whole window, drawn without a display and used like one with a mouse and a keyboard.
#include "app/ui/viewer.h"
#include "app/window/offscreen_window.h"
#include "tests/ui/example_run.h"

#include <catch2/catch.hpp>
#include <epoxy/gl.h>

#include <map>
#include <set>
#include <string>

namespace racktwin {
namespace {

struct Screen {
  TemporaryDirectory directory;
  std::unique_ptr<OffscreenWindow> window;
  std::unique_ptr<Viewer> viewer;

  explicit Screen(ViewerOptions options = {}, int width = 1280, int height = 720, float scale = 1) {
    auto opened = OffscreenWindow::open(width, height, scale);
    REQUIRE(opened);
    window = std::move(*opened);
    Result<RunHistory> history = RunHistory::open(record_example(directory));
    REQUIRE(history);
    auto made = Viewer::create(*window, Session(std::move(*history), std::nullopt, 0), options);
    REQUIRE(made);
    viewer = std::move(*made);
    settle();
  }

  void settle() {
    do viewer->show_frame();
    while (!viewer->is_settled());
    CHECK(glGetError() == static_cast<GLenum>(GL_NO_ERROR));
  }
  void click(float x, float y, int button = 0) {
    window->move_mouse(x, y);
    viewer->show_frame();
    window->press_mouse(button, true);
    viewer->show_frame();
    window->press_mouse(button, false);
    viewer->show_frame();
    for (int i = 0; i < 4; ++i) viewer->show_frame();  // longer than a double click takes
  }
  void click(const std::string& item) {
    CAPTURE(item);
    REQUIRE(viewer->items().count(item) == 1);
    const Zone zone = viewer->items().at(item);
    click(zone.x + zone.width / 2, zone.y + zone.height / 2);
  }
  void drag(float x, float y, float dx, float dy, int button) {
    window->move_mouse(x, y);
    viewer->show_frame();
    window->press_mouse(button, true);
    viewer->show_frame();
    for (int i = 1; i <= 10; ++i) {
      window->move_mouse(x + dx * static_cast<float>(i) / 10, y + dy * static_cast<float>(i) / 10);
      viewer->show_frame();
    }
    window->press_mouse(button, false);
    viewer->show_frame();
  }
  const ViewerState& state() const { return viewer->state(); }
  const SiteMap& site() const { return viewer->session().history().site(); }
  // The pixel of the middle of a thing's front.
  glm::vec2 pixel_of(const char* path) const {
    const Place p = site().place(site().find(path).value());
    const glm::vec3 middle(p.x_m + p.width_m / 2, p.y_m, p.z_m + p.height_m / 2);
    const Viewport view = viewer->viewport();
    return project(state().camera, view, middle).px + glm::vec2(view.x, view.y);
  }
  std::string selected() const { return state().selected.exists() ? site().path(state().selected) : std::string(); }
};

TEST_CASE("every layer draws in both themes, each its own picture, without an OpenGL error") {
  std::set<std::string> pictures;
  for (const bool is_dark : {true, false}) {
    Screen screen([&] {
      ViewerOptions options;
      options.is_dark = is_dark;
      return options;
    }());
    for (const char* layer : {"Power", "Temperature", "Utilization", "Clock"}) {
      screen.click(layer);
      screen.settle();
      const Image picture = screen.window->picture();
      pictures.emplace(picture.pixels.begin(), picture.pixels.end());
    }
  }
  CHECK(pictures.size() == 8);
}

TEST_CASE("a click at a rack's pixel selects it, the next its tray, the next the GPU; Escape clears") {
  Screen screen;
  glm::vec2 at = screen.pixel_of("hall/row-a/rack-05");
  screen.click(at.x, at.y);
  CHECK(screen.selected() == "hall/row-a/rack-05");
  at = screen.pixel_of("hall/row-a/rack-05/compute-04/gpu-1");
  screen.click(at.x, at.y);
  CHECK(screen.selected() == "hall/row-a/rack-05/compute-04");
  screen.click(at.x, at.y);
  CHECK(screen.selected() == "hall/row-a/rack-05/compute-04/gpu-1");
  screen.window->give({{}, {Key::kEscape}, 0, 0, {}});
  screen.settle();
  CHECK(screen.selected().empty());
}

TEST_CASE("what is under the mouse is hovered, and no longer when the mouse has gone") {
  Screen screen;
  const glm::vec2 at = screen.pixel_of("hall/row-a/rack-02/compute-18/gpu-0");
  screen.window->move_mouse(at.x, at.y);
  screen.settle();
  CHECK(screen.site().path(screen.state().hovered) == "hall/row-a/rack-02/compute-18/gpu-0");
  screen.window->move_mouse(5, 5);
  screen.settle();
  CHECK_FALSE(screen.state().hovered.exists());
}

TEST_CASE("the buttons of the toolbar and the timeline do what they say") {
  Screen screen;
  screen.click("Plan");
  CHECK(screen.state().camera_name == "plan");
  screen.click("Rack");
  CHECK(screen.state().camera_name == "rack:hall/row-a/rack-01");
  screen.click("Light");
  CHECK_FALSE(screen.state().is_dark);
  screen.click("?");
  CHECK(screen.state().is_help_open);
  screen.window->give({U"?", {}, 0, 0, {}});
  screen.settle();
  CHECK_FALSE(screen.state().is_help_open);
  screen.click("back");
  CHECK(screen.state().time_s == 235);
  screen.click("scrubber");
  CHECK(screen.state().time_s == Approx(120).margin(3));
  screen.click("Loop");
  CHECK(screen.state().is_looping);
  screen.click("play");
  CHECK(screen.state().is_playing);
  screen.click("play");
  CHECK_FALSE(screen.state().is_playing);
}

TEST_CASE("an event in the list leads to its time and its component") {
  Screen screen;
  screen.click("event 1");
  CHECK(screen.state().time_s == 125);  // the first frame that knows of what happened at 120 s
  CHECK(screen.selected() == "hall/cdu-1/pump-2");
}

TEST_CASE("the status bar gives a verdict of the instant, and a click on it leads to the worst") {
  Screen screen;
  const auto verdict = [&]() -> const Verdict& { return screen.viewer->session().verdict(); };
  CHECK(verdict().severity == Severity::kAlarm);
  CHECK(verdict().text.find("pump-2 stopped") != std::string::npos);
  const std::string worst = screen.site().path(verdict().findings.front().at);
  screen.click("verdict");
  CHECK(screen.selected() == worst);
  CHECK(screen.state().camera_name.empty());
  screen.click("scrubber");  // its middle: before the pump trips
  CHECK(verdict().text.find("within limits") == 0);
  CHECK(verdict().severity < Severity::kAlarm);
}

TEST_CASE("plots show what there is: no flow where there is no coolant") {
  const TemporaryDirectory directory;
  const std::string scenario = directory.path("air.toml"), recording = directory.path("air.racktwin");
  write_text(scenario, "include = [\"" RACKTWIN_SOURCE_DIRECTORY
                       "/tests/scenarios/small.toml\"]\nduration = \"30 s\"\nframe = \"5 s\"\nevent = []\n");
  const ProgramResult run = run_program({"run", scenario, "-o", recording, "-q", "--set", "site.rack=hgx-h100", "--set",
                                         "site.racks_per_row=2", "--set", "workload.tp=1", "--set", "workload.pp=1"});
  INFO(run.err);
  REQUIRE(run.exit_code == 0);
  Session session(RunHistory::open(recording).value(), std::nullopt, 0);
  ViewerState state;
  for (const char* path : {"hall", "hall/row-a/rack-01"}) {
    state.selected = session.history().site().find(path).value();
    session.update(state, 10);
    CHECK(session.plots().specs()[2].title == "GPU utilization");
    for (const Figure& figure : session.plots().figures()) {
      CAPTURE(path, figure.title);
      REQUIRE(figure.series.size() == 1);
      CHECK_FALSE(figure.series.front().y.empty());
      CHECK(figure.series.front().y.back() == figure.series.front().y.back());  // no NaN
    }
  }
  CHECK(session.parts().facility.empty());
}

TEST_CASE("a click in a plot moves the time cursor there") {
  Screen screen;
  screen.click("plot 3");
  CHECK(screen.state().time_s > 60);
  CHECK(screen.state().time_s < 180);
}

TEST_CASE("the mouse orbits, pans and zooms; two clicks fit the thing") {
  Screen screen;
  const Camera start = screen.state().camera;
  const float x = 700, y = 100;
  screen.drag(x, y, 80, 0, 0);
  CHECK(screen.state().camera.yaw != start.yaw);
  CHECK(screen.state().camera.target == start.target);
  CHECK(screen.state().camera_name.empty());
  CHECK(screen.selected().empty());
  screen.click("Overview");
  screen.drag(x, y, 80, 0, 1);
  CHECK(screen.state().camera.yaw == start.yaw);
  CHECK(screen.state().camera.target != start.target);
  screen.click("Overview");
  screen.window->move_mouse(x, y);
  screen.viewer->show_frame();
  screen.window->turn_wheel(2);
  screen.viewer->show_frame();
  CHECK(screen.state().camera.distance < start.distance);
  screen.click("Overview");
  const glm::vec2 at = screen.pixel_of("hall/row-a/rack-05");
  screen.window->move_mouse(at.x, at.y);
  screen.viewer->show_frame();
  for (const bool is_down : {true, false, true, false}) {
    screen.window->press_mouse(0, is_down);
    screen.viewer->show_frame();
  }
  CHECK(screen.selected() == "hall/row-a/rack-05");
  CHECK(screen.state().camera.distance < 0.8F * start.distance);
}

TEST_CASE("the inspector follows selection and time: a tripped pump has no flow") {
  Screen screen([] {
    ViewerOptions options;
    options.selected = "hall/cdu-1/pump-2";
    options.time_s = 100;
    return options;
  }());
  const auto flow = [&] {
    for (const FactGroup& group : screen.viewer->session().facts())
      for (const Fact& fact : group.facts)
        if (fact.metric->name == "pump_flow") return fact.reading.mean;
    FAIL("no pump_flow");
    return 0.0;
  };
  CHECK(flow() > 100);
  screen.window->give({{}, {Key::kEnd}, 0, 0, {}});
  screen.settle();
  CHECK(flow() == Approx(0).margin(1e-3));
  const auto& flow_plot = screen.viewer->session().plots().figures()[2];
  REQUIRE(flow_plot.series.front().y.size() == 48);
  CHECK(flow_plot.series.front().y.front() > 100);
  CHECK(flow_plot.series.front().y.back() == Approx(0).margin(1e-3));
}

TEST_CASE("splitters move the edges between panels, as far as the mouse does") {
  Screen screen;
  const auto drag = [&](const char* name, float dx, float dy) {
    const Zone at = screen.viewer->items().at(name);
    screen.drag(at.x + at.width / 2, at.y + at.height / 2, dx, dy, 0);
    screen.settle();
  };
  const Zone before = screen.viewer->items().at("picture");
  drag("splitter left", 60, 0);
  CHECK(screen.viewer->items().at("picture").x == Approx(before.x + 60).margin(2));
  drag("splitter right", -80, 0);
  CHECK(screen.viewer->items().at("picture").right() == Approx(before.right() - 80).margin(2));
  drag("splitter bottom", 0, -50);
  CHECK(screen.viewer->items().at("picture").bottom() == Approx(before.bottom() - 50).margin(2));
  drag("splitter bottom", 0, -700);  // no further than what leaves a picture
  CHECK(screen.viewer->items().at("picture").height > 100);
}

TEST_CASE("a panel that is as narrow as it may be widens at once when its edge is dragged") {
  Screen smallest({}, 960, 600);
  const Zone narrow = smallest.viewer->items().at("splitter right");
  smallest.drag(narrow.x + narrow.width / 2, 200, -30, 0, 0);
  smallest.settle();
  CHECK(smallest.viewer->items().at("splitter right").x == Approx(narrow.x - 30).margin(3));
}

TEST_CASE("W A S D move the camera over the floor while they are held") {
  Screen screen;
  const Camera start = screen.state().camera;
  const auto hold = [&](float forward, float right) {
    screen.window->give({{}, {}, forward, right, {}});
    screen.viewer->show_frame();
    return screen.state().camera.target;
  };
  hold(1, 0);
  const glm::vec3 ahead = hold(1, 0);
  CHECK(glm::distance(ahead, start.target) > 0);
  CHECK(ahead.z == start.target.z);
  CHECK(glm::dot(ahead - start.target, start.forward()) > 0);
  CHECK(screen.state().camera_name.empty());
  const glm::vec3 aside = hold(0, -1);
  CHECK(glm::dot(aside - ahead, start.right()) < 0);
  screen.settle();  // released
  CHECK(screen.state().camera.target == aside);
}

TEST_CASE("the speed menu sets how fast a recording plays") {
  Screen screen;
  screen.click("speed");
  screen.click("speed 300×");
  CHECK(screen.state().speed == 300);
  screen.settle();
  CHECK(screen.viewer->items().count("speed 300×") == 0);
}

TEST_CASE("what is typed into the filter finds things, and is no command") {
  Screen screen;
  screen.click("filter");
  for (const char c : std::string("pump-2")) screen.window->type(static_cast<unsigned char>(c));
  screen.settle();
  CHECK(screen.state().filter == "pump-2");
  CHECK(screen.state().camera_name == "overview");
}

TEST_CASE("at twice the pixels a point the window looks the same, only finer") {
  const std::map<std::string, Zone> small = Screen({}, 960, 600).viewer->items();
  Screen fine({}, 1920, 1200, 2);
  for (const char* name : {"Power", "play", "scrubber", "plot 1", "picture", "filter"}) {
    CAPTURE(name);
    const Zone& one = small.at(name);
    const Zone& two = fine.viewer->items().at(name);
    CHECK(two.x == Approx(2 * one.x).margin(8));
    CHECK(two.y == Approx(2 * one.y).margin(8));
    CHECK(two.width == Approx(2 * one.width).margin(12));
    CHECK(two.height == Approx(2 * one.height).margin(12));
  }
}

TEST_CASE("help fits into the smallest window") {
  Screen screen({}, 960, 600);
  screen.click("?");
  screen.settle();
  const Zone close = screen.viewer->items().at("close help");
  CHECK(close.y > 300);
  CHECK(close.bottom() < 600);
  screen.click("close help");
  CHECK_FALSE(screen.state().is_help_open);
}

TEST_CASE("the smallest window and a large one hold all panels") {
  for (const auto& [width, height] : {std::pair(960, 600), std::pair(1920, 1080)}) {
    Screen screen({}, width, height);
    for (const auto& [name, zone] : screen.viewer->items()) {
      CAPTURE(width, name);
      CHECK(zone.x >= 0);
      CHECK(zone.right() <= static_cast<float>(width));
    }
  }
}

TEST_CASE("a window that is made smaller than it should be still draws") {
  Screen screen({}, 64, 48);
  CHECK(screen.window->picture().width == 64);
}

TEST_CASE("a recording that is deleted while it is shown stays on the screen, and the window says so") {
  Screen screen;
  std::remove((screen.directory.path("example.racktwin")).c_str());
  screen.viewer->poll();
  screen.settle();
  REQUIRE(screen.state().notes.size() == 1);
  CHECK(screen.state().notes.front().text.find("it has been deleted") != std::string::npos);
  screen.click("back");
  CHECK(screen.state().time_s == 235);
}

TEST_CASE("a file that is dropped on the window is opened, or it is said what is wrong with it") {
  Screen screen;
  const std::string foreign = screen.directory.path("foreign.racktwin");
  write_text(foreign, "no recording");
  screen.window->give({{}, {}, 0, 0, {foreign}});
  screen.settle();
  REQUIRE(screen.state().notes.size() == 1);
  CHECK(screen.state().notes.front().is_error);
  const TemporaryDirectory other;
  const std::string path = record_example(other);
  screen.window->give({{}, {}, 0, 0, {path}});
  screen.settle();
  CHECK(screen.viewer->session().history().path() == path);
  CHECK(screen.state().time_s == 240);
}

}  // namespace
}  // namespace racktwin
