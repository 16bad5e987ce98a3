// Entries of the catalogue as text for people and as JSON for programs.
//
// Thread rule: pure functions.
#pragma once

#include "sim/catalog/entry.h"

#include <string>
#include <vector>

namespace racktwin {

std::string entry_text(const CatalogEntry& entry);
std::string entry_json(const CatalogEntry& entry);  // keys: app/README.md
std::string entries_text(const std::vector<EntryName>& names);
std::string entries_json(const std::vector<EntryName>& names);

}  // namespace racktwin
