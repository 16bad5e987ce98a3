#include "sim/model/fabric.h"

#include "tests/sim/flagship.h"

#include <catch2/catch.hpp>

#include <map>
#include <set>

namespace racktwin {
namespace {

constexpr double k400G = 50e9, k800G = 100e9;  // a NIC, one direction [B/s]

FabricType fabric_type(const std::string& name) {
  Result<FabricType> type = test_catalog().fabric(name);
  if (!type) FAIL(format_errors(type.error(), false));
  return std::move(*type);
}

Fabric generated(const FabricType& type, int domains, int gpus_per_domain, double nic_bytes_per_s) {
  Result<Fabric> fabric = generate_fabric(type, domains, gpus_per_domain, nic_bytes_per_s);
  if (!fabric) FAIL(format_errors(fabric.error(), false));
  return *fabric;
}

// Every switch of a plane has the ports for its links, and every GPU a leaf that has room for it.
void check_ports(const FabricType& type, const Fabric& f, int domains) {
  std::map<int, int> served;
  for (int g = 0; g < domains * f.gpus_per_domain; ++g) ++served[f.leaf_of_gpu(g)];
  CHECK(static_cast<int>(served.size()) == f.leaves);
  for (const auto& [leaf, gpus] : served) {
    REQUIRE(leaf < f.leaves);
    REQUIRE(gpus * f.links_per_gpu + f.leaf_uplinks <= type.switch_ports);
  }
  if (f.leaves == 1) return;
  REQUIRE(f.leaf_uplinks % f.spines_per_pod == 0);
  const int per_spine = f.leaf_uplinks / f.spines_per_pod;
  CHECK(per_spine * std::min(f.leaves, f.leaves_per_pod) + f.spine_uplinks <= type.switch_ports);
  CHECK(f.spines == f.pods * f.spines_per_pod);
  if (f.cores > 0) CHECK(f.pods * f.spine_uplinks * f.spines_per_pod <= f.cores * type.switch_ports);
}

TEST_CASE("the fabric of a SuperPOD H100 has the switches and cables of NVIDIA's table") {
  const FabricType type = fabric_type("superpod-h100-ndr");
  struct Row {
    int nodes, gpus, leaves, spines, node_and_ufm, leaf_spine;
  };
  for (const Row& row : {Row{31, 248, 8, 4, 252, 256},
                         {63, 504, 16, 8, 508, 512},
                         {95, 760, 24, 16, 764, 768},
                         {127, 1016, 32, 16, 1020, 1024}}) {
    CAPTURE(row.nodes);
    const Fabric f = generated(type, row.nodes, 8, k400G);
    CHECK(row.nodes * 8 == row.gpus);
    CHECK(f.all_leaves() == row.leaves);
    CHECK(f.all_spines() == row.spines);
    CHECK(f.all_cores() == 0);
    CHECK(f.gpu_cables == row.node_and_ufm);
    CHECK(f.leaf_spine_cables == row.leaf_spine);
    check_ports(type, f, row.nodes);
  }
}

TEST_CASE(
    "the fabric of a SuperPOD B200 has the switches and cables of NVIDIA's table, with a third tier from 16 units") {
  const FabricType type = fabric_type("superpod-b200-ndr");
  struct Row {
    int units, nodes, leaves, spines, cores, node_leaf, leaf_spine, spine_core;
  };
  for (const Row& row : {Row{2, 64, 16, 8, 0, 512, 512, 0},
                         {4, 128, 32, 16, 0, 1024, 1024, 0},
                         {8, 256, 64, 32, 0, 2048, 2048, 0},
                         {16, 512, 128, 128, 64, 4096, 4096, 4096},
                         {32, 1024, 256, 256, 128, 8192, 8192, 8192},
                         {64, 2048, 512, 512, 256, 16384, 16384, 16384}}) {
    CAPTURE(row.units);
    const Fabric f = generated(type, row.nodes, 8, k400G);
    CHECK(f.all_leaves() == row.leaves);
    CHECK(f.all_spines() == row.spines);
    CHECK(f.all_cores() == row.cores);
    CHECK(f.gpu_cables == row.node_leaf);
    CHECK(f.leaf_spine_cables == row.leaf_spine);
    CHECK(f.spine_core_cables == row.spine_core);
    check_ports(type, f, row.nodes);
  }
}

TEST_CASE("the twin-plane fabric of a SuperPOD B300 has the switches and cables of NVIDIA's table") {
  const FabricType type = fabric_type("superpod-b300-spectrum");
  struct Row {
    int units, nodes, leaves, spines, cables;
  };
  for (const Row& row : {Row{1, 64, 16, 8, 512},
                         {2, 128, 32, 16, 1024},
                         {4, 256, 64, 32, 2048},
                         {8, 512, 128, 64, 4096},
                         {16, 1024, 256, 128, 8192}}) {
    CAPTURE(row.units);
    const Fabric f = generated(type, row.nodes, 8, k800G);
    CHECK(f.planes == 2);
    CHECK(f.links_per_gpu == 1);
    CHECK(f.all_leaves() == row.leaves);
    CHECK(f.all_spines() == row.spines);
    CHECK(f.gpu_cables == row.cables);
    CHECK(f.leaf_spine_cables == row.cables);
    check_ports(type, f, row.nodes);
  }
}

// The table's row of 18 units prints 9,216 GPUs for 1,296 nodes. Eight times 1,296 is 10,368, and so are its cables:
// that is the value here.
TEST_CASE("the XDR fabric of a SuperPOD B300 has the switches and cables of NVIDIA's table") {
  const FabricType type = fabric_type("superpod-b300-xdr");
  struct Row {
    int units, gpus, leaves, spines;
  };
  for (const Row& row : {Row{1, 576, 8, 4}, {2, 1152, 16, 8}, {4, 2304, 32, 18}, {8, 4608, 64, 36}}) {
    CAPTURE(row.units);
    const Fabric f = generated(type, 72 * row.units, 8, k800G);
    CHECK(72 * row.units * 8 == row.gpus);
    CHECK(f.all_leaves() == row.leaves);
    CHECK(f.all_spines() == row.spines);
    CHECK(f.gpu_cables == row.gpus);
    CHECK(f.leaf_spine_cables == row.gpus);
    check_ports(type, f, 72 * row.units);
  }
  const Fabric f = generated(type, 1296, 8, k800G);
  CHECK(f.gpu_cables == 10368);
  CHECK(f.leaf_spine_cables == 10368);
  check_ports(type, f, 1296);
}

TEST_CASE("a scalable unit of GB200 has a leaf for four rails, however many units there are") {
  const FabricType type = fabric_type("superpod-gb200-ndr");
  for (const int units : {1, 2, 4, 16}) {
    CAPTURE(units);
    const Fabric f = generated(type, 8 * units, 72, k400G);
    CHECK(f.leaves == 18 * units);
    CHECK(f.rails_per_leaf == 4);
    CHECK(f.gpu_cables == 576 * units);
    CHECK(f.leaf_spine_cables == 576 * units);
    for (int rack = 1; rack < 8; ++rack) REQUIRE(f.leaf_of_gpu(72 * rack + 5) == f.leaf_of_gpu(5));
    check_ports(type, f, 8 * units);
  }
}

TEST_CASE("an oversubscribed fabric has fewer uplinks in proportion, and fewer spines") {
  FabricType type = fabric_type("superpod-b200-ndr");
  type.leaf_ports_down = 48;
  type.leaf_ports_up = 16;
  const Fabric f = generated(type, 192, 8, k400G);
  CHECK(f.leaves == 32);
  CHECK(f.leaf_uplinks == 16);
  CHECK(f.spines == 8);
  check_ports(type, f, 192);
}

TEST_CASE("a NIC that is faster than a port takes several, one that is slower takes one") {
  const FabricType type = fabric_type("superpod-b200-ndr");
  CHECK(generated(type, 32, 8, k800G).links_per_gpu == 2);
  CHECK(generated(type, 32, 8, k800G).all_leaves() == 16);
  CHECK(generated(type, 32, 8, k800G).gpu_cables == 512);
  CHECK(generated(type, 32, 8, k400G / 2).links_per_gpu == 1);
  FabricType planes = fabric_type("superpod-b300-spectrum");
  planes.unit_domains = 32;
  CHECK(generated(planes, 64, 8, 4 * k400G).links_per_gpu == 2);
}

TEST_CASE("all GPUs on one leaf need no spine") {
  const Fabric f = generated(fabric_type("superpod-b200-ndr"), 4, 8, k400G);
  CHECK(f.leaves == 1);
  CHECK(f.spines == 0);
  CHECK(f.leaf_spine_cables == 0);
}

TEST_CASE("a fabric that cannot join the site is refused at its place in the catalogue") {
  const FabricType two_tiers = fabric_type("superpod-h100-ndr");
  CHECK(generate_fabric(two_tiers, 256, 8, k400G));
  const Result<Fabric> large = generate_fabric(two_tiers, 257, 8, k400G);
  REQUIRE_FALSE(large);
  const Error& error = large.error().front();
  CHECK(error.code == ErrorCode::kBadInput);
  CHECK(error.message == "2 tiers of switches with 64 ports do not join the 72 leaves of a plane that the site needs");
  CHECK(error.hint == "tiers = 3, or switches with more ports");
  CHECK(error.loc.line == 16);
  REQUIRE(error.loc.file);
  CHECK(error.loc.file->find("superpod-h100-ndr.toml") != std::string::npos);
  const FabricType three_tiers = fabric_type("superpod-b200-ndr");
  CHECK(generate_fabric(three_tiers, 8192, 8, k400G));
  CHECK_FALSE(generate_fabric(three_tiers, 8193, 8, k400G));
  const Result<Fabric> unit = generate_fabric(two_tiers, 32, 8, k800G);
  REQUIRE_FALSE(unit);
  CHECK(unit.error().front().message == "a leaf serves 16 GPUs, so it cannot join the 32 domains of a unit on a rail");
  CHECK(unit.error().front().loc.line == 19);
  CHECK_FALSE(generate_fabric(three_tiers, 32, 8, 33 * k400G));
}

}  // namespace
}  // namespace racktwin
