// The figures under the picture: which metrics they show for a selection, and their series, read a few at a time so
// that the window never waits for a long recording. Thread rule: one thread per PlotData.
#pragma once

#include "render/plot/figure.h"
#include "sim/recording/run_history.h"

#include <string>
#include <vector>

namespace racktwin {

struct PlotSpec {
  std::string title;                  // "Rack power"
  std::string of;                     // "rack-03"; empty: the site
  const MetricRow* metric = nullptr;  // nullptr: not recorded
  ComponentId id;
  bool takes_high = false;  // the line is the highest, not the mean
};
inline constexpr std::size_t kPlots = 4;
// Power, temperature, flow (where there is no coolant: utilization), speed: of the selection where it has them, else of
// the site.
std::vector<PlotSpec> plot_specs(const RunHistory& history, ComponentId selected);

// The end of the time axis of plots and timeline [s].
double shown_until_s(const RunHistory& history);

class PlotData {
 public:
  // Reads what is missing, for about budget_s; true if something was read, so that there is more to show.
  bool update(const RunHistory& history, const std::vector<PlotSpec>& specs, double budget_s);
  bool is_complete(const RunHistory& history) const;

  // Without a cursor and colours, which panels set.
  const std::vector<Figure>& figures() const { return figures_; }
  const std::vector<PlotSpec>& specs() const { return specs_; }

 private:
  void read_some(const RunHistory& history, std::size_t plot);

  std::vector<PlotSpec> specs_;
  std::vector<Figure> figures_;
  std::vector<std::size_t> frames_read_;
};

}  // namespace racktwin
