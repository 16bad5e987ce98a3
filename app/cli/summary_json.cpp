#include "app/cli/summary.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <sstream>

namespace racktwin {
namespace {

using Json = nlohmann::ordered_json;

Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

}  // namespace

std::string summary_json(const Summary& summary) {
  Json evidence = Json::object();
  Json object = {{"schema", 1},
                 {"version", summary.run_value("version")},
                 {"scenario", summary.run_value("scenario")},
                 {"title", summary.run_value("title")}};
  for (const SummaryRow& row : summary.rows) {
    if (row.text.empty()) {
      object[row.name] = number_or_null(row.value);
    } else if (row.unit.empty()) {
      object[row.name] = row.text;
    } else {
      object[row.name] = {{"text", row.text}, {"value", number_or_null(row.value)}};
    }
    if (!row.evidence.empty()) evidence[row.name] = row.evidence;
  }
  object["evidence"] = evidence;
  object["events"] = Json::array();
  for (const EventRow& event : summary.events)
    object["events"].push_back({{"time_s", number_or_null(event.time_s)},
                                {"path", event.path},
                                {"what", event.what},
                                {"by", event.by},
                                {"metric", event.metric.empty() ? Json(nullptr) : Json(event.metric)},
                                {"value", number_or_null(event.value)},
                                {"limit", number_or_null(event.limit)},
                                {"count", event.count}});
  object["defaults"] = Json::array();
  std::istringstream defaults(summary.run_value("defaults"));
  for (std::string line; std::getline(defaults, line);)
    if (!line.empty()) object["defaults"].push_back(line);
  object["recording"] = summary.recording.empty() ? Json(nullptr) : Json(summary.recording);
  return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace racktwin
