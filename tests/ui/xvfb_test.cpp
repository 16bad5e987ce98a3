// A real window on a display of its own, driven with xdotool as a user would drive it; what it shows is read from its
// state file.
#include "render/scene/build_scene.h"
#include "sim/recording/run_history.h"
#include "tests/ui/example_run.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <thread>

extern char** environ;

namespace racktwin {
namespace {

using nlohmann::json;

constexpr double kPatience_s = 60;         // sanitizers and busy machines
const std::string kLong = "duration=2 h";  // a live run that does not end before the test has done with it

void sleep_s(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

// A process that does not outlive the test.
class Process {
 public:
  Process(std::vector<std::string> words, const std::vector<std::string>& variables) {
    std::vector<std::string> environment = variables;
    for (char** variable = environ; *variable != nullptr; ++variable) environment.emplace_back(*variable);
    std::vector<char*> argv, envp;
    for (std::string& word : words) argv.push_back(word.data());
    for (std::string& variable : environment) envp.push_back(variable.data());
    argv.push_back(nullptr);
    envp.push_back(nullptr);
    if (posix_spawnp(&pid_, argv[0], nullptr, nullptr, argv.data(), envp.data()) != 0) pid_ = -1;
  }
  ~Process() {
    if (pid_ < 0) return;
    kill(pid_, SIGKILL);
    wait();
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  bool has_ended() {
    int status = 0;
    if (pid_ < 0 || waitpid(pid_, &status, WNOHANG) != pid_) return pid_ < 0;
    note(status);
    return true;
  }
  int wait() {
    int status = 0;
    if (pid_ >= 0 && waitpid(pid_, &status, 0) == pid_) note(status);
    return exit_code_;
  }
  void send(int signal) const { kill(pid_, signal); }
  int exit_code() const { return exit_code_; }

 private:
  void note(int status) {
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    pid_ = -1;
  }
  pid_t pid_ = -1;
  int exit_code_ = -1;
};

bool is_installed(const std::string& program) {
  for (const char* folder : {"/usr/bin/", "/usr/local/bin/"})
    if (std::filesystem::exists(folder + program)) return true;
  return false;
}

bool wait_until(const std::function<bool()>& condition) {
  for (double waited_s = 0; waited_s < kPatience_s; waited_s += 0.02) {
    if (condition()) return true;
    sleep_s(0.02);
  }
  return false;
}

// A display, and a viewer on it.
class Desk {
 public:
  static bool is_possible() {
    if (is_installed("Xvfb") && is_installed("xdotool")) return true;
    fmt::print("[skipped] Xvfb and xdotool are not installed\n");
    return false;
  }

  explicit Desk(const std::vector<std::string>& arguments) {
    const std::string number = directory_.path("display");
    // The server picks a free number and tells it.
    server_.emplace(
        std::vector<std::string>{
            "sh", "-c", "exec Xvfb -displayfd 3 -screen 0 1600x900x24 -nolisten tcp 3>\"$0\" 2>/dev/null", number},
        std::vector<std::string>{});
    REQUIRE(wait_until([&] { return read_text(number).find('\n') != std::string::npos; }));
    const std::string text = read_text(number);
    environment_ = {"DISPLAY=:" + text.substr(0, text.find('\n')), "LIBGL_ALWAYS_SOFTWARE=1",
                    "ASAN_OPTIONS=detect_leaks=0"};  // the GLX driver that GLFW unloads keeps 112 bytes
    std::vector<std::string> words = {RACKTWIN_BINARY, "view"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    words.insert(words.end(), {"--size", "1600x900", "--state-file", directory_.path("state")});
    viewer_.emplace(words, environment_);
    REQUIRE(wait_until([&] { return has_state() || viewer_->has_ended(); }));
    REQUIRE(has_state());
  }

  void xdotool(const std::vector<std::string>& arguments) {
    std::vector<std::string> words = {"xdotool"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    REQUIRE(Process(words, environment_).wait() == 0);
  }
  void key(const std::string& name) { xdotool({"key", name}); }
  void click(double x, double y) {
    xdotool({"mousemove", std::to_string(static_cast<int>(x)), std::to_string(static_cast<int>(y))});
    sleep_s(0.2);
    xdotool({"click", "1"});
  }
  void click(const std::string& item) {
    CAPTURE(item);
    const json state = this->state();
    REQUIRE(state["items"].contains(item));
    const json zone = state["items"][item];
    click(zone[0].get<double>() + zone[2].get<double>() / 2, zone[1].get<double>() + zone[3].get<double>() / 2);
  }

  // The last whole line.
  json state() const {
    const std::string text = read_text(directory_.path("state"));
    const std::size_t end = text.rfind('\n');
    const std::size_t before = end == 0 ? std::string::npos : text.rfind('\n', end - 1);
    const std::size_t begin = before == std::string::npos ? 0 : before + 1;
    return json::parse(text.substr(begin, end - begin));
  }
  // Waits for something to be shown.
  void expect(const std::function<bool(const json&)>& condition) {
    const bool is_so = wait_until([&] { return condition(state()); });
    INFO(state().dump());
    CHECK(is_so);
  }
  Process& viewer() { return *viewer_; }

 private:
  bool has_state() const { return read_text(directory_.path("state")).find('\n') != std::string::npos; }

  TemporaryDirectory directory_;
  std::vector<std::string> environment_;
  std::optional<Process> server_, viewer_;
};

// Where the middle of a rack's front is on the screen, in the overview.
glm::vec2 pixel_of(const RunHistory& history, const json& state, const char* path) {
  const json zone = state["viewport"];
  const Viewport viewport{zone[0].get<int>(), zone[1].get<int>(), zone[2].get<int>(), zone[3].get<int>()};
  const auto camera = named_camera(history.site(), "overview", viewport, free_part(viewport, 1, false));
  REQUIRE(camera);
  const Place place = history.site().place(history.site().find(path).value());
  const glm::vec3 middle(place.x_m + place.width_m / 2, place.y_m, place.z_m + place.height_m / 2);
  return project(*camera, viewport, middle).px + glm::vec2(viewport.x, viewport.y);
}

TEST_CASE("a recording in a real window: play, click a rack, change the layer, close", "[xvfb]") {
  if (!Desk::is_possible()) return;
  const TemporaryDirectory directory;
  const std::string recording = record_example(directory);
  const RunHistory history = RunHistory::open(recording).value();
  Desk desk({recording});
  desk.expect([](const json& s) { return s["time_s"] == 240 && s["run"] == "replay"; });

  const glm::vec2 rack = pixel_of(history, desk.state(), "hall/row-a/rack-06");
  desk.click(rack.x, rack.y);
  desk.expect([](const json& s) { return s["selected"] == "hall/row-a/rack-06" && s["values"]["rack_power"] > 5e4; });

  desk.key("2");
  desk.expect([](const json& s) { return s["layer"] == "temperature"; });
  desk.click("Clock");
  desk.expect([](const json& s) { return s["layer"] == "clock"; });

  desk.key("Home");
  desk.expect([](const json& s) { return s["time_s"] == 5; });
  desk.key("space");
  desk.expect([](const json& s) { return s["playing"] == true && s["time_s"] > 20; });
  desk.click("play");
  desk.expect([](const json& s) { return s["playing"] == false; });

  desk.key("Escape");
  desk.expect([](const json& s) { return s["selected"] == ""; });
  desk.key("ctrl+q");
  CHECK(desk.viewer().wait() == 0);
}

TEST_CASE("a live run in a real window: trip a pump, watch the flow drop, restore it, kill the run", "[xvfb]") {
  if (!Desk::is_possible()) return;
  const TemporaryDirectory directory;
  const std::string recording = directory.path("live.racktwin");
  Desk desk({write_example(directory), "-o", recording, "--set", kLong, "--pace", "20"});
  desk.expect([](const json& s) { return s["run"] == "live" && s["following"] == true && s["frames"] >= 3; });
  const double flow_before = desk.state()["values"]["tcs_flow"];
  const json hold = desk.state()["items"]["pace Hold"];

  desk.click("pump hall/cdu-1/pump-1");
  desk.expect([&](const json& s) { return s["values"]["tcs_flow"] < 0.8 * flow_before; });
  desk.expect([](const json& s) {
    return s["answer"].get<std::string>().find("hall/cdu-1/pump-1: pump tripped") != std::string::npos;
  });
  CHECK(desk.state()["items"]["pace Hold"] == hold);  // the answer moves no button from under the pointer
  RunHistory history = RunHistory::open(recording).value();
  // On a slow machine the scenario's own event may come first.
  const auto& events = history.events();
  const auto by_operator = std::find_if(events.begin(), events.end(), [](const auto& e) { return e.by == "operator"; });
  REQUIRE(by_operator != events.end());
  CHECK(by_operator->path == "hall/cdu-1/pump-1");

  desk.click("pump hall/cdu-1/pump-1");
  desk.expect([](const json& s) { return s["answer"].get<std::string>().find("pump started") != std::string::npos; });

  const json slider = desk.state()["items"]["facility"];
  desk.click(slider[0].get<double>() + 0.8 * slider[2].get<double>(), slider[1].get<double>() + 5);
  desk.click("apply facility");
  desk.expect([](const json& s) {
    return s["answer"].get<std::string>().find("hall/facility: facility supply set to 4") != std::string::npos;
  });
  CHECK(desk.state()["pace"] == 20);
  desk.click("pace Hold");
  desk.expect([](const json& s) {
    return s["pace"] == 0 && s["status"] == "live, held" && s["answer"].get<std::string>().ends_with("  held");
  });
  const int frames_held = desk.state()["frames"];
  desk.click("pace 1×");
  desk.expect([](const json& s) { return s["pace"] == 1 && s["status"] == "live"; });
  desk.click("pace 20×");  // back to what it was started with
  desk.expect([&](const json& s) { return s["pace"] == 20 && s["frames"] > frames_held; });

  desk.xdotool({"key", "question"});
  desk.expect([](const json& s) { return s["help"] == true; });
  desk.key("Escape");
  kill(desk.state()["run_pid"].get<pid_t>(), SIGKILL);
  desk.expect([](const json& s) {
    return s["run"] == "broken" && s["banner"].get<std::string>().find("signal 9") != std::string::npos;
  });
  desk.expect([](const json& s) { return s["values"]["site_power"] > 1e5; });  // what there is stays
  CHECK(desk.state()["status"] == "cut off");
  desk.click("close banner");
  desk.expect([](const json& s) { return s["banner"] == ""; });
  desk.key("ctrl+q");
  CHECK(desk.viewer().wait() == 0);
}

TEST_CASE("a live run in a real window: a rack's power is capped, by a number that is typed, and the cap is lifted",
          "[xvfb]") {
  if (!Desk::is_possible()) return;
  const TemporaryDirectory directory;
  const std::string recording = directory.path("live.racktwin"), rack = "hall/row-a/rack-06";
  Desk desk({write_one_apart(directory), "-o", recording, "--set", kLong, "--pace", "20", "--select", rack});
  desk.expect([](const json& s) { return s["run"] == "live" && s["items"].contains("change Power cap"); });
  const double drawn_w = desk.state()["values"]["rack_power"];
  REQUIRE(drawn_w > 95e3);
  const auto answers = [&](const std::string& what) {
    desk.expect(
        [&](const json& s) { return s["answer"].get<std::string>().find(rack + ": " + what) != std::string::npos; });
  };

  desk.click("field Power cap");
  desk.xdotool({"key", "ctrl+a"});
  desk.xdotool({"type", "--delay", "40", "90"});
  desk.key("Return");
  desk.click("change Power cap");
  answers("power capped at 90 kW");
  desk.expect([](const json& s) { return s["values"]["rack_power"] < 91e3; });

  desk.click("change Power cap");  // which holds, and so is lifted
  answers("power capped at 10 GW");
  desk.expect([&](const json& s) { return s["values"]["rack_power"] > 0.98 * drawn_w; });
  desk.click("field Clock limit");
  desk.key("ctrl+q");
  CHECK(desk.viewer().wait() == 0);
}

TEST_CASE("a viewer that is killed or closed leaves a closed recording", "[xvfb]") {
  if (!Desk::is_possible()) return;
  for (const bool is_killed : {true, false}) {
    CAPTURE(is_killed);
    const TemporaryDirectory directory;
    const std::string recording = directory.path("live.racktwin");
    Desk desk({write_example(directory), "-o", recording, "--set", kLong, "--pace", "20"});
    desk.expect([](const json& s) { return s["frames"] >= 2; });
    if (is_killed)
      desk.viewer().send(SIGKILL);
    else
      desk.key("ctrl+q");
    CHECK(desk.viewer().wait() == (is_killed ? 128 + SIGKILL : 0));
    CHECK(wait_until([&] { return RunHistory::open(recording)->is_complete(); }));
  }
}

TEST_CASE("without a display the viewer says so and what to do instead") {
  const TemporaryDirectory directory;
  const std::string recording = record_example(directory);
  const ProgramResult result = run_program({"view", recording}, {.environment = {"DISPLAY=", "WAYLAND_DISPLAY="}});
  CHECK(result.exit_code == 4);
  CHECK(result.err.find("there is no display") != std::string::npos);
  CHECK(result.err.find("racktwin shot") != std::string::npos);
}

TEST_CASE("what cannot be viewed is an error with its exit code, before any window") {
  const TemporaryDirectory directory;
  const std::string recording = record_example(directory), foreign = directory.path("foreign.racktwin");
  write_text(foreign, "no recording");
  const auto view = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "view");
    arguments.insert(arguments.end(), {"--screenshot", directory.path("x.png")});
    return run_program(arguments, {.directory = directory.path()});
  };
  CHECK(view({directory.path("missing.racktwin")}).exit_code == 3);
  CHECK(view({foreign}).exit_code == 2);
  CHECK(view({recording, "--layer", "powr"}).err.find("power") != std::string::npos);
  const ProgramResult camera = view({recording, "--camera", "rack:hall/row-a/rack-3"});
  CHECK(camera.exit_code == 2);
  CHECK(camera.err.find("hall/row-a/rack-03") != std::string::npos);
  const ProgramResult path = view({recording, "--select", "hall/cdu-1/pump-22"});
  CHECK(path.exit_code == 2);
  CHECK(path.err.find("hall/cdu-1/pump-2") != std::string::npos);
  CHECK(view({recording, "--at", "soon"}).exit_code == 2);
  const ProgramResult run = view({recording, "--pace", "10", "-o", "other.racktwin", "--size", "400x300"});
  CHECK(run.exit_code == 2);
  CHECK(run.err.find("a recording is shown, not run") != std::string::npos);
  CHECK(run.err.find("400x300 is too small") != std::string::npos);  // all at once
  CHECK(view({recording, "--size", "0x0"}).exit_code == 2);
  CHECK(view({recording, "--size", "640x480"}).err.find("at least 960x600") != std::string::npos);
  const ProgramResult bad = view({directory.path("missing.toml")});
  CHECK(bad.exit_code == 3);
  CHECK(bad.err.find("missing.toml") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(directory.path("x.png")));
  CHECK(view({recording}).exit_code == 0);
  CHECK(std::filesystem::exists(directory.path("x.png")));
}

}  // namespace
}  // namespace racktwin
