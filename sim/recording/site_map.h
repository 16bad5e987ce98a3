// What stands where on a recorded site, and which class each thing belongs to: component paths <-> ids <-> GPU numbers.
//
// Built from the component table of a recording; says nothing about values. Thread rule: immutable once built.
#pragma once

#include "sim/recording/recording.h"
#include "sim/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace racktwin {

// One thing that can be pointed at. `component` is an id of the component table; `part` is the id of a component of the
// rack type's template, for what sits inside a rack: {rack-03, gb200-nvl72/compute-07/gpu-2}. -1: none.
struct ComponentId {
  std::int32_t component = -1, part = -1;
  bool exists() const { return component >= 0; }
  friend bool operator==(ComponentId a, ComponentId b) { return a.component == b.component && a.part == b.part; }
  friend bool operator!=(ComponentId a, ComponentId b) { return !(a == b); }
};

// An axis-aligned box [m] in the site: x along the rows, y from the front of a row to its back, z up. NaN: no data.
struct Place {
  double x_m = 0, y_m = 0, z_m = 0;               // the corner at the front, lower left
  double width_m = 0, depth_m = 0, height_m = 0;  // along x, y, z
};

// A tray, shelf, switch or GPU of a rack type. Its place is in the rack.
struct RackPartPlace {
  int id = -1;       // of the template's component
  std::string name;  // below the rack's path: "compute-07", "compute-07/gpu-2"
  std::string kind;  // "compute-tray", "gpu", "switch-tray", "power-shelf", "psu", "management-switch"
  int parent = -1;   // index into parts; -1: the rack
  Place place;
  int gpu = -1;   // number within the rack, if a GPU
  int tray = -1;  // number of the compute tray within the rack, of compute trays and GPUs
};

struct RackTemplate {
  int id = -1;       // component id
  std::string name;  // "gb200-nvl72"
  Place place;
  std::vector<RackPartPlace> parts;  // a tray stands before its GPUs; from top to bottom
  int gpus = 0, trays = 0;
};

struct PlacedRack {
  int component = -1;
  int type = 0;  // index into SiteMap::rack_types
  Place place;   // in the site
  std::uint32_t number = 0, first_gpu = 0, first_tray = 0;
};

// Anything else that stands in the site: row, cdu, pump, network rack, leaf, spine, facility.
struct PlacedComponent {
  int component = -1;
  Place place;               // in the site
  std::uint32_t number = 0;  // among those of its kind
};

class SiteMap {
 public:
  // Errors: kBadInput if the table contradicts itself (a parent that does not exist, a rack without a type).
  static Result<SiteMap> create(std::vector<ComponentRow> components);

  const std::vector<ComponentRow>& components() const { return components_; }  // by id
  const std::vector<PlacedRack>& racks() const { return racks_; }
  const std::vector<RackTemplate>& rack_types() const { return rack_types_; }
  std::vector<PlacedComponent> placed(std::string_view kind) const;  // "cdu", "pump", "leaf", ... in order
  std::vector<int> children(int component) const;                    // component ids, templates apart

  const PlacedRack* rack_of(ComponentId id) const;     // the rack that a thing is or sits in; nullptr: none
  const RackPartPlace* part_of(ComponentId id) const;  // nullptr: not inside a rack
  // A GPU, tray, rack, pump, leaf or the site by its number among those of its kind (README.md); there may be none.
  ComponentId unit(UnitKind kind, std::uint32_t number) const;
  std::string path(ComponentId id) const;       // "hall/row-a/rack-03/compute-07/gpu-2"
  std::string name(ComponentId id) const;       // its last word, "gpu-2"
  std::string_view kind(ComponentId id) const;  // "gpu"; empty if it does not exist
  ComponentId parent(ComponentId id) const;     // does not exist for the site
  Place place(ComponentId id) const;            // in the site
  std::optional<ComponentId> find(std::string_view path) const;
  // The path nearest to a mistyped one, if there is a near one.
  std::optional<std::string> nearest_path(std::string_view path) const;
  // The paths of all components of a kind, in the order in which membership counts them.
  std::vector<std::string> unit_paths(UnitKind kind) const;
  Place extent() const;  // of everything that has a place

 private:
  Result<void> add_rack(int component);
  std::vector<std::string> names_below(ComponentId id) const;

  std::vector<ComponentRow> components_;
  std::vector<PlacedRack> racks_;
  std::vector<RackTemplate> rack_types_;
  std::vector<int> rack_of_component_;  // (n_component) index into racks_; -1: none
  std::vector<std::vector<int>> children_of_component_;
  std::vector<Place> place_of_component_;
  std::unordered_map<std::string, ComponentId> id_of_path_;  // without what is inside racks
};

}  // namespace racktwin
