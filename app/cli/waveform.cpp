#include "app/cli/waveform.h"

#include "render/plot/svg.h"
#include "render/text/value_text.h"
#include "sim/new_file.h"
#include "sim/power/waveform.h"
#include "sim/recording/recording.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <optional>

namespace racktwin {
namespace {

constexpr double kRampWindow_s = 0.1;
// Oscillations that a grid may answer to: inter-area modes, machines' shafts, flicker. source: Choukse et al., Power
// stabilization for AI training datacenters, arXiv 2508.14318.
constexpr double kLowestHz = 0.1, kHighestHz = 20;
constexpr std::size_t kMostLines = 5;
constexpr int kPlotWidth = 1200, kPlotHeight = 480;

struct ChannelName {
  const char* channel;
  const char* words;
};
constexpr std::array<ChannelName, 5> kChannels = {{{"site_power", "feed"},
                                                   {"site_load", "feed, were nothing stored"},
                                                   {"rack_power", "rack, AC"},
                                                   {"rack_dc_power", "rack, DC"},
                                                   {"gpu_power", "GPU"}}};

struct Channel {
  const char* name;
  const char* words;
  std::string unit;
  Waveform waveform;
  WaveformFacts facts;
  std::vector<SpectralLine> spectrum;
};

struct Recorded {
  std::string title, evidence, source;  // of site_power
  double time_s = 0;
  std::vector<Channel> channels;  // the feed first
  const Waveform& feed() const { return channels.front().waveform; }
};

Result<Recorded> read_waveforms(const std::string& path) {
  const Result<RecordingReader> reader = RecordingReader::open(path);
  if (!reader) return fail(reader.error());
  const std::vector<WaveformRow> rows = reader->waveforms();
  if (auto status = reader->status(); !status) return fail(status.error());
  Recorded out;
  out.title = reader->run_value("title").value_or("");
  for (const MetricRow& metric : reader->metrics()) {
    if (metric.name != "site_power") continue;
    out.evidence = metric.evidence;
    out.source = metric.source;
  }
  for (const ChannelName& name : kChannels) {
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const auto& r) { return r.channel == name.channel; });
    if (row == rows.end() || row->values.empty() || !(row->period_s > 0)) continue;
    Channel channel{name.channel, name.words, row->unit, {row->period_s, {row->values.begin(), row->values.end()}},
                    {},           {}};
    channel.facts = facts_of(channel.waveform, kRampWindow_s);
    channel.spectrum = spectrum_of(channel.waveform, kHighestHz);
    out.time_s = row->time_s;
    out.channels.push_back(std::move(channel));
  }
  if (out.channels.empty())
    return fail(
        Error{ErrorCode::kBadInput,
              fmt::format("{} holds no waveform", path),
              {},
              1,
              "its run was cut off before its first step, or an older racktwin wrote it: run the scenario again",
              {}});
  return out;
}

std::vector<SpectralLine> strongest_lines(const std::vector<SpectralLine>& spectrum) {
  std::vector<SpectralLine> lines;
  std::copy_if(spectrum.begin(), spectrum.end(), std::back_inserter(lines),
               [](const SpectralLine& line) { return line.hz >= kLowestHz; });
  std::stable_sort(lines.begin(), lines.end(),
                   [](const auto& a, const auto& b) { return a.amplitude_w > b.amplitude_w; });
  lines.resize(std::min(lines.size(), kMostLines));
  return lines;
}

std::string waveform_text(const Recorded& recorded) {
  const auto watts = [](double w) { return value_text(w, "W", 4); };
  std::string text =
      fmt::format("{}\nPower within an iteration of {}, which repeats, as it is at {}: {} samples of {}\n\n",
                  recorded.title, value_text(recorded.feed().period_s, "s", 4), time_text(recorded.time_s),
                  recorded.feed().power_w.size(), value_text(recorded.feed().step_s(), "s"));
  text += fmt::format("{:28}{:>9}{:>9}{:>9}{:>9}{:>10}{:>10}{:>10}\n", "", "mean", "lowest", "highest", "swing", "rise",
                      "fall", "rms");
  text += fmt::format("{:64}{:>18}{:>12}\n", "", "steepest in 100 ms", "0.1-20 Hz");
  for (const Channel& c : recorded.channels)
    text += fmt::format("  {:26}{:>9}{:>9}{:>9}{:>9}{:>10}{:>10}{:>10}\n", c.words, watts(c.facts.mean_w),
                        watts(c.facts.low_w), watts(c.facts.high_w), watts(c.facts.high_w - c.facts.low_w),
                        value_text(c.facts.rise_w_per_s, "W") + "/s", value_text(c.facts.fall_w_per_s, "W") + "/s",
                        value_text(band_rms_w(c.spectrum, kLowestHz, kHighestHz), "W"));
  text += "\nStrongest lines of the feed between 0.1 and 20 Hz\n";
  for (const SpectralLine& line : strongest_lines(recorded.channels.front().spectrum))
    text += fmt::format("  {:>9.3f} Hz  {:>10}  {:5.2f} % of the mean\n", line.hz, watts(line.amplitude_w),
                        100 * line.amplitude_w / recorded.channels.front().facts.mean_w);
  text += "\nAll racks are in step; a rack and a GPU are of the class with the highest peak.\n";
  text += fmt::format("Evidence: {}, {}\n", recorded.evidence, recorded.source);
  return text;
}

nlohmann::ordered_json waveform_json(const Recorded& recorded) {
  nlohmann::ordered_json object = {{"schema", 1},
                                   {"title", recorded.title},
                                   {"time_s", recorded.time_s},
                                   {"period_s", recorded.feed().period_s},
                                   {"sample_s", recorded.feed().step_s()},
                                   {"evidence", recorded.evidence},
                                   {"source", recorded.source}};
  for (const Channel& c : recorded.channels) {
    nlohmann::ordered_json lines = nlohmann::ordered_json::array();
    for (const SpectralLine& line : c.spectrum)
      if (line.hz >= kLowestHz) lines.push_back({{"hz", line.hz}, {"amplitude_w", line.amplitude_w}});
    object["channels"][c.name] = {{"mean_w", c.facts.mean_w},
                                  {"lowest_w", c.facts.low_w},
                                  {"highest_w", c.facts.high_w},
                                  {"rise_w_per_s", c.facts.rise_w_per_s},
                                  {"fall_w_per_s", c.facts.fall_w_per_s},
                                  {"rms_w_0.1_20_hz", band_rms_w(c.spectrum, kLowestHz, kHighestHz)},
                                  {"spectrum", lines}};
  }
  return object;
}

std::string waveform_csv(const Recorded& recorded, int iterations) {
  std::string csv = "time_s";
  for (const Channel& c : recorded.channels) csv += fmt::format(",{}_w", c.name);
  csv += "\n";
  const std::size_t n = recorded.feed().power_w.size();
  for (std::size_t i = 0; i < n * static_cast<std::size_t>(iterations); ++i) {
    csv += fmt::format("{:.6f}", static_cast<double>(i) * recorded.feed().step_s());
    for (const Channel& c : recorded.channels) csv += fmt::format(",{:.1f}", c.waveform.power_w[i % n]);
    csv += "\n";
  }
  return csv;
}

std::string waveform_svg(const Recorded& recorded, int iterations) {
  Figure figure;
  figure.title = fmt::format("Power at the feed within an iteration: {}", recorded.title);
  figure.unit = "W";
  figure.x_high = iterations * recorded.feed().period_s;
  const Rgba colours[] = {{0, 114, 178, 255}, {190, 195, 200, 255}};
  for (const std::size_t s : {std::size_t{1}, std::size_t{0}}) {  // the feed itself on top
    if (s >= recorded.channels.size() || recorded.channels[s].name != std::string(kChannels[s].channel)) continue;
    const Waveform& w = recorded.channels[s].waveform;
    FigureSeries series{recorded.channels[s].words, colours[s], {}, {}, {}, {}};
    for (std::size_t i = 0; i < w.power_w.size() * static_cast<std::size_t>(iterations); ++i) {
      series.x.push_back((static_cast<double>(i) + 0.5) * w.step_s());
      series.y.push_back(w.power_w[i % w.power_w.size()]);
    }
    figure.series.push_back(std::move(series));
  }
  return figure_svg(figure, kPlotWidth, kPlotHeight, light_theme());
}

Result<void> write_file(const std::string& path, bool force, std::string_view text, const GlobalOptions& global) {
  Result<NewFile> file = NewFile::create(path, force);
  if (!file) return fail(file.error());
  if (auto written = file->write(text); !written) return written;
  auto finished = file->finish();
  if (finished && !global.is_quiet) print_message(fmt::format("wrote {}\n", path));
  return finished;
}

}  // namespace

int show_waveform(const WaveformOptions& options, const GlobalOptions& global) {
  const Result<Recorded> recorded = read_waveforms(options.recording);
  if (!recorded) return print_errors(recorded.error(), global);
  const bool prints_csv = options.csv == "-";
  if (!options.csv.empty() && !prints_csv)
    if (auto ok = write_file(options.csv, options.force, waveform_csv(*recorded, options.iterations), global); !ok)
      return print_errors(ok.error(), global);
  if (!options.svg.empty())
    if (auto ok = write_file(options.svg, options.force, waveform_svg(*recorded, options.iterations), global); !ok)
      return print_errors(ok.error(), global);
  print_result(prints_csv        ? waveform_csv(*recorded, options.iterations)
               : options.is_json ? waveform_json(*recorded).dump() + "\n"
                                 : waveform_text(*recorded));
  return 0;
}

}  // namespace racktwin
