// Rank correlation: whether predictions order things as measurements do.
//
// source: M. G. Kendall 1945, "The treatment of ties in ranking problems", Biometrika 33(3), 239-251 (tau-b).
// Thread rule: pure functions.
#pragma once

#include <vector>

namespace racktwin {

// Pairs of things, counted. Counts of several groups add up, so that only things of one group are compared.
struct PairCounts {
  int concordant = 0;      // both orders agree
  int discordant = 0;      // they do not
  int tied_measured = 0;   // measured alike, predicted not
  int tied_predicted = 0;  // the other way round
  int tied_both = 0;
  int pairs() const { return concordant + discordant + tied_measured + tied_predicted + tied_both; }
  PairCounts& operator+=(const PairCounts& other);
};

// All pairs of one group: (n_thing) each, of equal length.
PairCounts count_pairs(const std::vector<double>& measured, const std::vector<double>& predicted);

// (C - D) / sqrt((C + D + tied_measured)(C + D + tied_predicted)): 1 all right, -1 all wrong; NaN where one side is all
// ties or there are no pairs.
double kendall_tau_b(const PairCounts& counts);

}  // namespace racktwin
