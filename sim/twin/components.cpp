#include "sim/twin/components.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

namespace racktwin {
namespace {

// The layout rule's lengths [m]: none of them is an input, and none has an effect on a result.
constexpr double kGap_m = 0.1;     // beside a CDU or network rack
constexpr double kMargin_m = 1.2;  // around the rows, and between hall and facility
constexpr double kFacilityDepth_m = 1.8, kFacilityHeight_m = 1.5;
constexpr double kPumpHeightShare = 0.3;  // of its CDU
constexpr double kRackUnit_m = 0.04445;   // source: EIA-310, 1.75 inches

struct Size {
  double width_m, depth_m, height_m;
};

struct Corner {
  double x_m = 0, y_m = 0, z_m = 0;
};

Size size_of(const Sourced& width, const Sourced& depth, const Sourced& height, Size otherwise) {
  const bool is_known = width.value > 0 && depth.value > 0 && height.value > 0;
  return is_known ? Size{width.value, depth.value, height.value} : otherwise;
}

// One row of racks, from its first network rack to its last CDU.
struct Row {
  std::string path;
  double y_m = 0;      // front, in the site
  double racks_m = 0;  // width of its racks
  int network_racks = 0, cdus = 0;
  int id = -1;
};

class Lister {
 public:
  Lister(const Plan& plan, const Model& model)
      : plan_(plan),
        model_(model),
        type_(plan.site.rack_type),
        rack_{type_.width_m.value, type_.depth_m.value, type_.height_m.value},
        cdu_(size_of(plan.cooling.cdu.width_m, plan.cooling.cdu.depth_m, plan.cooling.cdu.height_m, rack_)),
        cdus_(type_.liquid_cooled ? plan.cooling.cdus : 0),
        switches_(model.leaves + model.spines + model.cores),
        network_racks_((switches_ + kSwitchesPerRack - 1) / kSwitchesPerRack) {}

  std::vector<ComponentRow> list() {
    find_rows();
    list_site();
    for (int c = 0; c < cdus_; ++c) list_cdu(c);
    for (int n = 0; n < network_racks_; ++n) list_network_rack(n);
    if (cdus_ > 0) list_facility();
    list_supply();
    list_template();
    return std::move(components_);
  }

 private:
  int add(std::string path, std::string kind, int parent, Corner at, Size size) {
    const int id = static_cast<int>(components_.size());
    components_.push_back({id, std::move(path), std::move(kind), parent, at.x_m, at.y_m, at.z_m, size.width_m,
                           size.depth_m, size.height_m});
    return id;
  }

  Row& row_of(const RackPlace& rack) { return rows_[row_numbers_.at(rack.path.substr(0, rack.path.rfind('/')))]; }
  Row& row_in_turn(int i) { return rows_[static_cast<std::size_t>(i) % rows_.size()]; }
  int place_in_turn(int i) const { return i / static_cast<int>(rows_.size()); }

  void find_rows() {
    for (const RackPlace& rack : plan_.site.racks) {
      const std::string path = rack.path.substr(0, rack.path.rfind('/'));
      if (row_numbers_.emplace(path, rows_.size()).second) {
        rows_.push_back({});
        rows_.back().path = path;
        rows_.back().y_m = kMargin_m + rack.y_m;
      }
      row_of(rack).racks_m = std::max(row_of(rack).racks_m, rack.x_m + rack_.width_m);
    }
    for (int c = 0; c < cdus_; ++c) ++row_in_turn(c).cdus;
    for (int n = 0; n < network_racks_; ++n) ++row_in_turn(n).network_racks;
    first_rack_m_ = kMargin_m + rows_.front().network_racks * (rack_.width_m + kGap_m);
  }

  // From its left end to its first rack.
  double network_m(const Row& row) const { return row.network_racks * (rack_.width_m + kGap_m); }
  double cdus_m(const Row& row) const { return row.cdus * (cdu_.width_m + kGap_m); }

  void list_site() {
    const Size highest = {0, std::max(rack_.depth_m, cdus_ > 0 ? cdu_.depth_m : 0),
                          std::max(rack_.height_m, cdus_ > 0 ? cdu_.height_m : 0)};
    hall_.height_m = highest.height_m;
    for (const Row& row : rows_) {
      hall_.width_m = std::max(hall_.width_m, first_rack_m_ + row.racks_m + cdus_m(row) + kMargin_m);
      hall_.depth_m = std::max(hall_.depth_m, row.y_m + highest.depth_m + kMargin_m);
    }
    site_ = add(plan_.site.name, "site", -1, {}, hall_);
    for (const RackPlace& rack : plan_.site.racks) {
      Row& row = row_of(rack);
      const double network = network_m(row);
      if (row.id < 0)
        row.id = add(row.path, "row", site_, {first_rack_m_ - network, row.y_m, 0},
                     {network + row.racks_m + cdus_m(row), highest.depth_m, highest.height_m});
      add(rack.path, "rack", row.id, {network + rack.x_m, 0, 0}, rack_);
    }
  }

  void list_cdu(int c) {
    const Row& row = row_in_turn(c);
    const double x = first_rack_m_ + row.racks_m + kGap_m + place_in_turn(c) * (cdu_.width_m + kGap_m);
    const int cdu = add(cdu_path(plan_, c), "cdu", site_, {x, row.y_m, 0}, cdu_);
    const double width = cdu_.width_m / plan_.cooling.cdu.pumps;
    for (int p = 0; p < plan_.cooling.cdu.pumps; ++p)
      add(pump_path(plan_, c, p), "pump", cdu, {p * width, 0, 0},
          {width, cdu_.depth_m, kPumpHeightShare * cdu_.height_m});
  }

  // Behind the hall, as wide as the CDUs of a row with a margin.
  void list_facility() {
    double width = 0;
    for (const Row& row : rows_) width = std::max(width, cdus_m(row) + 2 * kMargin_m);
    width = std::min(width, hall_.width_m);
    add(plan_.site.name + "/facility", "facility", site_, {hall_.width_m - width, hall_.depth_m + kMargin_m, 0},
        {width, kFacilityDepth_m, kFacilityHeight_m});
  }

  // It stands outside, nobody says where.
  void list_supply() {
    constexpr double kNoPlace = std::numeric_limits<double>::quiet_NaN();
    const auto add_unplaced = [&](std::string path, std::string kind, int parent) {
      return add(std::move(path), std::move(kind), parent, {kNoPlace, kNoPlace, kNoPlace},
                 {kNoPlace, kNoPlace, kNoPlace});
    };
    add_unplaced(utility_path(plan_), "utility", site_);
    for (int f = 0; f < plan_.power.feeds; ++f)
      add_unplaced(ups_path(plan_, f), "ups", add_unplaced(feed_path(plan_, f), "feed", site_));
  }

  // As large as the others. Leaves come before spines and cores, from the top down; all are numbered through all racks.
  void list_network_rack(int n) {
    const Row& row = row_in_turn(n);
    const double x = first_rack_m_ - (place_in_turn(n) + 1) * (rack_.width_m + kGap_m);
    const std::string path = fmt::format("{}/network-{}", plan_.site.name, n + 1);
    const int rack = add(path, "network-rack", site_, {x, row.y_m, 0}, rack_);
    const int first = n * kSwitchesPerRack;
    const int end = std::min(first + kSwitchesPerRack, switches_);
    for (int s = first; s < end; ++s) {
      const char* kind = s < model_.leaves ? "leaf" : s < model_.leaves + model_.spines ? "spine" : "core";
      add(switch_path(plan_.site.name, model_.fabric, s), kind, rack,
          {0, 0, rack_.height_m - (s - first + 1) * kRackUnit_m}, {rack_.width_m, rack_.depth_m, kRackUnit_m});
    }
  }

  // The parts share the rack's height evenly, top to bottom; the GPUs of a tray and the PSUs of a shelf stand side by
  // side.
  void list_template() {
    const int rack = add(type_.name, "rack-type", -1, {}, rack_);
    int parts = 0;
    for (const RackPart& part : type_.elevation) parts += part.count;
    const double pitch = rack_.height_m / parts;
    std::map<std::string, int> numbers;
    int slot = 0;
    for (const RackPart& part : type_.elevation)
      for (int i = 0; i < part.count; ++i, ++slot) {
        const bool computes = part.part == "compute-tray";
        const std::string name =
            fmt::format("{}/{}-{:02}", type_.name, computes ? "compute" : part.part, ++numbers[part.part]);
        const int tray = add(name, part.part, rack, {0, 0, rack_.height_m - (slot + 1) * pitch},
                             {rack_.width_m, rack_.depth_m, pitch});
        const int inside = computes ? type_.gpus_per_tray : part.part == "power-shelf" ? type_.shelf_psus : 0;
        for (int n = 0; n < inside; ++n) {
          const double width = rack_.width_m / inside;
          add(computes ? fmt::format("{}/gpu-{}", name, n) : fmt::format("{}/psu-{}", name, n + 1),
              computes ? "gpu" : "psu", tray, {n * width, 0, 0}, {width, rack_.depth_m, pitch});
        }
      }
  }

  const Plan& plan_;
  const Model& model_;
  const RackType& type_;
  const Size rack_, cdu_;
  const int cdus_, switches_, network_racks_;
  std::vector<Row> rows_;
  std::map<std::string, std::size_t> row_numbers_;
  double first_rack_m_ = 0;  // of all rows, in the site
  Size hall_ = {0, 0, 0};
  int site_ = -1;
  std::vector<ComponentRow> components_;
};

}  // namespace

std::vector<ComponentRow> component_rows(const Plan& plan, const Model& model) { return Lister(plan, model).list(); }

}  // namespace racktwin
