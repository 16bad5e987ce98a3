// The models that a job trains, as read from racks/models/*.toml: dimensions, and what follows from them.
//
// Keys: racks/README.md. Thread rule: plain values.
#pragma once

#include "sim/document.h"

#include <cstdint>
#include <optional>
#include <string>

namespace racktwin {

enum class Activation : std::uint8_t { kSwiglu, kGelu, kSquaredRelu };
enum class Positions : std::uint8_t { kRotary, kLearned, kAlibi };

// Multi-head latent attention: queries and keys go through low-rank projections; part of every head carries no
// position. source: DeepSeek-V2, arXiv 2405.04434, section 2.1.
struct LatentAttention {
  int query_rank = 0, key_value_rank = 0;  // 0: queries are projected at full rank
  int plain_head_dim = 0, rotary_head_dim = 0, value_head_dim = 0;
};

// Feed-forward layers of which every token visits a few experts.
struct MixtureOfExperts {
  int experts = 0, experts_per_token = 0;
  int expert_ffn = 0;
  int shared_ffn = 0;                    // of the experts that every token visits, together; 0: none
  int groups = 1, groups_per_token = 1;  // experts stand in groups; those of a token come from so many
  int first_dense = 0;                   // layers at the bottom that are dense
  int every = 1;  // above them, each n-th layer has experts, counted from the bottom of the model
};

// A decoder-only transformer by its dimensions.
struct TransformerModel {
  std::string name, title;
  int layers = 0, hidden = 0, heads = 0, ffn = 0, vocab = 0;
  int kv_heads = 0, head_dim = 0;  // with latent attention as many as heads, and that of the values
  Activation activation = Activation::kSwiglu;
  Positions positions = Positions::kRotary;
  int learned_positions = 0;
  bool tied_embeddings = false;
  int attention_window = 0;    // tokens that a head looks back on in windowed layers; 0: no such layers
  double windowed_layers = 0;  // share of the layers
  std::optional<LatentAttention> latent;
  std::optional<MixtureOfExperts> moe;
  int prediction_layers = 0;  // of multi-token prediction, beside the last layer

  bool is_gated() const { return activation == Activation::kSwiglu; }
  bool is_moe_layer(int layer) const;
  int moe_layers() const;
  double attention_parameters() const;        // of one layer, with its norms
  double ffn_parameters(double width) const;  // of a dense feed-forward layer, a shared expert, or one expert
  double router_parameters() const;
  double dense_layer_parameters() const;
  double expert_parameters() const;     // of all routed experts of a layer
  double moe_layer_parameters() const;  // of a layer with experts without the routed ones
  double embedding_parameters() const;  // of one vocabulary matrix
  double parameters() const;            // all; without prediction layers
  double active_parameters() const;     // that one token uses, embedding look-up included
};

}  // namespace racktwin
