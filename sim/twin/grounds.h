// What the results of a run rest on: of each group of inputs the one with the weakest evidence.
//
// The summary, the table of metrics and the limits name it. Thread rule: pure functions.
#pragma once

#include "sim/catalog/calibration.h"
#include "sim/plan/plan.h"

#include <string>
#include <vector>

namespace racktwin {

struct Ground {
  Evidence evidence = Evidence::kMeasured;
  std::string input;      // for people: "junction-to-case resistance", "set by scenario hall"
  std::string source;     // key in racks/sources.toml; empty: it was given
  bool is_given = false;  // by the scenario or an operator: a choice, which needs no evidence
};

std::string evidence_of(const Ground& ground);  // "assumed"; empty: it was given
std::string source_of(const Ground& ground);  // "junction-to-case resistance (engineering-estimate)", "set by operator"

// The one with the weaker evidence, of equal ones the first.
Ground weaker(const Ground& a, const Ground& b);

struct Grounds {
  Ground compute, network;
  Ground step;  // compute and network
  Ground power;
  Ground ac;    // power and its conversion
  Ground flow;  // of coolant
  Ground facility_supply, pump_speed;
  Ground coolant;   // its temperatures: flow, CDU and the power that is to be cooled
  Ground cooling;   // of chips: coolant and what lies between
  Ground facility;  // power and water of what cools the facility water
  Ground weather;
};

// `by_operator`: the events of a live run so far, besides those of its scenario.
Grounds grounds_of(const Plan& plan, const Calibration& calibration, const std::vector<Event>& by_operator = {});

}  // namespace racktwin
