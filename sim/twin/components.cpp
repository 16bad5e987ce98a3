#include "sim/twin/components.h"

#include <fmt/core.h>

#include <limits>
#include <map>

namespace racktwin {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

class Lister {
 public:
  explicit Lister(const Plan& plan) : plan_(plan), type_(plan.site.rack_type) {}

  std::vector<ComponentRow> list() {
    const int site = add(plan_.site.name, "site", -1);
    std::map<std::string, int> row_ids;
    for (const RackPlace& rack : plan_.site.racks) {
      const std::string row = rack.path.substr(0, rack.path.rfind('/'));
      const auto [found, is_new] = row_ids.emplace(row, 0);
      if (is_new) found->second = add(row, "row", site, 0, rack.y_m);
      add(rack.path, "rack", found->second, rack.x_m, 0, 0, type_.width_m.value, type_.depth_m.value,
          type_.height_m.value);
    }
    if (type_.liquid_cooled)
      for (int c = 1; c <= plan_.cooling.cdus; ++c) {
        const std::string path = fmt::format("{}/cdu-{}", plan_.site.name, c);
        const int cdu = add(path, "cdu", site);
        for (int p = 1; p <= plan_.cooling.cdu.pumps; ++p) add(fmt::format("{}/pump-{}", path, p), "pump", cdu);
      }
    add(plan_.site.name + "/facility", "facility", site);
    list_template();
    return std::move(rows_);
  }

 private:
  int add(std::string path, std::string kind, int parent, double x = kNoValue, double y = kNoValue, double z = kNoValue,
          double width = kNoValue, double depth = kNoValue, double height = kNoValue) {
    const int id = static_cast<int>(rows_.size());
    rows_.push_back({id, std::move(path), std::move(kind), parent, x, y, z, width, depth, height});
    return id;
  }

  // The parts share the rack's height evenly, top to bottom.
  void list_template() {
    const int rack =
        add(type_.name, "rack-type", -1, 0, 0, 0, type_.width_m.value, type_.depth_m.value, type_.height_m.value);
    int parts = 0;
    for (const RackPart& part : type_.elevation) parts += part.count;
    const double pitch = type_.height_m.value / parts;
    std::map<std::string, int> numbers;
    int slot = 0;
    for (const RackPart& part : type_.elevation)
      for (int i = 0; i < part.count; ++i, ++slot) {
        const bool computes = part.part == "compute-tray";
        const std::string name =
            fmt::format("{}/{}-{:02}", type_.name, computes ? "compute" : part.part, ++numbers[part.part]);
        const double z = type_.height_m.value - (slot + 1) * pitch;
        const int tray = add(name, part.part, rack, 0, 0, z, type_.width_m.value, type_.depth_m.value, pitch);
        for (int g = 0; computes && g < type_.gpus_per_tray; ++g) {
          const double width = type_.width_m.value / type_.gpus_per_tray;
          add(fmt::format("{}/gpu-{}", name, g), "gpu", tray, g * width, 0, 0, width, kNoValue, pitch);
        }
      }
  }

  const Plan& plan_;
  const RackType& type_;
  std::vector<ComponentRow> rows_;
};

}  // namespace

std::vector<ComponentRow> component_rows(const Plan& plan) { return Lister(plan).list(); }

}  // namespace racktwin
