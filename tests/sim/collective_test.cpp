#include "sim/network/collective.h"

#include "sim/network/moe_exchange.h"
#include "sim/network/nccl.h"
#include "sim/validation/collectives.h"
#include "sim/validation/table_kind.h"
#include "tests/sim/flagship.h"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

namespace racktwin {
namespace {

using Op = CollectiveOp;
using Algorithm = CollectiveAlgorithm;
using Protocol = CollectiveProtocol;

constexpr double kMiB = 1048576, kGiB = 1073741824;

CollectiveCapacities capacities_of(const char* rack, int domains, const char* fabric_name = "ndr-rail-2tier") {
  const RackType type = test_catalog().rack(rack).value();
  const FabricType fabric = test_catalog().fabric(fabric_name).value();
  return collective_capacities(
      type, fabric, generate_fabric(fabric, domains, type.domain_gpus(), type.nic_bytes_per_s_per_gpu()).value());
}

CollectiveTime timed(Op op, Algorithm algorithm, Protocol protocol, double bytes, const CollectiveLayout& layout,
                     const CollectiveCapacities& c) {
  REQUIRE(why_not(op, algorithm, protocol, layout, c).empty());
  return collective_time(op, algorithm, protocol, bytes, layout, c, test_calibration());
}

const TierLoad& tier(const CollectiveTime& time, NetworkTier t) { return time.tiers[static_cast<std::size_t>(t)]; }

double busbw(Op op, double bytes, const CollectiveLayout& layout, const CollectiveTime& time) {
  return bytes / time.time_s * bus_factor(op, layout.ranks);
}

// ------------------------------------------------------------------------------------------------- layouts

TEST_CASE("ranks fill one NVLink domain after the other") {
  const CollectiveLayout l = CollectiveLayout::of(100, 72);
  CHECK(l.domains == 2);
  CHECK(l.per_domain == 72);
  CHECK(l.in_smallest == 28);
  CHECK(CollectiveLayout::of(4, 72).per_domain == 4);
  CHECK(CollectiveLayout::of(144, 72).in_smallest == 72);
}

// ------------------------------------------------------------------------------------------------- bytes

TEST_CASE("a ring moves what an ideal ring must, and its kernels each rank's own part as well") {
  const CollectiveLayout l = CollectiveLayout::of(16, 8);
  const CollectiveCapacities c = capacities_of("hgx-h100", 2);
  const double copied = 3.35e12 * test_calibration().hbm_share.value.value / 2;  // [B/s] read and written
  const auto t = timed(Op::kAllReduce, Algorithm::kRing, Protocol::kSimple, kGiB, l, c);
  // In every channel one rank of eight passes it to its NIC.
  CHECK(tier(t, NetworkTier::kNvlink).bytes == Approx(2 * 15.0 / 16 * 7 / 8 * kGiB));
  const double share = 0.824;  // that NCCL counts on
  CHECK(tier(t, NetworkTier::kNvlink).transfer_s ==
        Approx(2 * 15.0 / 16 * 7 / 8 * kGiB / (450e9 * share) + kGiB / 16 / copied));
  CHECK(tier(t, NetworkTier::kNic).bytes == Approx(2 * 15.0 / 16 * kGiB / 8));  // eight rings, a NIC each
  const auto gather = timed(Op::kAllGather, Algorithm::kRing, Protocol::kSimple, kGiB, l, c);
  CHECK(tier(gather, NetworkTier::kNic).bytes == Approx(15.0 / 16 * kGiB / 8));
}

TEST_CASE("rails carry what a domain sends, and every rank its own messages") {
  const CollectiveLayout l = CollectiveLayout::of(128, 64);
  const CollectiveCapacities c = capacities_of("gb200-nvl72", 2);
  const auto ring = timed(Op::kAllGather, Algorithm::kRing, Protocol::kSimple, kGiB, l, c);
  CHECK(64 * sent_by_each(ring, l, 64) == Approx(127.0 / 128 * kGiB));  // once out of each domain
  const auto exchange = timed(Op::kAllToAll, Algorithm::kDirect, Protocol::kSimple, kGiB, l, c);
  CHECK(sent_by_each(exchange, l, 64) == Approx(64.0 / 128 * kGiB));
  CHECK(sent_by_each(exchange, l, 48) == Approx(64.0 / 128 * kGiB));
}

TEST_CASE("in-switch reduction moves the message once up and once down, whatever the number of ranks") {
  const CollectiveCapacities c = capacities_of("gb200-nvl72", 1);
  for (const int ranks : {8, 16, 32}) {
    const auto t = timed(Op::kAllReduce, Algorithm::kNvls, Protocol::kSimple, kGiB, CollectiveLayout::of(ranks, 72), c);
    CHECK(tier(t, NetworkTier::kNvlink).bytes == Approx(kGiB * (1 + 1.0 / ranks)));
  }
}

TEST_CASE("an all-to-all sends its own share nowhere and the rest to NVLink and NIC by where the ranks sit") {
  const CollectiveLayout l = CollectiveLayout::of(32, 8);
  const auto t =
      timed(Op::kAllToAll, Algorithm::kDirect, Protocol::kSimple, 32 * kMiB, l, capacities_of("hgx-h100", 4));
  CHECK(tier(t, NetworkTier::kNic).bytes == Approx(24 * kMiB));
  CHECK(t.slowest == NetworkTier::kNic);
  CollectiveCapacities skewed = capacities_of("hgx-h100", 4);
  skewed.skew = 2;
  const auto twice = timed(Op::kAllToAll, Algorithm::kDirect, Protocol::kSimple, 32 * kMiB, l, skewed);
  CHECK(twice.transfer_s == Approx(2 * t.transfer_s));
}

TEST_CASE("a smaller last domain limits how many NICs carry a ring") {
  const CollectiveCapacities c = capacities_of("gb200-nvl72", 2);
  const auto even = timed(Op::kAllGather, Algorithm::kRing, Protocol::kSimple, kGiB, CollectiveLayout::of(144, 72), c);
  const auto uneven = timed(Op::kAllGather, Algorithm::kRing, Protocol::kSimple, kGiB, CollectiveLayout::of(74, 72), c);
  CHECK(uneven.slowest == NetworkTier::kNic);
  CHECK(tier(uneven, NetworkTier::kNic).bytes > 10 * tier(even, NetworkTier::kNic).bytes);
}

TEST_CASE("only what leaves a scalable unit loads the uplinks of leaf switches") {
  const CollectiveCapacities near = capacities_of("hgx-h100", 32), far = capacities_of("hgx-h100", 64);
  CHECK(near.domains_per_unit == 32);
  const auto one =
      timed(Op::kAllToAll, Algorithm::kDirect, Protocol::kSimple, kGiB, CollectiveLayout::of(256, 8), near);
  const auto two = timed(Op::kAllToAll, Algorithm::kDirect, Protocol::kSimple, kGiB, CollectiveLayout::of(512, 8), far);
  CHECK(tier(one, NetworkTier::kLeafUplink).bytes == 0);
  CHECK(tier(two, NetworkTier::kLeafUplink).bytes == Approx(tier(two, NetworkTier::kNic).bytes * 32 / 63));
}

// ------------------------------------------------------------------------------------------------- times

TEST_CASE("time grows with the message, and bus bandwidth towards NCCL's share of the port") {
  const CollectiveCapacities c = capacities_of("hgx-h100", 1);
  const CollectiveLayout l = CollectiveLayout::of(8, 8);
  for (const Op op : {Op::kAllReduce, Op::kAllGather, Op::kReduceScatter}) {
    double before = 0;
    for (double bytes = 1024; bytes < 64 * kGiB; bytes *= 2) {
      const auto t = timed(op, Algorithm::kRing, Protocol::kSimple, bytes, l, c);
      CHECK(t.time_s > before);
      before = t.time_s;
    }
  }
  const double huge = 1e15;
  const auto t = timed(Op::kAllReduce, Algorithm::kRing, Protocol::kSimple, huge, l, c);
  const double wire_s = 14 * huge / 8 / (450e9 * 0.824);
  const double copy_s = 2 * huge / 8 / (3.35e12 * test_calibration().hbm_share.value.value);
  CHECK(busbw(Op::kAllReduce, huge, l, t) == Approx(450e9 * 0.824 * wire_s / (wire_s + copy_s)).epsilon(1e-3));
}

TEST_CASE("in-switch reduction exceeds wire speed in nccl-tests' bus bandwidth, a ring cannot") {
  const CollectiveCapacities c = capacities_of("hgx-h100", 1);
  const CollectiveLayout l = CollectiveLayout::of(8, 8);
  const auto nvls = timed(Op::kAllReduce, Algorithm::kNvls, Protocol::kSimple, 16 * kGiB, l, c);
  const auto ring = timed(Op::kAllReduce, Algorithm::kRing, Protocol::kSimple, 16 * kGiB, l, c);
  CHECK(busbw(Op::kAllReduce, 16 * kGiB, l, nvls) > 450e9);
  CHECK(busbw(Op::kAllReduce, 16 * kGiB, l, ring) < 400e9);
}

TEST_CASE("trees and in-switch reduction grow with the logarithm of the domains, rings with their number") {
  const auto latency = [](Algorithm algorithm, int domains) {
    return timed(Op::kAllReduce, algorithm, Protocol::kSimple, 8, CollectiveLayout::of(8 * domains, 8),
                 capacities_of("hgx-h100", domains))
        .latency_s;
  };
  const auto growth = [&](Algorithm algorithm) {
    return (latency(algorithm, 32) - latency(algorithm, 16)) / (latency(algorithm, 16) - latency(algorithm, 8));
  };
  CHECK(growth(Algorithm::kTree) == Approx(1));
  CHECK(growth(Algorithm::kNvlsTree) == Approx(1));
  CHECK(growth(Algorithm::kRing) == Approx(2));
}

TEST_CASE("two domains exchange half the bytes of a ring through a tree, a reducing fabric halves more of them") {
  const auto nic = [](Algorithm algorithm, int domains) {
    const auto t = timed(Op::kAllReduce, algorithm, Protocol::kSimple, kGiB, CollectiveLayout::of(8 * domains, 8),
                         capacities_of("hgx-h100", domains));
    return tier(t, NetworkTier::kNic).bytes;
  };
  CHECK(nic(Algorithm::kNvlsTree, 2) == Approx(kGiB / 8));
  CHECK(nic(Algorithm::kNvlsTree, 8) == Approx(2 * kGiB / 8));
  CHECK(nic(Algorithm::kSharp, 8) == Approx(kGiB / 8));
}

TEST_CASE("a transport makes every step between domains longer, and carries the protocols that it can") {
  const CollectiveCapacities rdma = capacities_of("hgx-h100", 4), efa = capacities_of("hgx-h100", 4, "efa-p5");
  const CollectiveLayout l = CollectiveLayout::of(32, 8);
  const double step_s = test_catalog().fabric("efa-p5").value().transport_step_s.value;
  REQUIRE(step_s > 0);
  CHECK(rdma.transport_s == 0);
  const auto latency = [&](Algorithm algorithm, const CollectiveCapacities& c) {
    return timed(Op::kAllReduce, algorithm, Protocol::kSimple, kMiB, l, c).latency_s;
  };
  CHECK(latency(Algorithm::kTree, efa) - latency(Algorithm::kTree, rdma) == Approx(2 * 2 * step_s));
  CHECK(latency(Algorithm::kRing, efa) - latency(Algorithm::kRing, rdma) == Approx(2 * 3 * step_s));
  CHECK(why_not(Op::kAllReduce, Algorithm::kRing, Protocol::kLl128, l, efa) ==
        "this fabric does not carry the protocol ll128");
  CHECK(why_not(Op::kAllReduce, Algorithm::kRing, Protocol::kLl128, CollectiveLayout::of(8, 8), efa).empty());
  for (double bytes = 1024; bytes < kGiB; bytes *= 4)
    CHECK(chosen_collective(Op::kAllReduce, bytes, l, efa, test_calibration())->protocol != Protocol::kLl128);
}

TEST_CASE("hierarchical is the sum of its collectives and slower than overlapping them") {
  const CollectiveLayout l = CollectiveLayout::of(64, 8);
  const CollectiveCapacities c = capacities_of("hgx-h100", 8);
  const auto t = timed(Op::kAllReduce, Algorithm::kHierarchical, Protocol::kSimple, kGiB, l, c);
  const auto inside = CollectiveLayout::of(8, 8), across = CollectiveLayout::of(8, 1);
  const auto scatter = timed(Op::kReduceScatter, Algorithm::kRing, Protocol::kSimple, kGiB, inside, c);
  const auto rails = timed(Op::kAllReduce, Algorithm::kRing, Protocol::kSimple, kGiB / 8, across, c);
  const auto gather = timed(Op::kAllGather, Algorithm::kRing, Protocol::kSimple, kGiB, inside, c);
  CHECK(t.time_s == Approx(scatter.time_s + rails.time_s + gather.time_s));
  CHECK(t.time_s > timed(Op::kAllReduce, Algorithm::kRing, Protocol::kSimple, kGiB, l, c).time_s);
}

// ------------------------------------------------------------------------------------------------- choice

TEST_CASE("small messages take LL, large ones Simple, an all-reduce in a domain the switch") {
  const CollectiveCapacities c = capacities_of("hgx-h100", 1);
  const CollectiveLayout l = CollectiveLayout::of(8, 8);
  const auto chosen = [&](Op op, double bytes) { return *chosen_collective(op, bytes, l, c, test_calibration()); };
  CHECK(chosen(Op::kAllReduce, 1024).protocol == Protocol::kLl);
  CHECK(chosen(Op::kAllReduce, 1024).algorithm == Algorithm::kRing);
  CHECK(chosen(Op::kAllReduce, kGiB).algorithm == Algorithm::kNvls);
  CHECK(chosen(Op::kAllGather, kGiB).algorithm == Algorithm::kRing);
  CHECK(chosen(Op::kAllGather, kGiB).protocol == Protocol::kSimple);
  CHECK(chosen(Op::kAllGather, 16 * kMiB).protocol == Protocol::kLl128);
  CHECK(chosen(Op::kAllToAll, 8 * 16384).protocol == Protocol::kLl);
  CHECK(chosen(Op::kAllToAll, 8 * 16392).protocol == Protocol::kSimple);
}

TEST_CASE("where NCCL's estimate switches from LL, the published times jump") {
  // collectives.csv, all_gather of 4 GB200: 25.9 us at 4 MiB, 52.6 us at 8 MiB.
  const CollectiveCapacities c = capacities_of("gb200-nvl72", 1);
  const CollectiveLayout l = CollectiveLayout::of(4, 72);
  const auto protocol = [&](double bytes) {
    return chosen_collective(Op::kAllGather, bytes, l, c, test_calibration())->protocol;
  };
  CHECK(protocol(4 * kMiB) == Protocol::kLl);
  CHECK(protocol(8 * kMiB) == Protocol::kSimple);
}

TEST_CASE("a forced algorithm and protocol are kept, an impossible pair is none") {
  const CollectiveCapacities c = capacities_of("hgx-h100", 1);
  const CollectiveLayout l = CollectiveLayout::of(8, 8);
  CollectiveChoice choice;
  choice.algorithm = Algorithm::kTree;
  choice.protocol = Protocol::kLl128;
  const auto t = chosen_collective(Op::kAllReduce, kGiB, l, c, test_calibration(), choice);
  REQUIRE(t);
  CHECK(t->algorithm == Algorithm::kTree);
  CHECK(t->protocol == Protocol::kLl128);
  choice.algorithm = Algorithm::kNvls;
  CHECK_FALSE(chosen_collective(Op::kAllReduce, kGiB, l, c, test_calibration(), choice));
}

TEST_CASE("why_not says what stands in the way") {
  const CollectiveLayout one = CollectiveLayout::of(8, 8), two = CollectiveLayout::of(16, 8),
                         uneven = CollectiveLayout::of(12, 8);
  const CollectiveCapacities hopper = capacities_of("hgx-h100", 2);
  CollectiveCapacities ampere = hopper;
  ampere.nvlink_generation = 3;
  const auto why = [](Op op, Algorithm a, Protocol p, const CollectiveLayout& l, const CollectiveCapacities& c) {
    return why_not(op, a, p, l, c);
  };
  CHECK(why(Op::kAllReduce, Algorithm::kNvls, Protocol::kSimple, one, ampere) ==
        "nvls needs in-switch reduction, which NVLink 3 lacks");
  CHECK_FALSE(why(Op::kAllReduce, Algorithm::kNvls, Protocol::kLl, one, hopper).empty());
  CHECK_FALSE(why(Op::kAllReduce, Algorithm::kNvls, Protocol::kSimple, two, hopper).empty());
  CHECK_FALSE(why(Op::kAllReduce, Algorithm::kNvlsTree, Protocol::kSimple, one, hopper).empty());
  CHECK_FALSE(why(Op::kAllGather, Algorithm::kTree, Protocol::kSimple, one, hopper).empty());
  CHECK_FALSE(why(Op::kAllGather, Algorithm::kPat, Protocol::kSimple, two, hopper).empty());
  CHECK(why(Op::kAllGather, Algorithm::kPat, Protocol::kSimple, CollectiveLayout::of(8, 1), hopper).empty());
  CHECK_FALSE(why(Op::kAllReduce, Algorithm::kHierarchical, Protocol::kSimple, uneven, hopper).empty());
  CHECK_FALSE(why(Op::kAllToAll, Algorithm::kRing, Protocol::kSimple, one, hopper).empty());
  CHECK_FALSE(why(Op::kAllReduce, Algorithm::kSharp, Protocol::kSimple, one, hopper).empty());
}

// ------------------------------------------------------------------------------------------------- experts

TEST_CASE("the experts of a token sit on as many ranks as chance gives") {
  const auto destinations = [](int members, int top_k, int groups = 1, int groups_per_token = 1) {
    return moe_destinations(members, {1, 1, top_k, groups, groups_per_token});
  };
  CHECK(destinations(8, 1) == Approx(1));
  CHECK(destinations(2, 2) == Approx(1.5));
  CHECK(destinations(1000000, 8) == Approx(8).epsilon(1e-4));
  // Four groups of eight, each on a member of its own: as if there were four members.
  CHECK(destinations(8, 8, 8, 4) == Approx(destinations(4, 8)));
  CHECK(destinations(64, 8, 8, 4) == Approx(destinations(32, 8)));
  CHECK(destinations(8, 8, 8, 8) == Approx(destinations(8, 8)));
  // Two members with two of four groups each, a token chooses two: one in six pairs sits on each member alone.
  CHECK(destinations(2, 1, 4, 2) == Approx(1));
  CHECK(destinations(2, 1000, 4, 2) == Approx(2 - 2.0 / 6));
  // Three members with one, one and two of four groups: a token of one expert is on one member all the same.
  CHECK(destinations(3, 1, 4, 2) == Approx(1));
  CHECK(destinations(5, 1, 8, 4) == Approx(1));
  const CollectiveLayout l = CollectiveLayout::of(8, 8);
  const CollectiveCapacities c = capacities_of("hgx-h100", 1);
  const MoeExchange e = {4096, moe_combine_bytes(7168), 8};
  const auto normal = moe_exchange_time(MoeKernel::kDeepEp, e, l, c, test_calibration());
  CHECK(tier(normal, NetworkTier::kNvlink).bytes == Approx(4096.0 * 14336 * 7 * (1 - std::pow(7.0 / 8, 8))));
  const auto low = moe_exchange_time(MoeKernel::kDeepEpLowLatency, e, l, c, test_calibration());
  CHECK(tier(low, NetworkTier::kNvlink).bytes == Approx(4096.0 * 14336 * 7));
}

// ------------------------------------------------------------------------------------------------- published rows

constexpr const char* kHeading = "id,use,source,hardware,n_gpus,model,global_batch,metric,value,unit,notes\n";

std::vector<CollectivePrediction> predicted(const std::string& rows) {
  namespace fs = std::filesystem;
  const fs::path path = fs::temp_directory_path() / ("racktwin-collective-test-" + std::to_string(::getpid()) + ".csv");
  std::ofstream(path, std::ios::binary) << kHeading << rows;
  const auto table = load_csv(path.string());
  fs::remove(path);
  REQUIRE(table);
  CHECK(table_kind(*table) == TableKind::kCollectives);
  auto predictions = predict_collective_rows(*table, test_catalog(), test_calibration());
  REQUIRE(predictions);
  return std::move(*predictions);
}

TEST_CASE("a collective is predicted in the unit that its row states") {
  const auto rows = predicted(
      "a,test,S:p,8x H100,8,all_reduce,1073741824,busbw,400,GB/s,\n"
      "b,test,S:p,8x H100,8,all_reduce,1073741824,busbw,3200,Gb/s,\n"
      "c,test,S:p,8x H100,8,all_reduce,1073741824,latency,4,ms,\n"
      "d,test,S:p,8x H100,8,all_reduce,1073741824,latency,4000,,\n"
      "e,test,S:p,8x H100,8,all_reduce,1073741824,latency,4,GB/s,\n");
  REQUIRE(rows.size() == 5);
  CHECK(rows[1].predicted == Approx(8 * rows[0].predicted));
  CHECK(rows[2].predicted == Approx(1e3 * rows[0].step_s));
  CHECK(rows[3].predicted == Approx(1e6 * rows[0].step_s));
  CHECK(rows[4].reason == "unit GB/s is not one of time");
}

TEST_CASE("latency and bus bandwidth of one collective are predicted from one time") {
  const auto rows = predicted(
      "a,test,S:p,8x H100,8,all_reduce,1073741824,busbw,400,GB/s,\n"
      "b,test,S:p,8x H100,8,all_reduce,1073741824,latency,4000,us,\n"
      "c,test,S:p,8x H100 NVLS off (ring),8,AllReduce,1073741824,busbw,400,GB/s,\n");
  REQUIRE(rows.size() == 3);
  for (const auto& row : rows) {
    INFO(row.reason);
    CHECK(row.reason.empty());
    CHECK(row.source == "S");
    CHECK(row.operation == "all_reduce");
    CHECK(row.size == MessageSize::kLarge);
  }
  CHECK(rows[1].predicted == Approx(rows[0].step_s * 1e6));
  CHECK(rows[0].predicted == Approx(kGiB / rows[0].step_s / 1e9 * 2 * 7 / 8));
  CHECK(rows[0].how == "nvls simple");
  CHECK(rows[2].how == "ring simple");
}

TEST_CASE("a row of a collective says the same in the words of another source") {
  const auto rows = predicted(
      "a,test,S,8x H100,8,all_reduce,536870912,busbw,400,GB/s,\n"
      "b,test,S,NVIDIA H100-SXM5-80GB,8 GPUs,All Reduce,512M,Bus bandwidth,,GBps,\n"
      "c,test,S,dgx-h100,8,nccl all_reduce_perf,512 MiB,BusBW,400,GB/sec,\n"
      "d,test,S,8xh100,8,AllReduce (in-place),\"536,870,912\",time_us,1900,,\n"
      "e,test,S,8x H100,8,all_reduce,536870912,latency,1900,us,\n"
      "f,test,S,H100 PCIe,8,all_reduce,536870912,latency,1900,us,\n"
      "g,test,S,GH200,8,all_reduce,536870912,latency,1900,us,\n"
      "h,test,S,8x H100,eight,all_reduce,536870912,latency,1900,us,\n"
      "i,test,S,8x H100,8,all_reduce,much,latency,1900,us,\n");
  for (std::size_t i = 0; i < 5; ++i) CHECK(rows[i].reason == "");
  CHECK(rows[1].predicted == rows[0].predicted);  // a prediction needs no measurement
  CHECK(std::isnan(rows[1].value));
  CHECK(rows[2].predicted == rows[0].predicted);
  CHECK(rows[3].predicted == rows[4].predicted);
  CHECK(rows[5].reason == "system h100-pcie is not in the catalogue");
  CHECK(rows[6].reason.find("system gh200 is not in the catalogue") == 0);
  CHECK(rows[7].reason == "n_gpus \"eight\" is no whole number");
  CHECK(rows[8].reason == "global_batch \"much\" is no number of bytes above zero");
}

TEST_CASE("rows of collectives that cannot be expressed carry a reason") {
  const auto rows = predicted(
      "a,test,S,8x MI300X node,8,all_reduce,1024,busbw,1,GB/s,\n"
      "b,test,S,8x H100,8,all_reduce,,busbw,1,GB/s,\n"
      "c,test,S,8x H100,1,h2d memcpy,,bandwidth,1,GB/s,\n"
      "d,test,S,8x H100,8,scan,1024,busbw,1,GB/s,\n"
      "e,test,S,a rack,8,all_reduce,1024,busbw,1,GB/s,\n"
      "f,test,S,GB200 NVL72,8,MoE alltoall_dispatch (NVLinkOneSided),64,latency,1,us,\"hidden 7168, top-8\"\n"
      "g,test,S,8x H100,8,all_reduce,1024,busbw,fast,GB/s,\n");
  const char* const reasons[] = {"system hgx-mi300x is not in the catalogue",
                                 "the message size is not stated",
                                 "h2d memcpy is not a collective",
                                 "scan is not modelled",
                                 "the hardware is not in the catalogue",
                                 "the number format of the dispatched tokens is not stated",
                                 "value \"fast\" is no number above zero"};
  REQUIRE(rows.size() == std::size(reasons));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CHECK(rows[i].reason == reasons[i]);
    CHECK(std::isnan(rows[i].predicted));
  }
}

TEST_CASE("scores of collectives come by use, source, operation and size, then over all") {
  const auto rows = predicted(
      "a,test,S,8x H100,8,all_reduce,1024,latency,16,us,\n"
      "b,test,S,8x H100,8,all_reduce,1073741824,latency,4000,us,\n"
      "c,test,T,8x H100,8,all_gather,1073741824,latency,4000,us,\n"
      "d,test,T,8x MI300X,8,all_gather,1073741824,latency,4000,us,\n");
  const auto scores = score_collectives(rows);
  std::string order;
  for (const auto& s : scores)
    order += s.source + "/" + s.operation + "/" + std::string(message_size_word(s.size)) + " ";
  CHECK(order ==
        "S/all_reduce/small S/all_reduce/large T/all_gather/large T/all_gather/- all//small all//large all//- ");
  const auto& all_large = scores[5];
  CHECK(all_large.rows == 2);
  CHECK(all_large.median == Approx((std::abs(rows[1].rel_error()) + std::abs(rows[2].rel_error())) / 2));
}

TEST_CASE("the published table of collectives is predicted within the errors that the README states") {
  const auto table = load_csv(RACKTWIN_SOURCE_DIRECTORY "/tests/validation/collectives.csv");
  REQUIRE(table);
  const auto rows = predict_collective_rows(*table, test_catalog(), test_calibration());
  REQUIRE(rows);
  CHECK(rows->size() == 2150);
  std::vector<double> cloud_errors;  // several nodes over EFA or TCPX, up to 16 MiB
  for (const CollectivePrediction& row : *rows)
    if (row.reason.empty() && row.size != MessageSize::kLarge &&
        (row.source.rfind("awslabs", 0) == 0 || row.source.rfind("GoogleCloudPlatform", 0) == 0))
      cloud_errors.push_back(std::abs(row.rel_error()));
  CHECK(cloud_errors.size() > 40);
  CHECK(quantile(cloud_errors, 0.5) < 0.2);
  for (const auto& score : score_collectives(*rows)) {
    if (score.source != "ai-dynamo/aiconfigurator" || score.predicted_rows < 20) continue;
    if (score.operation == "all_reduce" && score.size == MessageSize::kLarge) CHECK(score.median < 0.05);
    if (score.operation == "all_gather" && score.size == MessageSize::kLarge) CHECK(score.median < 0.05);
  }
}

}  // namespace
}  // namespace racktwin
