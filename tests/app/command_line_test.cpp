// Transcripts: what the program answers, where, and with which exit code.
#include "app/cli/version.h"
#include "tests/app/program.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace racktwin {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

const std::string kSmall = RACKTWIN_SOURCE_DIRECTORY "/tests/scenarios/small.toml";

ProgramResult run_in(const TemporaryDirectory& directory, const std::vector<std::string>& arguments) {
  return run_program(arguments, {.directory = directory.path()});
}

std::size_t longest_line(const std::string& text) {
  std::size_t longest = 0, begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    longest = std::max(longest, end - begin);
    begin = end + 1;
  }
  return longest;
}

TEST_CASE("without arguments the program shows help with examples first") {
  const ProgramResult result = run_program({});
  CHECK(result.exit_code == 0);
  CHECK(result.err.empty());
  CHECK_THAT(result.out, Contains("Examples\n  racktwin demo"));
  CHECK(result.out.find("Examples") < result.out.find("Commands"));
  CHECK(run_program({"--help"}).out == result.out);
}

TEST_CASE("every command has help with an example") {
  for (const std::string command :
       {"run", "check", "new", "show", "shot", "view", "export", "demo", "collective", "validate", "doctor"}) {
    const ProgramResult result = run_program({command, "--help"});
    INFO(command);
    CHECK(result.exit_code == 0);
    CHECK(result.err.empty());
    CHECK_THAT(result.out, Contains("Examples\n  racktwin " + command));
    CHECK_THAT(result.out, Contains("--color"));
    CHECK(longest_line(result.out) <= 100);
  }
}

TEST_CASE("option --version: names the program and its version") {
  const ProgramResult result = run_program({"--version"});
  CHECK(result.exit_code == 0);
  CHECK(result.out == "racktwin " + std::string(version_text()) + "\n");
}

TEST_CASE("a mistyped command is answered with the nearest one") {
  const ProgramResult result = run_program({"chekc", "hall.toml"});
  CHECK(result.exit_code == 2);
  CHECK(result.out.empty());
  CHECK(result.err == "error: there is no command \"chekc\"\n   = help: did you mean \"check\"?\n");
}

TEST_CASE("a mistyped option is answered with the nearest one") {
  const ProgramResult result = run_program({"run", kSmall, "--no-recordin"});
  CHECK(result.exit_code == 2);
  CHECK(result.out.empty());
  CHECK(result.err ==
        "error: racktwin run has no option \"--no-recordin\"\n   = help: did you mean \"--no-recording\"?\n");
}

TEST_CASE("usage errors have exit code 2 and point to the help") {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"run"},
                                                    {"run", kSmall, "--set"},
                                                    {"show"},
                                                    {"export", "x.racktwin"},
                                                    {"check", kSmall, "extra"},
                                                    {"doctor", "--color", "sometimes"},
                                                    {"run", kSmall, "-o", "x", "--no-recording"}}) {
    const ProgramResult result = run_program(arguments);
    INFO(result.err);
    CHECK(result.exit_code == 2);
    CHECK(result.out.empty());
    CHECK_THAT(result.err, StartsWith("error: ") && Contains("--help"));
  }
}

TEST_CASE("a run prints its summary to standard output and messages to standard error") {
  const TemporaryDirectory directory;
  const ProgramResult result = run_in(directory, {"run", kSmall});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.out, StartsWith("Llama 3.1 8B on one rack\n") && Contains("Verdict   ") && Contains("step time"));
  CHECK(longest_line(result.out) <= 100);
  CHECK_THAT(result.out, !Contains("\x1b"));
  CHECK_THAT(result.err, StartsWith("racktwin " + std::string(version_text()) + "  Llama 3.1 8B on one rack\n") &&
                             EndsWith("wrote small.racktwin\n"));
  CHECK(std::filesystem::exists(directory.path("small.racktwin")));
  CHECK_FALSE(std::filesystem::exists(directory.path("small.racktwin-wal")));

  SECTION("show prints the same summary from the recording") {
    const ProgramResult shown = run_in(directory, {"show", "small.racktwin"});
    CHECK(shown.exit_code == 0);
    CHECK(shown.out == result.out);
    CHECK(shown.err.empty());
  }
  SECTION("a recording is not overwritten without --force") {
    const std::string before = read_text(directory.path("small.racktwin"));
    const ProgramResult again = run_in(directory, {"run", kSmall});
    CHECK(again.exit_code == 3);
    CHECK(again.out.empty());
    CHECK_THAT(again.err, Contains("small.racktwin") && Contains("--force"));
    CHECK(read_text(directory.path("small.racktwin")) == before);
    CHECK(run_in(directory, {"run", kSmall, "--force"}).exit_code == 0);
  }
  SECTION("show --waveform prints, plots and writes what the feeder sees in an iteration") {
    const ProgramResult shown = run_in(
        directory, {"show", "small.racktwin", "--waveform", "--csv", "w.csv", "--svg", "w.svg", "--iterations", "2"});
    CHECK(shown.exit_code == 0);
    CHECK_THAT(shown.out, Contains("feed, were nothing stored") && Contains("Strongest lines of the feed"));
    CHECK(longest_line(shown.out) <= 100);
    CHECK_THAT(shown.err, Contains("wrote w.csv") && Contains("wrote w.svg"));
    CHECK_THAT(read_text(directory.path("w.svg")), StartsWith("<svg"));
    const std::string csv = read_text(directory.path("w.csv"));
    CHECK_THAT(csv, StartsWith("time_s,site_power_w,site_load_w,rack_power_w,rack_dc_power_w,gpu_power_w\n0.000000,"));
    const auto json = nlohmann::json::parse(run_in(directory, {"show", "small.racktwin", "--waveform", "--json"}).out);
    const auto& feed = json["channels"]["site_power"];
    CHECK(feed["lowest_w"] < feed["mean_w"]);
    CHECK(feed["mean_w"] < feed["highest_w"]);
    const double samples = json["period_s"].get<double>() / json["sample_s"].get<double>();
    CHECK(std::count(csv.begin(), csv.end(), '\n') == 1 + 2 * std::lround(samples));
    CHECK(run_in(directory, {"show", "small.racktwin", "--waveform", "--csv", "w.csv"}).exit_code == 3);
    CHECK(run_in(directory, {"show", "small.racktwin", "--csv", "-"}).exit_code == 2);
    CHECK(run_in(directory, {"show", "small.racktwin", "--waveform", "--iterations", "0"}).exit_code == 2);
  }
  SECTION("export writes CSV once, and again with --force") {
    CHECK(run_in(directory, {"export", "small.racktwin", "--csv", "csv"}).exit_code == 0);
    CHECK_THAT(
        read_text(directory.path("csv/events.csv")),
        StartsWith("time_s,path,what,by,metric,value,limit,count,gpus_behind,gpus_lost,next_limit_s,key,setting\n"));
    CHECK(run_in(directory, {"export", "small.racktwin", "--csv", "csv"}).exit_code == 3);
    CHECK(run_in(directory, {"export", "small.racktwin", "--csv", "csv", "--force"}).exit_code == 0);
  }
}

TEST_CASE("option --json: prints one object that keeps its schema") {
  const TemporaryDirectory directory;
  const ProgramResult result = run_in(directory, {"run", kSmall, "--json", "-q"});
  CHECK(result.exit_code == 0);
  CHECK(result.err.empty());
  const auto json = nlohmann::json::parse(result.out);
  CHECK(json["schema"] == 1);
  CHECK(json["version"] == std::string(version_text()));
  CHECK(json["scenario"] == "small");
  CHECK(json["title"] == "Llama 3.1 8B on one rack");
  CHECK(json["recording"] == "small.racktwin");
  CHECK(json["verdict"].is_string());
  for (const char* key : {"step_time_s", "tokens_per_s", "mfu", "site_peak_w", "pue", "junction_max_degc",
                          "headroom_feed", "headroom_junction_k", "gpus_used"}) {
    INFO(key);
    CHECK((json[key].is_number() || json[key].is_null()));
  }
  CHECK(json["gpus_used"] == 64);
  CHECK(json["evidence"]["step_time_s"].is_string());
  CHECK(json["defaults"].is_array());
  REQUIRE(json["events"].is_array());
  const auto& events = json["events"];
  CHECK(std::any_of(events.begin(), events.end(), [](const auto& event) {
    return event["time_s"] == 60 && event["path"] == "hall/facility" && event["by"] == "scenario" &&
           event["what"].is_string();
  }));
  CHECK(run_in(directory, {"show", "small.racktwin", "--json"}).out == result.out);
}

TEST_CASE("options may stand after the command, --set takes one assignment and needs no order") {
  const TemporaryDirectory directory;
  const ProgramResult result = run_in(directory, {"run", "--set", "workload.gpus=32", "--set", "duration=30 s", kSmall,
                                                  "--no-recording", "-q", "--json", "--color=never"});
  INFO(result.err);
  CHECK(result.exit_code == 0);
  const auto json = nlohmann::json::parse(result.out);
  CHECK(json["gpus_used"] == 32);
  CHECK(json["title"] == "Llama 3.1 8B on one rack");
  CHECK(json["recording"].is_null());
  CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("a bad assignment is refused where it was written") {
  const ProgramResult result = run_program({"check", kSmall, "--set", "workload.gpus=512", "--set", "workload.gpsu=1"});
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.err, Contains("command line: workload.gpus=512") && Contains("did you mean \"gpus\"?"));
}

TEST_CASE("option --strict: gives exit code 1 when a limit is crossed") {
  const TemporaryDirectory directory;
  const std::vector<std::string> small_feed = {"run", kSmall, "--set", "power.rating=20 kW", "--no-recording", "-q"};
  CHECK(run_in(directory, small_feed).exit_code == 0);
  std::vector<std::string> strict = small_feed;
  strict.emplace_back("--strict");
  const ProgramResult result = run_in(directory, strict);
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.out, Contains("limits crossed"));
}

TEST_CASE("option --color: always colours results, never does not, NO_COLOR is for auto") {
  const TemporaryDirectory directory;
  const std::vector<std::string> arguments = {"run", kSmall, "--no-recording", "--set", "duration=10 s", "--color"};
  const auto with = [&](const std::string& when) {
    std::vector<std::string> all = arguments;
    all.push_back(when);
    return run_program(all, {.directory = directory.path(), .environment = {"NO_COLOR=1"}}).out;
  };
  CHECK_THAT(with("always"), Contains("\x1b[1m"));
  CHECK_THAT(with("never"), !Contains("\x1b"));
  CHECK_THAT(with("auto"), !Contains("\x1b"));
}

TEST_CASE("a reader that stops reading is no error and loses no recording") {
  const TemporaryDirectory directory;
  const ProgramResult result = run_program({"run", kSmall}, {.directory = directory.path(), .has_closed_pipe = true});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.err, EndsWith("wrote small.racktwin\n"));
  CHECK(run_in(directory, {"show", "small.racktwin"}).exit_code == 0);
  CHECK(run_program({"--help"}, {.has_closed_pipe = true}).exit_code == 0);
}

TEST_CASE("a full disk under standard output is an I/O error") {
  const ProgramResult result = run_program({"--help"}, {.standard_output = "/dev/full"});
  CHECK(result.exit_code == 3);
  CHECK_THAT(result.err, Contains("cannot write to standard output"));
}

TEST_CASE("Ctrl-C closes the recording and says how far the run came") {
  const TemporaryDirectory directory;
  const ProgramResult result = run_program({"run", kSmall, "--set", "duration=360 d"},
                                           {.directory = directory.path(), .interrupt_on = "to simulate\n"});
  CHECK(result.exit_code == 130);
  CHECK_THAT(result.err, Contains("interrupted after ") && Contains("; the recording small.racktwin is closed"));
  CHECK_FALSE(std::filesystem::exists(directory.path("small.racktwin-wal")));
  const ProgramResult shown = run_in(directory, {"show", "small.racktwin"});
  CHECK(shown.exit_code == 0);
  CHECK(shown.out == result.out);
}

TEST_CASE("check describes the plan and the defaults it used") {
  const ProgramResult result = run_program({"check", kSmall});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.out, StartsWith("Llama 3.1 8B on one rack\n") && Contains("72 GPUs") && Contains("64 used") &&
                             Contains("workload.dp = 16"));
  CHECK_THAT(result.err, StartsWith("ok; next: racktwin run "));
}

TEST_CASE("new writes a scenario that check accepts, and never replaces a file unasked") {
  const TemporaryDirectory directory;
  CHECK(run_in(directory, {"new", "mine.toml"}).exit_code == 0);
  CHECK(run_in(directory, {"new"}).out == read_text(directory.path("mine.toml")));
  CHECK(run_in(directory, {"check", "mine.toml"}).exit_code == 0);
  const ProgramResult again = run_in(directory, {"new", "mine.toml"});
  CHECK(again.exit_code == 3);
  CHECK_THAT(again.err, Contains("--force"));
  CHECK(run_in(directory, {"new", "mine.toml", "--force"}).exit_code == 0);
}

TEST_CASE("show and export refuse what is no recording") {
  const TemporaryDirectory directory;
  write_text(directory.path("not.racktwin"), "just text, and enough of it to be no database at all\n");
  CHECK(run_in(directory, {"show", "not.racktwin"}).exit_code == 2);
  CHECK(run_in(directory, {"show", "nowhere.racktwin"}).exit_code == 3);
  CHECK(run_in(directory, {"export", "nowhere.racktwin", "--csv", "csv"}).exit_code == 3);
  const ProgramResult scenario = run_program({"show", kSmall});
  CHECK(scenario.exit_code == 2);
  CHECK_THAT(scenario.err, Contains("racktwin check") && Contains("racktwin run"));
}

TEST_CASE("files that cannot be read or written are I/O errors") {
  const TemporaryDirectory directory;
  CHECK(run_in(directory, {"run", "nowhere.toml"}).exit_code == 3);
  CHECK(run_in(directory, {"run", kSmall, "-o", "nowhere/x.racktwin"}).exit_code == 3);
  CHECK(run_in(directory, {"new", "nowhere/x.toml"}).exit_code == 3);
}

TEST_CASE("option --trace: draws the first step, whole or not at all, and replaces none unasked") {
  const TemporaryDirectory directory;
  const ProgramResult result = run_in(directory, {"run", kSmall, "--trace", "step.json", "--json"});
  CHECK(result.exit_code == 0);
  const auto summary = nlohmann::json::parse(result.out);
  CHECK_THAT(result.err, Contains("wrote step.json: 6 of 6 classes of GPUs, ") && Contains("ui.perfetto.dev"));
  const auto trace = nlohmann::json::parse(read_text(directory.path("step.json")));
  CHECK(trace["otherData"]["version"] == std::string(version_text()));
  CHECK(trace["otherData"]["scenario"] == "small");
  double end_us = 0;
  for (const auto& event : trace["traceEvents"])
    if (event["ph"] == "X") end_us = std::max(end_us, event["ts"].get<double>() + event["dur"].get<double>());
  CHECK(end_us == Approx(1e6 * summary["step_time_s"].get<double>()).margin(0.001));

  const std::string before = read_text(directory.path("step.json"));
  const ProgramResult again = run_in(directory, {"run", kSmall, "--trace", "step.json", "--no-recording"});
  CHECK(again.exit_code == 3);
  CHECK(again.out.empty());
  CHECK_THAT(again.err, Contains("step.json") && Contains("--force"));
  CHECK(run_in(directory, {"run", kSmall, "--trace", "step.json", "--no-recording", "--force"}).exit_code == 0);
  CHECK(read_text(directory.path("step.json")) == before);  // the same input, the same file

  SECTION("a run that is refused leaves no trace") {
    CHECK(run_in(directory, {"run", kSmall, "--trace", "other.json"}).exit_code == 3);  // small.racktwin exists
    CHECK(run_in(directory, {"run", kSmall, "--trace", "other.json", "--set", "workload.gpus=7"}).exit_code == 2);
    CHECK(run_in(directory, {"run", kSmall, "--trace", "small.racktwin", "--force"}).exit_code == 2);
    CHECK(run_in(directory, {"run", kSmall, "--trace", "./x", "-o", "x"}).exit_code == 2);
    CHECK(run_in(directory, {"run", kSmall, "--trace", kSmall, "--force", "--no-recording"}).exit_code == 2);
    CHECK(run_in(directory, {"run", kSmall, "--trace", "nowhere/x.json", "--no-recording"}).exit_code == 3);
    CHECK(run_in(directory, {"run", kSmall, "--trace", ".", "--force", "--no-recording"}).exit_code == 3);
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
      CAPTURE(entry.path());
      ++files;
      CHECK((entry.path().filename() == "step.json" || entry.path().filename() == "small.racktwin"));
    }
    CHECK(files == 2);
  }
}

TEST_CASE("a recording never replaces its own scenario") {
  const TemporaryDirectory directory;
  write_text(directory.path("mine.toml"), read_text(kSmall));
  CHECK(run_in(directory, {"run", "mine.toml", "-o", "mine.toml", "--force"}).exit_code == 2);
  CHECK(read_text(directory.path("mine.toml")) == read_text(kSmall));
}

TEST_CASE("demo writes out/demo.racktwin and pictures, again if asked again, and says what to do next") {
  const TemporaryDirectory directory;
  for (int i = 0; i < 2; ++i) {
    const ProgramResult result = run_in(directory, {"demo", "--no-view"});
    CHECK(result.exit_code == 0);
    CHECK_THAT(result.err, Contains("wrote out/demo.racktwin\n") && Contains("next: racktwin view out/demo.racktwin"));
    CHECK(std::filesystem::exists(directory.path("out/demo.racktwin")));
    for (const std::string layer : {"power", "temperature", "utilization", "clock"})
      for (const std::string camera : {"overview", "rack"}) {
        INFO(layer << ", " << camera);
        CHECK(std::filesystem::exists(directory.path("out/demo-" + layer + "-" + camera + ".png")));
      }
  }
}

TEST_CASE("a display that is dead costs the demo its window, and nothing else") {
  const TemporaryDirectory directory;
  const ProgramResult result =
      run_program({"demo", "--color", "always"},
                  {.directory = directory.path(), .environment = {"DISPLAY=:987", "WAYLAND_DISPLAY="}});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.err, Contains("there is no display that a window could be opened on") &&
                             Contains("the pictures are in out\n") && Contains("next: racktwin view"));
  CHECK_THAT(result.err, Contains("\x1b["));  // the viewer's error, in colour as told
  CHECK(std::filesystem::exists(directory.path("out/demo-power-overview.png")));
  const ProgramResult neither = run_program(
      {"demo", "-q"},
      {.directory = directory.path(), .environment = {"DISPLAY=:987", "WAYLAND_DISPLAY=", "RACKTWIN_GL_DEVICE=99"}});
  CHECK(neither.exit_code == 4);
  CHECK_THAT(neither.err, Contains("EGL device 99") && Contains("there is no display") && !Contains("opening"));
}

TEST_CASE("doctor finds the catalogue, and says so if it does not") {
  const TemporaryDirectory directory;
  const ProgramResult result = run_in(directory, {"doctor"});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.out, Contains("catalogue          " RACKTWIN_SOURCE_DIRECTORY "/racks") && Contains(", writable"));
  CHECK_THAT(result.out, Contains("\ngraphics ") && Contains("\nwithout a display  EGL "));
  for (const char* racks : {"RACKTWIN_RACKS=", "RACKTWIN_RACKS=nowhere"})
    CHECK(run_program({"doctor"}, {.directory = directory.path(), .environment = {racks}}).exit_code ==
          (std::string(racks).back() == '=' ? 0 : 3));
  const ProgramResult lost = run_in(directory, {"doctor", "--racks", "nowhere"});
  CHECK(lost.exit_code == 3);
  CHECK_THAT(lost.out, Contains("not usable"));
}

}  // namespace
}  // namespace racktwin
