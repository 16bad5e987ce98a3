// A linear network of lumped heat capacities, stepped in time: C dT/dt = W T + s.
//
// Every coupling takes heat out of one node and puts the same heat into another, so each column of W sums to zero and
// energy is conserved by construction; the ledger checks it. Knows nothing of coolants or chips. Thread rule: one
// thread per network.
#pragma once

#include "sim/cooling/energy_ledger.h"

#include <Eigen/Sparse>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace racktwin {

struct ThermalNode {
  std::uint32_t v = 0xffffffff;
};

class ThermalNetwork {
 public:
  ThermalNetwork();
  ~ThermalNetwork();

  // A node that stores heat, heat_capacity > 0 [J/K].
  ThermalNode add_node(double heat_capacity_j_per_k, double temp_degc);
  // A node whose temperature is given and that takes any heat.
  ThermalNode add_boundary(double temp_degc);

  // Parts a node in two of its temperature, the new one with that share of its capacity and source, and takes all
  // couplings away.
  ThermalNode split_node(ThermalNode node, double share);

  // Couplings, each >= 0 [W/K]. They add up; start over with clear_couplings() when one changes.
  void clear_couplings();
  // Heat conductance x (T_a - T_b) from a to b.
  void add_conduction(ThermalNode a, ThermalNode b, double conductance_w_per_k);
  // A stream from one well-mixed node to the next carries rate x T_from. The streams of a node must balance.
  void add_advection(ThermalNode from, ThermalNode to, double rate_w_per_k);
  // Heat conductance x (T_hot - T_cold) from one node into another, driven by other nodes: the effectiveness form of a
  // heat exchanger, where hot and cold are the nodes that the streams come from.
  void add_exchange(ThermalNode from, ThermalNode to, ThermalNode hot, ThermalNode cold, double conductance_w_per_k);

  void set_source(ThermalNode node, double heat_w);  // held until set again; into a boundary it goes straight out
  void set_boundary(ThermalNode node, double temp_degc);

  // Puts every temperature at the steady state and starts the ledger anew; a node without heat and without a way to a
  // boundary keeps its own. False, and nothing changed, if there is none; where the heat has no way out is asked of
  // where_heat_stays().
  bool settle();
  // The node that is hottest long after (3,000 years, in one step).
  ThermalNode where_heat_stays();
  ThermalNode hottest() const;  // of those that store heat
  // Advances by dt_s > 0 with SDIRK2: two stages, second order, L-stable, gamma = 1 - 1/sqrt(2).
  // source: Alexander, Diagonally implicit Runge-Kutta methods for stiff ODEs, SIAM J. Numer. Anal. 14 (1977), thm. 5.
  void step(double dt_s);

  double temp_degc(ThermalNode node) const;
  double heat_into_w(ThermalNode node) const;  // net, sources included, now; for a boundary: what it takes
  double taken_j(ThermalNode boundary) const;  // in the last step
  const EnergyLedger& ledger() const { return ledger_; }

 private:
  friend struct ThermalNetworkTestAccess;  // breaks couplings on purpose
  struct Factors;

  // Heat rate x T_driver out of one node and into another: what all couplings are made of.
  void move_heat(ThermalNode from, ThermalNode to, ThermalNode driver, double rate_w_per_k);
  void assemble();
  std::optional<Eigen::VectorXd> steady_degc();
  Eigen::VectorXd long_after();  // temperatures
  ThermalNode hottest_of(const Eigen::VectorXd& temp_degc) const;
  bool factorise(double capacity_weight, double coupling_weight);
  Eigen::VectorXd heat_w(const Eigen::VectorXd& temp_degc) const;         // into each node
  Eigen::VectorXd slope_k_per_s(const Eigen::VectorXd& temp_degc) const;  // solves for a stage's slope

  Eigen::ArrayXd capacity_;  // (n_node) 0: boundary
  std::vector<Eigen::Triplet<double>> couplings_;
  Eigen::VectorXd temp_, start_temp_, source_;   // (n_node)
  Eigen::VectorXd taken_j_;                      // (n_node) by boundaries in the last step
  Eigen::SparseMatrix<double> coupling_matrix_;  // W
  bool is_assembled_ = false;
  double factorised_dt_s_ = 0;  // 0: not factorised; infinite: for the steady state
  std::unique_ptr<Factors> factors_;
  EnergyLedger ledger_;
};

}  // namespace racktwin
