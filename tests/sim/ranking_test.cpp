#include "sim/validation/ranking.h"

#include <catch2/catch.hpp>

#include <cmath>

namespace racktwin {
namespace {

double tau(const std::vector<double>& measured, const std::vector<double>& predicted) {
  return kendall_tau_b(count_pairs(measured, predicted));
}

}  // namespace

TEST_CASE("tau-b is one where all pairs are ordered alike, and minus one where none is") {
  CHECK(tau({1, 2, 3, 4}, {10, 20, 30, 40}) == 1);
  CHECK(tau({1, 2, 3, 4}, {40, 30, 20, 10}) == -1);
  CHECK(tau({1, 2}, {5, 7}) == 1);
}

TEST_CASE("tau-b of a case counted by hand") {
  // Pairs of (1,1) (2,3) (3,2) (4,4) (5,5): one of ten in the wrong order.
  const PairCounts counts = count_pairs({1, 2, 3, 4, 5}, {1, 3, 2, 4, 5});
  CHECK(counts.concordant == 9);
  CHECK(counts.discordant == 1);
  CHECK(counts.pairs() == 10);
  CHECK(kendall_tau_b(counts) == Approx(0.8));
}

TEST_CASE("ties count in the denominator of tau-b") {
  // (1,1) (1,2) (2,3) (3,3): pair 1-2 is tied in the first, pair 3-4 in the second, the other four agree.
  const PairCounts counts = count_pairs({1, 1, 2, 3}, {1, 2, 3, 3});
  CHECK(counts.concordant == 4);
  CHECK(counts.discordant == 0);
  CHECK(counts.tied_measured == 1);
  CHECK(counts.tied_predicted == 1);
  CHECK(counts.tied_both == 0);
  CHECK(kendall_tau_b(counts) == Approx(4.0 / 5));
  // A pair that is tied in both takes no part.
  const PairCounts both = count_pairs({1, 1, 2}, {7, 7, 9});
  CHECK(both.tied_both == 1);
  CHECK(both.pairs() == 3);
  CHECK(kendall_tau_b(both) == 1);
}

TEST_CASE("tau-b of nothing to rank is no number") {
  CHECK(std::isnan(tau({}, {})));
  CHECK(std::isnan(tau({1}, {1})));
  CHECK(std::isnan(tau({1, 2, 3}, {5, 5, 5})));
  CHECK(std::isnan(tau({4, 4}, {5, 6})));
}

TEST_CASE("counts of groups add up, and things of two groups are not compared") {
  PairCounts counts = count_pairs({1, 2}, {1, 2});
  counts += count_pairs({10, 20}, {20, 10});
  CHECK(counts.pairs() == 2);
  CHECK(kendall_tau_b(counts) == 0);
}

}  // namespace racktwin
