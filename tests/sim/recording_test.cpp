#include "sim/recording/recording.h"

#include "tests/last_frame.h"
#include "tests/sim/folder.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <thread>
#include <vector>

namespace racktwin {
namespace {

namespace fs = std::filesystem;

constexpr double kNoData = std::numeric_limits<double>::quiet_NaN();

std::vector<float> class_values(int frame, int metric, int n_class = 20) {
  std::vector<float> values;
  for (int i = 0; i < n_class; ++i)
    values.push_back(static_cast<float>(frame) + 0.01F * static_cast<float>(metric + i));
  return values;
}

Result<void> append_instant(RecordingWriter& writer, int frame, int n_metric, int n_class = 20) {
  std::vector<FrameRow> rows;
  for (int metric = 0; metric < n_metric; ++metric) {
    const std::vector<float> values = class_values(frame, metric, n_class);
    rows.push_back({metric, values, values, values});
  }
  return writer.append_frame(0, 10.0 * frame, rows);
}

// A small recording with something in every table.
void write_example(RecordingWriter& writer, double site_power_w = 1.5e6) {
  require_ok(writer.put_run({{"scenario", "[site]\nname = \"hall\"\n"}, {"seed", "1"}}));
  require_ok(writer.put_components(
      {{0, "hall", "site", -1, 0, 0, 0, 40, 20, 4}, {1, "hall/row-a/rack-01", "rack", 0, 1, 2, 0, 0.6, 1.2, kNoData}}));
  require_ok(writer.put_metrics(
      {{7, "site_power", UnitKind::kSite, "W", "all feeds", "step_power", 0, kNoData, "", ""},
       {3, "gpu_power", UnitKind::kGpu, "W", "one GPU", "step_power", kNoData, 1200, "derived", "leakage (a-paper)"},
       {4, "supply_temp", UnitKind::kRack, "degC", "coolant", "step_cooling", 15, 60, "", ""},
       {5, "pump_speed", UnitKind::kPump, "1", "a pump", "step_cooling", 0, 1, "", ""},
       {6, "leaf_network", UnitKind::kLeaf, "1", "a leaf", "network_load", 0, 1, "", ""}}));
  require_ok(writer.put_limits(
      {{3, "TDP", 1200, "published", "a-data-sheet"}, {7, "rating of the feed", kNoData, "", "scenario"}}));
  require_ok(writer.put_epoch(0, 0));
  require_ok(writer.put_epoch(1, 15));
  require_ok(writer.put_membership(0, UnitKind::kGpu, {0, 0, 4000000000U, 1}));
  require_ok(writer.put_membership(1, UnitKind::kRack, {}));
  require_ok(writer.put_activities(0, {{0, "forward", 0, 0.5}, {1, "backward", 0.5, 1.75}}));
  require_ok(writer.append_frame(0, 10, {{3, {1.5F, 2.5F}, {1, 2}, {2, 3}}, {7, {100}, {90}, {110}}}));
  require_ok(writer.append_frame(1, 20, {{3, {4, 5, 6}, {1, 2, 3}, {7, 8, 9}}}));
  require_ok(writer.append_rack_series(10, 0, {{"supply_temp", 25.25}, {"other", 0.1}}));
  require_ok(writer.append_rack_series(10, 1, {{"supply_temp", kNoData}}));
  require_ok(writer.append_site_series(10, {{"site_power", site_power_w}, {"a, \"b\"", 1}}));
  require_ok(writer.append_site_series(20, {{"site_power", 1e-7}}));
  EventRow asked{15, "hall/row-a/rack-01", "pump \"A\" failed, 1 of 2", "scenario"};
  asked.key = "speed";
  asked.setting = 0.25;
  require_ok(writer.append_event(asked));
  require_ok(writer.append_event({15, "hall", "one\ntwo", "limit", "site_power", 1.5e6, 1.25e6, 3}));
  require_ok(writer.put_summary({{"step_time", 18.75, "", "s", "derived"}, {"verdict", kNoData, "holds", "", ""}}));
}

std::string example(const Folder& folder, const std::string& name, double site_power_w = 1.5e6) {
  const std::string path = folder.file(name);
  RecordingWriter writer = value_of(RecordingWriter::create(path, false));
  write_example(writer, site_power_w);
  require_ok(writer.close());
  return path;
}

// Runs `work` in a child process: its exit status as waitpid gives it.
template <class Work>
int status_of_child(Work work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = -1;
  ::waitpid(child, &status, 0);
  return status;
}

// The number of frames, after a look at every value: 0, 10, 20, ... s, none missing or damaged.
int checked_prefix(const RecordingReader& reader, int n_metric, int n_class = 20) {
  const std::vector<double> times = reader.frame_times();
  for (int i = 0; i < static_cast<int>(times.size()); ++i) {
    REQUIRE(times[static_cast<std::size_t>(i)] == 10.0 * i);
    for (int metric = 0; metric < n_metric; ++metric) {
      const auto frame = last_frame(reader, metric, 10.0 * i);
      REQUIRE(frame.has_value());
      REQUIRE(frame->time_s == 10.0 * i);
      REQUIRE(frame->high == class_values(i, metric, n_class));
    }
  }
  require_ok(reader.status());
  return static_cast<int>(times.size());
}

}  // namespace

TEST_CASE("samples of a run are read back, and a run without has none") {
  const Folder folder;
  CHECK(value_of(RecordingReader::open(example(folder, "plain.racktwin"))).uncertainty() == std::nullopt);
  const auto written = [&](const std::string& name, double last) {
    RecordingWriter writer = value_of(RecordingWriter::create(folder.file(name), false));
    write_example(writer);
    require_ok(writer.put_uncertainty(
        {200,
         18446744073709551615U,
         {{"chips/gb200", "power.idle", "W", 200, 150, 250, "assumed", "a-paper", {160, 0.1, 240}},
          {"cooling/pg25", "density", "kg/m3", 1020, kNoData, kNoData, "reported", "b", {}}},
         {{"pue", {1.1, kNoData, last}}},
         {{false, "ok"}, {true, "it does not fit"}, {false, "ok"}}}));
    require_ok(writer.close());
    return value_of(RecordingReader::open(folder.file(name)));
  };
  const RecordingReader reader = written("sampled.racktwin", 1.3);
  const std::optional<Uncertainty> study = reader.uncertainty();
  REQUIRE(study);
  CHECK(study->asked == 200);
  CHECK(study->seed == 18446744073709551615U);
  REQUIRE(study->inputs.size() == 2);
  CHECK(study->inputs[0].entry == "chips/gb200");
  CHECK(study->inputs[0].key == "power.idle");
  CHECK(study->inputs[0].unit == "W");
  CHECK(study->inputs[0].nominal == 200);
  CHECK(study->inputs[0].low == 150);
  CHECK(study->inputs[0].high == 250);
  CHECK(study->inputs[0].evidence == "assumed");
  CHECK(study->inputs[0].source == "a-paper");
  CHECK(study->inputs[0].samples == std::vector<double>{160, 0.1, 240});
  CHECK(std::isnan(study->inputs[1].low));
  CHECK(study->inputs[1].samples.empty());
  REQUIRE(study->figures.size() == 1);
  CHECK(study->figures[0].name == "pue");
  CHECK(std::isnan(study->figures[0].samples[1]));
  CHECK(study->figures[0].samples[2] == 1.3);
  REQUIRE(study->samples.size() == 3);
  CHECK(study->samples[1].has_failed);
  CHECK(study->samples[1].what == "it does not fit");
  CHECK_FALSE(study->samples[2].has_failed);
  CHECK(reader.content_hash() == written("same.racktwin", 1.3).content_hash());
  CHECK(reader.content_hash() != written("other.racktwin", 1.4).content_hash());
}

TEST_CASE("what is written to a recording is read back") {
  const Folder folder;
  const std::string path = example(folder, "a.racktwin");
  REQUIRE(folder.names() == std::vector<std::string>{"a.racktwin"});  // one plain file, no WAL

  const RecordingReader reader = value_of(RecordingReader::open(path));
  CHECK(reader.is_complete());
  CHECK(reader.run_value("scenario") == "[site]\nname = \"hall\"\n");
  CHECK(reader.run_value("commit") == std::nullopt);
  CHECK(reader.run_values().front().first == "scenario");

  const auto metrics = reader.metrics();
  REQUIRE(metrics.size() == 5);
  CHECK(metrics[0].name == "gpu_power");
  CHECK(metrics[0].kind == UnitKind::kGpu);
  CHECK(metrics[0].computed_by == "step_power");
  CHECK(std::isnan(metrics[0].low));
  CHECK(metrics[0].high == 1200);
  CHECK(metrics[0].evidence == "derived");
  CHECK(metrics[0].source == "leakage (a-paper)");
  CHECK(metrics[2].kind == UnitKind::kPump);
  CHECK(metrics[3].kind == UnitKind::kLeaf);
  CHECK(metrics[4].kind == UnitKind::kSite);
  CHECK(metrics[4].evidence.empty());

  const auto limits = reader.limits();
  REQUIRE(limits.size() == 2);
  CHECK(limits[0].metric == 3);
  CHECK(limits[0].name == "TDP");
  CHECK(limits[0].value == 1200);
  CHECK(limits[0].evidence == "published");
  CHECK(limits[0].source == "a-data-sheet");
  CHECK(std::isnan(limits[1].value));
  CHECK(limits[1].source == "scenario");

  const auto components = reader.components();
  REQUIRE(components.size() == 2);
  CHECK(components[1].path == "hall/row-a/rack-01");
  CHECK(components[1].parent == 0);
  CHECK(components[1].depth_m == 1.2);
  CHECK(std::isnan(components[1].height_m));

  REQUIRE(reader.epochs().size() == 2);
  CHECK(reader.epochs()[1].time_s == 15);
  CHECK(reader.membership(0, UnitKind::kGpu) == std::vector<std::uint32_t>{0, 0, 4000000000U, 1});
  CHECK(reader.membership(1, UnitKind::kRack).empty());
  CHECK(reader.membership(9, UnitKind::kGpu).empty());
  REQUIRE(reader.activities(0).size() == 2);
  CHECK(reader.activities(0)[1].kind == "backward");
  CHECK(reader.activities(0)[1].end_s == 1.75);

  CHECK(reader.frame_times() == std::vector<double>{10, 20});
  CHECK_FALSE(last_frame(reader, 3, 9.99).has_value());
  CHECK(last_frame(reader, 3, 19.99)->mean == std::vector<float>{1.5F, 2.5F});
  CHECK(last_frame(reader, 3, 19.99)->epoch == 0);
  CHECK(last_frame(reader, 3, 1e9)->high == std::vector<float>{7, 8, 9});
  CHECK(last_frame(reader, 3, 1e9)->epoch == 1);
  CHECK(last_frame(reader, 7, 1e9)->time_s == 10);
  CHECK(reader.frame_times(10) == std::vector<double>{20});
  CHECK(reader.frame_times(20).empty());
  REQUIRE(reader.frame_at(10).size() == 2);
  CHECK(reader.frame_at(10)[0].metric == 3);
  CHECK(reader.frame_at(10)[1].metric == 7);
  CHECK(reader.frame_at(10)[1].low == std::vector<float>{90});
  CHECK(reader.frame_at(15).empty());
  REQUIRE(reader.frames(3, 10, 20).size() == 1);  // the first bound is left out
  CHECK(reader.frames(3, 10, 20)[0].time_s == 20);
  CHECK(reader.frames(3, 10, 20)[0].epoch == 1);
  CHECK(reader.frames(3, 0, 1e9).size() == 2);
  CHECK(reader.frames(7, 0, 1e9).size() == 1);

  REQUIRE(reader.events().size() == 2);
  CHECK(reader.events()[0].what == "pump \"A\" failed, 1 of 2");
  CHECK(reader.events()[1].by == "limit");
  CHECK(reader.events()[1].metric == "site_power");
  CHECK(reader.events()[1].value == 1.5e6);
  CHECK(reader.events()[1].limit == 1.25e6);
  CHECK(reader.events()[1].count == 3);
  CHECK(reader.events()[0].metric.empty());
  CHECK(std::isnan(reader.events()[0].value));
  CHECK(reader.events()[0].count == 1);
  CHECK(reader.events()[0].key == "speed");
  CHECK(reader.events()[0].setting == 0.25);
  CHECK(reader.events()[1].key.empty());
  CHECK(std::isnan(reader.events()[1].setting));
  REQUIRE(reader.events(1).size() == 1);
  CHECK(reader.events(1)[0].what == "one\ntwo");
  CHECK(reader.events(2).empty());
  REQUIRE(reader.summary().size() == 2);
  CHECK(reader.summary()[0].value == 18.75);
  CHECK(reader.summary()[0].evidence == "derived");
  CHECK(std::isnan(reader.summary()[1].value));
  CHECK(reader.summary()[1].text == "holds");
  require_ok(reader.status());
}

TEST_CASE("frame values keep every bit, no-data included") {
  const Folder folder;
  const std::vector<std::uint32_t> bits = {0x7fc00000U, 0xffc12345U, 0x7f800000U, 0xff800000U,
                                           0x80000000U, 1U,          0x7f7fffffU};
  std::vector<float> values;
  for (const std::uint32_t word : bits) values.push_back(std::bit_cast<float>(word));
  RecordingWriter writer = value_of(RecordingWriter::create(folder.file("a.racktwin"), false));
  require_ok(writer.append_frame(0, 1, {{0, values, values, values}}));
  require_ok(writer.close());

  const auto frame = last_frame(value_of(RecordingReader::open(folder.file("a.racktwin"))), 0, 1);
  REQUIRE(frame.has_value());
  REQUIRE(frame->mean.size() == bits.size());
  for (std::size_t i = 0; i < bits.size(); ++i) CHECK(std::bit_cast<std::uint32_t>(frame->mean[i]) == bits[i]);
}

TEST_CASE("a frame with lists of different lengths is damage, not a value") {
  const Folder folder;
  RecordingWriter writer = value_of(RecordingWriter::create(folder.file("a.racktwin"), false));
  require_ok(writer.append_frame(0, 1, {{0, {1, 2}, {1}, {1, 2}}}));
  require_ok(writer.close());
  const RecordingReader reader = value_of(RecordingReader::open(folder.file("a.racktwin")));
  CHECK_FALSE(last_frame(reader, 0, 1).has_value());
  CHECK_FALSE(reader.status());
}

TEST_CASE("put_run and put_summary replace values of the same name in place") {
  const Folder folder;
  RecordingWriter writer = value_of(RecordingWriter::create(folder.file("a.racktwin"), false));
  require_ok(writer.put_run({{"seed", "1"}, {"host", "x"}}));
  require_ok(writer.put_run({{"seed", "2"}}));
  require_ok(writer.put_summary({{"pue", 1.1, "", "1", ""}, {"peak", 2, "", "W", ""}}));
  require_ok(writer.put_summary({{"pue", 1.2, "", "1", "assumed"}}));
  require_ok(writer.close());
  const RecordingReader reader = value_of(RecordingReader::open(folder.file("a.racktwin")));
  CHECK(reader.run_value("seed") == "2");
  REQUIRE(reader.summary().size() == 2);
  CHECK(reader.summary()[0].value == 1.2);
  CHECK(reader.summary()[0].evidence == "assumed");
}

TEST_CASE("a reader follows a recording that grows and sees only what was committed") {
  const Folder folder;
  const std::string path = folder.file("a.racktwin");
  RecordingWriter writer = value_of(RecordingWriter::create(path, false));
  const RecordingReader reader = value_of(RecordingReader::open(path));
  CHECK(reader.frame_times().empty());
  for (int frame = 0; frame < 5; ++frame) {
    require_ok(append_instant(writer, frame, 2));
    CHECK(checked_prefix(reader, 2) == frame);
    require_ok(writer.commit());
    CHECK(checked_prefix(reader, 2) == frame + 1);
    CHECK_FALSE(reader.is_complete());
    CHECK(reader.is_being_written());
  }
  // Another process, as the viewer is one.
  const int status = status_of_child([&] {
    const auto other = RecordingReader::open(path);
    return other && other->frame_times().size() == 5 && other->is_being_written() ? 0 : 1;
  });
  CHECK(status == 0);
  require_ok(writer.close());  // although a reader has it open
  CHECK(reader.is_complete());
  CHECK_FALSE(reader.is_being_written());
  CHECK(checked_prefix(reader, 2) == 5);
  CHECK(checked_prefix(value_of(RecordingReader::open(path)), 2) == 5);
}

TEST_CASE("a recording that a reader held open while it was closed is one plain file once the reader is gone") {
  const Folder folder;
  const std::string path = folder.file("a.racktwin");
  {
    RecordingWriter writer = value_of(RecordingWriter::create(path, false));
    const RecordingReader reader = value_of(RecordingReader::open(path));
    require_ok(append_instant(writer, 0, 2));
    require_ok(writer.close());
  }
  CHECK(folder.names() == std::vector<std::string>{"a.racktwin"});
  fs::copy_file(path, folder.file("copy.racktwin"));
  const RecordingReader copy = value_of(RecordingReader::open(folder.file("copy.racktwin")));
  CHECK(copy.is_complete());
  CHECK(checked_prefix(copy, 2) == 1);
}

TEST_CASE("a writer that is killed at any instant leaves what it had committed") {
  const Folder folder;
  const std::string path = folder.file("a.racktwin");

  SECTION("between two calls") {
    for (const int n_call : {0, 1, 2, 3, 7, 8, 9}) {  // a commit after every third frame
      const int status = status_of_child([&] {
        auto writer = RecordingWriter::create(path, true);
        for (int call = 0; call < n_call; ++call) {
          if (!append_instant(*writer, call, 2)) return 1;
          if (call % 3 == 2 && !writer->commit()) return 1;
        }
        ::raise(SIGKILL);
        return 1;
      });
      REQUIRE(WIFSIGNALED(status));
      {
        const RecordingReader reader = value_of(RecordingReader::open(path));
        CHECK(checked_prefix(reader, 2) == n_call / 3 * 3);
        CHECK_FALSE(reader.is_complete());
        CHECK_FALSE(reader.is_being_written());
      }
      CHECK(checked_prefix(value_of(RecordingReader::open(path)), 2) ==
            n_call / 3 * 3);  // reading loses nothing either
    }
  }

  SECTION("at no particular moment, also during a checkpoint") {
    for (const int delay_ms : {1, 3, 10, 30, 100}) {
      std::array<int, 2> started{};
      REQUIRE(::pipe(started.data()) == 0);
      const pid_t child = ::fork();
      if (child == 0) {
        auto writer = RecordingWriter::create(path, true);
        for (int frame = 0;; ++frame) {
          if (!append_instant(*writer, frame, 2, 1000)) ::_exit(1);
          if (frame % 4 == 3 && !writer->commit()) ::_exit(1);
          if (frame == 3 && ::write(started[1], "x", 1) != 1) ::_exit(1);
        }
      }
      char byte = 0;
      REQUIRE(::read(started[0], &byte, 1) == 1);
      std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms));
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, 0);
      ::close(started[0]);
      ::close(started[1]);
      const int n_frame = checked_prefix(value_of(RecordingReader::open(path)), 2, 1000);
      CHECK(n_frame >= 4);
      CHECK(n_frame % 4 == 0);
    }
  }
}

TEST_CASE("a full disk is reported and what was committed is kept") {
  const Folder folder;
  const std::string path = folder.file("a.racktwin");
  const int status = status_of_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{300'000, 300'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    auto writer = RecordingWriter::create(path, false);
    for (int frame = 0; frame < 1000; ++frame) {
      auto done = append_instant(*writer, frame, 20);
      if (done) done = writer->commit();
      if (done) continue;
      // Once it has failed it does not go on behind a gap, nor does it claim to be complete.
      const bool is_stuck = complaint(append_instant(*writer, frame + 1, 1)) == complaint(done);
      const bool is_closed = writer->close().has_value();
      write_text(folder.file("message"), done.error().front().message);
      return done.error().front().code == ErrorCode::kIo && is_stuck && !is_closed && frame > 4 ? 0 : 1;
    }
    return 2;
  });
  REQUIRE(status == 0);
  const RecordingReader reader = value_of(RecordingReader::open(path));
  const int n_frame = checked_prefix(reader, 20);
  CHECK(n_frame > 4);
  CHECK_FALSE(reader.is_complete());
  const std::string message = text_of(folder.file("message"));
  CHECK_THAT(message, Catch::StartsWith("cannot write " + path + ": "));
  CHECK_THAT(message, Catch::Contains("disk full (") || Catch::Contains("size limit ("));
  CHECK_THAT(message, Catch::Contains("; what was committed until ") && Catch::EndsWith(" is kept"));
}

TEST_CASE("a recording that is deleted while it is written is an error of the next commit, and leaves nothing") {
  const Folder folder;
  const std::string path = folder.file("a.racktwin");
  RecordingWriter writer = value_of(RecordingWriter::create(path, false));
  require_ok(append_instant(writer, 0, 2));
  require_ok(writer.commit());
  require_ok(append_instant(writer, 1, 2));
  fs::remove(path);
  {
    const auto other = RecordingWriter::create(path, false);  // whose log would be that of the deleted file
    REQUIRE_FALSE(other);
    CHECK_THAT(other.error().front().message, Catch::Contains("still writes"));
  }
  const auto committed = writer.commit();
  REQUIRE_FALSE(committed);
  CHECK(committed.error().front().code == ErrorCode::kIo);
  CHECK_THAT(committed.error().front().message, Catch::Contains("it has been deleted"));
  CHECK(folder.names().empty());

  SECTION("a new one may take its name then, and is not touched when the old one goes") {
    RecordingWriter second = value_of(RecordingWriter::create(path, false));
    require_ok(append_instant(second, 0, 2));
    require_ok(second.commit());
    CHECK_FALSE(writer.close());
    CHECK(fs::exists(path + "-wal"));
    CHECK(checked_prefix(value_of(RecordingReader::open(path)), 2) == 1);
    require_ok(second.close());
  }
}

TEST_CASE("a recording that is moved while it is written keeps its log, and is whole again beside it") {
  const Folder folder;
  const std::string path = folder.file("a.racktwin"), moved = folder.file("b.racktwin");
  {
    RecordingWriter writer = value_of(RecordingWriter::create(path, false));
    require_ok(append_instant(writer, 0, 2));
    require_ok(writer.commit());
    fs::rename(path, moved);
    require_ok(append_instant(writer, 1, 2));
    const auto committed = writer.commit();
    REQUIRE_FALSE(committed);
    CHECK_THAT(committed.error().front().message, Catch::Contains("moved away"));
  }
  fs::rename(path + "-wal", moved + "-wal");
  CHECK(checked_prefix(value_of(RecordingReader::open(moved)), 2) == 1);
}

TEST_CASE("a recording is not replaced unless told so") {
  const Folder folder;
  const std::string path = example(folder, "a.racktwin");
  const std::string before = text_of(path);
  const auto refused = RecordingWriter::create(path, false);
  CHECK(code_of(refused) == ErrorCode::kIo);
  CHECK(complaint(refused) == "cannot create " + path + ": File exists; --force replaces it");
  CHECK(text_of(path) == before);

  write_text(path + "-wal", "left by a writer that was killed");
  RecordingWriter writer = value_of(RecordingWriter::create(path, true));
  CHECK(value_of(RecordingReader::open(path)).metrics().empty());
  const auto in_use = RecordingWriter::create(path, true);
  CHECK(complaint(in_use) == "cannot replace " + path + ": another program has it open");
  require_ok(append_instant(writer, 0, 2));
  require_ok(writer.close());
  CHECK(folder.names() == std::vector<std::string>{"a.racktwin"});
  CHECK(checked_prefix(value_of(RecordingReader::open(path)), 2) == 1);

  CHECK_THAT(complaint(RecordingWriter::create(folder.path.string(), true)), Catch::Contains("not a regular file"));
}

TEST_CASE("a recording that cannot be created leaves no file behind") {
  const Folder folder;
  const std::string path = folder.file("missing/a.racktwin");
  CHECK(complaint(RecordingWriter::create(path, false)) == "cannot create " + path + ": No such file or directory");
  const int status = status_of_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{8192, 8192};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto writer = RecordingWriter::create(folder.file("a.racktwin"), false);
    return !writer && writer.error().front().code == ErrorCode::kIo ? 0 : 1;
  });
  CHECK(status == 0);
  CHECK(folder.names().empty());
}

TEST_CASE("what is no recording is refused with the reason") {
  const Folder folder;
  const std::string recording = text_of(example(folder, "good.racktwin"));
  const std::string path = folder.file("bad.racktwin");
  const auto complaint_about = [&](const std::string& bytes) {
    write_text(path, bytes);
    const auto opened = RecordingReader::open(path);
    CHECK(code_of(opened) == ErrorCode::kBadInput);
    CHECK(text_of(path) == bytes);
    CHECK(folder.names() == std::vector<std::string>{"bad.racktwin", "good.racktwin"});
    return complaint(opened);
  };
  const auto patched = [&](std::size_t offset, char byte) {
    std::string bytes = recording;
    bytes[offset] = byte;
    return bytes;
  };
  const auto missing = RecordingReader::open(path);
  CHECK(code_of(missing) == ErrorCode::kIo);
  CHECK(complaint(missing) == "cannot read " + path + ": No such file or directory");
  CHECK_THAT(complaint(RecordingReader::open(folder.path.string())), Catch::Contains("not a regular file"));

  CHECK_THAT(complaint_about(""), Catch::Contains("the file is empty"));
  CHECK_THAT(complaint_about("[site]\nname = \"hall\"\n"), Catch::Contains("is no recording"));
  CHECK_THAT(complaint_about(std::string(10'000, 'x')), Catch::Contains("is no recording"));
  CHECK_THAT(complaint_about(patched(68, 0)), Catch::Contains("is a database, but no recording"));  // application_id
  // user_version
  CHECK_THAT(complaint_about(patched(63, 6)),
             Catch::Contains("has recording format 6, this racktwin reads format 5; read it with a newer racktwin"));
  CHECK_THAT(complaint_about(patched(63, 1)),
             Catch::Contains("has recording format 1, this racktwin reads format 5; run the scenario again"));
  for (const std::size_t size : {50UL, 200UL, 5000UL, recording.size() - 4096, recording.size() - 1}) {
    CHECK_THAT(complaint_about(recording.substr(0, size)),
               Catch::Contains("is no recording") || Catch::Contains("cut off"));
  }
}

TEST_CASE("a damaged page is an error of the call that meets it, not a crash") {
  const Folder folder;
  const std::string path = folder.file("a.racktwin");
  {
    RecordingWriter writer = value_of(RecordingWriter::create(path, false));
    for (int frame = 0; frame < 50; ++frame) require_ok(append_instant(writer, frame, 20));
    require_ok(writer.close());
  }
  std::string bytes = text_of(path);
  std::fill(bytes.begin() + 100'000, bytes.begin() + 160'000, '\xaa');
  write_text(path, bytes);
  const RecordingReader reader = value_of(RecordingReader::open(path));
  require_ok(reader.status());
  CHECK(reader.content_hash() == 0);
  CHECK_THAT(complaint(reader.status()), Catch::Contains("is damaged or cut off"));
}

TEST_CASE("recordings are read on a read-only medium, whether closed, killed or held open while closed") {
  const Folder folder;
  example(folder, "closed.racktwin");
  {
    RecordingWriter writer = value_of(RecordingWriter::create(folder.file("held open?.racktwin"), false));
    const RecordingReader reader = value_of(RecordingReader::open(folder.file("held open?.racktwin")));
    write_example(writer);
    require_ok(writer.close());
  }
  status_of_child([&] {
    auto writer = RecordingWriter::create(folder.file("killed.racktwin"), false);
    write_example(*writer);
    if (!writer->commit()) return 1;
    return ::raise(SIGKILL);
  });
  const std::vector<std::string> before = folder.names();
  for (const std::string& name : before) fs::permissions(folder.file(name), fs::perms(0444));
  fs::permissions(folder.path, fs::perms(0555));
  const int status = status_of_child([&] {
    if (::geteuid() == 0 && ::seteuid(65534) != 0) return 9;  // root may write anywhere
    int failures = 0;
    for (const char* name : {"closed.racktwin", "held open?.racktwin", "killed.racktwin"}) {
      const auto reader = RecordingReader::open(folder.file(name));
      if (!reader) fmt::print(stderr, "{}\n", complaint(reader));
      if (!reader || reader->frame_times().size() != 2 || !reader->status()) ++failures;
    }
    return failures;
  });
  fs::permissions(folder.path, fs::perms(0755));
  CHECK(status == 0);
  CHECK(folder.names() == before);
}

TEST_CASE("the content hash is equal for equal runs and differs when a value does") {
  const Folder folder;
  const auto hash_of = [](const std::string& path) { return value_of(RecordingReader::open(path)).content_hash(); };
  const std::uint64_t first = hash_of(example(folder, "a.racktwin"));
  CHECK(first == hash_of(example(folder, "b.racktwin")));
  CHECK(first != hash_of(example(folder, "c.racktwin", 1.5e6 + 1e-9)));

  // Neither where it ran nor how often it committed makes a difference.
  RecordingWriter writer = value_of(RecordingWriter::create(folder.file("d.racktwin"), false));
  require_ok(writer.put_run({{"host", "elsewhere"}}));
  require_ok(writer.commit());
  write_example(writer);
  require_ok(writer.close());
  CHECK(first == hash_of(folder.file("d.racktwin")));

  for (const float value : {1.0F, std::nextafter(1.0F, 2.0F)}) {
    RecordingWriter other = value_of(RecordingWriter::create(folder.file(fmt::format("{}.racktwin", value)), false));
    require_ok(other.append_frame(0, 0, {{0, {value}, {}, {}}}));
    require_ok(other.close());
  }
  CHECK(hash_of(folder.file("1.racktwin")) != hash_of(folder.file("1.0000001.racktwin")));
}

TEST_CASE("a recording is exported as CSV with units, paths of its classes, and no data as an empty field") {
  const Folder folder;
  const std::string path = folder.file("a.racktwin");
  RecordingWriter writer = value_of(RecordingWriter::create(path, false));
  require_ok(writer.put_components({{0, "hall", "site", -1, 0, 0, 0, 40, 20, 4},
                                    {1, "hall/row, a", "row", 0, 0, 0, 0, 1.2, 1.2, 2},
                                    {2, "hall/row, a/rack-01", "rack", 1, 0, 0, 0, 0.6, 1.2, 2},
                                    {3, "hall/row, a/rack-02", "rack", 1, 0.6, 0, 0, 0.6, 1.2, 2},
                                    {4, "hall/cdu-1", "cdu", 0, 2, 0, 0, 0.6, 1.2, 2},
                                    {5, "hall/cdu-1/pump-1", "pump", 4, 0, 0, 0, 0.6, 1.2, 0.6},
                                    {6, "box", "rack-type", -1, 0, 0, 0, 0.6, 1.2, 2},
                                    {7, "box/compute-01", "compute-tray", 6, 0, 0, 0, 0.6, 1.2, 1},
                                    {8, "box/compute-01/gpu-0", "gpu", 7, 0, 0, 0, 0.6, 1.2, 1}}));
  require_ok(writer.put_metrics({{0, "site_power", UnitKind::kSite, "W", "", "", 0, kNoData, "", ""},
                                 {1, "rack_power", UnitKind::kRack, "W", "", "", 0, kNoData, "", ""},
                                 {2, "rack_inlet", UnitKind::kRack, "degC", "", "", 0, kNoData, "", ""},
                                 {3, "gpu_clock", UnitKind::kGpu, "1", "", "", 0, 1, "", ""},
                                 {4, "pump_speed", UnitKind::kPump, "1", "", "", 0, 1, "", ""}}));
  require_ok(writer.put_epoch(0, 0));
  require_ok(writer.put_membership(0, UnitKind::kRack, {1, 0}));
  require_ok(writer.put_membership(0, UnitKind::kTray, {0, 0}));
  require_ok(writer.put_membership(0, UnitKind::kGpu, {0, 0}));
  require_ok(writer.put_membership(0, UnitKind::kPump, {0}));
  const auto nan = static_cast<float>(kNoData);
  require_ok(writer.append_frame(0, 10,
                                 {{0, {1.5e6F}, {1e6F}, {2e6F}},
                                  {1, {100, 200}, {90, 190}, {110, 210}},
                                  {2, {25.3F, nan}, {25, nan}, {25.5F, nan}},
                                  {3, {0.95F}, {0.9F}, {1}},
                                  {4, {0.75F}, {0.75F}, {0.75F}}}));
  require_ok(writer.append_frame(0, 20, {{1, {101, 201}, {91, 191}, {111, 211}}}));
  require_ok(writer.append_event({15, "hall/row, a/rack-01", "pump \"A\" failed, 1 of 2", "scenario", "", kNoData,
                                  kNoData, 1, 576, 0, "state", 0}));
  require_ok(writer.append_event({20, "hall", "one\ntwo", "limit", "site_power", 1.5e6, 1.25e6, 3}));
  require_ok(writer.put_activities(0, {{0, "forward", 0, 0.5}}));
  require_ok(writer.close());

  const RecordingReader reader = value_of(RecordingReader::open(path));
  const std::string directory = folder.file("new/csv");
  require_ok(reader.export_csv(directory, false));
  CHECK(text_of(directory + "/site_series.csv") ==
        "time_s,site_power [W],site_power_min [W],site_power_max [W]\n"
        "10,1500000,1000000,2000000\n");
  CHECK(text_of(directory + "/rack_series.csv") ==
        "time_s,rack_class,rack_power [W],rack_power_min [W],rack_power_max [W],rack_inlet [degC],"
        "rack_inlet_min [degC],rack_inlet_max [degC]\n"
        "10,0,100,90,110,25.3,25,25.5\n"
        "10,1,200,190,210,,,\n"
        "20,0,101,91,111,,,\n"
        "20,1,201,191,211,,,\n");
  CHECK(text_of(directory + "/gpu_series.csv") ==
        "time_s,gpu_class,gpu_clock [1],gpu_clock_min [1],gpu_clock_max [1]\n10,0,0.95,0.9,1\n");
  CHECK(text_of(directory + "/pump_series.csv") ==
        "time_s,pump_class,pump_speed [1],pump_speed_min [1],pump_speed_max [1]\n10,0,0.75,0.75,0.75\n");
  CHECK(text_of(directory + "/leaf_series.csv") == "time_s,leaf_class\n");
  CHECK(text_of(directory + "/classes.csv") ==
        "from_s,kind,class,path\n"
        "0,rack,1,\"hall/row, a/rack-01\"\n"
        "0,rack,0,\"hall/row, a/rack-02\"\n"
        "0,tray,0,\"hall/row, a/rack-01/compute-01\"\n"
        "0,tray,0,\"hall/row, a/rack-02/compute-01\"\n"
        "0,gpu,0,\"hall/row, a/rack-01/compute-01/gpu-0\"\n"
        "0,gpu,0,\"hall/row, a/rack-02/compute-01/gpu-0\"\n"
        "0,pump,0,hall/cdu-1/pump-1\n");
  CHECK(text_of(directory + "/events.csv") ==
        "time_s,path,what,by,metric,value,limit,count,gpus_behind,gpus_lost,next_limit_s,key,setting\n"
        "15,\"hall/row, a/rack-01\",\"pump \"\"A\"\" failed, 1 of 2\",scenario,,,,1,576,0,5,state,0\n"
        "20,hall,\"one\ntwo\",limit,site_power,1500000,1250000,3,,,,,\n");
  CHECK(text_of(directory + "/iteration.csv") == "from_s,gpu_class,kind,start_s,end_s\n0,0,forward,0,0.5\n");

  const auto refused = reader.export_csv(directory, false);
  CHECK(code_of(refused) == ErrorCode::kIo);
  REQUIRE(refused.error().size() == RecordingReader::csv_names().size());  // all at once
  CHECK_THAT(complaint(refused), Catch::Contains("classes.csv: File exists; --force replaces it"));
  require_ok(reader.export_csv(directory, true));
}

TEST_CASE("an hour of frames is recorded without a gap") {
  const Folder folder;
  RecordingWriter writer = value_of(RecordingWriter::create(folder.file("a.racktwin"), false));
  for (int frame = 0; frame < 360; ++frame) {
    require_ok(append_instant(writer, frame, 20));
    std::vector<SeriesRow> series;
    for (int metric = 0; metric < 20; ++metric) series.push_back({fmt::format("metric_{}", metric), 0.1 * frame});
    for (int rack_class = 0; rack_class < 8; ++rack_class) {
      require_ok(writer.append_rack_series(10.0 * frame, rack_class, series));
    }
    require_ok(writer.append_site_series(10.0 * frame, series));
    if (frame % 6 == 5) require_ok(writer.commit());
  }
  require_ok(writer.close());
  const RecordingReader reader = value_of(RecordingReader::open(folder.file("a.racktwin")));
  CHECK(checked_prefix(reader, 20) == 360);
}

}  // namespace racktwin
