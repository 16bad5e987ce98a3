// `racktwin shot` as a user meets it: pictures, provenance, and every way in which it can go wrong.
#include "render/image/image.h"
#include "tests/app/program.h"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace racktwin {
namespace {

using Catch::Contains;
using Arguments = std::vector<std::string>;

const std::string kSmall = RACKTWIN_SOURCE_DIRECTORY "/tests/scenarios/small.toml";

ProgramResult run_in(const TemporaryDirectory& directory, const Arguments& arguments,
                     std::vector<std::string> environment = {}) {
  ProgramOptions options;
  options.directory = directory.path();
  options.environment = std::move(environment);
  return run_program(arguments, options);
}

// A directory with small.racktwin in it.
struct RecordedDirectory : TemporaryDirectory {
  RecordedDirectory() { REQUIRE(run_in(*this, {"run", kSmall, "-q"}).exit_code == 0); }
};

int pictures_in(const TemporaryDirectory& directory) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path()))
    count += entry.path().extension() == ".racktwin" ? 0 : 1;
  return count;
}

TEST_CASE("shot draws a picture of the size that was asked for, and says where its numbers come from") {
  const RecordedDirectory directory;
  const ProgramResult result = run_in(directory, {"shot", "small.racktwin", "--layer", "temperature", "--at", "1min",
                                                  "--size", "800x600", "-o", "a.png"});
  INFO(result.err);
  CHECK(result.exit_code == 0);
  CHECK(result.out.empty());
  CHECK(result.err == "wrote a.png\n");
  PngText text;
  const Result<Image> image = read_png(directory.path("a.png"), &text);
  REQUIRE(image);
  CHECK(image->width == 800);
  CHECK(image->height == 600);
  const auto value = [&](const std::string& key) {
    const auto found = std::find_if(text.begin(), text.end(), [&](const auto& pair) { return pair.first == key; });
    return found == text.end() ? std::string() : found->second;
  };
  CHECK(value("Title") == "Llama 3.1 8B on one rack");
  CHECK_THAT(value("Software"), Contains("racktwin "));
  CHECK(value("Source") == "small.racktwin");
  CHECK(value("Scenario hash").size() == 16);
  CHECK(value("Simulated time") == "60 s");
  CHECK_THAT(value("Metric"), Contains("gpu_junction [degC]") && Contains("evidence: assumed"));
}

TEST_CASE("shot names a picture after recording, layer, camera and the time asked for, and replaces none unasked") {
  const RecordedDirectory directory;
  const Arguments arguments = {"shot", "small.racktwin", "--camera", "plan", "--size", "640x480"};
  CHECK(run_in(directory, arguments).err == "wrote small-power-plan.png\n");
  const ProgramResult again = run_in(directory, arguments);
  CHECK(again.exit_code == 3);
  CHECK_THAT(again.err, Contains("small-power-plan.png") && Contains("--force"));
  Arguments forced = arguments;
  forced.push_back("--force");
  CHECK(run_in(directory, forced).exit_code == 0);
  Arguments earlier = arguments;
  earlier.insert(earlier.end(), {"--at", "0:01:00"});
  CHECK(run_in(directory, earlier).err == "wrote small-power-plan-0h01m00s.png\n");
}

TEST_CASE("shot refuses what it cannot draw, all at once, and writes nothing") {
  const RecordedDirectory directory;
  const ProgramResult all = run_in(
      directory, {"shot", "small.racktwin", "--layer", "powr", "--size", "0x10", "--at", "12", "--theme", "red"});
  CHECK(all.exit_code == 2);
  CHECK_THAT(all.err, Contains("did you mean \"power\"?") && Contains("0 x 10 pixels") && Contains("--at 12min") &&
                          Contains("one of light, dark") && Contains("4 errors"));
  struct Case {
    Arguments options;
    std::string says;
  };
  for (const Case& c :
       {Case{{"--size", "100000x100000"}, "8192x8192"}, Case{{"--size", "big"}, "1920x1080"},
        Case{{"--size", "-5x10"}, "pixels"},
        Case{{"--layer", "noise"}, "one of power, temperature, utilization, clock"},
        Case{{"--camera", "overvew"}, "overview"}, Case{{"--camera", "rack:hall/row-a/rack-1"}, "hall/row-a/rack-01"},
        Case{{"--at", "-1s"}, "before the start"}, Case{{"--at", "3 h"}, "later than the recording goes"},
        Case{{"--at", "12 kW"}, "time"}, Case{{"--at", "0:61:00"}, "0:12:00"},
        Case{{"--at", "2:00:00"}, "120min is later than the recording goes"},
        Case{{"--at", "2:00:00"}, "--at 0s to --at 2min"}, Case{{"--layer", "temp"}, "did you mean \"temperature\"?"},
        Case{{"--theme", "ligth"}, "did you mean \"light\"?"}, Case{{"-o", "a.jpg"}, "\"a.png\""},
        Case{{"-o", "a"}, "a picture is a PNG"}}) {
    Arguments arguments = {"shot", "small.racktwin"};
    arguments.insert(arguments.end(), c.options.begin(), c.options.end());
    const ProgramResult result = run_in(directory, arguments);
    INFO(c.options[0] << " " << c.options[1] << "\n" << result.err);
    CHECK(result.exit_code == 2);
    CHECK_THAT(result.err, Contains(c.says));
  }
  CHECK(pictures_in(directory) == 0);
}

TEST_CASE("shot of a recording that is missing, foreign, empty, cut off or a scenario says so") {
  const RecordedDirectory directory;
  write_text(directory.path("foreign.racktwin"), "not a recording, but long enough to look at: 0123456789\n");
  write_text(directory.path("empty.racktwin"), "");
  const std::string whole = read_text(directory.path("small.racktwin"));
  write_text(directory.path("cut.racktwin"), whole.substr(0, whole.size() / 2));
  struct Case {
    std::string file;
    int exit_code;
  };
  for (const Case& c : {Case{"missing.racktwin", 3}, Case{"foreign.racktwin", 2}, Case{"empty.racktwin", 2},
                        Case{"cut.racktwin", 2}, Case{kSmall, 2}}) {
    const ProgramResult result = run_in(directory, {"shot", c.file});
    INFO(c.file << "\n" << result.err);
    CHECK(result.exit_code == c.exit_code);
    CHECK_THAT(result.err, Contains("error: ") && Contains(c.file));
  }
  CHECK(pictures_in(directory) == 0);
}

TEST_CASE("shot draws what there is of a run that was cut off") {
  const TemporaryDirectory directory;
  ProgramOptions options;
  options.directory = directory.path();
  options.interrupt_on = "to simulate";
  run_program({"run", kSmall, "--pace", "30"}, options);
  const ProgramResult result = run_in(directory, {"shot", "small.racktwin", "--size", "640x480", "-o", "a.png"});
  INFO(result.err);
  CHECK(result.exit_code == 0);
}

TEST_CASE("shot takes the time as pictures print it") {
  const RecordedDirectory directory;
  REQUIRE(
      run_in(directory, {"shot", "small.racktwin", "--at", "0:01:00", "--size", "640x480", "-o", "a.png"}).exit_code ==
      0);
  REQUIRE(run_in(directory, {"shot", "small.racktwin", "--at", "60 s", "--size", "640x480", "-o", "b.PNG"}).exit_code ==
          0);
  CHECK(read_text(directory.path("a.png")) == read_text(directory.path("b.PNG")));
}

TEST_CASE("shot writes its picture to standard output, and into a pipe") {
  const RecordedDirectory directory;
  const auto shot = [&](const std::string& output) {
    return run_in(directory, {"shot", "small.racktwin", "--size", "640x480", "-o", output});
  };
  REQUIRE(shot("a.png").exit_code == 0);
  const std::string picture = read_text(directory.path("a.png"));
  for (const char* output : {"-", "/dev/stdout"}) {
    const ProgramResult result = shot(output);
    INFO(output);
    CHECK(result.exit_code == 0);
    CHECK(result.out == picture);
    CHECK(result.err.empty());
  }
  CHECK(shot("/dev/null").exit_code == 0);
  ProgramOptions closed;
  closed.directory = directory.path();
  closed.has_closed_pipe = true;
  CHECK(run_program({"shot", "small.racktwin", "-o", "-"}, closed).exit_code == 0);
  ProgramOptions full;
  full.directory = directory.path();
  full.standard_output = "/dev/full";
  CHECK(run_program({"shot", "small.racktwin", "-o", "-"}, full).exit_code == 3);
}

TEST_CASE("a picture is not written to a terminal") {
  const RecordedDirectory directory;
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  REQUIRE(terminal >= 0);
  REQUIRE(::grantpt(terminal) == 0);
  REQUIRE(::unlockpt(terminal) == 0);
  ProgramOptions options;
  options.directory = directory.path();
  options.standard_output = ::ptsname(terminal);
  for (const std::string& output : {std::string("-"), options.standard_output}) {
    const ProgramResult result = run_program({"shot", "small.racktwin", "-o", output}, options);
    CHECK(result.exit_code == 2);
    CHECK_THAT(result.err, Contains("not written to a terminal") && Contains("-o FILE.png"));
  }
  ::close(terminal);
}

TEST_CASE("a picture of the window says the time of the frame that it shows") {
  const RecordedDirectory directory;
  const ProgramResult result =
      run_in(directory, {"view", "small.racktwin", "--at", "63s", "--size", "1280x720", "--screenshot", "a.png"});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  PngText text;
  REQUIRE(read_png(directory.path("a.png"), &text));
  CHECK(std::find(text.begin(), text.end(), std::pair<std::string, std::string>("Simulated time", "60 s")) !=
        text.end());
  CHECK(run_in(directory, {"view", "small.racktwin", "--screenshot", "a.jpg"}).exit_code == 2);
}

TEST_CASE("a state file replaces one of its kind, and nothing else unasked") {
  const RecordedDirectory directory;
  const auto view = [&](std::vector<std::string> more = {}) {
    Arguments arguments = {"view",         "small.racktwin", "--size",       "1280x720",
                           "--screenshot", "a.png",          "--state-file", "state"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    std::filesystem::remove(directory.path("a.png"));
    return run_in(directory, arguments);
  };
  CHECK(view().exit_code == 0);
  CHECK(view().exit_code == 0);
  write_text(directory.path("state"), "my thesis");
  const ProgramResult refused = view();
  CHECK(refused.exit_code == 3);
  CHECK_THAT(refused.err, Contains("no state file") && Contains("--force"));
  CHECK(read_text(directory.path("state")) == "my thesis");
  CHECK(view({"--force"}).exit_code == 0);
  CHECK_THAT(read_text(directory.path("state")), Catch::StartsWith("{\"time_s\":"));
}

TEST_CASE("without OpenGL, shot ends with 4 and says what was tried and what to install") {
  const RecordedDirectory directory;
  const ProgramResult result = run_in(directory, {"shot", "small.racktwin"}, {"RACKTWIN_GL_DEVICE=99"});
  CHECK(result.exit_code == 4);
  CHECK_THAT(result.err, Contains("tried EGL device 99") && Contains("RACKTWIN_GL_DEVICE"));
  const ProgramResult doctor = run_in(directory, {"doctor"}, {"RACKTWIN_GL_DEVICE=99"});
  CHECK(doctor.exit_code == 4);
  CHECK_THAT(doctor.out, Contains("graphics") && Contains("none"));
}

}  // namespace
}  // namespace racktwin
