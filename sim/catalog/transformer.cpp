#include "sim/catalog/transformer.h"

#include "sim/catalog/catalog.h"
#include "sim/catalog/read.h"

#include <cmath>

namespace racktwin {
namespace {

LatentAttention read_latent(Table table) {
  LatentAttention a;
  a.query_rank = count(table, "query_rank");
  a.key_value_rank = positive_integer(table, "key_value_rank");
  a.plain_head_dim = positive_integer(table, "plain_head_dim");
  a.rotary_head_dim = positive_integer(table, "rotary_head_dim");
  a.value_head_dim = positive_integer(table, "value_head_dim");
  return a;
}

MixtureOfExperts read_moe(Table table) {
  MixtureOfExperts moe;
  moe.experts = positive_integer(table, "experts");
  moe.experts_per_token = positive_integer(table, "experts_per_token");
  moe.expert_ffn = positive_integer(table, "expert_ffn");
  moe.shared_ffn = count(table, "shared_ffn");
  moe.first_dense = count(table, "first_dense");
  if (table.has("every")) moe.every = positive_integer(table, "every");
  if (table.has("groups")) {
    moe.groups = positive_integer(table, "groups");
    moe.groups_per_token = positive_integer(table, "groups_per_token");
    if (moe.experts % moe.groups != 0)
      table.error_at("groups", fmt::format("{} experts do not divide into {} groups", moe.experts, moe.groups));
    if (moe.groups_per_token > moe.groups)
      table.error_at("groups_per_token", fmt::format("a token cannot choose more than the {} groups", moe.groups));
  }
  if (moe.experts_per_token > moe.experts)
    table.error_at("experts_per_token", fmt::format("a token cannot visit more than the {} experts", moe.experts));
  return moe;
}

}  // namespace

bool TransformerModel::is_moe_layer(int layer) const {
  return moe && layer >= moe->first_dense && (layer + 1) % moe->every == 0;
}

int TransformerModel::moe_layers() const {
  int n = 0;
  for (int i = 0; i < layers; ++i) n += is_moe_layer(i) ? 1 : 0;
  return n;
}

double TransformerModel::attention_parameters() const {
  const double h = hidden, norms = 2 * h;
  if (!latent) return 2 * h * heads * head_dim + 2 * h * kv_heads * head_dim + norms;
  const LatentAttention& a = *latent;
  const double query_dim = static_cast<double>(heads) * (a.plain_head_dim + a.rotary_head_dim);
  const double query = a.query_rank > 0 ? a.query_rank * (h + query_dim) : h * query_dim;
  const double down = h * (a.key_value_rank + a.rotary_head_dim);
  const double up = static_cast<double>(a.key_value_rank) * heads * (a.plain_head_dim + a.value_head_dim);
  return query + down + up + static_cast<double>(heads) * a.value_head_dim * h + norms;
}

double TransformerModel::ffn_parameters(double width) const { return (is_gated() ? 3 : 2) * hidden * width; }

double TransformerModel::router_parameters() const { return moe ? static_cast<double>(hidden) * moe->experts : 0; }

double TransformerModel::dense_layer_parameters() const { return attention_parameters() + ffn_parameters(ffn); }

double TransformerModel::expert_parameters() const { return moe ? moe->experts * ffn_parameters(moe->expert_ffn) : 0; }

double TransformerModel::moe_layer_parameters() const {
  return attention_parameters() + router_parameters() + (moe ? ffn_parameters(moe->shared_ffn) : 0);
}

double TransformerModel::embedding_parameters() const { return static_cast<double>(vocab) * hidden; }

double TransformerModel::parameters() const {
  const int sparse = moe_layers();
  return (layers - sparse) * dense_layer_parameters() + sparse * (moe_layer_parameters() + expert_parameters()) +
         (tied_embeddings ? 1 : 2) * embedding_parameters() + static_cast<double>(learned_positions) * hidden + hidden;
}

double TransformerModel::active_parameters() const {
  if (!moe) return parameters();
  return parameters() -
         moe_layers() * expert_parameters() * (1 - static_cast<double>(moe->experts_per_token) / moe->experts);
}

Result<TransformerModel> Catalog::model(const std::string& name) const {
  Result<Document> document = open("models", name, "model");
  if (!document) return tl::unexpected(document.error());
  Table root = document->root();
  TransformerModel m;
  m.name = name;
  m.title = root.text("title");
  root.text("source");
  m.layers = positive_integer(root, "layers");
  m.hidden = positive_integer(root, "hidden");
  m.heads = positive_integer(root, "heads");
  m.ffn = positive_integer(root, "ffn");
  m.vocab = positive_integer(root, "vocab");
  m.tied_embeddings = root.optional_boolean("tied_embeddings").value_or(false);
  m.activation = one_of<Activation>(
      root, "activation",
      {{"swiglu", Activation::kSwiglu}, {"gelu", Activation::kGelu}, {"squared-relu", Activation::kSquaredRelu}});
  m.positions = one_of<Positions>(
      root, "positions",
      {{"rotary", Positions::kRotary}, {"learned", Positions::kLearned}, {"alibi", Positions::kAlibi}});
  if (m.positions == Positions::kLearned) m.learned_positions = positive_integer(root, "learned_positions");
  if (root.has("attention_window")) {
    m.attention_window = positive_integer(root, "attention_window");
    m.windowed_layers = root.quantity("windowed_layers", Dimension::kNone);
  }
  m.prediction_layers = count(root, "prediction_layers");
  if (root.has("latent_attention")) {
    m.latent = read_latent(root.table("latent_attention"));
    m.kv_heads = m.heads;
    m.head_dim = m.latent->value_head_dim;
  } else {
    m.kv_heads = positive_integer(root, "kv_heads");
    m.head_dim = positive_integer(root, "head_dim");
  }
  if (root.has("moe")) m.moe = read_moe(root.table("moe"));
  const Sourced stated = root.sourced("parameters", Dimension::kNone);
  if (std::abs(stated.value / m.parameters() - 1) > 0.01)
    root.error_at("parameters", fmt::format("the dimensions give {:.4g} parameters", m.parameters()));
  return finish(*document, std::move(m));
}

}  // namespace racktwin
