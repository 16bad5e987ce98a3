#include "sim/error_text.h"
#include "sim/plan/parse_plan.h"
#include "sim/plan/resolve_workload.h"
#include "tests/sim/flagship.h"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>

namespace racktwin {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMinimal = R"(title = "minimal"
duration = "1 min"
[site]
rack = "gb200-nvl72"
fabric = "ndr-rail-2tier"
racks_per_row = 1
[cooling]
cdu = "vertiv-xdu1350"
facility = "dry-cooler-loop"
[power]
feed = "feed-415v"
rating = "200 kW"
[weather]
dry_bulb = "20 degC"
[workload]
task = "pretrain"
model = "llama3.1-8b"
precision = "bf16"
gpus = 8
tp = 2
cp = 1
pp = 1
micro_batch = 1
global_batch = 16
sequence = 8192
)";

// A folder of scenarios that goes away with the test.
class Folder {
 public:
  Folder() {
    static int number = 0;
    path_ = fs::temp_directory_path() /
            ("racktwin-plan-test-" + std::to_string(::getpid()) + "-" + std::to_string(++number));
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
    return (path_ / name).string();
  }

 private:
  fs::path path_;
};

std::string with(std::string text, const std::string& what, const std::string& by) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

Result<Plan> load(const std::string& text, const std::vector<std::string>& assignments = {}) {
  const Folder folder;
  return load_plan(folder.write("scenario.toml", text), assignments, test_catalog());
}

Plan loaded(const std::string& text, const std::vector<std::string>& assignments = {}) {
  Result<Plan> plan = load(text, assignments);
  if (!plan) FAIL(format_errors(plan.error(), false));
  return std::move(*plan);
}

std::map<std::string, std::string> defaults_of(const Plan& plan) {
  std::map<std::string, std::string> values;
  for (const DefaultUsed& d : plan.defaults) {
    CHECK_FALSE(d.reason.empty());
    CHECK(values.emplace(d.key, d.value).second);
  }
  return values;
}

// ------------------------------------------------------------------------------------------------- what is read

TEST_CASE("the flagship scenario is read as it is written") {
  const Plan plan = flagship({});
  CHECK(plan.name == "gb200-su-llama405b");
  CHECK(plan.duration_s == 1800);
  CHECK(plan.step_s == 1);
  CHECK(plan.frame_s == 5);
  CHECK(plan.site.racks.size() == 8);
  CHECK(plan.gpus() == 576);
  CHECK(plan.cooling.facility_supply_degc == Approx(25));
  CHECK(plan.power.feed_rating_w == Approx(1.25e6));
  CHECK(plan.weather.at(0).dry_bulb_degc == Approx(17));
  const Workload& w = plan.workload;
  CHECK(w.model.layers == 126);
  CHECK(w.precision == Precision::kFp8);
  CHECK(w.parallelism.ranks() == 512);
  CHECK(w.ranks_per_domain == 64);
  CHECK(w.micro_batches() == 112);
  CHECK(w.embedding_and_loss_count_as_layers);
}

TEST_CASE("every scenario of the catalogue loads") {
  for (const auto& entry : fs::directory_iterator(RACKTWIN_SOURCE_DIRECTORY "/racks/scenarios")) {
    const Result<Plan> plan = load_plan(entry.path().string(), {}, test_catalog());
    INFO(entry.path().string());
    if (!plan) INFO(format_errors(plan.error(), false));
    CHECK(plan);
  }
}

TEST_CASE("racks stand in rows with an aisle between them") {
  const Plan plan = loaded(with(with(kMinimal, "racks_per_row = 1", "rows = 28\nracks_per_row = 3\nname = \"site\""),
                                "ndr-rail-2tier", "superpod-gb200-ndr"));
  REQUIRE(plan.site.racks.size() == 84);
  CHECK(plan.site.racks[0].path == "site/row-a/rack-01");
  CHECK(plan.site.racks[4].path == "site/row-b/rack-02");
  CHECK(plan.site.racks[77].path == "site/row-z/rack-03");
  CHECK(plan.site.racks[78].path == "site/row-aa/rack-01");
  CHECK(plan.site.racks[83].path == "site/row-ab/rack-03");
  CHECK(plan.site.racks[4].x_m == Approx(0.6));
  CHECK(plan.site.racks[4].y_m == Approx(1.068 + 2.4));
}

TEST_CASE("events are sorted by time and know when they end") {
  const Plan plan = flagship({});
  REQUIRE(plan.events.size() == 2);
  CHECK(plan.events[0].kind == EventKind::kFacilitySupply);
  CHECK(plan.events[0].time_s == 600);
  CHECK(plan.events[0].until_s == std::numeric_limits<double>::infinity());
  CHECK(plan.events[0].value == Approx(40));
  CHECK(plan.events[1].kind == EventKind::kPumpSpeed);
  CHECK(plan.events[1].path == "hall/cdu-1/pump-2");
  CHECK(plan.events[1].time_s == 1200);
  CHECK(plan.events[1].until_s == 1500);
  CHECK(plan.events[1].value == 0);
  CHECK(plan.events[1].what == "pump tripped");

  const Plan limited = loaded(std::string(kMinimal) + R"(
[[event]]
at = "30 s"
path = "hall/row-a/rack-01/compute-02/gpu-1"
clock_limit = "60 %"
[[event]]
at = "10 s"
for = "5 s"
path = "hall/row-a/rack-01"
clock_limit = 0.5
)");
  REQUIRE(limited.events.size() == 2);
  CHECK(limited.events[0].value == 0.5);
  CHECK(limited.events[0].until_s == 15);
  CHECK(limited.events[1].value == Approx(0.6));
}

TEST_CASE("the command line wins over the file and the file over what it includes") {
  const Folder folder;
  folder.write("base.toml", kMinimal);
  const std::string file =
      folder.write("scenario.toml", "include = [\"base.toml\"]\ntitle = \"mine\"\n[workload]\nglobal_batch = 32\n");
  const Result<Plan> plan = load_plan(file, {}, test_catalog());
  REQUIRE(plan);
  CHECK(plan->title == "mine");
  CHECK(plan->workload.global_batch == 32);
  CHECK(plan->workload.sequence == 8192);
  const Result<Plan> set =
      load_plan(file, {"workload.global_batch=64", "title=yours", "duration=2 min"}, test_catalog());
  REQUIRE(set);
  CHECK(set->title == "yours");
  CHECK(set->duration_s == 120);
  CHECK(set->workload.global_batch == 64);
  CHECK(set->workload.sequence == 8192);
}

TEST_CASE("an include that is missing or goes in a circle is an error at its line") {
  const Folder folder;
  const std::string circle = folder.write("circle.toml", "title = \"x\"\ninclude = [\"circle.toml\"]\n");
  const Result<Plan> round = load_plan(circle, {}, test_catalog());
  REQUIRE_FALSE(round);
  CHECK(round.error().front().message == "\"circle.toml\" includes itself");
  CHECK(round.error().front().loc.line == 2);
  const Result<Plan> missing = load_plan(folder.write("a.toml", "\ninclude = [\"b.toml\"]\n"), {}, test_catalog());
  REQUIRE_FALSE(missing);
  CHECK(missing.error().front().loc.line == 2);
}

TEST_CASE("a scenario names whose kernels run by the words that reports print") {
  for (const Kernels kernels : {Kernels::kNative, Kernels::kFlash2, Kernels::kCompiled, Kernels::kEager})
    CHECK(loaded(kMinimal, {"workload.kernels=" + std::string(kernels_word(kernels))}).workload.kernels == kernels);
}

TEST_CASE("what the command line sets is part of the scenario that a run records") {
  const Plan plain = loaded(kMinimal), set = loaded(kMinimal, {"workload.global_batch=32"});
  CHECK(plain.text != set.text);
}

// ------------------------------------------------------------------------------------------------- defaults

TEST_CASE("every default of the workload is listed with its reason") {
  const auto defaults = defaults_of(loaded(kMinimal));
  CHECK(defaults.at("workload.dp") == "4");
  CHECK(defaults.at("workload.order") == "tp-cp-dp-pp");
  CHECK(defaults.at("workload.gpus_per_domain") == "8");
  CHECK(defaults.at("workload.embedding_and_loss_count_as_layers") == "false");
  CHECK(defaults.at("workload.overlap_tensor_parallel") == "false");
  CHECK(defaults.at("workload.overlap_grad_reduce") == "true");
  CHECK(defaults.at("workload.recompute") == "none");
  CHECK(defaults.count("cooling.facility_supply") == 1);
  CHECK(defaults.count("cooling.facility_rated_heat") == 1);
}

TEST_CASE("every default of the plant and the run is listed") {
  const auto defaults = defaults_of(loaded(kMinimal));
  for (const char* key : {"step", "frame", "site.rows", "cooling.cdus", "cooling.tcs_flow", "workload.vp"}) {
    CAPTURE(key);
    CHECK(defaults.count(key) == 1);
  }
}

TEST_CASE("what is stated is not listed as a default") {
  const auto defaults = defaults_of(flagship({}));
  for (const char* key : {"workload.dp", "workload.order", "workload.gpus_per_domain", "cooling.facility_supply",
                          "workload.embedding_and_loss_count_as_layers"})
    CHECK(defaults.count(key) == 0);
  CHECK(defaults.count("workload.recompute") == 1);
}

TEST_CASE("recompute that is not stated is the least that fits") {
  const Plan plan = loaded(kMinimal, {"workload.model=llama3.1-70b", "workload.gpus=16", "workload.tp=8",
                                      "workload.sequence=32768", "workload.micro_batch=2"});
  CHECK(plan.workload.recompute == Recompute::kFull);
  CHECK(plan.workload.recomputed_layers > 0);
  CHECK(plan.workload.recomputed_layers < 1);
  CHECK(defaults_of(plan).at("workload.recompute").rfind("full, ", 0) == 0);
}

TEST_CASE("a step of any length has a frame of whole steps by default") {
  for (const char* step : {"0.3 s", "2 s", "3 s", "7 s", "10 s"}) {
    CAPTURE(step);
    CHECK(load(std::string("step = \"") + step + "\"\n" + kMinimal));
  }
}

// ------------------------------------------------------------------------------------------------- errors

TEST_CASE("all errors of a scenario are reported at once with their lines") {
  std::string text = with(kMinimal, "duration = \"1 min\"", "duration = \"1 kW\"");
  text = with(text, "rating = \"200 kW\"", "rating = 200");
  text = with(text, "model = \"llama3.1-8b\"", "model = \"llama3.1-8c\"");
  text = with(text, "precision = \"bf16\"", "precission = \"bf16\"");
  text = with(text, "global_batch = 16", "global_batch = 0");
  const Result<Plan> plan = load(text);
  REQUIRE_FALSE(plan);
  std::map<int, Error> at;
  for (const Error& error : plan.error()) at.emplace(error.loc.line, error);
  REQUIRE(at.count(2) == 1);   // duration
  REQUIRE(at.count(12) == 1);  // rating
  REQUIRE(at.count(17) == 1);  // model
  REQUIRE(at.count(18) == 1);  // precision
  REQUIRE(at.count(24) == 1);  // global_batch
  CHECK(at[17].hint == "did you mean \"llama3.1-8b\"?");
  CHECK(at[18].hint.find("precision") != std::string::npos);
  for (const Error& error : plan.error()) CHECK(error.code == ErrorCode::kBadInput);
}

TEST_CASE("names are answered with the nearest that exists") {
  const auto hint_of = [](const char* what, const char* by) {
    const Result<Plan> plan = load(with(kMinimal, what, by));
    REQUIRE_FALSE(plan);
    return plan.error().front().hint;
  };
  CHECK(hint_of("\"gb200-nvl72\"", "\"gb200-nvl27\"") == "did you mean \"gb200-nvl72\"?");
  CHECK(hint_of("\"ndr-rail-2tier\"", "\"ndr-rail-2tire\"") == "did you mean \"ndr-rail-2tier\"?");
  CHECK(hint_of("\"bf16\"", "\"bf61\"") == "did you mean \"bf16\"?");
  CHECK(hint_of("\"pretrain\"", "\"pretrian\"") == "did you mean \"pretrain\"?");
}

TEST_CASE("a misspelt rack is one error, not a complaint about everything that depends on it") {
  const Result<Plan> plan = load(with(kMinimal, "\"gb200-nvl72\"", "\"gb200-nvl27\""));
  REQUIRE_FALSE(plan);
  CHECK(plan.error().size() == 1);
}

TEST_CASE("a misspelt key is one error that names the key that was meant") {
  std::string text = with(kMinimal, "duration = ", "duratoin = ");
  text = with(text, "racks_per_row = ", "rack_per_row = ");
  text = with(text, "[weather]", "[wether]");
  const Result<Plan> plan = load(text);
  REQUIRE_FALSE(plan);
  REQUIRE(plan.error().size() == 3);
  CHECK(plan.error()[0].message == "unknown key \"duratoin\"");
  CHECK(plan.error()[0].hint == "did you mean \"duration\"?");
  CHECK(plan.error()[1].hint == "did you mean \"racks_per_row\"?");
  CHECK(plan.error()[2].hint == "did you mean \"weather\"?");
}

TEST_CASE("air-cooled racks need no CDU, and nothing is said about what a liquid would do") {
  const std::vector<std::string> air = {"site.rack=hgx-h100", "site.racks_per_row=2", "workload.gpus_per_domain=8"};
  std::string text = with(kMinimal, "cdu = \"vertiv-xdu1350\"\n", "");
  const Result<Plan> plan = load(text, air);
  INFO((plan ? std::string() : format_errors(plan.error(), false)));
  REQUIRE(plan);
  CHECK(plan->warnings.empty());
  CHECK(plan->cooling.cdus == 0);
  for (const char* key : {"cooling.cdus", "cooling.tcs_flow", "cooling.facility_supply"})
    CHECK(defaults_of(*plan).count(key) == 0);

  const Result<Plan> with_cdu = load(kMinimal, air);
  REQUIRE(with_cdu);
  CHECK(with_cdu->warnings == std::vector<std::string>{"cooling.cdu has no effect: hgx-h100 is air-cooled"});

  const Result<Plan> liquid = load(text);
  REQUIRE_FALSE(liquid);
  CHECK(liquid.error().front().message == "missing key \"cdu\"");
}

TEST_CASE("an event on coolant that is not there is refused") {
  for (const char* event : {"path = \"hall/cdu-1/pump-1\"\nstate = \"tripped\"\n",
                            "path = \"hall/facility\"\nsupply_temperature = \"40 degC\"\n"}) {
    const Result<Plan> plan = load(std::string(kMinimal) + "[[event]]\nat = \"1 s\"\n" + event,
                                   {"site.rack=hgx-h100", "site.racks_per_row=2", "workload.gpus_per_domain=8"});
    REQUIRE_FALSE(plan);
    CHECK(plan.error().size() == 1);
    CHECK(plan.error().front().message == "hgx-h100 is air-cooled: there is no pump and no facility water");
  }
}

TEST_CASE("events must act on something that exists and set one thing") {
  const auto message_of = [](const std::string& event) {
    const Result<Plan> plan = load(std::string(kMinimal) + "[[event]]\nat = \"1 s\"\n" + event);
    REQUIRE_FALSE(plan);
    return plan.error().front().message + " | " + plan.error().front().hint;
  };
  CHECK(message_of("path = \"hall/facilty\"\nsupply_temperature = \"40 degC\"\n").find("\"hall/facility\"") !=
        std::string::npos);
  CHECK(message_of("path = \"hall/cdu-1/pump-9\"\nstate = \"tripped\"\n").find("\"hall/cdu-1/pump-") !=
        std::string::npos);
  CHECK(message_of("path = \"hall/row-a/rack-01/compute-7/gpu-2\"\nclock_limit = 0.5\n").find("compute-07/gpu-2") !=
        std::string::npos);
  CHECK(message_of("path = \"hall/facility\"\n").find("none") != std::string::npos);
  CHECK(message_of("path = \"hall/cdu-1/pump-1\"\nstate = \"tripped\"\nspeed = 0.5\n").find("several") !=
        std::string::npos);
  CHECK(message_of("path = \"hall/cdu-1/pump-1\"\nstate = \"broken\"\n").find("\"tripped\"") != std::string::npos);
}

TEST_CASE("jobs that cannot be are refused with the arithmetic") {
  const auto message_of = [](const std::vector<std::string>& assignments) {
    const Result<Plan> plan = load(kMinimal, assignments);
    REQUIRE_FALSE(plan);
    return plan.error().front().message;
  };
  CHECK(message_of({"workload.tp=3"}).find("8 GPUs do not divide into tp x cp x pp = 3 x 1 x 1 = 3") == 0);
  CHECK(message_of({"workload.dp=3"}).find("= 6, but the job asks for 8 GPUs") != std::string::npos);
  CHECK(message_of({"workload.vp=2"}).find("interleaving") == 0);
  CHECK(message_of({"workload.global_batch=15"}).find("15 does not divide by micro_batch x dp = 1 x 4 = 4") !=
        std::string::npos);
  CHECK(message_of({"workload.pp=8", "workload.tp=1", "workload.vp=5"}).find("8 stages x 5 chunks are more than") == 0);
  CHECK(message_of({"workload.sequence=8191"}).find("a sequence of 8191 does not divide by tp") != std::string::npos);
  CHECK(message_of({"workload.cp=4", "workload.sequence=8190"}).find("does not divide by 2 x cp = 8") !=
        std::string::npos);
  CHECK(message_of({"workload.gpus=96", "workload.tp=8"}).find("the job asks for 96 GPUs, the site has 72") == 0);
  CHECK(message_of({"workload.gpus_per_domain=73"}).find("an NVLink domain") == 0);
  CHECK(message_of({"workload.gpus_per_domain=4"}).find("the job needs 2 NVLink domains") == 0);
  CHECK(message_of({"workload.order=tp-cp-dp"}).find("no rank order") != std::string::npos);
  CHECK(message_of({"workload.order=tp-cp-dp-dp"}).find("no rank order") != std::string::npos);
  CHECK(message_of({"workload.gpus=64", "workload.tp=64"}).find("32 attention heads do not divide") == 0);
}

TEST_CASE("a precision that the chip does not have is refused") {
  const Result<Plan> plan = load(with(kMinimal, "\"gb200-nvl72\"", "\"hgx-h100\""), {"workload.precision=nvfp4"});
  REQUIRE_FALSE(plan);
  CHECK(plan.error().front().message.find("no nvfp4 performance") != std::string::npos);
}

TEST_CASE("ep in the rank order moves nobody") {
  const Plan plan = loaded(kMinimal, {"workload.order=tp-cp-ep-dp-pp"});
  CHECK(plan.workload.parallelism.order ==
        std::array<Axis, 4>{Axis::kTensor, Axis::kContext, Axis::kData, Axis::kPipeline});
}

TEST_CASE("the overlap that is asked for is the overlap that runs") {
  // Context-parallel ranks reduce gradients too, also without data parallelism.
  const Plan plan = loaded(kMinimal, {"workload.cp=4", "workload.overlap_grad_reduce=false"});
  CHECK(plan.workload.parallelism.dp == 1);
  CHECK_FALSE(plan.workload.overlap_grad_reduce);
}

TEST_CASE("a table row and a scenario resolve to the same workload") {
  WorkloadRequest request;
  request.model = test_catalog().model("llama3.1-8b").value();
  request.gpus = 8;
  request.tp = 2;
  request.global_batch = 16;
  request.sequence = 8192;
  Plan row;
  const auto never = [](const std::string&, std::string message, std::string, std::vector<std::string>) {
    FAIL(message);
  };
  const auto workload = resolve_workload(request, test_catalog().rack("gb200-nvl72").value(), row, never);
  REQUIRE(workload);
  const Plan plan = loaded(kMinimal);
  CHECK(workload->parallelism.dp == plan.workload.parallelism.dp);
  CHECK(workload->ranks_per_domain == plan.workload.ranks_per_domain);
  CHECK(workload->overlap_grad_reduce == plan.workload.overlap_grad_reduce);
}

TEST_CASE("an event that the run does not reach is a warning") {
  const Plan plan = small_job({"duration=60 s", "event=[{at='60 s', path='hall', clock_limit=0.9}]"});
  REQUIRE(plan.warnings.size() == 1);
  CHECK(plan.warnings.front() == "an event of \"hall\" has no effect: it begins at 60 s, when the run has ended");
}

TEST_CASE("an event that falls between two steps, or behind the last, is a warning") {
  const auto warnings = [](const std::string& when) {
    return small_job(
               {"duration=60 s", "step=20 s", "frame=20 s", "event=[{" + when + ", path='hall', clock_limit=0.9}]"})
        .warnings;
  };
  const std::string none = "an event of \"hall\" has no effect: it begins ";
  CHECK(warnings("at='21 s', for='19 s'") == std::vector<std::string>{none + "and ends between two steps of 20 s"});
  CHECK(warnings("at='20 s', for='0 s'").size() == 1);
  CHECK(warnings("at='41 s'") == std::vector<std::string>{none + "at 41 s, when the last step of 20 s has begun"});
  CHECK(warnings("at='21 s', for='20 s'").empty());
  CHECK(warnings("at='20 s', for='1 s'").empty());
  CHECK(warnings("at='40 s'").empty());
}

TEST_CASE("memory that is almost full is a warning, not an error") {
  CHECK(loaded(kMinimal).warnings.empty());
  const Plan tight = flagship({"workload.pp=4", "workload.vp=4", "workload.dp=16"});
  REQUIRE(tight.warnings.size() == 1);
  CHECK(tight.warnings.front().find("the GPUs' memory is 9") == 0);
}

TEST_CASE("the template of a new scenario loads") { CHECK(load(scenario_template())); }

}  // namespace
}  // namespace racktwin
