// Collectives: predictions of published nccl-tests tables and of the exchanges of mixtures of experts.
//
// The columns are those of tests/validation/collectives.csv; hardware, kernel and routing are read from its texts.
// Thread rule: pure functions.
#pragma once

#include "sim/catalog/catalog.h"
#include "sim/validation/csv_table.h"
#include "sim/validation/validation.h"

#include <string>
#include <vector>

namespace racktwin {

// Small: below 64 KiB; large: above 16 MiB. Of an exchange of experts the bytes that one rank sends.
enum class MessageSize : std::uint8_t { kSmall, kMedium, kLarge, kUnknown };
std::string_view message_size_word(MessageSize size);
MessageSize message_size(double bytes);

struct CollectivePrediction : RowPrediction {
  std::string operation;  // "all_reduce", "moe dispatch"
  std::string how;        // "nvls simple": algorithm and protocol
  MessageSize size = MessageSize::kUnknown;
};

// Whether collectives are measured in it.
bool is_collective_metric(std::string_view metric);

// One prediction or reason for every row. Errors: kBadInput if a needed column is missing.
Result<std::vector<CollectivePrediction>> predict_collective_rows(const CsvTable& table, const Catalog& catalog,
                                                                  const Calibration& calibration);

struct CollectiveScore : Score {
  std::string operation;
  MessageSize size = MessageSize::kUnknown;
};

// By use, source, operation and size, then by use and size over everything ("all").
std::vector<CollectiveScore> score_collectives(const std::vector<CollectivePrediction>& rows);

}  // namespace racktwin
