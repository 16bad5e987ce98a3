#include "sim/uncertainty/statistics.h"

#include "sim/check.h"
#include "sim/hash.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace racktwin {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

class SplitMix {
 public:
  explicit SplitMix(std::uint64_t state) : state_(state) {}
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }  // [0, 1)

 private:
  std::uint64_t state_;
};

// (n) 1 for the lowest; of equal ones all have their mean rank.
std::vector<double> ranks_of(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    for (std::size_t i = begin; i < end; ++i) ranks[order[i]] = static_cast<double>(begin + 1 + end) / 2;
  }
  return ranks;
}

}  // namespace

double triangular_quantile(double u, double low, double mode, double high) {
  if (low == high) return low;
  const double below = (mode - low) / (high - low);
  if (u < below) return low + std::sqrt(u * (high - low) * (mode - low));
  return high - std::sqrt((1 - u) * (high - low) * (high - mode));
}

std::vector<double> latin_hypercube_column(std::size_t n, std::uint64_t seed, std::string_view name) {
  Fnv1a hash;
  hash.add(&seed, sizeof seed);
  hash.add(name.data(), name.size());
  SplitMix random(hash.value());
  std::vector<std::size_t> part(n);
  std::iota(part.begin(), part.end(), std::size_t{0});
  for (std::size_t i = n; i > 1; --i) std::swap(part[i - 1], part[random.next() % i]);
  std::vector<double> column;
  for (const std::size_t p : part) column.push_back((static_cast<double>(p) + random.unit()) / static_cast<double>(n));
  return column;
}

double quantile(const std::vector<double>& values, double p) {
  std::vector<double> sorted;
  for (const double value : values)
    if (!std::isnan(value)) sorted.push_back(value);
  if (sorted.empty()) return kNoValue;
  std::sort(sorted.begin(), sorted.end());
  const double place = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const double above = sorted[std::min(below + 1, sorted.size() - 1)];
  return sorted[below] + (place - std::floor(place)) * (above - sorted[below]);
}

double rank_correlation(const std::vector<double>& x, const std::vector<double>& y) {
  RT_CHECK(x.size() == y.size());
  std::vector<double> both_x, both_y;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i]) || std::isnan(y[i])) continue;
    both_x.push_back(x[i]);
    both_y.push_back(y[i]);
  }
  const std::vector<double> a = ranks_of(both_x), b = ranks_of(both_y);
  const double mean = (static_cast<double>(a.size()) + 1) / 2;
  double aa = 0, bb = 0, ab = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    aa += (a[i] - mean) * (a[i] - mean);
    bb += (b[i] - mean) * (b[i] - mean);
    ab += (a[i] - mean) * (b[i] - mean);
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : kNoValue;
}

double significant_correlation(std::size_t n, std::size_t tests) {
  if (n < 3 || tests == 0) return std::numeric_limits<double>::infinity();
  const double tail = 0.05 / 2 / static_cast<double>(tests);
  double low = 0, high = 40;  // of the standard normal; halved until it stays
  for (double z = 20; z != low && z != high; z = (low + high) / 2)
    (std::erfc(z / std::sqrt(2.0)) / 2 > tail ? low : high) = z;
  return high / std::sqrt(static_cast<double>(n) - 1);
}

}  // namespace racktwin
