#include "sim/network/solver.h"

#include "sim/check.h"
#include "sim/processes.h"

#include <fmt/core.h>
#include <simgrid/kernel/Timer.hpp>
#include <simgrid/s4u.hpp>
#include <xbt/config.hpp>
#include <xbt/log.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <optional>
#include <set>
#include <string>

namespace racktwin {
namespace {

namespace sg4 = simgrid::s4u;

// In CM02 the fairness weight of a flow is the inverse of its route's latency. A private link in front of every route,
// with this latency over the number of flows, gives each flow, not each class, its max-min share. The solver compares
// sums of weights with an absolute precision: they must stay near 1 (a latency of 1e-15 s makes them 1e15, and their
// rounding errors crash it), so the latency is large and the factor makes the time that is paid for it negligible.
constexpr double kMarkerLatency_s = 1e3;
constexpr double kLatencyFactor = 1e-18;

constexpr std::size_t kMostHostsOfFullZone = 1500;

// Trunks that can ever bind. One is redundant if the trunks that its routes cross at some place of theirs, the ports
// below a switch, carry no more together: dropping it leaves every max-min share as it is.
std::vector<bool> binding_trunks(const ActivityGraph& graph) {
  constexpr double kRounding = 1 + 1e-12;                               // of sums of capacities
  std::vector<std::vector<std::uint32_t>> routes(graph.trunks.size());  // crossing a trunk, ascending
  std::size_t places = 0;
  for (std::uint32_t r = 0; r < graph.routes.size(); ++r) {
    for (const std::uint32_t t : graph.routes[r].trunks) routes[t].push_back(r);
    places = std::max(places, graph.routes[r].trunks.size());
  }
  const auto capacity = [&](std::uint32_t t) { return graph.trunks[t].bandwidth_bytes_per_s * graph.trunks[t].links; };
  std::vector<bool> binding(graph.trunks.size());
  for (std::uint32_t t = 0; t < graph.trunks.size(); ++t) {
    binding[t] = !routes[t].empty();
    for (std::size_t place = 0; place < places && binding[t]; ++place) {
      std::set<std::uint32_t> others;
      for (const std::uint32_t r : routes[t])
        others.insert(place < graph.routes[r].trunks.size() ? graph.routes[r].trunks[place] : t);
      if (others.count(t) > 0) continue;
      double sum = 0;
      for (const std::uint32_t other : others) sum += capacity(other);
      // Of two that are equal the first stays.
      const bool is_twin = others.size() == 1 && sum * kRounding >= capacity(t) && *others.begin() > t;
      if (sum <= capacity(t) * kRounding && !is_twin) binding[t] = false;
    }
  }
  return binding;
}

// Weights matter only where classes of different size may share a trunk; elsewhere the marker would cost an event per
// transfer. Routes that are connected through trunks that can bind are treated alike.
std::vector<bool> routes_that_need_weights(const ActivityGraph& graph, const std::vector<bool>& binding) {
  std::vector<std::uint32_t> group(graph.routes.size());  // union-find over routes
  std::iota(group.begin(), group.end(), 0u);
  const auto find = [&](std::uint32_t r) {
    while (group[r] != r) r = group[r] = group[group[r]];
    return r;
  };
  std::vector<std::uint32_t> first(graph.trunks.size(), static_cast<std::uint32_t>(graph.routes.size()));
  for (std::uint32_t r = 0; r < graph.routes.size(); ++r)
    for (const std::uint32_t t : graph.routes[r].trunks) {
      if (!binding[t]) continue;
      if (first[t] == graph.routes.size()) first[t] = r;
      group[find(r)] = find(first[t]);
    }
  std::vector<bool> mixed(graph.routes.size());
  for (std::uint32_t r = 0; r < graph.routes.size(); ++r)
    if (graph.routes[r].flows != graph.routes[find(r)].flows) mixed[find(r)] = true;
  std::vector<bool> needs(graph.routes.size());
  for (std::uint32_t r = 0; r < graph.routes.size(); ++r) needs[r] = mixed[find(r)];
  return needs;
}

// The latency of a transfer that only waits for one computation, which nothing else waits for, can be served at that
// computation's end: an event less. Per activity: the latency [s] to add to it.
std::vector<double> served_before(const ActivityGraph& graph) {
  std::vector<double> served(graph.size());
  for (std::uint32_t a = 0; a < graph.size(); ++a) {
    if (!is_exec(graph.kind[a]) || graph.successor_begin[a + 1] - graph.successor_begin[a] != 1) continue;
    const std::uint32_t next = graph.successor[graph.successor_begin[a]];
    if (is_comm(graph.kind[next]) && graph.predecessors[next] == 1) served[a] = graph.delay_s[next];
  }
  return served;
}

// One SimGrid run. Activities are launched lazily, when their last predecessor has ended. A GPU computes one thing at a
// time, so a computation shares nothing and is a timer: an Exec would take as long and cost an action.
class Run {
 public:
  explicit Run(const ActivityGraph& graph)
      : graph_(graph),
        waiting_(graph.predecessors),
        running_(graph.size()),
        computes_(graph.gpu_classes),
        served_s_(served_before(graph)) {
    times_.start_s.assign(graph.size(), NAN);
    times_.end_s.assign(graph.size(), NAN);
  }

  ActivityTimes run() {
    int argc = 1;
    char name[] = "racktwin";
    char* argv[] = {name, nullptr};
    xbt_log_control_set("root.thres:error");
    sg4::Engine engine(&argc, argv);
    configure();
    build_platform();
    sg4::Activity::on_completion_cb([this](const sg4::Activity& activity) {
      const auto id = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(activity.get_data<void>()));
      end(id);
    });
    for (std::uint32_t a = 0; a < graph_.size(); ++a)
      if (waiting_[a] == 0) ready_.push_back(a);
    act_soon();
    engine.run();
    return std::move(times_);
  }

 private:
  // CM02 is plain max-min fairness once the corrections for TCP are off; the fairness weights come from the markers.
  // Some models overwrite settings when they are chosen, so each is asserted afterwards.
  static void configure() {
    sg4::Engine::set_config("network/model", std::string("CM02"));
    sg4::Engine::set_config("network/crosstraffic", false);
    RT_CHECK(!simgrid::config::get_value<bool>("network/crosstraffic"));
    static constexpr std::pair<const char*, double> kSettings[] = {
        {"network/TCP-gamma", 0},        {"network/weight-S", 0},
        {"network/bandwidth-factor", 1}, {"network/latency-factor", kLatencyFactor},
        {"surf/precision", 1e-12},       {"maxmin/precision", 1e-9},
    };
    for (const auto& [key, value] : kSettings) sg4::Engine::set_config(key, value);
    for (const auto& [key, value] : kSettings) RT_CHECK_EQ(simgrid::config::get_value<double>(key), value);
  }

  void build_platform() {
    // A full zone finds routes faster, but its table is quadratic.
    const bool is_small = graph_.routes.size() < kMostHostsOfFullZone;
    auto* zone = is_small ? sg4::create_full_zone("site") : sg4::create_star_zone("site");
    sink_ = zone->create_host("sink", 1.0);
    if (!is_small) {
      zone->add_route(sink_->get_netpoint(), nullptr, nullptr, nullptr, std::vector<sg4::LinkInRoute>{}, false);
      zone->add_route(nullptr, sink_->get_netpoint(), nullptr, nullptr, std::vector<sg4::LinkInRoute>{}, false);
    }
    const std::vector<bool> binding = binding_trunks(graph_);
    std::vector<const sg4::Link*> trunks(graph_.trunks.size());
    for (std::size_t t = 0; t < graph_.trunks.size(); ++t) {
      const Trunk& trunk = graph_.trunks[t];
      if (binding[t])
        trunks[t] = zone->create_link(fmt::format("trunk{}", t), trunk.bandwidth_bytes_per_s * trunk.links)->seal();
    }
    const std::vector<bool> needs_weight = routes_that_need_weights(graph_, binding);
    for (std::size_t r = 0; r < graph_.routes.size(); ++r) {
      const Route& route = graph_.routes[r];
      auto* cap = zone->create_link(fmt::format("cap{}", r), route.flow_cap_bytes_per_s * route.flows);
      cap->set_latency(needs_weight[r] ? kMarkerLatency_s / route.flows : 0)->seal();
      std::vector<sg4::LinkInRoute> links = {sg4::LinkInRoute(cap)};
      for (const std::uint32_t t : route.trunks)
        if (binding[t]) links.emplace_back(trunks[t]);
      auto* host = zone->create_host(fmt::format("route{}", r), 1.0);
      zone->add_route(host->get_netpoint(), is_small ? sink_->get_netpoint() : nullptr, nullptr, nullptr, links, false);
      route_hosts_.push_back(host);
    }
    zone->seal();
  }

  void end(std::uint32_t a) {
    ended_.push_back(a);
    act_soon();
  }

  // Simultaneous completions arrive in no order to rely on: act once they are all in, by id.
  void act_soon() {
    if (acting_soon_) return;
    acting_soon_ = true;
    simgrid::kernel::timer::Timer::set(sg4::Engine::get_clock(), [this] { act(); });
  }

  void act() {
    acting_soon_ = false;
    std::sort(ended_.begin(), ended_.end());
    std::swap(ended_, ending_);
    for (const std::uint32_t a : ending_) {
      running_[a].reset();
      if (is_exec(graph_.kind[a])) computes_[graph_.gpu_class[a]] = false;
      finish(a);
    }
    ending_.clear();
    std::sort(ready_.begin(), ready_.end());
    std::swap(ready_, starting_);
    for (const std::uint32_t a : starting_) start(a);
    starting_.clear();
  }

  void finish(std::uint32_t a) {
    times_.end_s[a] = sg4::Engine::get_clock() - served_s_[a];
    for (std::uint32_t i = graph_.successor_begin[a]; i < graph_.successor_begin[a + 1]; ++i) {
      const std::uint32_t next = graph_.successor[i];
      if (--waiting_[next] > 0) continue;
      if (graph_.kind[next] == ActivityKind::kJoin) {
        times_.start_s[next] = sg4::Engine::get_clock();
        finish(next);
      } else {
        if (served_s_[a] > 0) times_.start_s[next] = times_.end_s[a];
        ready_.push_back(next);
      }
    }
  }

  void start(std::uint32_t a) {
    const bool latency_is_served = !std::isnan(times_.start_s[a]);
    if (!latency_is_served) times_.start_s[a] = sg4::Engine::get_clock();
    if (is_exec(graph_.kind[a])) {
      RT_CHECK(!computes_[graph_.gpu_class[a]]);
      computes_[graph_.gpu_class[a]] = true;
      simgrid::kernel::timer::Timer::set(sg4::Engine::get_clock() + graph_.amount[a] + served_s_[a],
                                         [this, a] { end(a); });
    } else if (graph_.delay_s[a] > 0 && !latency_is_served) {
      simgrid::kernel::timer::Timer::set(sg4::Engine::get_clock() + graph_.delay_s[a], [this, a] { start_comm(a); });
    } else {
      start_comm(a);
    }
  }

  void start_comm(std::uint32_t a) {
    if (graph_.amount[a] == 0) return end(a);
    const std::uint32_t route = graph_.route[a];
    auto comm = sg4::Comm::sendto_init(route_hosts_[route], sink_);
    comm->set_data(reinterpret_cast<void*>(static_cast<std::uintptr_t>(a)));
    comm->set_payload_size(static_cast<std::uint64_t>(graph_.amount[a]) * graph_.routes[route].flows);
    running_[a] = comm;
    comm->start();
  }

  const ActivityGraph& graph_;
  std::vector<std::uint32_t> waiting_;  // (n_activity) predecessors that have not ended
  // An activity whose last reference goes away is destroyed while SimGrid still works on it: keep them all.
  std::vector<sg4::ActivityPtr> running_;  // (n_activity)
  std::vector<bool> computes_;             // (gpu_classes)
  std::vector<double> served_s_;           // (n_activity) see served_before()
  std::vector<std::uint32_t> ended_, ending_, ready_, starting_;
  bool acting_soon_ = false;
  ActivityTimes times_;
  sg4::Host* sink_ = nullptr;
  std::vector<sg4::Host*> route_hosts_;  // (n_route)
};

std::string bytes_of(const ActivityTimes& times) {
  const std::size_t bytes = times.start_s.size() * sizeof(double);
  std::string out(2 * bytes, '\0');
  std::memcpy(out.data(), times.start_s.data(), bytes);
  std::memcpy(out.data() + bytes, times.end_s.data(), bytes);
  return out;
}

}  // namespace

Result<ActivityTimes> solve(const ActivityGraph& graph) {
  const auto answers = in_processes(1, 1, [&](std::size_t) { return bytes_of(Run(graph).run()); });
  if (!answers) return tl::unexpected(answers.error());
  const std::size_t bytes = graph.size() * sizeof(double);
  const std::optional<std::string>& answer = answers->front();
  if (!answer || answer->size() != 2 * bytes) return fail(ErrorCode::kInternal, "the network solver did not finish");
  ActivityTimes times;
  times.start_s.resize(graph.size());
  times.end_s.resize(graph.size());
  std::memcpy(times.start_s.data(), answer->data(), bytes);
  std::memcpy(times.end_s.data(), answer->data() + bytes, bytes);
  for (std::size_t a = 0; a < graph.size(); ++a)
    if (std::isnan(times.end_s[a]))
      return fail(ErrorCode::kInternal,
                  fmt::format("activity {} of {} never ran: the graph has a cycle", a, graph.size()));
  return times;
}

}  // namespace racktwin
