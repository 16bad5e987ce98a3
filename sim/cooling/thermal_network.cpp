#include "sim/cooling/thermal_network.h"

#include "sim/check.h"

#include <Eigen/SparseLU>

#include <algorithm>
#include <cmath>
#include <limits>

namespace racktwin {
namespace {

const double kGamma = 1 - 1 / std::sqrt(2.0);
constexpr double kLong_s = 1e11;
constexpr double kSteady = 1e-6;  // of all heat: what may still go into a node

}  // namespace

struct ThermalNetwork::Factors {
  Eigen::SparseMatrix<double> matrix;
  std::vector<int> outer, inner;  // pattern of the matrix that was analysed last
  Eigen::SparseLU<Eigen::SparseMatrix<double>> lu;
};

double EnergyLedger::residual() const { return std::abs(in_j - out_j - stored_j) / std::max(in_j, 1.0); }

ThermalNetwork::ThermalNetwork() : factors_(std::make_unique<Factors>()) {}
ThermalNetwork::~ThermalNetwork() = default;

ThermalNode ThermalNetwork::add_boundary(double temp_degc) {
  const Eigen::Index index = capacity_.size();
  capacity_.conservativeResize(index + 1);
  for (Eigen::VectorXd* values : {&temp_, &start_temp_, &source_}) values->conservativeResize(index + 1);
  temp_[index] = start_temp_[index] = temp_degc;
  capacity_[index] = source_[index] = 0;
  is_assembled_ = false;
  return {static_cast<std::uint32_t>(index)};
}

ThermalNode ThermalNetwork::add_node(double heat_capacity_j_per_k, double temp_degc) {
  RT_CHECK(heat_capacity_j_per_k > 0);
  const ThermalNode node = add_boundary(temp_degc);
  capacity_[node.v] = heat_capacity_j_per_k;
  return node;
}

ThermalNode ThermalNetwork::split_node(ThermalNode node, double share) {
  RT_CHECK(share > 0 && share < 1);
  const ThermalNode part = add_node(share * capacity_[node.v], temp_[node.v]);
  start_temp_[part.v] = start_temp_[node.v];
  source_[part.v] = share * source_[node.v];
  capacity_[node.v] -= capacity_[part.v];
  source_[node.v] -= source_[part.v];
  clear_couplings();
  return part;
}

void ThermalNetwork::clear_couplings() {
  couplings_.clear();
  is_assembled_ = false;
}

void ThermalNetwork::move_heat(ThermalNode from, ThermalNode to, ThermalNode driver, double rate_w_per_k) {
  couplings_.emplace_back(static_cast<int>(from.v), static_cast<int>(driver.v), -rate_w_per_k);
  couplings_.emplace_back(static_cast<int>(to.v), static_cast<int>(driver.v), rate_w_per_k);
  is_assembled_ = false;
}

void ThermalNetwork::add_conduction(ThermalNode a, ThermalNode b, double conductance_w_per_k) {
  add_exchange(a, b, a, b, conductance_w_per_k);
}

void ThermalNetwork::add_advection(ThermalNode from, ThermalNode to, double rate_w_per_k) {
  move_heat(from, to, from, rate_w_per_k);
}

void ThermalNetwork::add_exchange(ThermalNode from, ThermalNode to, ThermalNode hot, ThermalNode cold,
                                  double conductance_w_per_k) {
  move_heat(from, to, hot, conductance_w_per_k);
  move_heat(to, from, cold, conductance_w_per_k);
}

void ThermalNetwork::set_source(ThermalNode node, double heat_w) { source_[node.v] = heat_w; }

void ThermalNetwork::set_boundary(ThermalNode node, double temp_degc) {
  RT_CHECK(capacity_[node.v] == 0);
  temp_[node.v] = temp_degc;
}

void ThermalNetwork::assemble() {
  if (is_assembled_) return;
  const Eigen::Index n = capacity_.size();
  coupling_matrix_.resize(n, n);
  coupling_matrix_.setFromTriplets(couplings_.begin(), couplings_.end());
  is_assembled_ = true;
  factorised_dt_s_ = 0;
}

// capacity_weight C - coupling_weight W between the nodes. A boundary is cut off: its row and column are the
// identity's, so that it gets exactly what the right side says.
bool ThermalNetwork::factorise(double capacity_weight, double coupling_weight) {
  const auto n = static_cast<int>(capacity_.size());
  std::vector<Eigen::Triplet<double>> entries;
  for (int i = 0; i < n; ++i) {
    entries.emplace_back(i, i, capacity_[i] == 0 ? 1 : capacity_weight * capacity_[i]);
    if (capacity_[i] == 0) continue;
    for (Eigen::SparseMatrix<double>::InnerIterator entry(coupling_matrix_, i); entry; ++entry) {
      if (capacity_[entry.row()] == 0) continue;
      entries.emplace_back(static_cast<int>(entry.row()), i, -coupling_weight * entry.value());
    }
  }
  factors_->matrix.resize(n, n);
  factors_->matrix.setFromTriplets(entries.begin(), entries.end());
  const auto& matrix = factors_->matrix;
  const std::vector<int> outer(matrix.outerIndexPtr(), matrix.outerIndexPtr() + n + 1);
  const std::vector<int> inner(matrix.innerIndexPtr(), matrix.innerIndexPtr() + matrix.nonZeros());
  if (outer != factors_->outer || inner != factors_->inner) {
    factors_->lu.analyzePattern(matrix);
    factors_->outer = outer;
    factors_->inner = inner;
  }
  factors_->lu.factorize(matrix);
  return factors_->lu.info() == Eigen::Success;
}

Eigen::VectorXd ThermalNetwork::heat_w(const Eigen::VectorXd& temp_degc) const {
  return coupling_matrix_ * temp_degc + source_;
}

Eigen::VectorXd ThermalNetwork::slope_k_per_s(const Eigen::VectorXd& temp_degc) const {
  return factors_->lu.solve((capacity_ == 0).select(0, heat_w(temp_degc)));
}

bool ThermalNetwork::settle() {
  assemble();
  const std::optional<Eigen::VectorXd> steady = steady_degc();
  if (!steady) return false;
  temp_ = start_temp_ = *steady;
  ledger_ = {};
  return true;
}

std::optional<Eigen::VectorXd> ThermalNetwork::steady_degc() {
  const bool is_whole = std::isinf(factorised_dt_s_) || factorise(0, 1);
  factorised_dt_s_ = is_whole ? std::numeric_limits<double>::infinity() : 0;
  if (is_whole) {
    const Eigen::VectorXd given_temp = (capacity_ == 0).select(temp_, 0);
    const Eigen::VectorXd solution = factors_->lu.solve((capacity_ == 0).select(temp_, heat_w(given_temp)));
    if (solution.allFinite()) return solution;
  }
  // Some nodes have no way to a boundary. They are steady if they have no heat either.
  const Eigen::VectorXd later = long_after();
  const double most_w = kSteady * std::max(1.0, source_.cwiseAbs().sum());
  const bool is_steady = later.allFinite() && (capacity_ == 0).select(0, heat_w(later)).cwiseAbs().maxCoeff() < most_w;
  return is_steady ? std::optional(later) : std::nullopt;
}

Eigen::VectorXd ThermalNetwork::long_after() {
  factorised_dt_s_ = 0;
  if (!factorise(1, kLong_s)) return temp_;
  return temp_ + kLong_s * slope_k_per_s(temp_);
}

ThermalNode ThermalNetwork::where_heat_stays() {
  assemble();
  return hottest_of(long_after());
}

ThermalNode ThermalNetwork::hottest_of(const Eigen::VectorXd& temp_degc) const {
  Eigen::Index index = 0;
  (capacity_ == 0).select(-std::numeric_limits<double>::infinity(), temp_degc.array()).maxCoeff(&index);
  return {static_cast<std::uint32_t>(index)};
}

ThermalNode ThermalNetwork::hottest() const { return hottest_of(temp_); }

void ThermalNetwork::step(double dt_s) {
  RT_CHECK(dt_s > 0);
  assemble();
  if (factorised_dt_s_ != dt_s) {
    RT_CHECK(factorise(1, kGamma * dt_s));
    factorised_dt_s_ = dt_s;
  }
  const Eigen::VectorXd first_slope = slope_k_per_s(temp_);
  const Eigen::VectorXd first_temp = temp_ + kGamma * dt_s * first_slope;
  const Eigen::VectorXd second_slope = slope_k_per_s(temp_ + (1 - kGamma) * dt_s * first_slope);
  temp_ += dt_s * ((1 - kGamma) * first_slope + kGamma * second_slope);

  // Fluxes into the boundaries at the stages, with the stages' weights. The second stage is the end of the step.
  const Eigen::VectorXd mean_heat = (1 - kGamma) * heat_w(first_temp) + kGamma * heat_w(temp_);
  ledger_.in_j += dt_s * source_.sum();
  taken_j_ = dt_s * (capacity_ == 0).select(mean_heat, 0);
  ledger_.out_j += taken_j_.sum();
  ledger_.stored_j = (capacity_ * (temp_ - start_temp_).array()).sum();
}

double ThermalNetwork::taken_j(ThermalNode boundary) const { return taken_j_[boundary.v]; }

double ThermalNetwork::temp_degc(ThermalNode node) const { return temp_[node.v]; }

double ThermalNetwork::heat_into_w(ThermalNode node) const {
  return (coupling_matrix_.row(static_cast<Eigen::Index>(node.v)) * temp_).value() + source_[node.v];
}

}  // namespace racktwin
