#include "app/ui/apply.h"

#include "app/ui/keys.h"
#include "tests/ui/small_site.h"

#include <catch2/catch.hpp>

namespace racktwin {
namespace {

struct Fixture {
  SiteMap site = small_site();
  std::vector<double> times = {5, 10, 15, 20};
  bool is_growing = false;
  ViewerState state;

  Surroundings around() const { return {site, times, is_growing, {200, 40, 800, 600}, {210, 50, 600, 580}}; }
  void give(const Command& command) { apply(command, around(), state); }
  void pass(double wall_s) { advance(wall_s, around(), state); }
  ComponentId find(const char* path) const { return site.find(path).value(); }
};

TEST_CASE("seeking stays within what is recorded, and stops what moves") {
  Fixture f;
  f.state.is_playing = f.state.is_following = true;
  f.give(command::Seek{12});
  CHECK(f.state.time_s == 12);
  CHECK_FALSE(f.state.is_playing);
  CHECK_FALSE(f.state.is_following);
  f.give(command::Seek{1000});
  CHECK(f.state.time_s == 20);
  f.give(command::Seek{-1});
  CHECK(f.state.time_s == 5);
}

TEST_CASE("frames are stepped through one by one and end at the ends") {
  Fixture f;
  f.state.time_s = 12;  // shows the frame at 10
  f.give(command::StepFrames{1});
  CHECK(f.state.time_s == 15);
  f.give(command::StepFrames{-1});
  CHECK(f.state.time_s == 10);
  f.give(command::StepFrames{-9});
  CHECK(f.state.time_s == 5);
  f.give(command::StepFrames{9});
  CHECK(f.state.time_s == 20);
  f.times.clear();
  f.give(command::StepFrames{1});
  CHECK(f.state.time_s == 20);
}

TEST_CASE("a recording plays at its speed, and stops or loops at its end") {
  Fixture f;
  f.state.time_s = 5;
  f.give(command::SetSpeed{10});
  f.give(command::Play{true});
  f.pass(0.5);
  CHECK(f.state.time_s == Approx(10));
  f.pass(5);
  CHECK(f.state.time_s == 20);
  CHECK_FALSE(f.state.is_playing);
  f.give(command::Play{true});  // again from the start
  CHECK(f.state.time_s == 5);
  f.give(command::Loop{true});
  f.pass(5);
  CHECK(f.state.time_s == 5);
  CHECK(f.state.is_playing);
  f.give(command::Play{false});
  f.pass(1);
  CHECK(f.state.time_s == 5);
}

TEST_CASE("speeds lie between 1 and 600") {
  Fixture f;
  f.give(command::SetSpeed{0.1});
  CHECK(f.state.speed == 1);
  f.give(command::SetSpeed{1e6});
  CHECK(f.state.speed == 600);
}

TEST_CASE("a recording that grows is followed until it ends, and after playing up to its end") {
  Fixture f;
  f.is_growing = true;
  f.give(command::Follow{});
  CHECK(f.state.time_s == 20);
  f.times.push_back(25);
  f.pass(0.05);
  CHECK(f.state.time_s == 25);
  f.give(command::Seek{20});
  f.times.push_back(30);
  f.pass(0.05);
  CHECK(f.state.time_s == 20);
  f.give(command::Play{true});
  f.pass(10);
  CHECK(f.state.is_following);
  f.is_growing = false;
  f.pass(0.05);
  CHECK_FALSE(f.state.is_following);
  f.give(command::Follow{});  // of a finished recording: its end
  CHECK_FALSE(f.state.is_following);
  CHECK(f.state.time_s == 30);
}

TEST_CASE("layer, theme, help, filter and loop are what was asked for") {
  Fixture f;
  f.give(command::SetLayer{Layer::kClock});
  CHECK(f.state.layer == Layer::kClock);
  f.give(command::SetDark{false});
  CHECK_FALSE(f.state.is_dark);
  f.give(command::ShowHelp{true});
  CHECK(f.state.is_help_open);
  f.give(command::SetFilter{"rack-02"});
  CHECK(f.state.filter == "rack-02");
  f.give(command::SetFacility{33});
  CHECK(f.state.facility_degc == 33);
  CHECK(f.state.to_send.empty());
  f.give(command::Hover{f.find("hall/facility")});
  CHECK(f.state.hovered == f.find("hall/facility"));
}

TEST_CASE("splitters leave room for every zone") {
  Fixture f;
  f.give(command::MoveSplitters{{0.0F, 0.9F, 0.95F}});
  CHECK(f.state.splitters.left == 0.1F);
  CHECK(f.state.splitters.right == 0.4F);
  CHECK(f.state.splitters.bottom == 0.6F);
}

TEST_CASE("a camera keeps its name until it is moved by hand") {
  Fixture f;
  f.give(command::UseCamera{"plan"});
  CHECK(f.state.camera_name == "plan");
  CHECK(f.state.camera.is_orthographic);
  Camera moved = f.state.camera;
  moved.distance *= 2;
  f.give(command::MoveCamera{moved});
  CHECK(f.state.camera_name.empty());
  CHECK(f.state.camera.distance == moved.distance);
  f.give(command::UseCamera{"rack:hall/row-a/rack-02"});
  const Camera rack = f.state.camera;
  f.give(command::UseCamera{"rack:hall/row-a/rack-20"});
  CHECK(f.state.camera.target == rack.target);
  REQUIRE(f.state.notes.size() == 1);
  CHECK(f.state.notes.front().is_error);
}

TEST_CASE("fitting looks at the thing, and at everything where there is none") {
  Fixture f;
  f.give(command::UseCamera{"overview"});
  const Camera overview = f.state.camera;
  f.give(command::Fit{f.find("hall/row-a/rack-02")});
  CHECK(f.state.camera.distance < overview.distance);
  CHECK(f.state.camera.yaw == overview.yaw);
  f.give(command::Fit{});
  CHECK(f.state.camera.distance == overview.distance);
}

TEST_CASE("what is selected is unfolded in the tree and scrolled to once") {
  Fixture f;
  const ComponentId gpu = f.find("hall/row-a/rack-02/compute-01/gpu-1");
  f.give(command::Select{gpu});
  CHECK(f.state.selected == gpu);
  for (const char* path : {"hall", "hall/row-a", "hall/row-a/rack-02", "hall/row-a/rack-02/compute-01"}) {
    const ComponentId id = f.find(path);
    CHECK(f.state.unfolded.count({id.component, id.part}) == 1);
  }
  CHECK(f.state.unfolded.size() == 4);
  CHECK(f.state.is_reveal_due);
  f.give(command::Revealed{});
  CHECK_FALSE(f.state.is_reveal_due);
  f.give(command::Unfold{f.find("hall"), false});
  CHECK(f.state.unfolded.size() == 3);
  f.give(command::Unfold{f.find("hall"), true});
  CHECK(f.state.unfolded.size() == 4);
  f.give(command::Select{});
  CHECK_FALSE(f.state.selected.exists());
  CHECK_FALSE(f.state.is_reveal_due);
}

TEST_CASE("what-ifs, paces, files and the end are left for the viewer to do") {
  Fixture f;
  f.give(command::Ask{{"hall/cdu-1/pump-1", "state", "tripped"}});
  REQUIRE(f.state.to_send.size() == 1);
  CHECK(f.state.to_send.front().path == "hall/cdu-1/pump-1");
  REQUIRE(f.state.asked.size() == 1);
  f.give(command::SetPace{0});
  CHECK(f.state.pace_to_send == 0.0);
  f.give(command::Open{"other.racktwin"});
  CHECK(f.state.file_to_open == "other.racktwin");
  f.give(command::Say{{"text", false, 0}});
  CHECK(f.state.notes.back().text == "text");
  CHECK_FALSE(f.state.wants_to_quit);
  f.give(command::Quit{});
  CHECK(f.state.wants_to_quit);
}

// --- keys

template <class T>
bool has(const Commands& commands) {
  for (const Command& command : commands)
    if (std::holds_alternative<T>(command)) return true;
  return false;
}

TEST_CASE("every key does what the help says") {
  Fixture f;
  const auto typed = [&](char32_t c) { return commands_of({{c}, {}, 0, 0, {}}, f.state, f.around(), false); };
  const auto pressed = [&](Key k) { return commands_of({{}, {k}, 0, 0, {}}, f.state, f.around(), false); };
  CHECK(std::get<command::Play>(typed(' ').at(0)).is_playing);
  CHECK(std::get<command::StepFrames>(typed(',').at(0)).frames == -1);
  CHECK(std::get<command::StepFrames>(typed('.').at(0)).frames == 1);
  CHECK(std::get<command::StepFrames>(pressed(Key::kLeft).at(0)).frames == -1);
  CHECK(std::get<command::StepFrames>(pressed(Key::kRight).at(0)).frames == 1);
  CHECK(std::get<command::Seek>(pressed(Key::kHome).at(0)).time_s == 5);
  CHECK(std::get<command::Seek>(pressed(Key::kEnd).at(0)).time_s == 20);
  for (int i = 0; i < 4; ++i)
    CHECK(std::get<command::SetLayer>(typed(static_cast<char32_t>('1' + i)).at(0)).layer == kLayers[i]);
  CHECK(std::get<command::UseCamera>(typed('o').at(0)).name == "overview");
  CHECK(std::get<command::UseCamera>(typed('P').at(0)).name == "plan");
  CHECK(std::get<command::UseCamera>(typed('r').at(0)).name == "rack:hall/row-a/rack-01");
  f.state.selected = f.find("hall/row-a/rack-02/compute-01");
  CHECK(std::get<command::UseCamera>(typed('r').at(0)).name == "rack:hall/row-a/rack-02");
  CHECK(std::get<command::Fit>(typed('f').at(0)).id == f.state.selected);
  CHECK(has<command::Follow>(typed('l')));
  CHECK(std::get<command::ShowHelp>(typed('?').at(0)).is_open);
  CHECK_FALSE(std::get<command::Select>(pressed(Key::kEscape).at(0)).id.exists());
  f.state.is_help_open = true;
  CHECK_FALSE(std::get<command::ShowHelp>(pressed(Key::kEscape).at(0)).is_open);
  CHECK(has<command::Quit>(pressed(Key::kQuit)));
  CHECK(typed('x').empty());
  CHECK(typed(U'é').empty());
}

TEST_CASE("letters typed into a text field are no commands; files dropped are opened") {
  Fixture f;
  WindowInput input;
  input.characters = U"o 1";
  input.keys = {Key::kLeft, Key::kQuit};
  const Commands commands = commands_of(input, f.state, f.around(), true);
  REQUIRE(commands.size() == 1);
  CHECK(has<command::Quit>(commands));
  input = {};
  input.dropped_files = {"a.racktwin"};
  CHECK(std::get<command::Open>(commands_of(input, f.state, f.around(), false).at(0)).path == "a.racktwin");
}

}  // namespace
}  // namespace racktwin
