#include "app/cli/summary.h"
#include "sim/recording/event_reach.h"
#include "sim/uncertainty/uncertainty.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <sstream>

namespace racktwin {
namespace {

using Json = nlohmann::ordered_json;

Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json texts_json(const std::vector<CountedText>& texts) {
  Json list = Json::array();
  for (const CountedText& each : texts) list.push_back({{"text", each.text}, {"samples", each.count}});
  return list;
}

Json input_json(const UncertainInputRow& input) {
  return {{"entry", input.entry},
          {"key", input.key},
          {"unit", input.unit.empty() ? Json(nullptr) : Json(input.unit)},
          {"nominal", number_or_null(input.nominal)},
          {"low", number_or_null(input.low)},
          {"high", number_or_null(input.high)},
          {"evidence", input.evidence},
          {"from", input.source}};
}

Json uncertainty_json(const Uncertainty& study, const std::vector<SummaryRow>& summary) {
  const UncertaintyReport report = report_of(study, summary);
  Json object = {{"asked", study.asked},
                 {"samples", report.samples},
                 {"failed", report.failed},
                 {"seed", study.seed},
                 {"inputs", report.inputs},
                 {"significant_rank_correlation", number_or_null(report.significant_correlation)},
                 {"verdicts", texts_json(report.verdicts)},
                 {"failures", texts_json(report.failures)}};
  object["figures"] = Json::object();
  for (const Band& band : report.bands) {
    Json figure = {{"nominal", number_or_null(band.nominal)},
                   {"p5", number_or_null(band.p5)},
                   {"p50", number_or_null(band.p50)},
                   {"p95", number_or_null(band.p95)},
                   {"moved_by", Json::array()}};
    for (const Influence& influence : band.influences) {
      Json input = input_json(*influence.input);
      input["rank_correlation"] = influence.rank_correlation;
      figure["moved_by"].push_back(std::move(input));
    }
    object["figures"][std::string(band.figure->name)] = std::move(figure);
  }
  object["not_varied"] = Json::array();
  for (const UncertainInputRow* input : report.not_varied) object["not_varied"].push_back(input_json(*input));
  return object;
}

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
  for (const EventRow& event : summary.events) {
    const EventRow* next = next_limit(summary.events, event);
    const auto gpus = [](int count) { return count < 0 ? Json(nullptr) : Json(count); };
    object["events"].push_back({{"time_s", number_or_null(event.time_s)},
                                {"path", event.path},
                                {"what", event.what},
                                {"by", event.by},
                                {"metric", event.metric.empty() ? Json(nullptr) : Json(event.metric)},
                                {"value", number_or_null(event.value)},
                                {"limit", number_or_null(event.limit)},
                                {"count", event.count},
                                {"gpus_behind", gpus(event.gpus_behind)},
                                {"gpus_lost", gpus(event.gpus_lost)},
                                {"next_limit_s", next ? Json(next->time_s - event.time_s) : Json(nullptr)},
                                {"key", event.key.empty() ? Json(nullptr) : Json(event.key)},
                                {"setting", number_or_null(event.setting)}});
  }
  object["defaults"] = Json::array();
  std::istringstream defaults(summary.run_value("defaults"));
  for (std::string line; std::getline(defaults, line);)
    if (!line.empty()) object["defaults"].push_back(line);
  if (summary.uncertainty) object["uncertainty"] = uncertainty_json(*summary.uncertainty, summary.rows);
  object["recording"] = summary.recording.empty() ? Json(nullptr) : Json(summary.recording);
  return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace racktwin
