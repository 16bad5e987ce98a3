// Quantities that must lie in a range: read from a table, an error at their key if they do not.
//
// Thread rule: as Table.
#pragma once

#include "sim/document.h"

#include <optional>

namespace racktwin {

// Both bounds belong to the range [base unit of the dimension]; the largest double stands for no upper bound.
double quantity_in_range(Table& table, const char* key, Dimension dimension, double low, double high);  // required
std::optional<double> optional_in_range(Table& table, const char* key, Dimension dimension, double low, double high);

}  // namespace racktwin
