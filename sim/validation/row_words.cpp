#include "sim/validation/row_words.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <optional>
#include <regex>
#include <set>
#include <string_view>

namespace racktwin {
namespace {

using WordList = std::vector<std::string>;

// Runs of letters, digits and points, in lower case: "8x H100-SXM5 (80GB)" is 8x, h100, sxm5, 80gb.
WordList words_of(std::string_view text) {
  WordList words(1);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '.') {
      words.back() += static_cast<char>(std::tolower(byte));
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

bool has(const WordList& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

template <class Container>
bool has_one_of(const WordList& words, const Container& known) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& w) { return known.count(w) > 0; });
}

bool matches(const std::string& text, const std::regex& pattern) { return std::regex_match(text, pattern); }

// How sources write that there is nothing to state.
bool is_absent(const std::string& text) {
  static const std::set<std::string> kWords = {"", "na", "n.a.", "none", "null", "nan", "auto", "tbd"};
  const WordList words = words_of(text);
  std::string joined;
  for (const std::string& w : words) joined += w;
  return kWords.count(joined) > 0;
}

// A size of memory that tells two products of one chip apart.
bool is_memory_size(const std::string& word) {
  static const std::regex kSize("\\d+gb?");
  return matches(word, kSize);
}

// The precision of a text of several words; the text itself if one of them is not known.
std::string precision_word(const std::string& text) {
  static const std::set<std::string> kCurrent = {"current", "cs", "tensorwise"},
                                     kBlock = {"block", "blockwise", "sc", "subchannel"},
                                     kDelayed = {"delayed", "ds", "te", "hybrid"},
                                     kRest = {"mixed", "amp",   "scaling", "scaled",  "precision", "training",
                                              "e4m3",  "32x32", "1x32",    "128x128", "recipe"};
  WordList words = words_of(text);
  for (std::string& w : words) {
    if (w == "float8") w = "fp8";
    if (w == "bfloat16") w = "bf16";
    if (w == "float16") w = "fp16";
  }
  static const std::set<std::string> kFormats = {"bf16", "fp16", "fp8", "mxfp8", "nvfp4", "fp4"};
  std::string format;
  for (const std::string& w : words) {
    if (kFormats.count(w) > 0 && !format.empty() && format != w) return text;
    if (kFormats.count(w) > 0) format = w;
    if (kFormats.count(w) + kCurrent.count(w) + kBlock.count(w) + kDelayed.count(w) + kRest.count(w) == 0 && w != "mx")
      return text;
  }
  const int recipes = int{has_one_of(words, kCurrent)} + int{has_one_of(words, kBlock)} +
                      int{has_one_of(words, kDelayed)} + int{has(words, "mx") || format == "mxfp8"};
  if (recipes > 1 || format.empty()) return text;
  if (format == "fp4") return recipes == 0 ? "nvfp4" : text;
  if (format == "bf16" || format == "fp16" || format == "nvfp4") return recipes == 0 ? format : text;
  if (format == "mxfp8" || has(words, "mx")) return "mxfp8";
  // Scales of blocks; the chips' mxfp8_share without hardware scales is fitted on kernels of fp8_block.
  if (has_one_of(words, kBlock)) return "mxfp8";
  return has_one_of(words, kCurrent) ? "fp8-current" : "fp8";
}

std::string task_word(const std::string& text) {
  static const std::set<std::string> kPretrain = {"training", "train", "pre train", "pre training"};
  static const std::set<std::string> kTune = {"finetune",         "finetuning",    "fine tune",
                                              "fine tuning",      "sft full",      "full finetuning",
                                              "full fine tuning", "full finetune", "supervised fine tuning",
                                              "full sft"};
  static const std::set<std::string> kLora = {
      "peft", "lora finetuning", "lora fine tuning", "finetuning lora", "fine tuning lora", "peft lora", "lora sft"};
  std::string joined;
  for (const std::string& w : words_of(text)) joined += (joined.empty() ? "" : " ") + w;
  if (kPretrain.count(joined) > 0) return "pretrain";
  if (kTune.count(joined) > 0) return "sft";
  return kLora.count(joined) > 0 ? "lora" : text;
}

std::string recompute_word(const std::string& text) {
  static const std::set<std::string> kNone = {"none", "no", "off", "false", "disabled"}, kFull = {"full"},
                                     kSelective = {"selective", "core"};
  const WordList words = words_of(text);
  if (words.empty()) return "";
  if (kNone.count(words.front()) > 0) return "none";
  if (kFull.count(words.front()) > 0) return "full";
  return kSelective.count(words.front()) > 0 ? "selective" : text;
}

// A number without its groups of thousands, "1,024.5"; another text as it is.
std::string without_groups(std::string text) {
  static const std::regex kGrouped("\\d{1,3}(?:,\\d{3})+(?:\\.\\d+)?");
  if (matches(text, kGrouped)) text.erase(std::remove(text.begin(), text.end(), ','), text.end());
  return text;
}

// A whole number as printed, with groups of thousands, a unit or "k" (1024 tokens): "1,024", "64 GPUs", "8k"; the text
// itself if it is none.
std::string whole_number(const std::string& text, std::string_view unit, bool has_k) {
  static const std::regex kGrouped("(\\d{1,3}(?:,\\d{3})+|\\d+)((?: ?[A-Za-z]+)?)");
  std::smatch match;
  if (!std::regex_match(text, match, kGrouped)) return text;
  const std::string digits = without_groups(match[1]);
  const WordList tail = words_of(match[2].str());
  if (tail.empty()) return digits;
  if (has_k && tail.front() == "k" && digits.size() < 6) return std::to_string(1024 * std::stoi(digits));
  std::string singular = tail.front();
  if (singular.size() > 1 && singular.back() == 's') singular.pop_back();
  return singular == unit ? digits : text;
}

// The entry of a model that a text names beside words that do not change its dimensions: the owner, the release, the
// precision, the task. Null if there is none.
const EntryName* model_in_text(const std::vector<EntryName>& names, const std::string& text) {
  static const std::set<std::string> kRest = {"bf16", "fp16",     "fp8",      "mxfp8",      "nvfp4",    "hf",
                                              "base", "instruct", "chat",     "it",         "pretrain", "pretraining",
                                              "sft",  "lora",     "finetune", "finetuning", "training", "model",
                                              "dev",  "v0.1",     "meta",     "moe",        "dense",    "dropless"};
  static const std::regex kRelease("2\\d\\.\\d\\d");
  const std::size_t owner = text.rfind('/');
  std::string rest;
  for (const std::string& w : words_of(owner == std::string::npos ? text : text.substr(owner + 1)))
    if (kRest.count(w) == 0 && !matches(w, kRelease)) rest += w;
  if (rest.empty()) return nullptr;
  if (const EntryName* entry = find_entry(names, "models", rest)) return entry;
  // "llama31-405b"
  const auto without_points = [](std::string name) {
    name.erase(std::remove(name.begin(), name.end(), '.'), name.end());
    return plain_name(name);
  };
  const EntryName* found = nullptr;
  for (const EntryName& entry : names) {
    if (entry.folder != "models" || without_points(entry.name) != without_points(rest)) continue;
    if (found != nullptr) return nullptr;
    found = &entry;
  }
  return found;
}

// A table whose columns can be written by name.
class Writer {
 public:
  explicit Writer(CsvTable& table) : table_(table) {}

  void rename(const char* from, const char* to) {
    if (table_.column(to) < 0 && table_.column(from) >= 0)
      table_.heading[static_cast<std::size_t>(table_.column(from))] = to;
  }
  void add(const char* column) {
    if (table_.column(column) >= 0) return;
    table_.heading.emplace_back(column);
    for (auto& row : table_.rows) row.emplace_back();
  }
  std::string get(std::size_t i, const char* column) const { return CsvRow(table_, i).text(column); }
  void set(std::size_t i, const char* column, std::string text) {
    if (const int c = table_.column(column); c >= 0) table_.rows[i][static_cast<std::size_t>(c)] = std::move(text);
  }

 private:
  CsvTable& table_;
};

void read_headings(CsvTable& table, Writer& writer) {
  for (std::string& name : table.heading) {
    std::string joined;
    for (const std::string& w : words_of(name)) joined += (joined.empty() ? "" : "_") + w;
    if (table.column(joined) < 0) name = joined;
  }
  static constexpr std::pair<const char*, const char*> kSame[] = {
      {"gpus", "n_gpus"},        {"num_gpus", "n_gpus"},
      {"gbs", "global_batch"},   {"global_batch_size", "global_batch"},
      {"mbs", "micro_batch"},    {"micro_batch_size", "micro_batch"},
      {"seq_len", "seq"},        {"seq_length", "seq"},
      {"sequence_length", "seq"}};
  for (const auto& [from, to] : kSame) writer.rename(from, to);
  static constexpr std::pair<const char*, const char*> kFilled[] = {
      {"hardware", "system"}, {"model", "model_id"}, {"precision", "prec"}, {"recompute", "recompute_id"}};
  for (const auto& [from, to] : kFilled)
    if (table.column(from) >= 0) writer.add(to);
  if (table.column("metric") >= 0) writer.add("unit");
  if (table.column("global_batch") >= 0) writer.add("micro_batch");
  if (table.column("micro_batch") >= 0) writer.add("global_batch");
}

void read_numbers(Writer& row, std::size_t i) {
  const auto write = [&](const char* column, const char* unit, bool has_k) {
    row.set(i, column, whole_number(row.get(i, column), unit, has_k));
  };
  write("n_gpus", "gpu", false);
  write("seq", "token", true);
  write("global_batch", "sequence", false);
  for (const char* column : {"tp", "pp", "vp", "cp", "ep", "dp", "micro_batch", "layers", "hidden", "heads"}) {
    if (is_absent(row.get(i, column))) row.set(i, column, "");
    write(column, "", false);
  }
  for (const char* column : {"tp", "pp", "vp", "cp", "ep"})  // no ranks: not used
    if (row.get(i, column) == "0") row.set(i, column, "");
  static const std::regex kRate("(\\d+(?:\\.\\d+)?) ?(?:[Gg]|[Gg]bps|[Gg]b/s|[Gg]bit/s)");
  const std::string nic = row.get(i, "nic_gbps");
  if (std::smatch match; std::regex_match(nic, match, kRate)) row.set(i, "nic_gbps", match[1]);
  if (is_absent(nic)) row.set(i, "nic_gbps", "");
  const std::string value = row.get(i, "value");
  row.set(i, "value", is_absent(value) ? "" : without_groups(value));
}

// Numbers that others give: the GPUs from the ranks, the micro-batch as in a scenario, the global batch without
// accumulation.
void fill_numbers(const CsvTable& table, Writer& row, std::size_t i, WordList& taken) {
  const CsvRow r(table, i);
  const int replica = r.integer("tp", 1) * r.integer("pp", 1) * r.integer("cp", 1);
  if (r.text("n_gpus").empty() && r.number("dp")) {
    row.set(i, "n_gpus", std::to_string(replica * r.integer("dp", 1)));
    taken.push_back(fmt::format("{} GPUs from the ranks", CsvRow(table, i).text("n_gpus")));
  }
  const CsvRow now(table, i);
  const int gpus = now.integer("n_gpus", 0);
  if (now.text("global_batch").empty() && now.number("micro_batch") && now.integer("pp", 1) == 1 && replica > 0 &&
      gpus > 0 && gpus % replica == 0) {
    row.set(i, "global_batch", std::to_string(now.integer("micro_batch", 1) * (gpus / replica)));
    taken.push_back(fmt::format("global batch {}, one micro-batch a rank", CsvRow(table, i).text("global_batch")));
  }
  if (CsvRow(table, i).text("micro_batch").empty() && !CsvRow(table, i).text("global_batch").empty()) {
    row.set(i, "micro_batch", "1");
    taken.emplace_back("micro-batch 1");
  }
}

void read_names(Writer& row, std::size_t i, const std::vector<EntryName>& names, WordList& taken) {
  if (find_entry(names, "racks", row.get(i, "system")) == nullptr) {
    const bool is_printed = row.get(i, "system").empty();
    const std::string text = row.get(i, is_printed ? "hardware" : "system");
    bool is_assumed = false;
    const EntryName* rack = rack_in_text(names, text, &is_assumed);
    if (rack != nullptr) row.set(i, "system", rack->name);
    if (rack == nullptr && is_printed) row.set(i, "system", text);
    if (is_assumed) taken.push_back(fmt::format("{} taken for {}", text, rack->name));
  }
  if (find_entry(names, "models", row.get(i, "model_id")) == nullptr &&
      find_entry(names, "models", row.get(i, "model")) == nullptr)
    for (const char* column : {"model_id", "model"})
      if (const EntryName* model = model_in_text(names, row.get(i, column)); model != nullptr) {
        row.set(i, "model_id", model->name);
        break;
      }
}

void read_words(Writer& row, std::size_t i, WordList& taken) {
  if (row.get(i, "prec").empty()) row.set(i, "prec", row.get(i, "precision"));
  row.set(i, "prec", precision_word(row.get(i, "prec")));
  row.set(i, "task", task_word(row.get(i, "task")));
  if (row.get(i, "recompute_id").empty()) row.set(i, "recompute_id", row.get(i, "recompute"));
  row.set(i, "recompute_id", recompute_word(row.get(i, "recompute_id")));
  static const std::set<std::string> kLikeDeepEp = {"hybridep", "flex"};
  const std::string dispatch = row.get(i, "expert_dispatch"), plain = plain_name(dispatch);
  if (kLikeDeepEp.count(plain) > 0) {
    row.set(i, "expert_dispatch", "deepep");
    taken.push_back(fmt::format("{} taken for deepep", dispatch));
  }
  const std::string overlap = plain_name(row.get(i, "overlap_expert_parallel"));
  if (overlap == "yes" || overlap == "on" || overlap == "1") row.set(i, "overlap_expert_parallel", "true");
  if (overlap == "no" || overlap == "off" || overlap == "0") row.set(i, "overlap_expert_parallel", "false");
}

// In words that parse_quantity knows: "sec/step" is s. Of throughput "", "k" or "M": what the tokens are counted in.
std::string unit_word(const std::string& text, bool is_time) {
  WordList words = words_of(text);
  if (is_time) {
    static const std::set<std::string> kSteps = {"step", "iter", "iteration", "per", "it"};
    words.erase(std::remove_if(words.begin(), words.end(), [&](const std::string& w) { return kSteps.count(w) > 0; }),
                words.end());
    if (words.size() != 1) return text;
    static const std::set<std::string> kSeconds = {"sec", "secs", "second", "seconds"},
                                       kMillis = {"msec", "millisecond", "milliseconds"},
                                       kMinutes = {"minute", "minutes", "mins"};
    if (kSeconds.count(words.front()) > 0) return "s";
    if (kMillis.count(words.front()) > 0) return "ms";
    if (kMinutes.count(words.front()) > 0) return "min";
    return words.size() < words_of(text).size() ? words.front() : text;
  }
  static const std::set<std::string> kCounts = {"tokens", "token",  "tok",  "toks", "samples", "sample", "sequences",
                                                "seqs",   "seq",    "s",    "sec",  "second",  "per",    "gpu",
                                                "gpus",   "device", "chip", "tps",  "tgs"};
  std::string scale;
  for (const std::string& w : words) {
    if (w == "k" || w == "ktokens" || w == "thousand") {
      scale = "k";
    } else if (w == "m" || w == "mtokens" || w == "million") {
      scale = "M";
    } else if (kCounts.count(w) == 0) {
      return text;
    }
  }
  return scale;
}

}  // namespace

std::string training_metric(const std::string& text, std::string* unit) {
  static const std::set<std::string> kTokens = {"tokens", "token", "tok", "toks", "tgs", "tps"},
                                     kSamples = {"samples", "sample", "sequences", "seqs"},
                                     kSteps = {"step", "steps", "iter", "iteration"},
                                     kGpu = {"gpu", "gpus", "device", "chip", "tgs"},
                                     kSeconds = {"s", "sec", "second", "seconds", "secs"},
                                     kMillis = {"ms", "msec", "milliseconds"},
                                     kRest = {"per",      "time", "train",  "training", "throughput", "timing",
                                              "duration", "mean", "median", "average",  "avg"};
  const WordList words = words_of(text);
  for (const std::string& w : words)
    if (kTokens.count(w) + kSamples.count(w) + kSteps.count(w) + kGpu.count(w) + kSeconds.count(w) + kMillis.count(w) +
            kRest.count(w) ==
        0)
      return {};
  const bool is_second = has_one_of(words, kSeconds), is_tokens = has_one_of(words, kTokens);
  const bool is_samples = has_one_of(words, kSamples), is_step = has_one_of(words, kSteps);
  if (int{is_tokens} + int{is_samples} + int{is_step} != 1) {
    if (words != WordList{"throughput"} || unit == nullptr || unit->empty()) return {};
    return training_metric(*unit);  // "throughput" in tokens/s/GPU
  }
  const bool is_time = has(words, "time") || has(words, "timing") || has(words, "duration");
  if (is_step) {
    // "sec_per_step", "step_time_ms", not "steps_per_s"
    const bool is_inverse = !is_time && (has(words, "steps") || words.empty() || kSteps.count(words.front()) > 0);
    if (is_inverse || has_one_of(words, kGpu) || (!is_time && !is_second && !has_one_of(words, kMillis))) return {};
    if (unit != nullptr && unit->empty() && has_one_of(words, kMillis)) *unit = "ms";
    return "step_time";
  }
  const bool is_rate = is_second || has(words, "throughput") || has(words, "tgs") || has(words, "tps");
  if (is_time || !is_rate) return {};
  return std::string(is_tokens ? "tokens" : "samples") + (has_one_of(words, kGpu) ? "_per_s_per_gpu" : "_per_s");
}

const EntryName* rack_in_text(const std::vector<EntryName>& names, const std::string& text, bool* assumed) {
  WordList words = words_of(text);
  static const std::regex kCount("^(?:\\d*x)+(?=[a-z])");  // "64x8xh100"
  for (std::string& w : words)
    w = std::regex_replace(w, kCount, "", std::regex_constants::format_first_only);  // "8xh100"
  const bool is_sxm =
      std::any_of(words.begin(), words.end(), [](const auto& w) { return w.compare(0, 3, "sxm") == 0; });
  if (has(words, "pcie") && !is_sxm) return nullptr;
  const bool states_memory = std::any_of(words.begin(), words.end(), is_memory_size);
  static const std::regex kDomain("nvl\\d*");
  // The entry with the longest name that is in the text; of those that only the memory tells apart, the largest.
  const EntryName* found = nullptr;
  const EntryName* largest = nullptr;
  std::size_t longest = 0;
  bool is_one = true;
  std::string most;
  for (const EntryName& entry : names) {
    if (entry.folder != "racks") continue;
    std::vector<std::string> called = entry.aliases;
    called.push_back(entry.name);
    const bool is_other_domain = std::any_of(words.begin(), words.end(), [&](const std::string& w) {
      return matches(w, kDomain) && !has(words_of(entry.name), w);
    });
    if (is_other_domain) continue;
    for (const std::string& name : called) {
      const WordList parts = words_of(name);
      std::size_t inside = 0;
      std::string memory;
      for (const std::string& part : parts) {
        inside += has(words, part) ? 1U : 0U;
        if (is_memory_size(part) && !has(words, part)) memory = part;
      }
      if (inside == parts.size()) {
        if (inside > longest || (inside == longest && found == &entry)) {
          is_one = true;
          found = &entry;
          longest = inside;
        } else if (inside == longest) {
          is_one = false;
        }
      } else if (!states_memory && !memory.empty() && inside + 1 == parts.size() && has(words, parts.front())) {
        if (memory.size() > most.size() || (memory.size() == most.size() && memory > most)) {
          most = memory;
          largest = &entry;
        }
      }
    }
  }
  if (found != nullptr) return is_one ? found : nullptr;
  if (assumed != nullptr) *assumed = largest != nullptr;
  return largest;
}

std::string collective_metric(const std::string& text, std::string* unit) {
  static const std::set<std::string> kBus = {"busbw", "busbandwidth"};
  static const std::set<std::string> kAlgorithm = {"algbw", "algobw", "algbandwidth", "algorithmbandwidth"};
  static const std::set<std::string> kTime = {"latency", "time"};
  WordList words = words_of(text);
  static const std::set<std::string> kUnits = {"us", "ms", "s", "usec"};
  std::string stated;
  if (words.size() > 1 && kUnits.count(words.back()) > 0) {
    stated = words.back();
    words.pop_back();
  }
  std::string joined;
  for (const std::string& w : words) joined += w;
  if (kTime.count(joined) > 0) {
    if (unit != nullptr && unit->empty()) *unit = stated;
    return "latency";
  }
  if (stated.empty() && kBus.count(joined) > 0) return "busbw";
  return stated.empty() && kAlgorithm.count(joined) > 0 ? "algbw" : text;
}

std::vector<std::string> operation_names(const std::string& text) {
  WordList words = words_of(text);
  if (!words.empty() && words.front() == "nccl") words.erase(words.begin());
  WordList names;
  for (std::size_t n = std::min<std::size_t>(words.size(), 3); n > 0; --n) {
    names.emplace_back();
    for (std::size_t k = 0; k < n; ++k) names.back() += words[k];
  }
  return names;
}

CsvTable numbers_in_plain_digits(const CsvTable& table) {
  CsvTable out = table;
  Writer row(out);
  for (std::size_t i = 0; i < out.rows.size(); ++i) {
    for (const char* column : {"n_gpus", "global_batch", "value"})
      row.set(i, column, without_groups(row.get(i, column)));
    row.set(i, "n_gpus", whole_number(row.get(i, "n_gpus"), "gpu", false));
    if (is_absent(row.get(i, "value"))) row.set(i, "value", "");
  }
  return out;
}

CsvTable collectives_in_known_words(const CsvTable& table) {
  CsvTable out = numbers_in_plain_digits(table);
  Writer row(out);
  static const std::regex kSize("(\\d+(?:\\.\\d+)?) ?([KkMG]?)(?:i?B|bytes)?");
  for (std::size_t i = 0; i < out.rows.size(); ++i) {
    const std::string size = row.get(i, "global_batch");
    if (std::smatch match; !CsvRow(out, i).number("global_batch") && std::regex_match(size, match, kSize)) {
      const std::string prefix = match[2];
      const int power = prefix.empty() ? 0 : prefix == "G" ? 3 : prefix == "M" ? 2 : 1;
      row.set(i, "global_batch", fmt::format("{:.0f}", std::stod(match[1]) * std::pow(1024.0, power)));
    }
    std::string unit = row.get(i, "unit");
    row.set(i, "metric", collective_metric(row.get(i, "metric"), &unit));
    row.set(i, "unit", unit);
  }
  return out;
}

WordedTable in_known_words(const CsvTable& table, const std::vector<EntryName>& names) {
  WordedTable out{table, {}};
  Writer row(out.table);
  read_headings(out.table, row);
  for (std::size_t i = 0; i < out.table.rows.size(); ++i) {
    WordList taken;
    read_names(row, i, names, taken);
    read_words(row, i, taken);
    read_numbers(row, i);
    fill_numbers(out.table, row, i, taken);
    std::string unit = row.get(i, "unit");
    if (std::string metric = training_metric(row.get(i, "metric"), &unit); !metric.empty()) {
      if (metric.ends_with("_per_s") && has(words_of(unit), "gpu")) metric += "_per_gpu";
      row.set(i, "metric", metric);
      row.set(i, "unit", unit_word(unit, metric == "step_time"));
    }
    out.taken.emplace_back();
    for (const std::string& t : taken) out.taken.back() += (out.taken.back().empty() ? "" : ", ") + t;
  }
  return out;
}

}  // namespace racktwin
