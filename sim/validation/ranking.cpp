#include "sim/validation/ranking.h"

#include "sim/check.h"

#include <cmath>
#include <limits>

namespace racktwin {

PairCounts& PairCounts::operator+=(const PairCounts& other) {
  concordant += other.concordant;
  discordant += other.discordant;
  tied_measured += other.tied_measured;
  tied_predicted += other.tied_predicted;
  tied_both += other.tied_both;
  return *this;
}

PairCounts count_pairs(const std::vector<double>& measured, const std::vector<double>& predicted) {
  RT_CHECK_EQ(measured.size(), predicted.size());
  PairCounts counts;
  for (std::size_t i = 0; i < measured.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const double dm = measured[i] - measured[j], dp = predicted[i] - predicted[j];
      if (dm == 0 && dp == 0) {
        ++counts.tied_both;
      } else if (dm == 0) {
        ++counts.tied_measured;
      } else if (dp == 0) {
        ++counts.tied_predicted;
      } else {
        ++((dm > 0) == (dp > 0) ? counts.concordant : counts.discordant);
      }
    }
  }
  return counts;
}

double kendall_tau_b(const PairCounts& c) {
  const double strict = c.concordant + c.discordant;
  const double both = (strict + c.tied_measured) * (strict + c.tied_predicted);
  return both > 0 ? (c.concordant - c.discordant) / std::sqrt(both) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace racktwin
