#include "sim/network/solver.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <limits>
#include <random>

namespace racktwin {
namespace {

constexpr double kGiga = 1e9;
constexpr auto kFlow = ActivityKind::kPipelineForward;  // any transfer

ActivityTimes solved(const ActivityGraph& graph) {
  Result<ActivityTimes> times = solve(graph);
  if (!times) FAIL(times.error().front().message);
  return std::move(*times);
}

// One class of flows that starts at time 0.
struct FlowClass {
  std::uint32_t flows = 1;
  double bytes = 0;  // per flow
  double cap = 1e15;
  std::vector<std::uint32_t> trunks;
};

ActivityGraph graph_of(const std::vector<Trunk>& trunks, const std::vector<FlowClass>& classes) {
  ActivityGraphBuilder builder(1);
  for (const Trunk& trunk : trunks) builder.add_trunk(trunk);
  for (const FlowClass& c : classes)
    builder.add_comm(kFlow, 0, builder.add_route({c.flows, c.cap, c.trunks}), c.bytes, 0, 0);
  return builder.finish();
}

// The same graph with every flow and every link by itself. Flow f of a class crosses link f mod n of a trunk of n, so n
// must divide the number of flows. Copies of an activity are numbered from first[a] on.
struct Unfolded {
  ActivityGraph graph;
  std::vector<std::uint32_t> first, copies;  // (n_activity)
};

Unfolded unfold(const ActivityGraph& folded) {
  ActivityGraphBuilder builder(folded.gpu_classes);
  std::vector<std::uint32_t> first_trunk, first_route;
  for (const Trunk& trunk : folded.trunks)
    for (std::uint32_t l = 0; l < trunk.links; ++l) {
      const std::uint32_t id = builder.add_trunk({trunk.bandwidth_bytes_per_s, 1});
      if (l == 0) first_trunk.push_back(id);
    }
  for (const Route& route : folded.routes)
    for (std::uint32_t f = 0; f < route.flows; ++f) {
      Route single{1, route.flow_cap_bytes_per_s, {}};
      for (const std::uint32_t t : route.trunks) {
        REQUIRE(route.flows % folded.trunks[t].links == 0);
        single.trunks.push_back(first_trunk[t] + f % folded.trunks[t].links);
      }
      const std::uint32_t id = builder.add_route(std::move(single));
      if (f == 0) first_route.push_back(id);
    }
  Unfolded out;
  for (std::uint32_t a = 0; a < folded.size(); ++a) {
    const std::uint32_t n = is_comm(folded.kind[a]) ? folded.routes[folded.route[a]].flows : 1;
    for (std::uint32_t i = 0; i < n; ++i) {
      std::uint32_t id = 0;
      if (folded.kind[a] == ActivityKind::kJoin) {
        id = builder.add_join();
      } else if (is_comm(folded.kind[a])) {
        id = builder.add_comm(folded.kind[a], folded.gpu_class[a], first_route[folded.route[a]] + i, folded.amount[a],
                              folded.delay_s[a], 0);
      } else {
        id = builder.add_exec(folded.kind[a], folded.gpu_class[a], folded.amount[a], 0, 0);
      }
      if (i == 0) out.first.push_back(id);
    }
    out.copies.push_back(n);
  }
  for (std::uint32_t a = 0; a < folded.size(); ++a)
    for (std::uint32_t s = folded.successor_begin[a]; s < folded.successor_begin[a + 1]; ++s) {
      const std::uint32_t b = folded.successor[s];
      for (std::uint32_t i = 0; i < out.copies[a]; ++i)
        for (std::uint32_t j = 0; j < out.copies[b]; ++j)
          if (out.copies[a] != out.copies[b] || i == j) builder.connect(out.first[a] + i, out.first[b] + j);
    }
  out.graph = builder.finish();
  return out;
}

void check_folding(const ActivityGraph& folded) {
  const Unfolded unfolded = unfold(folded);
  const ActivityTimes classes = solved(folded), flows = solved(unfolded.graph);
  for (std::uint32_t a = 0; a < folded.size(); ++a)
    for (std::uint32_t i = 0; i < unfolded.copies[a]; ++i) {
      CAPTURE(a, i, folded.size());
      REQUIRE(flows.start_s[unfolded.first[a] + i] == Approx(classes.start_s[a]).epsilon(1e-9).margin(1e-12));
      REQUIRE(flows.end_s[unfolded.first[a] + i] == Approx(classes.end_s[a]).epsilon(1e-9).margin(1e-12));
    }
}

// Max-min fairness by progressive filling, event by event, without SimGrid: when each class ends if all start at 0.
std::vector<double> water_filling(const std::vector<Trunk>& trunks, const std::vector<FlowClass>& classes) {
  std::vector<double> left, end(classes.size());
  for (const FlowClass& c : classes) left.push_back(c.bytes);
  double now = 0;
  for (;;) {
    std::vector<double> rate(classes.size(), -1), room;
    for (const Trunk& trunk : trunks) room.push_back(trunk.bandwidth_bytes_per_s * trunk.links);
    for (;;) {  // freeze the flows that the tightest trunk or cap holds
      double level = std::numeric_limits<double>::infinity();
      std::vector<double> load(trunks.size());
      for (std::size_t c = 0; c < classes.size(); ++c)
        if (left[c] > 0 && rate[c] < 0) {
          level = std::min(level, classes[c].cap);
          for (const std::uint32_t t : classes[c].trunks) load[t] += classes[c].flows;
        }
      for (std::size_t t = 0; t < trunks.size(); ++t)
        if (load[t] > 0) level = std::min(level, room[t] / load[t]);
      if (std::isinf(level)) break;
      for (std::size_t c = 0; c < classes.size(); ++c) {
        if (left[c] <= 0 || rate[c] >= 0) continue;
        bool held = classes[c].cap <= level * (1 + 1e-12);
        for (const std::uint32_t t : classes[c].trunks) held = held || room[t] / load[t] <= level * (1 + 1e-12);
        if (held) rate[c] = level;
      }
      for (std::size_t c = 0; c < classes.size(); ++c)
        if (rate[c] == level && left[c] > 0)
          for (const std::uint32_t t : classes[c].trunks) room[t] -= level * classes[c].flows;
    }
    double step = std::numeric_limits<double>::infinity();
    for (std::size_t c = 0; c < classes.size(); ++c)
      if (left[c] > 0) step = std::min(step, left[c] / rate[c]);
    if (std::isinf(step)) return end;
    now += step;
    for (std::size_t c = 0; c < classes.size(); ++c) {
      if (left[c] <= 0) continue;
      left[c] -= rate[c] * step;
      if (left[c] <= 1e-12 * classes[c].bytes) {
        left[c] = 0;
        end[c] = now;
      }
    }
  }
}

void check_against_water_filling(const std::vector<Trunk>& trunks, const std::vector<FlowClass>& classes) {
  const std::vector<double> expected = water_filling(trunks, classes);
  const ActivityTimes times = solved(graph_of(trunks, classes));
  for (std::size_t c = 0; c < classes.size(); ++c) {
    CAPTURE(c);
    CHECK(times.end_s[c] == Approx(expected[c]).epsilon(1e-9));
  }
}

// Whole numbers, low to high, the same on every machine.
class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}
  std::uint32_t operator()(std::uint32_t low, std::uint32_t high) {
    return low + static_cast<std::uint32_t>(random_()) % (high - low + 1);
  }
  std::uint32_t of(std::initializer_list<std::uint32_t> values) {
    return values.begin()[(*this)(0, static_cast<std::uint32_t>(values.size() - 1))];
  }

 private:
  std::mt19937 random_;
};

// ------------------------------------------------------------------------------------------------- closed forms

TEST_CASE("one flow takes its bytes over the narrowest of its links") {
  CHECK(solved(graph_of({{50 * kGiga, 1}}, {{1, 100e9, 1e15, {0}}})).end_s[0] == Approx(2).epsilon(1e-9));
  CHECK(solved(graph_of({{50 * kGiga, 1}, {10 * kGiga, 1}}, {{1, 100e9, 1e15, {0, 1}}})).end_s[0] ==
        Approx(10).epsilon(1e-9));
  CHECK(solved(graph_of({{50 * kGiga, 1}}, {{1, 100e9, 25 * kGiga, {0}}})).end_s[0] == Approx(4).epsilon(1e-9));
  CHECK(solved(graph_of({}, {{1, 100e9, 25 * kGiga, {}}})).end_s[0] == Approx(4).epsilon(1e-9));
}

TEST_CASE("two flows share a link fairly and the longer one ends alone") {
  // 10 B/s: both at 5 until the first has had its 10 B at 2 s; the other has 20 B left for 10 B/s.
  const ActivityTimes times = solved(graph_of({{10e9, 1}}, {{1, 10e9, 1e15, {0}}, {1, 30e9, 1e15, {0}}}));
  CHECK(times.end_s[0] == Approx(2).epsilon(1e-9));
  CHECK(times.end_s[1] == Approx(4).epsilon(1e-9));
}

TEST_CASE("a capped flow leaves the rest of the link to the other") {
  // 10 B/s, one flow capped at 2: the other runs at 8 and ends its 16 B at 2 s.
  const ActivityTimes times = solved(graph_of({{10e9, 1}}, {{1, 20e9, 2e9, {0}}, {1, 16e9, 1e15, {0}}}));
  CHECK(times.end_s[0] == Approx(10).epsilon(1e-9));
  CHECK(times.end_s[1] == Approx(2).epsilon(1e-9));
}

TEST_CASE("a flow that is held elsewhere leaves the rest of the link to the others") {
  // A crosses links 0 (9) and 1 (2), B and C link 0: A 2, B and C 3.5 each.
  const ActivityTimes times =
      solved(graph_of({{9e9, 1}, {2e9, 1}}, {{1, 20e9, 1e15, {0, 1}}, {1, 7e9, 1e15, {0}}, {1, 7e9, 1e15, {0}}}));
  CHECK(times.end_s[0] == Approx(10).epsilon(1e-9));
  CHECK(times.end_s[1] == Approx(2).epsilon(1e-9));
  CHECK(times.end_s[2] == Approx(2).epsilon(1e-9));
}

TEST_CASE("two overlapped collectives that each reach 55 % of the link end at 1.10 s") {
  const std::vector<FlowClass> both(2, {1, 55e9, 55e9, {0}});
  for (const double end : solved(graph_of({{100e9, 1}}, both)).end_s) CHECK(end == Approx(1.10).epsilon(1e-9));
  CHECK(solved(graph_of({{100e9, 1}}, {both[0]})).end_s[0] == Approx(1.0).epsilon(1e-9));
}

TEST_CASE("one flow against 500,000 has one share of 500,001") {
  // Both classes of 1 MB flows end together; a single flow of 2 MB then has the link to itself.
  const double capacity = 500001e6;
  const ActivityTimes even = solved(graph_of({{capacity, 1}}, {{500000, 1e6, 1e15, {0}}, {1, 1e6, 1e15, {0}}}));
  CHECK(even.end_s[0] == Approx(1).epsilon(1e-9));
  CHECK(even.end_s[1] == Approx(1).epsilon(1e-9));
  const ActivityTimes uneven = solved(graph_of({{capacity, 1}}, {{500000, 1e6, 1e15, {0}}, {1, 2e6, 1e15, {0}}}));
  CHECK(uneven.end_s[0] == Approx(1).epsilon(1e-9));
  CHECK(uneven.end_s[1] == Approx(1 + 1e6 / capacity).epsilon(1e-9));
}

TEST_CASE("shares follow max-min fairness on networks drawn at random") {
  Dice dice(7);
  for (int trial = 0; trial < 25; ++trial) {
    CAPTURE(trial);
    std::vector<Trunk> trunks;
    for (int t = 0; t < 4; ++t) trunks.push_back({1e9 * dice(1, 20), dice.of({1, 1, 2, 7})});
    std::vector<FlowClass> classes;
    for (int c = 0; c < 6; ++c) {
      FlowClass flow{dice.of({1, 3, 6, 13, 49, 98}), 1e6 * dice(1, 1000), 1e8 * dice(1, 100), {}};
      for (std::uint32_t t = 0; t < 4; ++t)
        if (dice(0, 1) == 0) flow.trunks.push_back(t);
      classes.push_back(std::move(flow));
    }
    check_against_water_filling(trunks, classes);
  }
}

// ------------------------------------------------------------------------------------------------- folded classes

TEST_CASE("classes of unequal size share a saturated uplink as their flows would") {
  for (const std::uint32_t a : {1u, 3u, 6u, 13u, 49u, 98u})
    for (const std::uint32_t b : {1u, 13u, 98u}) {
      CAPTURE(a, b);
      check_folding(graph_of({{40e9, 1}}, {{a, 8e9, 50e9, {0}}, {b, 11e9, 50e9, {0}}}));
    }
}

TEST_CASE("six classes of unequal size share one uplink, each behind its own NICs") {
  std::vector<Trunk> trunks = {{200e9, 1}};
  std::vector<FlowClass> classes;
  for (const std::uint32_t flows : {1u, 3u, 6u, 13u, 49u, 98u}) {
    trunks.push_back({50e9, flows});
    classes.push_back({flows, 1e9 * (1 + flows % 5), 45e9, {0, static_cast<std::uint32_t>(trunks.size() - 1)}});
  }
  check_folding(graph_of(trunks, classes));
  check_against_water_filling(trunks, classes);
}

TEST_CASE("classes that share NICs and uplinks end as their flows would") {
  // 12 NICs carry 12 flows of one kind and 36 of another; 6 of them a third; two uplinks carry all.
  const std::vector<Trunk> trunks = {{50e9, 12}, {100e9, 2}, {20e9, 6}};
  const std::vector<FlowClass> classes = {
      {12, 5e9, 47e9, {0, 1}}, {36, 1e9, 47e9, {0}}, {6, 7e9, 47e9, {1, 2}}, {24, 2e9, 3e9, {1, 2}}};
  check_folding(graph_of(trunks, classes));
  check_against_water_filling(trunks, classes);
}

TEST_CASE("a switch matters only if it carries less than the ports below it together") {
  for (const double switch_share : {1.0, 0.6}) {
    const std::vector<Trunk> trunks = {{50e9, 12}, {50e9, 36}, {30e9, 6}, {switch_share * 2580e9, 1}, {50e9, 12}};
    const std::vector<FlowClass> classes = {
        {12, 5e9, 47e9, {0, 3}}, {36, 3e9, 1e15, {1, 3, 4}}, {6, 7e9, 47e9, {2, 3}}, {12, 2e9, 20e9, {0, 3, 4}}};
    check_folding(graph_of(trunks, classes));
    check_against_water_filling(trunks, classes);
  }
}

TEST_CASE("folded chains of compute and transfers meet on an uplink as unfolded ones") {
  ActivityGraphBuilder builder(3);
  const std::uint32_t uplink = builder.add_trunk({80e9, 1});
  std::uint32_t all = builder.add_join();
  std::vector<std::uint32_t> last;
  for (std::uint32_t c = 0; c < 3; ++c) {
    const std::uint32_t flows = std::vector<std::uint32_t>{1, 13, 49}[c];
    const std::uint32_t nics = builder.add_trunk({50e9, flows});
    const std::uint32_t route = builder.add_route({flows, 47e9, {nics, uplink}});
    std::uint32_t before = all;
    for (int i = 0; i < 5; ++i) {
      const std::uint32_t exec = builder.add_exec(ActivityKind::kForward, c, 0.1 * (1 + c) + 0.03 * i, 1, 0);
      const std::uint32_t comm = builder.add_comm(kFlow, c, route, 1e9 * (i + 1), 1e-5 * c, 0);
      builder.connect(before, exec);
      builder.connect(exec, comm);
      before = comm;
    }
    last.push_back(before);
  }
  const std::uint32_t end = builder.add_join();
  for (const std::uint32_t l : last) builder.connect(l, end);
  check_folding(builder.finish());
}

// ------------------------------------------------------------------------------------------------- activities

TEST_CASE("compute takes its time and independent compute runs side by side") {
  ActivityGraphBuilder builder(2);
  const std::uint32_t a = builder.add_exec(ActivityKind::kForward, 0, 0.25, 1, 0);
  const std::uint32_t b = builder.add_exec(ActivityKind::kBackward, 0, 0.5, 1, 0);
  const std::uint32_t c = builder.add_exec(ActivityKind::kForward, 1, 0.5, 1, 0);
  builder.connect(a, b);
  const ActivityTimes times = solved(builder.finish());
  CHECK(times.end_s[a] == Approx(0.25).epsilon(1e-9));
  CHECK(times.start_s[b] == Approx(0.25).epsilon(1e-9));
  CHECK(times.end_s[b] == Approx(0.75).epsilon(1e-9));
  CHECK(times.end_s[c] == Approx(0.5).epsilon(1e-9));
}

TEST_CASE("latency is paid before the transfer and does not occupy the link") {
  ActivityGraphBuilder builder(1);
  builder.add_trunk({10e9, 1});
  const std::uint32_t route = builder.add_route({1, 1e15, {0}});
  const std::uint32_t late = builder.add_comm(kFlow, 0, route, 10e9, 0.5, 0);
  const std::uint32_t early = builder.add_comm(kFlow, 0, route, 5e9, 0, 0);
  const ActivityTimes times = solved(builder.finish());
  CHECK(times.end_s[early] == Approx(0.5).epsilon(1e-9));  // alone on the link
  CHECK(times.start_s[late] == 0);
  CHECK(times.end_s[late] == Approx(1.5).epsilon(1e-9));
}

TEST_CASE("a join waits for all its predecessors and takes no time") {
  ActivityGraphBuilder builder(2);
  const std::uint32_t a = builder.add_exec(ActivityKind::kForward, 0, 0.25, 1, 0);
  const std::uint32_t b = builder.add_exec(ActivityKind::kForward, 1, 0.75, 1, 0);
  const std::uint32_t first = builder.add_join(), second = builder.add_join(), lone = builder.add_join();
  const std::uint32_t after = builder.add_exec(ActivityKind::kOptimizer, 0, 0.5, 0, 0);
  builder.connect(a, first);
  builder.connect(b, first);
  builder.connect(first, second);
  builder.connect(second, after);
  const ActivityTimes times = solved(builder.finish());
  for (const std::uint32_t join : {first, second}) {
    CHECK(times.start_s[join] == Approx(0.75).epsilon(1e-9));
    CHECK(times.end_s[join] == times.start_s[join]);
  }
  CHECK(times.end_s[lone] == 0);
  CHECK(times.end_s[after] == Approx(1.25).epsilon(1e-9));
}

TEST_CASE("transfers of no bytes take their latency, compute of no time none") {
  ActivityGraphBuilder builder(1);
  builder.add_trunk({10e9, 1});
  const std::uint32_t route = builder.add_route({3, 1e15, {0}});
  const std::uint32_t nothing = builder.add_comm(kFlow, 0, route, 0, 0, 0);
  const std::uint32_t delay = builder.add_comm(kFlow, 0, route, 0, 0.25, 0);
  const std::uint32_t idle = builder.add_exec(ActivityKind::kForward, 0, 0, 0, 0);
  const std::uint32_t after = builder.add_exec(ActivityKind::kForward, 0, 0.5, 1, 0);
  builder.connect(nothing, after);
  builder.connect(delay, after);
  builder.connect(idle, after);
  const ActivityTimes times = solved(builder.finish());
  CHECK(times.end_s[nothing] == 0);
  CHECK(times.end_s[delay] == Approx(0.25).epsilon(1e-9));
  CHECK(times.end_s[idle] == Approx(0).margin(1e-11));
  CHECK(times.end_s[after] == Approx(0.75).epsilon(1e-9));
}

TEST_CASE("an empty graph is solved") { CHECK(solved(ActivityGraphBuilder(1).finish()).end_s.empty()); }

// ------------------------------------------------------------------------------------------------- failures

TEST_CASE("a graph with a cycle is an error, not a hang") {
  ActivityGraphBuilder builder(1);
  const std::uint32_t a = builder.add_exec(ActivityKind::kForward, 0, 1, 1, 0);
  const std::uint32_t b = builder.add_exec(ActivityKind::kForward, 0, 1, 1, 0);
  builder.add_exec(ActivityKind::kForward, 0, 1, 1, 0);
  builder.connect(a, b);
  builder.connect(b, a);
  const Result<ActivityTimes> times = solve(builder.finish());
  REQUIRE_FALSE(times);
  CHECK(times.error().front().code == ErrorCode::kInternal);
  CHECK(times.error().front().message.find("cycle") != std::string::npos);
}

TEST_CASE("two computations at once on one GPU are an error, and the next solve works") {
  ActivityGraphBuilder builder(1);
  builder.add_exec(ActivityKind::kForward, 0, 0.25, 1, 0);
  builder.add_exec(ActivityKind::kForward, 0, 0.75, 1, 0);
  const auto handler = std::signal(SIGABRT, SIG_DFL);  // Catch would report it in the child
  const Result<ActivityTimes> times = solve(builder.finish());
  std::signal(SIGABRT, handler);
  REQUIRE_FALSE(times);
  CHECK(times.error().front().code == ErrorCode::kInternal);
  CHECK(solved(graph_of({{10e9, 1}}, {{1, 10e9, 1e15, {0}}})).end_s[0] == Approx(1).epsilon(1e-9));
}

TEST_CASE("two solves of one graph are equal to the last bit") {
  Dice dice(3);
  ActivityGraphBuilder builder(400);
  for (int t = 0; t < 6; ++t) builder.add_trunk({1e9 * dice(1, 9), 1});
  std::vector<std::uint32_t> routes;
  for (std::uint32_t r = 0; r < 12; ++r) routes.push_back(builder.add_route({dice(1, 50), 1e10, {r % 6, (r + 1) % 6}}));
  std::vector<std::uint32_t> ids;
  for (std::uint32_t i = 0; i < 400; ++i) {
    ids.push_back(i % 2 == 0 ? builder.add_exec(ActivityKind::kForward, i, 1e-3 * dice(1, 10), 1, 0)
                             : builder.add_comm(kFlow, i, routes[dice(0, 11)], 1e6, 1e-6, 0));
    if (i > 8) builder.connect(ids[i - dice(1, 8)], ids[i]);
  }
  const ActivityGraph graph = builder.finish();
  const ActivityTimes once = solved(graph), again = solved(graph);
  CHECK(once.start_s == again.start_s);
  CHECK(once.end_s == again.end_s);
}

}  // namespace
}  // namespace racktwin
