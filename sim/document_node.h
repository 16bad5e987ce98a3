// The tree behind Document and Table, for the two files that they are written in: document.cpp and table.cpp.
#pragma once

#include "sim/document.h"

#include <algorithm>
#include <set>
#include <utility>

namespace racktwin {

struct Node {
  enum class Kind : std::uint8_t { kTable, kArray, kText, kInteger, kReal, kBoolean, kDate };
  struct Entry {
    std::string key;
    SourceLoc loc;  // of the key
    int length;
    std::unique_ptr<Node> value;
  };

  Kind kind = Kind::kTable;
  SourceLoc loc;
  int length = 1;
  std::string text;
  std::int64_t integer = 0;
  double real = 0;
  bool boolean = false;
  std::vector<std::unique_ptr<Node>> items;  // of an array
  std::vector<Entry> entries;                // of a table, in file order
  std::set<std::string, std::less<>> asked;  // keys that a reader wanted, present or not
  bool opened = false;                       // a reader looked into this table

  Entry* find(std::string_view key) {
    const auto it = std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.key == key; });
    return it == entries.end() ? nullptr : &*it;
  }
};

std::string_view kind_phrase(Node::Kind kind);  // "a table"
// What stands in the way where a required key is missing; see Document::report_unknown_keys().
std::string missing_key_message(std::string_view key);
std::string missing_table_message(std::string_view key);

}  // namespace racktwin
