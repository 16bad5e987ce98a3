#include "sim/document_node.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>

namespace racktwin {
namespace {

using Kind = Node::Kind;

constexpr double kNoData = std::numeric_limits<double>::quiet_NaN();
constexpr std::array<std::string_view, 5> kEvidenceWords{"measured", "published", "reported", "derived", "assumed"};
constexpr std::string_view kEvidenceList = "measured, published, reported, derived, assumed";

void report(Errors& errors, const Node& node, std::string message, std::string hint = {}) {
  errors.push_back({ErrorCode::kBadInput, std::move(message), node.loc, node.length, std::move(hint), {}});
}

void report_kind(Errors& errors, const Node& node, std::string_view key, std::string_view expected, std::string hint) {
  report(errors, node, fmt::format("\"{}\" must be {}, not {}", key, expected, kind_phrase(node.kind)),
         std::move(hint));
}

// The value at `key`, which becomes a known key. No table (it was missing): no value and no further error.
Node* ask(Node* table, std::string_view key) {
  if (table == nullptr) return nullptr;
  table->asked.emplace(key);
  Node::Entry* entry = table->find(key);
  return entry == nullptr ? nullptr : entry->value.get();
}

Node* require(Node* table, std::string_view key, Errors* errors, std::string_view example) {
  Node* node = ask(table, key);
  if (node == nullptr && table != nullptr) {
    report(*errors, *table, missing_key_message(key), fmt::format("e.g. {} = {}", key, example));
  }
  return node;
}

std::optional<std::string> read_text(const Node* node, std::string_view key, Errors* errors) {
  if (node == nullptr) return std::nullopt;
  if (node->kind == Kind::kText) return node->text;
  report_kind(*errors, *node, key, "a text", "write it in quotes");
  return std::nullopt;
}

std::optional<std::int64_t> read_integer(const Node* node, std::string_view key, Errors* errors) {
  if (node == nullptr) return std::nullopt;
  if (node->kind == Kind::kInteger) return node->integer;
  report_kind(*errors, *node, key, "a whole number", "write it without quotes and without a point");
  return std::nullopt;
}

std::optional<double> read_quantity(const Node* node, std::string_view key, Dimension dimension, Errors* errors) {
  if (node == nullptr) return std::nullopt;
  const std::string_view example = dimension_example(dimension);
  if (node->kind == Kind::kText) {
    const auto value = parse_quantity(node->text, dimension);
    if (value) return *value;
    report(*errors, *node, value.error(), fmt::format("expected {}, e.g. \"{}\"", with_article(dimension), example));
  } else if (node->kind == Kind::kInteger || node->kind == Kind::kReal) {
    if (dimension == Dimension::kNone && std::isfinite(node->real)) return node->real;
    const std::string message = dimension == Dimension::kNone ? fmt::format("\"{}\" must be a finite number", key)
                                                              : with_article(dimension) + " needs a unit";
    report(*errors, *node, message, fmt::format("write \"{}\"", example));
  } else {
    report_kind(*errors, *node, key, with_article(dimension), fmt::format("e.g. \"{}\"", example));
  }
  return std::nullopt;
}

// The items of an array; of nothing, none.
std::vector<Node*> read_items(const Node* node, std::string_view key, std::string_view example, Errors* errors) {
  std::vector<Node*> items;
  if (node == nullptr) return items;
  if (node->kind != Kind::kArray) {
    report_kind(*errors, *node, key, "a list", fmt::format("e.g. {}", example));
    return items;
  }
  for (const auto& item : node->items) items.push_back(item.get());
  return items;
}

std::string sourced_example(std::string_view quantity) {
  return fmt::format("{{ is = \"{}\", from = \"...\", evidence = \"published\" }}", quantity);
}

Evidence read_evidence(const Node* node, std::string_view key, Errors* errors) {
  const std::optional<std::string> word = read_text(node, key, errors);
  if (!word) return Evidence::kAssumed;
  const auto* const it = std::find(kEvidenceWords.begin(), kEvidenceWords.end(), *word);
  if (it != kEvidenceWords.end()) return static_cast<Evidence>(it - kEvidenceWords.begin());
  report(*errors, *node, fmt::format("unknown evidence \"{}\"", *word), fmt::format("one of {}", kEvidenceList));
  return Evidence::kAssumed;
}

}  // namespace

std::string_view kind_phrase(Kind kind) {
  switch (kind) {
    case Kind::kTable:
      return "a table";
    case Kind::kArray:
      return "a list";
    case Kind::kText:
      return "a text";
    case Kind::kInteger:
      return "a whole number";
    case Kind::kReal:
      return "a number with a point";
    case Kind::kBoolean:
      return "a boolean";
    case Kind::kDate:
      return "a date";
  }
  return "";
}

std::string missing_key_message(std::string_view key) { return fmt::format("missing key \"{}\"", key); }
std::string missing_table_message(std::string_view key) { return fmt::format("missing table \"{}\"", key); }

std::string_view evidence_word(Evidence evidence) { return kEvidenceWords[static_cast<std::size_t>(evidence)]; }

Sourced::Sourced() : value(kNoData), low(kNoData), high(kNoData) {}
Sourced::Sourced(double known, Evidence how) : value(known), evidence(how), low(kNoData), high(kNoData) {}

bool Table::has(std::string_view key) const { return node_ != nullptr && node_->find(key) != nullptr; }

SourceLoc Table::loc() const { return node_ == nullptr ? SourceLoc{} : node_->loc; }

SourceLoc Table::loc(std::string_view key) const { return has(key) ? node_->find(key)->value->loc : loc(); }

ValueKind Table::value_kind(std::string_view key) const {
  const Node::Entry* entry = node_ == nullptr ? nullptr : node_->find(key);
  if (entry == nullptr) return ValueKind::kOther;
  const Node& node = *entry->value;
  const bool has_items = node.kind == Kind::kArray && !node.items.empty();
  switch (has_items ? node.items.front()->kind : node.kind) {
    case Kind::kTable:
      return has_items ? ValueKind::kTables : ValueKind::kTable;
    case Kind::kText:
      return has_items ? ValueKind::kTexts : ValueKind::kText;
    case Kind::kInteger:
      return has_items ? ValueKind::kOther : ValueKind::kInteger;
    case Kind::kBoolean:
      return has_items ? ValueKind::kOther : ValueKind::kBoolean;
    default:
      return ValueKind::kOther;
  }
}

std::vector<std::string> Table::keys() const {
  std::vector<std::string> keys;
  if (node_ == nullptr) return keys;
  for (const Node::Entry& entry : node_->entries) keys.push_back(entry.key);
  return keys;
}

std::string Table::text(std::string_view key) {
  return read_text(require(node_, key, errors_, "\"...\""), key, errors_).value_or("");
}

std::optional<std::string> Table::optional_text(std::string_view key) {
  return read_text(ask(node_, key), key, errors_);
}

std::int64_t Table::integer(std::string_view key, std::int64_t example) {
  return read_integer(require(node_, key, errors_, std::to_string(example)), key, errors_).value_or(0);
}

std::optional<std::int64_t> Table::optional_integer(std::string_view key) {
  return read_integer(ask(node_, key), key, errors_);
}

std::optional<bool> Table::optional_boolean(std::string_view key) {
  const Node* node = ask(node_, key);
  if (node == nullptr) return std::nullopt;
  if (node->kind == Kind::kBoolean) return node->boolean;
  report_kind(*errors_, *node, key, "a boolean", "write true or false, without quotes");
  return std::nullopt;
}

double Table::quantity(std::string_view key, Dimension dimension) {
  const std::string example = fmt::format("\"{}\"", dimension_example(dimension));
  return read_quantity(require(node_, key, errors_, example), key, dimension, errors_).value_or(kNoData);
}

std::optional<double> Table::optional_quantity(std::string_view key, Dimension dimension) {
  return read_quantity(ask(node_, key), key, dimension, errors_);
}

std::vector<double> Table::quantities(std::string_view key, Dimension dimension) {
  const std::string example = fmt::format("[\"{}\"]", dimension_example(dimension));
  std::vector<double> values;
  for (const Node* item : read_items(require(node_, key, errors_, example), key, example, errors_)) {
    values.push_back(read_quantity(item, key, dimension, errors_).value_or(kNoData));
  }
  return values;
}

std::vector<std::string> Table::texts(std::string_view key) {
  std::vector<std::string> values;
  for (const Node* item : read_items(ask(node_, key), key, "[\"...\"]", errors_)) {
    values.push_back(read_text(item, key, errors_).value_or(""));
  }
  return values;
}

Sourced Table::sourced(std::string_view key, Dimension dimension) {
  require(node_, key, errors_, sourced_example(dimension_example(dimension)));
  return optional_sourced(key, dimension).value_or(Sourced());
}

std::optional<Sourced> Table::optional_sourced(std::string_view key, Dimension dimension) {
  const Node* node = ask(node_, key);
  if (node == nullptr) return std::nullopt;
  if (node->kind != Kind::kTable) {
    const std::string_view quantity = node->kind == Kind::kText ? node->text : dimension_example(dimension);
    report(*errors_, *node, fmt::format("\"{}\" needs a source and its evidence", key),
           fmt::format("write {}", sourced_example(quantity)));
    return std::nullopt;
  }
  Table fields = *optional_table(key);
  Sourced sourced;
  sourced.value = fields.quantity("is", dimension);
  sourced.from = fields.text("from");
  sourced.evidence = read_evidence(require(fields.node_, "evidence", errors_, "\"published\""), "evidence", errors_);
  sourced.note = fields.optional_text("note").value_or("");
  sourced.loc = fields.loc("is");
  const std::size_t errors_before = errors_->size();
  if (const Node* range = ask(fields.node_, "range")) {
    const std::vector<double> limits = fields.quantities("range", dimension);
    if (limits.size() == 2 && limits[0] <= limits[1]) {
      sourced.low = limits[0];
      sourced.high = limits[1];
    } else if (errors_->size() == errors_before) {
      report(*errors_, *range, "a range is two values, the lower one first");
    }
  }
  return sourced;
}

Table Table::table(std::string_view key) {
  if (node_ != nullptr && !has(key)) {
    node_->asked.emplace(key);
    report(*errors_, *node_, missing_table_message(key), fmt::format("e.g. [{}]", key));
  }
  return optional_table(key).value_or(Table());
}

std::optional<Table> Table::optional_table(std::string_view key) {
  Node* node = ask(node_, key);
  if (node == nullptr) return std::nullopt;
  if (node->kind != Kind::kTable) {
    report_kind(*errors_, *node, key, "a table", fmt::format("e.g. [{}]", key));
    return std::nullopt;
  }
  Table table;
  table.node_ = node;
  table.errors_ = errors_;
  node->opened = true;
  return table;
}

std::vector<Table> Table::tables(std::string_view key) {
  const std::string example = fmt::format("[[{}]]", key);
  std::vector<Table> tables;
  for (Node* item : read_items(ask(node_, key), key, example, errors_)) {
    if (item->kind != Kind::kTable) {
      report_kind(*errors_, *item, key, "a list of tables", fmt::format("e.g. {}", example));
      continue;
    }
    Table& table = tables.emplace_back();
    table.node_ = item;
    table.errors_ = errors_;
    item->opened = true;
  }
  return tables;
}

void Table::error_at(std::string_view key, std::string message, std::string hint) {
  if (node_ == nullptr) return;
  const Node::Entry* entry = node_->find(key);
  report(*errors_, entry == nullptr ? *node_ : *entry->value, std::move(message), std::move(hint));
}

}  // namespace racktwin
