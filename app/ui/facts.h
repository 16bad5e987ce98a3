// What there is to say about one thing at one instant: the text of the inspector, without its looks.
// Thread rule: pure functions.
#pragma once

#include "sim/recording/run_history.h"

#include <string>
#include <string_view>
#include <vector>

namespace racktwin {

struct Fact {
  const MetricRow* metric = nullptr;
  Reading reading;
  LimitRow limit;    // the lowest that has not been crossed, else the highest; without a name if there is none
  double share = 0;  // of the way from the metric's low to the limit that the highest value has gone; NaN: none
};

// The metrics of one kind of thing that apply: its own, those of what it holds, or of what holds it.
struct FactGroup {
  std::string title;  // "Of its 72 GPUs"; empty: its own
  std::vector<Fact> facts;
};
std::vector<FactGroup> facts_of(const RunHistory& history, const Frame& frame, ComponentId id);

// "one of 64 alike": how many are simulated together; empty where that says nothing.
std::string alike_text(const RunHistory& history, int epoch, ComponentId id);

// "gpu_junction" -> "GPU junction"
std::string label_of(std::string_view name);
// Of summary rows: "junction_max_degc" -> "Junction max"
std::string summary_label(const SummaryRow& row);

}  // namespace racktwin
