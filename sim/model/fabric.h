// A scale-out fabric generated from a few parameters: radix, rails, planes, tiers, oversubscription.
//
// Planes are equal fabrics side by side; a GPU has its links on all of them. In a plane, leaves serve GPUs, spines join
// the leaves of a pod, and cores join the pods: two tiers are one pod without cores, and three are built only where two
// do not reach. A leaf has equally many links to each spine of its pod (a spine to each core of its group), so the
// number of spines is the least that has the ports and divides a leaf's uplinks. The counts of NVIDIA's SuperPOD
// reference designs come out: tests/sim/fabric_test.cpp. Not here: tori, dragonflies. Thread rule: plain values.
#pragma once

#include "sim/catalog/hardware.h"
#include "sim/result.h"

#include <string>

namespace racktwin {

struct Fabric {
  int planes = 1;
  int links_per_gpu = 1;  // on each plane
  // switches of one plane
  int leaves = 0, spines = 0, cores = 0;
  int pods = 1, leaves_per_pod = 0, spines_per_pod = 0;
  int leaf_uplinks = 0, spine_uplinks = 0;  // of each switch; 0: it is the top
  // placement
  bool rail_optimised = true;
  int gpus_per_domain = 1, gpus_per_leaf = 1;
  int rails_per_leaf = 1, domains_per_unit = 1;  // rail-optimised: a unit's leaves serve its domains, rail by rail
  // cables of all planes
  int gpu_cables = 0, leaf_spine_cables = 0, spine_core_cables = 0;
  int links = 0;  // of all planes and tiers

  int all_leaves() const { return planes * leaves; }
  int all_spines() const { return planes * spines; }
  int all_cores() const { return planes * cores; }
  int leaf_of_gpu(int gpu) const;  // in each plane
  int pod_of_leaf(int leaf) const { return leaf / leaves_per_pod; }
};

// Where a switch stands: leaves, spines and cores of all planes are numbered from 0 through the network racks of the
// site, "hall/network-1/leaf-01".
inline constexpr int kSwitchesPerRack = 40;
std::string switch_path(const std::string& site_name, const Fabric& fabric, int number);

// For that many NVLink domains. nic_bytes_per_s: of one GPU, one direction; it has as many links as its NICs can fill.
// Errors: kBadInput if the parameters do not fit each other or the site, at their places in the catalogue.
Result<Fabric> generate_fabric(const FabricType& type, int domains, int gpus_per_domain, double nic_bytes_per_s);

}  // namespace racktwin
