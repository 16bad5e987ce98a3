#include "sim/recording/run_history.h"

#include "tests/sim/folder.h"
#include "tests/sim/hand_made_site.h"

#include <catch2/catch.hpp>
#include <sys/wait.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <thread>

namespace racktwin {
namespace {

constexpr double kNoData = std::numeric_limits<double>::quiet_NaN();
constexpr float kNoValue = std::numeric_limits<float>::quiet_NaN();

enum MetricId { kGpu, kTray, kRack, kPump, kLeaf, kSite };

MetricRow metric(MetricId id, const char* name, UnitKind kind) {
  return {id, name, kind, "1", "by hand", "nobody", 0, 1, "assumed", "by hand"};
}

// The tables of the hand-made site. The 16 GPUs: racks 1 and 2 in row a, 3 and 4 in row b.
void write_tables(RecordingWriter& writer) {
  require_ok(writer.put_run({{"title", "by hand"}, {"duration_s", "90"}}));
  require_ok(writer.put_components(hand_made_site()));
  require_ok(writer.put_metrics(
      {metric(kGpu, "gpu_power", UnitKind::kGpu), metric(kTray, "tray_power", UnitKind::kTray),
       metric(kRack, "rack_flow", UnitKind::kRack), metric(kPump, "pump_speed", UnitKind::kPump),
       metric(kLeaf, "leaf_network", UnitKind::kLeaf), metric(kSite, "site_power", UnitKind::kSite)}));
  require_ok(writer.put_limits({{kGpu, "TDP", 1200, "published", "a-data-sheet"}}));
  require_ok(writer.put_epoch(0, 0));
  require_ok(writer.put_membership(0, UnitKind::kGpu, {0, 0, 1, 1, 0, 0, 0, 0, 2, 2, 2, 2, 1, 1, 1, 2}));
  require_ok(writer.put_membership(0, UnitKind::kTray, {0, 1, 0, 0, 2, 2, 1, 3}));
  require_ok(writer.put_membership(0, UnitKind::kRack, {0, 1, 1, 2}));
  require_ok(writer.put_membership(0, UnitKind::kPump, {0, 1, 2, 3}));
  require_ok(writer.put_membership(0, UnitKind::kLeaf, {0, 0, 1}));
}

std::vector<FrameRow> some_values() {
  return {{kGpu, {10, 20, 30}, {1, 2, 3}, {100, 200, 300}},
          {kTray, {1, 2, 3, 4}, {1, 2, 3, 4}, {1, 2, 3, 4}},
          {kRack, {130, 120, 110}, {13, 12, 11}, {1300, 1200, 1100}},
          {kPump, {1, 0, 0.5F, kNoValue}, {1, 0, 0.5F, kNoValue}, {1, 0, 0.5F, kNoValue}},
          {kLeaf, {0.1F, 0.4F}, {0.1F, 0.4F}, {0.1F, 0.4F}},
          {kSite, {1e6F}, {9e5F}, {2e6F}}};
}

std::string written(const Folder& folder, const std::vector<FrameRow>& values) {
  const std::string path = folder.file("run.racktwin");
  RecordingWriter writer = value_of(RecordingWriter::create(path, true));
  write_tables(writer);
  require_ok(writer.append_frame(0, 10, values));
  require_ok(writer.close());
  return path;
}

ComponentId at(const RunHistory& run, const std::string& path) {
  const auto found = run.site().find(path);
  if (!found) FAIL("there is no " << path);
  return *found;
}

Reading reading(const RunHistory& run, const char* name, const std::string& path, double time_s = 10) {
  const auto frame = run.frame(time_s);
  REQUIRE(frame.has_value());
  REQUIRE(run.metric(name) != nullptr);
  return run.reading(*frame, *run.metric(name), at(run, path));
}

std::vector<std::uint32_t> classes(const RunHistory& run, const char* name, const std::string& path) {
  return run.classes_of(0, *run.metric(name), at(run, path));
}

using Classes = std::vector<std::uint32_t>;

TEST_CASE("a GPU metric of a thing is taken over the GPUs that it holds") {
  const Folder folder;
  const RunHistory run = value_of(RunHistory::open(written(folder, some_values())));
  const auto mean = [&](const std::string& path) { return reading(run, "gpu_power", path).mean; };
  CHECK(mean("hall/row-a/rack-01/compute-02/gpu-1") == 20);
  CHECK(mean("hall/row-a/rack-01/compute-02") == 20);
  CHECK(mean("hall/row-a/rack-01") == 15);
  CHECK(mean("hall/row-b/rack-02/compute-02") == 25);
  CHECK(mean("hall/row-b/rack-02") == 22.5);
  CHECK(mean("hall/row-a") == 12.5);
  CHECK(mean("hall/row-b") == 26.25);
  CHECK(mean("hall") == 19.375);
  CHECK(reading(run, "gpu_power", "hall/row-a/rack-01").low == 1);
  CHECK(reading(run, "gpu_power", "hall/row-a/rack-01").high == 200);
  CHECK(reading(run, "gpu_power", "hall/row-b/rack-01").low == 3);
  CHECK(classes(run, "gpu_power", "hall/row-a/rack-01") == Classes{0, 1});
  CHECK(classes(run, "gpu_power", "hall/row-a/rack-02") == Classes{0});
  CHECK(classes(run, "gpu_power", "hall") == Classes{0, 1, 2});
  for (const char* path : {"hall/row-a/rack-01/switch-tray-01", "hall/cdu-1", "hall/cdu-1/pump-1", "hall/network-1",
                           "hall/network-1/leaf-01", "hall/facility"}) {
    CAPTURE(path);
    CHECK_FALSE(reading(run, "gpu_power", path).has_data());
    CHECK(classes(run, "gpu_power", path).empty());
  }
  CHECK_FALSE(run.reading(*run.frame(10), *run.metric("gpu_power"), {}).has_data());
}

TEST_CASE("a tray metric belongs to the tray, its GPUs and what holds it; a rack metric to all that is in the rack") {
  const Folder folder;
  const RunHistory run = value_of(RunHistory::open(written(folder, some_values())));
  const auto mean = [&](const char* name, const std::string& path) { return reading(run, name, path).mean; };
  CHECK(mean("tray_power", "hall/row-b/rack-02/compute-02") == 4);
  CHECK(mean("tray_power", "hall/row-b/rack-02/compute-02/gpu-0") == 4);
  CHECK(mean("tray_power", "hall/row-b/rack-02") == 3);
  CHECK(mean("tray_power", "hall/row-b") == 3);
  CHECK(mean("tray_power", "hall") == 2.125);
  CHECK_FALSE(reading(run, "tray_power", "hall/row-b/rack-02/switch-tray-01").has_data());

  CHECK(mean("rack_flow", "hall/row-a/rack-01") == 130);
  CHECK(mean("rack_flow", "hall/row-a/rack-01/compute-02/gpu-1") == 130);
  CHECK(mean("rack_flow", "hall/row-a/rack-01/switch-tray-01") == 130);
  CHECK(mean("rack_flow", "hall/row-a") == 125);
  CHECK(mean("rack_flow", "hall") == 120);
  CHECK(reading(run, "rack_flow", "hall").low == 11);
  CHECK(reading(run, "rack_flow", "hall").high == 1300);
  CHECK_FALSE(reading(run, "rack_flow", "hall/cdu-1").has_data());
}

TEST_CASE("pumps belong to their CDU, leaves to their network rack, and a site metric is the same everywhere") {
  const Folder folder;
  const RunHistory run = value_of(RunHistory::open(written(folder, some_values())));
  const auto mean = [&](const char* name, const std::string& path) { return reading(run, name, path).mean; };
  CHECK(mean("pump_speed", "hall/cdu-1/pump-1") == 1);
  CHECK(mean("pump_speed", "hall/cdu-1/pump-2") == 0);
  CHECK(mean("pump_speed", "hall/cdu-1") == 0.5);
  CHECK(mean("pump_speed", "hall/cdu-2") == 0.5);  // of the one with data
  CHECK_FALSE(reading(run, "pump_speed", "hall/cdu-2/pump-2").has_data());
  CHECK(mean("pump_speed", "hall") == 0.5);
  CHECK(classes(run, "pump_speed", "hall/cdu-2") == Classes{2, 3});
  CHECK_FALSE(reading(run, "pump_speed", "hall/row-a").has_data());
  CHECK_FALSE(reading(run, "pump_speed", "hall/row-a/rack-01/compute-01/gpu-0").has_data());

  CHECK(mean("leaf_network", "hall/network-1/leaf-03") == Approx(0.4));
  CHECK(mean("leaf_network", "hall/network-1") == Approx(0.2));
  CHECK(mean("leaf_network", "hall") == Approx(0.2));
  CHECK_FALSE(reading(run, "leaf_network", "hall/network-1/spine-01").has_data());
  CHECK_FALSE(reading(run, "leaf_network", "hall/row-a/rack-01").has_data());

  for (const char* path : {"hall", "hall/row-a", "hall/row-a/rack-01/compute-01/gpu-0", "hall/cdu-1/pump-1"})
    CHECK(mean("site_power", path) == 1e6);
}

TEST_CASE("what has no data is left out of a mean, and nothing comes of nothing") {
  const Folder folder;
  std::vector<FrameRow> values = some_values();
  values[kGpu] = {kGpu, {10, kNoValue, 30}, {1, kNoValue, 3}, {100, kNoValue, 300}};
  values.erase(values.begin() + kRack);
  const RunHistory run = value_of(RunHistory::open(written(folder, values)));
  CHECK(reading(run, "gpu_power", "hall/row-a/rack-01").mean == 10);
  CHECK(reading(run, "gpu_power", "hall/row-a/rack-01").high == 100);
  CHECK_FALSE(reading(run, "gpu_power", "hall/row-a/rack-01/compute-02").has_data());
  CHECK(std::isnan(reading(run, "gpu_power", "hall/row-a/rack-01/compute-02").low));
  CHECK_FALSE(reading(run, "rack_flow", "hall/row-a/rack-01").has_data());  // not recorded in this frame
  CHECK(run.metric("gpu_junction") == nullptr);
}

TEST_CASE("the classes are those of the frame's epoch") {
  const Folder folder;
  const std::string path = folder.file("run.racktwin");
  {
    RecordingWriter writer = value_of(RecordingWriter::create(path, false));
    write_tables(writer);
    require_ok(writer.append_frame(0, 10, {{kRack, {1, 2, 3}, {1, 2, 3}, {1, 2, 3}}}));
    require_ok(writer.put_epoch(1, 10));
    require_ok(writer.put_membership(1, UnitKind::kRack, {3, 0, 1, 2}));
    require_ok(writer.append_frame(1, 20, {{kRack, {1, 2, 3, 4}, {1, 2, 3, 4}, {1, 2, 3, 4}}}));
    require_ok(writer.close());
  }
  const RunHistory run = value_of(RunHistory::open(path));
  CHECK(reading(run, "rack_flow", "hall/row-a/rack-01", 10).mean == 1);
  CHECK(reading(run, "rack_flow", "hall/row-a/rack-01", 20).mean == 4);
  const Series series = run.series(*run.metric("rack_flow"), at(run, "hall/row-a/rack-01"), 0, 100);
  CHECK(series.mean == std::vector<double>{1, 4});
  CHECK(run.membership(1, UnitKind::kRack) == Classes{3, 0, 1, 2});
  CHECK(run.membership(7, UnitKind::kRack).empty());
  CHECK(run.membership(7, UnitKind::kSite) == Classes{0});
}

std::vector<FrameRow> frame_number(int i) {
  std::vector<FrameRow> values = some_values();
  values[kSite].mean = {static_cast<float>(i)};
  return values;
}

TEST_CASE("the frame of a time is the last one at or before it, and a series is its frames one after another") {
  const Folder folder;
  const std::string path = folder.file("run.racktwin");
  {
    RecordingWriter writer = value_of(RecordingWriter::create(path, false));
    write_tables(writer);
    for (int i = 1; i <= 9; ++i) require_ok(writer.append_frame(0, 10 * i, frame_number(i)));
    require_ok(writer.close());
  }
  const RunHistory run = value_of(RunHistory::open(path));
  CHECK(run.frame_times() == std::vector<double>{10, 20, 30, 40, 50, 60, 70, 80, 90});
  for (const auto& [time_s, expected_s] :
       {std::pair{-1.0, 10.0}, {10.0, 10.0}, {19.999, 10.0}, {20.0, 20.0}, {1e9, 90.0}}) {
    CAPTURE(time_s);
    const auto frame = run.frame(time_s);
    REQUIRE(frame.has_value());
    CHECK(frame->time_s == expected_s);
    REQUIRE(frame->values.size() == 6);
    for (int m = 0; m < 6; ++m) CHECK(frame->values[static_cast<std::size_t>(m)].metric == m);
  }
  const MetricRow& site_power = *run.metric("site_power");
  const Series series = run.series(site_power, at(run, "hall/cdu-1"), 20, 50);
  CHECK(series.time_s == std::vector<double>{30, 40, 50});
  CHECK(series.mean == std::vector<double>{3, 4, 5});
  CHECK(series.high == std::vector<double>{2e6, 2e6, 2e6});
  CHECK(run.series(site_power, at(run, "hall"), 50, 20).time_s.empty());
  const Series none = run.series(*run.metric("gpu_power"), at(run, "hall/cdu-1"), 0, 20);
  REQUIRE(none.mean.size() == 2);
  CHECK(std::isnan(none.mean[0]));
}

TEST_CASE("a run tells its name, length, metrics, limits and whether it is finished") {
  const Folder folder;
  const RunHistory run = value_of(RunHistory::open(written(folder, some_values())));
  CHECK(run.path() == folder.file("run.racktwin"));
  CHECK(run.run_value("title") == "by hand");
  CHECK(run.run_value("nothing").empty());
  CHECK(run.duration_s() == 90);
  CHECK(run.is_complete());
  CHECK(run.metrics().size() == 6);
  REQUIRE(run.limits().size() == 1);
  CHECK(run.limits()[0].value == 1200);
  CHECK(run.site().racks().size() == 4);
}

TEST_CASE("what is committed while a run is open is picked up, once") {
  const Folder folder;
  const std::string path = folder.file("run.racktwin");
  RecordingWriter writer = value_of(RecordingWriter::create(path, false));
  write_tables(writer);
  require_ok(writer.commit());
  RunHistory run = value_of(RunHistory::open(path));
  CHECK_FALSE(run.frame(0).has_value());
  CHECK_FALSE(value_of(run.follow()));

  require_ok(writer.append_frame(0, 10, frame_number(1)));
  require_ok(writer.append_event({7, "hall/facility", "warm", "scenario"}));
  CHECK_FALSE(value_of(run.follow()));  // not yet committed
  require_ok(writer.commit());
  CHECK(value_of(run.follow()));
  CHECK_FALSE(value_of(run.follow()));
  CHECK(run.frame_times() == std::vector<double>{10});
  CHECK(run.frame(10)->values[kSite].mean[0] == 1);
  REQUIRE(run.events().size() == 1);

  require_ok(writer.append_event({12, "hall/facility", "cold", "operator"}));
  require_ok(writer.put_run({{"pace", "60"}}));
  require_ok(writer.commit());
  CHECK(value_of(run.follow()));
  REQUIRE(run.events().size() == 2);
  CHECK(run.events()[1].what == "cold");
  CHECK(run.run_value("pace") == "60");
  require_ok(writer.put_run({{"pace", "5"}}));
  require_ok(writer.commit());
  CHECK(value_of(run.follow()));
  CHECK(run.run_value("pace") == "5");
  CHECK(run.summary().empty());
  CHECK_FALSE(run.is_complete());

  require_ok(writer.append_frame(0, 20, frame_number(2)));
  require_ok(writer.put_summary({{"verdict", 0, "ok", "", ""}}));
  require_ok(writer.close());
  CHECK(value_of(run.follow()));
  CHECK(run.is_complete());
  CHECK(run.frame_times() == std::vector<double>{10, 20});
  REQUIRE(run.summary().size() == 1);
  CHECK_FALSE(value_of(run.follow()));
}

// Runs `work` in a child process.
template <class Work>
pid_t in_child(Work work) {
  const pid_t child = ::fork();
  if (child == 0) {
    work();
    ::_exit(0);
  }
  return child;
}

// Of a run that has just been started.
RunHistory open_soon(const std::string& path) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (true) {
    Result<RunHistory> run = RunHistory::open(path);
    if (run || std::chrono::steady_clock::now() > give_up) return value_of(std::move(run));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

TEST_CASE("a run in another process is waited for and followed to its end without a gap") {
  const Folder folder;
  const std::string path = folder.file("run.racktwin");
  constexpr int kFrames = 300;
  const auto pause = [](int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); };
  const pid_t child = in_child([&] {
    pause(60);
    auto writer = RecordingWriter::create(path, false);
    pause(60);
    write_tables(*writer);
    (void)writer->commit();
    for (int i = 1; i <= kFrames; ++i) {
      (void)writer->append_frame(0, i, frame_number(i));
      (void)writer->append_event({static_cast<double>(i), "hall", std::to_string(i), "scenario"});
      if (i % 3 == 0) (void)writer->commit();
      if (i % 30 == 0) pause(1);
    }
    (void)writer->put_summary({{"verdict", 0, "ok", "", ""}});
    (void)writer->close();
  });
  RunHistory run = open_soon(path);
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!run.is_complete() && std::chrono::steady_clock::now() < give_up) {
    const std::size_t before = run.frame_times().size();
    value_of(run.follow());
    REQUIRE(run.frame_times().size() % 3 == 0);  // whole commits
    for (std::size_t i = before; i < run.frame_times().size(); ++i) {
      REQUIRE(run.frame_times()[i] == static_cast<double>(i) + 1);
      REQUIRE(run.frame(run.frame_times()[i])->values[kSite].mean[0] == static_cast<float>(i) + 1);
    }
  }
  ::waitpid(child, nullptr, 0);
  CHECK(run.is_complete());
  CHECK(run.frame_times().size() == kFrames);
  REQUIRE(run.events().size() == kFrames);
  for (int i = 0; i < kFrames; ++i) CHECK(run.events()[static_cast<std::size_t>(i)].what == std::to_string(i + 1));
  CHECK(run.summary().size() == 1);
}

TEST_CASE("a run that is killed while it is followed stays readable up to its last commit") {
  const Folder folder;
  const std::string path = folder.file("run.racktwin");
  const pid_t child = in_child([&] {
    auto writer = RecordingWriter::create(path, false);
    write_tables(*writer);
    for (int i = 1; true; ++i) {
      (void)writer->append_frame(0, i, frame_number(i));
      (void)writer->commit();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  RunHistory run = open_soon(path);
  CHECK(run.is_being_written());
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (run.frame_times().size() < 20 && std::chrono::steady_clock::now() < give_up) value_of(run.follow());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  value_of(run.follow());
  CHECK_FALSE(value_of(run.follow()));
  CHECK_FALSE(run.is_complete());
  CHECK_FALSE(run.is_being_written());
  const std::vector<double> times = run.frame_times();
  REQUIRE(times.size() >= 20);
  CHECK(run.frame(1e9)->values[kSite].mean[0] == static_cast<float>(times.back()));
  CHECK(value_of(RunHistory::open(path)).frame_times() == times);
}

TEST_CASE("a run that has not begun to record is an error that says so") {
  const Folder folder;
  const std::string path = folder.file("run.racktwin");
  CHECK_THAT(complaint(RunHistory::open(path)), Catch::Contains("No such file"));
  const RecordingWriter writer = value_of(RecordingWriter::create(path, false));
  CHECK(code_of(RunHistory::open(path)) == ErrorCode::kIo);
  CHECK_THAT(complaint(RunHistory::open(path)), Catch::Contains("has not begun to record"));
}

TEST_CASE("a file that is deleted, replaced or cut off while it is open is reported, and what was read stays") {
  const Folder folder;
  const std::string path = written(folder, some_values());
  RunHistory run = value_of(RunHistory::open(path));
  CHECK_FALSE(value_of(run.follow()));
  const std::string bytes = text_of(path);

  SECTION("deleted") {
    std::filesystem::remove(path);
    CHECK_THAT(complaint(run.follow()), Catch::Contains("it has been deleted"));
  }
  SECTION("replaced by another run") {
    RecordingWriter writer = value_of(RecordingWriter::create(path, true));
    write_tables(writer);
    require_ok(writer.commit());
    CHECK_THAT(complaint(run.follow()), Catch::Contains("another file has taken its place"));
  }
  SECTION("replaced by a copy") {
    write_text(folder.file("copy"), bytes);
    std::filesystem::rename(folder.file("copy"), path);
    CHECK_THAT(complaint(run.follow()), Catch::Contains("another file has taken its place"));
  }
  SECTION("cut off") {
    std::filesystem::resize_file(path, bytes.size() - 4096);
    CHECK_THAT(complaint(run.follow()), Catch::Contains("it has been cut off"));
  }
  CHECK(code_of(run.follow()) == ErrorCode::kIo);  // and it stays so
  CHECK(run.frame_times() == std::vector<double>{10});
  CHECK(run.metrics().size() == 6);
  CHECK(run.site().find("hall/cdu-1/pump-1").has_value());
}

TEST_CASE("a damaged page is reported by the next look after the frame that met it") {
  const Folder folder;
  const std::string path = folder.file("run.racktwin");
  {
    RecordingWriter writer = value_of(RecordingWriter::create(path, false));
    write_tables(writer);
    for (int i = 1; i <= 500; ++i) require_ok(writer.append_frame(0, i, frame_number(i)));
    require_ok(writer.close());
  }
  std::string bytes = text_of(path);
  std::fill(bytes.begin() + 80'000, bytes.begin() + 120'000, '\xaa');
  write_text(path, bytes);
  auto run = RunHistory::open(path);
  if (!run) {  // met while the times were read
    CHECK_THAT(complaint(run), Catch::Contains("damaged or cut off"));
    return;
  }
  int missing = 0;
  for (const double time_s : run->frame_times()) missing += run->frame(time_s).has_value() ? 0 : 1;
  CHECK(missing > 0);
  CHECK(code_of(run->follow()) == ErrorCode::kIo);
  CHECK_THAT(complaint(run->follow()), Catch::Contains("damaged or cut off"));
}

TEST_CASE("following holds no transaction open: the writer's log does not grow with the run") {
  const Folder folder;
  const std::string path = folder.file("run.racktwin");
  RecordingWriter writer = value_of(RecordingWriter::create(path, false));
  write_tables(writer);
  require_ok(writer.commit());
  RunHistory run = value_of(RunHistory::open(path));
  const std::vector<float> many(10'000, 1.0F);
  std::uintmax_t longest = 0;
  for (int i = 1; i <= 200; ++i) {
    require_ok(writer.append_frame(0, i, {{kGpu, many, many, many}}));
    require_ok(writer.commit());
    CHECK(value_of(run.follow()));
    REQUIRE(run.frame(i).has_value());
    REQUIRE(run.series(*run.metric("gpu_power"), at(run, "hall"), i - 2, i).time_s.size() ==
            std::min<std::size_t>(i, 2));
    longest = std::max(longest, std::filesystem::file_size(path + "-wal"));
  }
  CHECK(longest < 10'000'000);  // of 24 MB
}

}  // namespace
}  // namespace racktwin
