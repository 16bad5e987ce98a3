// What there is to say about one thing at one instant: the text of the inspector, without its looks.
// Thread rule: pure functions.
#pragma once

#include "sim/recording/run_history.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace racktwin {

struct Fact {
  const MetricRow* metric = nullptr;
  Reading reading;
  LimitRow limit;    // the lowest that has not been crossed, else the highest; without a name if there is none
  double share = 0;  // of the way from the metric's low to the limit that the highest value has gone; NaN: none
  // What the reading is taken over.
  int things = 1;             // 64; 1: the thing itself
  std::string_view word;      // "GPUs"
  bool have_all_data = true;  // none of them is without
  bool takes_high = false;    // what is said first is the highest, as on labels in the picture, not the mean
  double frame_s = 0;         // and over how long
  std::string why;            // of clocks: what set them, see clock_reasons()
  double value() const { return takes_high ? reading.high : reading.mean; }
};

// How a fact is said.
struct FactText {
  std::string value;  // "75.6 °C", "-" without data
  std::string spread;  // "hottest of 64 GPUs over 5 s; mean 74.9 °C, lowest 71.2 °C"; empty: it never was anything else
  std::string why;     // "set by power cap (SwPowerCap)"; empty: nothing is recorded
  std::string limit;  // "limit 87.0 °C (software slowdown): 11.4 K below"; empty: none
  bool is_crossed = false;
};
FactText text_of(const Fact& fact);

// The metrics of one kind of thing that apply: its own, those of what it holds, or of what holds it.
struct FactGroup {
  std::string title;  // "Of its 72 GPUs"; empty: its own
  std::vector<Fact> facts;
  std::string note = {};  // what must be known to read them; empty: nothing
};
// What set the clocks of a thing's GPUs in a frame, with shares of the GPU time where there was more than one reason:
// "set by power cap 92 %, thermal slowdown 8 %"; empty: nothing is recorded.
std::string clock_reasons(const RunHistory& history, const Frame& frame, ComponentId id);
// One metric of a thing, as facts_of() has it. things: units_in() of the metric's kind.
Fact fact_of(const RunHistory& history, const Frame& frame, const MetricRow& metric, ComponentId id, int things);
// How many units of a kind a thing holds, or is.
int units_in(const SiteMap& site, UnitKind kind, ComponentId id);
// Of every kind, by UnitKind: it takes a while on a large site, and does not change with the frame.
using UnitCounts = std::array<int, 6>;
UnitCounts units_in(const SiteMap& site, ComponentId id);
// units: units_in() of the thing.
std::vector<FactGroup> facts_of(const RunHistory& history, const Frame& frame, ComponentId id, const UnitCounts& units);

// "one of 64 alike": how many are simulated together; empty where that says nothing.
std::string alike_text(const RunHistory& history, int epoch, ComponentId id);

// "gpu_junction" -> "GPU junction"
std::string label_of(std::string_view name);
// Of summary rows: "junction_max_degc" -> "Junction max"
std::string summary_label(const SummaryRow& row);

}  // namespace racktwin
