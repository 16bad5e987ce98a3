#include "sim/plan/scenario_reader.h"

#include <fmt/core.h>

#include <string>

namespace racktwin {
namespace {

constexpr double kAisle_m = 2.4;  // between the fronts of neighbouring rows and the backs of the next
constexpr std::int64_t kMostRacks = 20000;

std::string row_name(int row) {
  std::string letters;
  for (int i = row; i >= 0; i = i / 26 - 1) letters.insert(letters.begin(), static_cast<char>('a' + i % 26));
  return "row-" + letters;
}

}  // namespace

void parse_site(ScenarioReader& reader) {
  Site& site = reader.plan.site;
  const std::size_t errors_before = reader.errors().size();
  Table table = reader.table("site");
  site.name = table.optional_text("name").value_or("hall");
  if (site.name.empty() || site.name.find('/') != std::string::npos)
    table.error_at("name", "the site's name begins every path: it has at least one letter and no \"/\"",
                   "e.g. \"hall\"");
  reader.has_rack = reader.look_up(table, "rack", &Catalog::rack, site.rack_type);
  reader.look_up(table, "fabric", &Catalog::fabric, site.fabric);
  const int rows = reader.choose(reader.optional_integer_within(table, "rows", 1, kMostRacks), 1, "site.rows", "1");
  const auto racks = reader.integer_within(table, "racks_per_row", 1, kMostRacks / rows);
  const double width = site.rack_type.width_m.value, depth = site.rack_type.depth_m.value;
  for (int r = 0; r < rows; ++r)
    for (int i = 0; i < racks; ++i)
      site.racks.push_back(
          {fmt::format("{}/{}/rack-{:02}", site.name, row_name(r), i + 1), i * width, r * (depth + kAisle_m)});
  reader.has_site = reader.errors().size() == errors_before;
}

}  // namespace racktwin
