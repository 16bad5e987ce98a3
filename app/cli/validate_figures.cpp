#include "app/cli/validate_figures.h"

#include "app/cli/version.h"
#include "render/plot/svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>

namespace racktwin {
namespace {

constexpr int kHeight = 600;
constexpr double kManyfold = 20;       // largest over smallest value from which on axes are logarithmic
constexpr double kMargin = 1.12;       // beyond the outermost points
constexpr std::size_t kMostName = 60;  // characters of a source in the legend

// At least 3:1 on white each (WCAG 2.1, 1.4.11), told apart in hue and lightness.
constexpr Rgba kSourceColours[] = {{0, 114, 178, 255}, {213, 94, 0, 255},  {0, 130, 96, 255},  {158, 60, 140, 255},
                                   {128, 100, 0, 255}, {90, 90, 200, 255}, {150, 40, 40, 255}, {60, 110, 120, 255}};
constexpr Rgba kEqualColour = {86, 97, 109, 255};
constexpr Rgba kWideColour = {86, 97, 109, 36}, kNarrowColour = {86, 97, 109, 84};

Rgba darker(Rgba colour) {
  const auto half = [](std::uint8_t part) { return static_cast<std::uint8_t>(part * 0.55); };
  return {half(colour.r), half(colour.g), half(colour.b), 255};
}

std::string shortened(const std::string& name) {
  if (name.size() <= kMostName) return name;
  std::size_t end = kMostName - 1;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;  // not within a character
  return name.substr(0, end) + "…";
}

// "tokens_per_s_per_gpu" -> "tokens-per-s-per-gpu"
std::string file_word(const std::string& text) {
  std::string word;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0) {
      word += static_cast<char>(std::tolower(byte));
    } else if (!word.empty() && word.back() != '-') {
      word += '-';
    }
  }
  return word;
}

std::string metric_title(const std::string& metric) {
  static const std::map<std::string, std::string> kTitles = {{"step_time", "Step time"},
                                                             {"tokens_per_s_per_gpu", "Throughput"},
                                                             {"latency", "Time of collectives"},
                                                             {"busbw", "Bus bandwidth of collectives"},
                                                             {"node_power_mean", "Mean power of a node"},
                                                             {"node_power_p50", "Median power of a node"},
                                                             {"algbw", "Algorithm bandwidth of collectives"}};
  const auto found = kTitles.find(metric);
  if (found != kTitles.end()) return found->second;
  std::string title = metric;
  std::replace(title.begin(), title.end(), '_', ' ');
  if (!title.empty()) title[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(title[0])));
  return title;
}

bool is_plotted(const RowPrediction& row) {
  return row.reason.empty() && std::isfinite(row.value) && std::isfinite(row.predicted) && row.value > 0 &&
         row.predicted > 0;
}

// Both axes from the same numbers, so that equal is the diagonal.
void set_axes(const std::vector<const RowPrediction*>& rows, Figure& figure) {
  double low = rows.front()->value, high = low;
  for (const RowPrediction* row : rows) {
    low = std::min({low, row->value, row->predicted});
    high = std::max({high, row->value, row->predicted});
  }
  if (high / low >= kManyfold) {
    figure.axes = FigureAxes::kLogScatter;
    figure.x_low = low / kMargin;
    figure.x_high = high * kMargin;
  } else {
    figure.axes = FigureAxes::kScatter;
    figure.x_low = 0;
    figure.x_high = high * kMargin;
  }
  figure.y_low = figure.x_low;
  figure.y_high = figure.x_high;
}

// One series for each source and use: calibrate are open circles of the source's colour, others diamonds, darker and
// drawn above them.
void add_series(const std::vector<const RowPrediction*>& rows, Figure& figure) {
  std::map<std::string, Rgba> colours;
  std::map<std::string, std::set<std::string>> uses_of;
  for (const RowPrediction* row : rows) uses_of[row->source].insert(row->use);
  for (const auto& [source, uses] : uses_of) {
    const Rgba colour = kSourceColours[colours.size() % std::size(kSourceColours)];
    colours[source] = colour;
  }
  for (const bool is_calibrate : {true, false}) {
    for (const auto& [source, uses] : uses_of) {
      for (const std::string& use : uses) {
        if ((use == "calibrate") != is_calibrate) continue;
        FigureSeries series;
        series.name = shortened(source.empty() ? "no source" : source) + (use.empty() ? "" : ", " + use);
        series.symbol = is_calibrate ? FigureSymbol::kCircle : FigureSymbol::kDiamond;
        series.colour = is_calibrate ? colours[source] : darker(colours[source]);
        for (const RowPrediction* row : rows) {
          if (row->source != source || row->use != use) continue;
          series.x.push_back(row->value);
          series.y.push_back(row->predicted);
        }
        figure.series.push_back(std::move(series));
      }
    }
  }
}

ValidationFigure figure_of(const std::string& table, const std::string& metric,
                           const std::vector<const RowPrediction*>& rows, std::size_t n_row) {
  ValidationFigure out;
  const std::string stem = std::filesystem::path(table).stem().string();
  out.file = fmt::format("{}-{}.svg", file_word(stem), file_word(metric));
  Figure& figure = out.figure;
  const std::string& unit = rows.front()->unit;
  figure.title = metric_title(metric) + ": predicted against measured";
  figure.x_title = unit.empty() ? "measured" : fmt::format("measured [{}]", unit);
  figure.y_title = unit.empty() ? "predicted" : fmt::format("predicted [{}]", unit);
  set_axes(rows, figure);
  figure.ratios = {{"within 20 %", kWideColour, 0.8, 1.2},
                   {"within 10 %", kNarrowColour, 0.9, 1.1},
                   {"predicted = measured", kEqualColour, 1, 1}};
  add_series(rows, figure);
  figure.note = fmt::format("racktwin {}; {}, {} of {} rows of metric {}", version_text(),
                            std::filesystem::path(table).filename().string(), rows.size(), n_row, metric);
  out.height = kHeight;
  out.width = scatter_svg_width(figure, kHeight);
  std::size_t within = 0;
  for (const RowPrediction* row : rows) within += std::abs(row->rel_error()) <= 0.1 ? 1 : 0;
  out.summary =
      fmt::format("{}: {} of {} rows within 10 % of the measurement", metric_title(metric), within, rows.size());
  return out;
}

}  // namespace

std::vector<ValidationFigure> validation_figures(const PredictedTable& table) {
  // A unit of its own has axes of its own.
  std::vector<std::pair<std::string, std::string>> order;
  std::map<std::pair<std::string, std::string>, std::vector<const RowPrediction*>> plotted;
  std::map<std::pair<std::string, std::string>, std::size_t> counts;
  with_rows(table, [&](const auto& rows) {
    for (const RowPrediction& row : rows) {
      const std::pair key = {row.metric, row.unit};
      if (counts[key]++ == 0) order.push_back(key);
      if (is_plotted(row)) plotted[key].push_back(&row);
    }
  });
  std::vector<ValidationFigure> figures;
  std::set<std::string> names;
  for (const auto& key : order) {
    if (plotted[key].empty()) continue;
    figures.push_back(figure_of(table.path, key.first, plotted[key], counts[key]));
    std::string& file = figures.back().file;
    if (!names.insert(file).second) {
      file = file.substr(0, file.size() - 4) + "-" + file_word(key.second) + ".svg";
      names.insert(file);
    }
  }
  return figures;
}

}  // namespace racktwin
