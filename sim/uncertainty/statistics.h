// The numbers of a sampling study: where to sample, what of the results to print, and what they can show.
//
// Thread rule: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace racktwin {

// The value below which a share u of a triangular distribution lies. low <= mode <= high, 0 <= u <= 1.
// source: Evans, Hastings, Peacock, Statistical Distributions, 3rd ed., ch. 40.
double triangular_quantile(double u, double low, double mode, double high);

// (n) numbers in [0, 1), one in each n-th of it, in random order: one column of a Latin hypercube. A column depends on
// seed, n and name only, so that it stays as it is when other inputs come and go.
// source: McKay, Beckman, Conover, Technometrics 21 (1979) 239; numbers by Steele, Lea, Flood, OOPSLA 2014 (SplitMix).
std::vector<double> latin_hypercube_column(std::size_t n, std::uint64_t seed, std::string_view name);

// The value below which a share p of the values lies, linear between them; NaN values do not count, NaN: none is left.
// source: Hyndman, Fan, The American Statistician 50 (1996) 361, definition 7.
double quantile(const std::vector<double>& values, double p);

// Spearman's rank correlation of two lists of equal length, over the places where both are numbers; ties have their
// mean rank. NaN if one of them does not vary. source: Spearman, Am. J. Psychology 15 (1904) 72.
double rank_correlation(const std::vector<double>& x, const std::vector<double>& y);

// How large a rank correlation of n samples must be, either way, that chance shows such a one in any of `tests`
// independent inputs with at most 5 %: normal with variance 1 / (n - 1), and 5 % / tests for each (Bonferroni). 1 or
// more: no correlation of n samples can be told from chance. Of few samples it is on the safe side.
// source: Kendall, Gibbons, Rank Correlation Methods, 5th ed., 4.14.
double significant_correlation(std::size_t n, std::size_t tests);

}  // namespace racktwin
