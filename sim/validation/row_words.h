// Rows of training and of collectives as their sources print them, in the words and numbers of
// tests/validation/README.md.
//
// "GB200 NVL72 (72 GPUs)" is gb200-nvl72, "FP8 (current scaling)" fp8-current, "1,024" 1024, "tokens/sec/GPU"
// tokens_per_s_per_gpu. A text that is not surely one of the words stays as it is printed, and the predictor then says
// that it does not know it. Thread rule: pure functions.
#pragma once

#include "sim/catalog/entry.h"
#include "sim/validation/csv_table.h"

#include <string>
#include <vector>

namespace racktwin {

struct WordedTable {
  CsvTable table;                  // the same rows; columns that can be filled from others are added
  std::vector<std::string> taken;  // (n_row) what was chosen for a text or for silence: "A100 taken for hgx-a100-80g"
};

WordedTable in_known_words(const CsvTable& table, const std::vector<EntryName>& names);

// The metric of training that a text means: step_time, tokens_per_s_per_gpu, tokens_per_s (of all GPUs), samples_per_s,
// samples_per_s_per_gpu; empty if none. What a text says of the unit ("step_time_ms") is put into `unit` if that is
// empty.
std::string training_metric(const std::string& text, std::string* unit = nullptr);

// The same of a table of collectives: its metrics, units and numbers; a message of "512 MiB" or "512M" (nccl-tests:
// powers of 1024) is 536870912.
CsvTable collectives_in_known_words(const CsvTable& table);

// The same rows with n_gpus, global_batch and value without groups of thousands ("1,024", "64 GPUs"), and no value
// where it is "N/A" or the like.
CsvTable numbers_in_plain_digits(const CsvTable& table);

// The metric of a collective that a text means: latency, busbw, algbw, or the text itself. `unit` as above.
std::string collective_metric(const std::string& text, std::string* unit = nullptr);

// What an operation may be called, from the longest: "nccl All Reduce (ring)" is allreducering, allreduce, all.
std::vector<std::string> operation_names(const std::string& text);

// The rack of the catalogue that a text of several words names ("NVIDIA H100-SXM5-80GB (8 per node)"); null if it names
// none, more than one, or another product of the chip (PCIe, NVL4). `assumed`: the memory size is not stated.
const EntryName* rack_in_text(const std::vector<EntryName>& names, const std::string& text, bool* assumed = nullptr);

}  // namespace racktwin
