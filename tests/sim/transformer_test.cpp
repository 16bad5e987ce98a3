#include "sim/catalog/transformer.h"

#include "sim/catalog/catalog.h"
#include "tests/sim/flagship.h"
#include "tests/sim/folder.h"

#include <set>
#include <sstream>

namespace racktwin {
namespace {

namespace fs = std::filesystem;

TransformerModel model(const std::string& name) { return value_of(test_catalog().model(name)); }

// A file of the catalogue with one piece of text replaced, read from a catalogue of its own.
Result<TransformerModel> changed(const std::string& name, const std::string& from, const std::string& to) {
  Folder folder;
  std::ifstream file(fs::path(RACKTWIN_SOURCE_DIRECTORY) / "racks" / "models" / (name + ".toml"));
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  fs::create_directories(folder.path / "models");
  std::ofstream(folder.path / "models" / (name + ".toml")) << text.replace(at, from.size(), to);
  return Catalog(folder.path.string()).model(name);
}

struct Published {
  const char* name;
  double total, active;
  bool look_up;  // whether the active ones count the embedding's look-up
};

// Two digits of the active parameters are printed, and some sources round down.
TEST_CASE("mixtures of experts have the total and active parameters that are published") {
  for (const Published& p : {Published{"mixtral-8x7b", 46.7e9, 12.9e9, true},
                             {"mixtral-8x22b", 141e9, 39e9, true},
                             {"qwen3-30b-a3b", 30.5e9, 3.3e9, true},
                             {"qwen3-235b-a22b", 235e9, 22e9, true},
                             {"gpt-oss-20b", 20.91e9, 3.61e9, false},
                             {"gpt-oss-120b", 116.83e9, 5.13e9, false},
                             {"deepseek-v2", 236e9, 21e9, false},
                             {"deepseek-v3", 671e9, 36.6e9, false},
                             {"llama4-scout", 108.64e9, 17e9, true},
                             {"llama4-maverick", 400e9, 17e9, true}}) {
    const TransformerModel m = model(p.name);
    CAPTURE(p.name);
    CHECK(m.parameters() == Approx(p.total).epsilon(0.01));
    CHECK(m.active_parameters() - (p.look_up ? 0 : m.embedding_parameters()) == Approx(p.active).epsilon(0.02));
  }
  CHECK(model("grok-1").parameters() == Approx(314e9).epsilon(0.01));
}

TEST_CASE("Kimi K2 has the 1.04 trillion parameters of its paper if its dense layer had experts too") {
  TransformerModel m = model("kimi-k2");
  CHECK(m.active_parameters() - m.embedding_parameters() == Approx(32e9).epsilon(0.01));
  CHECK(m.parameters() == Approx(1.026e12).epsilon(1e-3));
  m.moe->first_dense = 0;
  CHECK(m.parameters() == Approx(1.043e12).epsilon(1e-3));
}

TEST_CASE("dense models have the parameters that are published") {
  for (const auto& [name, total] : {std::pair("gpt3-175b", 175e9),
                                    {"mt-nlg-530b", 530e9},
                                    {"nemotron4-15b", 15.7e9},
                                    {"nemotron4-340b", 341e9},
                                    {"llama2-70b", 68.98e9},
                                    {"llama3.2-1b", 1.23e9},
                                    {"llama3.2-3b", 3.21e9},
                                    {"qwen2.5-7b", 7.61e9},
                                    {"qwen3-8b", 8.2e9},
                                    {"qwen3-32b", 32.8e9}}) {
    const TransformerModel m = model(name);
    CAPTURE(name);
    CHECK(m.parameters() == Approx(total).epsilon(0.01));
    CHECK(m.active_parameters() == m.parameters());
  }
}

TEST_CASE("an MPT model with its biases has to the last one the parameters that llm-foundry prints") {
  for (const auto& [name, printed] : {std::pair("mpt-125m", 125311488.0),
                                      {"mpt-350m", 355985408.0},
                                      {"mpt-760m", 760470528.0},
                                      {"mpt-1b", 1315950592.0},
                                      {"mpt-3b", 2651837440.0},
                                      {"mpt-7b", 6658859008.0},
                                      {"mpt-13b", 12853954560.0},
                                      {"mpt-30b", 29975214080.0},
                                      {"mpt-70b", 64862437376.0}}) {
    const TransformerModel m = model(name);
    const double linear = 3 + 1 + 4 + 1, norms = 2;  // biases of a layer, in units of the hidden size
    CAPTURE(name);
    CHECK(m.parameters() + m.layers * (linear + norms) * m.hidden + m.hidden == printed);
  }
}

TEST_CASE("latent attention has the matrices of DeepSeek-V3") {
  const TransformerModel m = model("deepseek-v3");
  const double query = 7168 * 1536 + 1536 * 128 * (128 + 64);
  const double key_value = 7168 * (512 + 64) + 512 * 128 * (128 + 128);
  const double output = 128 * 128 * 7168;
  CHECK(query + key_value + output == 187105280);
  CHECK(m.attention_parameters() == 187105280 + 2 * 7168);
  CHECK(m.kv_heads == 128);
  CHECK(m.head_dim == 128);
  TransformerModel full_rank = m;
  full_rank.latent->query_rank = 0;
  CHECK(full_rank.attention_parameters() - m.attention_parameters() == 7168 * 128 * 192 - query);
}

TEST_CASE("layers with experts are where their models have them") {
  const TransformerModel maverick = model("llama4-maverick"), deepseek = model("deepseek-v3");
  CHECK_FALSE(maverick.is_moe_layer(0));
  CHECK(maverick.is_moe_layer(1));
  CHECK(maverick.is_moe_layer(47));
  CHECK(maverick.moe_layers() == 24);
  CHECK_FALSE(deepseek.is_moe_layer(2));
  CHECK(deepseek.is_moe_layer(3));
  CHECK(deepseek.moe_layers() == 58);
  CHECK(model("mixtral-8x7b").moe_layers() == 32);
  CHECK(model("qwen3-8b").moe_layers() == 0);
}

TEST_CASE(
    "every model that a measured training row names is in the catalogue, but for hybrids with state-space layers") {
  std::ifstream file(RACKTWIN_SOURCE_DIRECTORY "/tests/validation/training.csv");
  std::set<std::string> names;
  std::string line, cell;
  std::getline(file, line);
  REQUIRE(line.rfind("id,use,system,nic_gbps,model_id,", 0) == 0);
  while (std::getline(file, line)) {
    std::stringstream cells(line);
    for (int column = 0; column < 5; ++column) std::getline(cells, cell, ',');
    if (!cell.empty()) names.insert(cell);
  }
  REQUIRE(names.size() > 20);
  CHECK(names.erase("nemotron-h-56b") == 1);
  for (const std::string& name : names) model(name);
}

TEST_CASE("dimensions that do not give the stated parameters are refused") {
  CHECK(changed("mixtral-8x7b", "layers = 32", "layers = 32").has_value());
  CHECK(complaint(changed("mixtral-8x7b", "layers = 32", "layers = 33")) == "the dimensions give 4.815e+10 parameters");
}

TEST_CASE("with latent attention key-value heads are not stated apart") {
  CHECK(changed("deepseek-v3", "heads = 128", "heads = 128").has_value());
  CHECK(code_of(changed("deepseek-v3", "heads = 128", "heads = 128\nkv_heads = 8")) == ErrorCode::kBadInput);
}

TEST_CASE("a token cannot visit more experts than there are") {
  CHECK(complaint(changed("grok-1", "experts_per_token = 2", "experts_per_token = 9")) ==
        "a token cannot visit more than the 8 experts");
}

}  // namespace
}  // namespace racktwin
