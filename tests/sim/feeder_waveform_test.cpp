#include "sim/twin/feeder_waveform.h"

#include "sim/twin/twin.h"
#include "tests/sim/flagship.h"
#include "tests/sim/folder.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <numeric>

namespace racktwin {
namespace {

struct Recorded {
  std::map<std::string, WaveformRow> waveforms;
  double site_mean_w = 0;  // of the first frame
  const std::vector<float>& of(const std::string& channel) const { return waveforms.at(channel).values; }
};

Recorded recorded(std::vector<std::string> more) {
  const Folder folder;
  more.insert(more.end(), {"duration=60 s", "frame=60 s"});
  RunOptions options;
  options.output = folder.file("run.racktwin");
  const auto outcome = run_twin(small_job(more), test_calibration(), options);
  if (!outcome) FAIL(format_errors(outcome.error(), false));
  const auto reader = RecordingReader::open(options.output);
  REQUIRE(reader);
  Recorded out;
  for (WaveformRow& row : reader->waveforms()) out.waveforms.emplace(row.channel, row);
  for (const MetricRow& metric : reader->metrics())
    if (metric.name == "site_power") out.site_mean_w = reader->frames(metric.id, 0, 1e9).front().mean[0];
  return out;
}

double mean(const std::vector<float>& w) {
  return std::accumulate(w.begin(), w.end(), 0.0) / static_cast<double>(w.size());
}

double swing(const std::vector<float>& w) {
  const auto [low, high] = std::minmax_element(w.begin(), w.end());
  return *high - *low;
}

TEST_CASE("a run records its first iteration at a millisecond, and its mean is that of the frames") {
  const Recorded run = recorded({});
  REQUIRE(run.waveforms.size() == 5);
  const WaveformRow& feed = run.waveforms.at("site_power");
  CHECK(feed.time_s == 0);
  CHECK(feed.period_s / static_cast<double>(feed.values.size()) <= 1e-3);
  CHECK(mean(feed.values) == Approx(run.site_mean_w).epsilon(2e-3));  // temperatures move a little in a minute
  for (const auto& [channel, row] : run.waveforms) {
    CHECK(row.unit == "W");
    CHECK(row.period_s == feed.period_s);
    CHECK(row.values.size() == feed.values.size());
  }
}

TEST_CASE("shelves smooth what the feeder sees, and neither make nor lose energy") {
  const Recorded run = recorded({});
  CHECK(swing(run.of("site_power")) < swing(run.of("site_load")));
  CHECK(mean(run.of("site_power")) ==
        Approx(mean(run.of("site_load"))).epsilon(1e-3));  // the UPS curve is not straight
}

TEST_CASE("capacitors in the shelves of a GB300 take more of the swing than the supplies of a GB200") {
  const auto kept = [](const std::string& rack) {
    const Recorded run = recorded({"site.rack=" + rack});
    return swing(run.of("site_power")) / swing(run.of("site_load"));
  };
  CHECK(kept("gb300-nvl72") < 0.9 * kept("gb200-nvl72"));
}

TEST_CASE("the lag of a rack is that of its supplies, and its storage over the swing of a whole rack") {
  RackType rack = small_job().site.rack_type;
  const double supplies_s = rack_input_lag_s(rack);
  CHECK(supplies_s == rack.psu_input_lag_s.value);
  // 72 GPUs, 36 CPUs, 18 trays and 9 switch trays from idle to their limits.
  const double swing_w = 72 * (rack.gpu.tdp_w.value - rack.gpu.idle_w.value) +
                         36 * rack.cpu.training_load.value * (rack.cpu.tdp_w.value - rack.cpu.idle_w.value) +
                         18 * (rack.compute_tray_other_w.value - rack.compute_tray_other_idle_w.value) +
                         9 * (rack.switch_tray_w.value - rack.switch_tray_idle_w.value);
  rack.energy_storage_j = Sourced(4680);
  CHECK(rack_input_lag_s(rack) == Approx(supplies_s + 4680 / swing_w));
  rack.psu_input_lag_s = Sourced();
  CHECK(rack_input_lag_s(rack) == Approx(4680 / swing_w));
}

}  // namespace
}  // namespace racktwin
