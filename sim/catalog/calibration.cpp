#include "sim/catalog/calibration.h"

#include "sim/catalog/catalog.h"
#include "sim/catalog/read.h"

#include <fmt/core.h>

#include <algorithm>

namespace racktwin {
namespace {

Fitted read_fitted(Table& table, const char* key, Dimension dimension) {
  Table entry = table.table(key);
  Fitted fitted;
  fitted.fitted_on = entry.optional_text("fitted_on").value_or("");
  fitted.value = entry.sourced("value", dimension);
  fitted.fit = entry.optional_text("fit").value_or("");
  if (entry.has("left_out")) fitted.left_out = entry.quantities("left_out", dimension);
  return fitted;
}

FitRecord read_fit(const std::string& name, Table table) {
  FitRecord fit;
  fit.name = name;
  fit.by = table.text("by");
  fit.configurations = positive_integer(table, "configurations");
  fit.error = table.quantity("error", Dimension::kNone);
  for (Table part : table.tables("part"))
    fit.parts.push_back({part.text("name"), positive_integer(part, "configurations"),
                         part.quantity("error", Dimension::kNone), part.quantity("left_out_error", Dimension::kNone)});
  return fit;
}

// A parameter names its fit, and has a value for every part that was left out.
void check_fit(Table& table, const std::string& key, const Fitted& fitted, const std::vector<FitRecord>& fits) {
  if (fitted.fit.empty() && fitted.left_out.empty()) return;
  const auto fit = std::find_if(fits.begin(), fits.end(), [&](const FitRecord& f) { return f.name == fitted.fit; });
  if (fit == fits.end()) {
    table.error_at(key, fmt::format("there is no fit \"{}\"", fitted.fit));
  } else if (fit->parts.size() != fitted.left_out.size()) {
    table.error_at(key, fmt::format("left_out has {} values for the {} parts of fit \"{}\"", fitted.left_out.size(),
                                    fit->parts.size(), fit->name));
  }
}

}  // namespace

Result<Calibration> Catalog::calibration() const {
  Result<Document> document = load("calibration");
  if (!document) return tl::unexpected(document.error());
  Table root = document->root();
  root.text("kind");
  root.text("title");
  Calibration c;
  if (root.has("fit")) {
    Table fits = root.table("fit");
    for (const std::string& name : fits.keys()) c.fits.push_back(read_fit(name, fits.table(name)));
  }
  for (const ParameterRow& row : parameter_rows(c)) {
    const auto dot = row.key.find('.');
    Table table = root.table(row.key.substr(0, dot));
    *row.value = read_fitted(table, row.key.substr(dot + 1).c_str(), row.dimension);
    check_fit(table, row.key.substr(dot + 1), *row.value, c.fits);
  }
  return finish(*document, std::move(c));
}

std::vector<ParameterRow> parameter_rows(Calibration& c) {
  using D = Dimension;
  return {
      {"kernel.launch", D::kTime, &c.kernel_launch_s, "fixed time of one kernel"},
      {"gemm.half_k", D::kNone, &c.gemm_half_k,
       "inner dimension at which a BF16 GEMM is at half rate; FP8 twice, NVFP4 four times"},
      {"memory.hbm_share", D::kNone, &c.hbm_share, "HBM bandwidth that memory-bound kernels reach"},
      {"memory.eager_traffic", D::kNone, &c.eager_traffic, "HBM traffic between GEMMs, unfused over fused kernels"},
      {"attention.share", D::kNone, &c.attention_share,
       "products of ring attention and FlashAttention-2, of the dense BF16 peak; those of portable kernels, of what "
       "warp-level instructions reach"},
      {"attention.edge", D::kNone, &c.attention_edge,
       "keys that a query costs in causal attention beyond those it sees", "cuDNN, FlashAttention-2"},
      {"host.launch", D::kTime, &c.host_launch_s, "time of the host for one kernel"},
      {"moe.imbalance", D::kNone, &c.expert_imbalance, "busiest over mean tokens of experts, routing not forced"},
      {"fabric.nic_share", D::kNone, &c.nic_share, "NIC bandwidth that collectives and sends reach"},
      {"collective.base_nvlink3", D::kTime, &c.collective.base_nvlink3_s, "fixed time of a collective", "NVLink 3"},
      {"collective.base_nvlink4", D::kTime, &c.collective.base_nvlink4_s, "the same", "NVLink 4"},
      {"collective.base_nvlink5", D::kTime, &c.collective.base_nvlink5_s, "the same", "NVLink 5"},
      {"collective.step", D::kNone, &c.collective.step, "a step over NVLink, over NCCL's count"},
      {"collective.sends", D::kNone, &c.collective.sends, "rate of sends over NVLink, over NCCL's count"},
      {"collective.segment", D::kTime, &c.collective.segment_s, "one segment of a ring's pipeline"},
      {"collective.nvls_segment", D::kTime, &c.collective.nvls_segment_s,
       "one segment of in-switch reduction, for each head"},
      {"moe.deepep_base", D::kTime, &c.moe.deepep_base_s, "fixed time of a dispatch or combine", "DeepEP"},
      {"moe.low_latency_base", D::kTime, &c.moe.low_latency_base_s, "the same", "low-latency DeepEP, TensorRT-LLM"},
      {"moe.deepep_share", D::kNone, &c.moe.deepep_share, "of the NVLink bandwidth, dispatch and combine", "DeepEP"},
      {"moe.deepep_low_latency_share", D::kNone, &c.moe.deepep_low_latency_share, "the same", "low-latency DeepEP"},
      {"moe.one_sided_share", D::kNone, &c.moe.one_sided_share, "the same", "TensorRT-LLM, one-sided"},
      {"moe.two_sided_share", D::kNone, &c.moe.two_sided_share, "the same", "TensorRT-LLM, two-sided"},
      {"nccl.net_step_ll", D::kTime, &c.collective.net_hop_ll_s,
       "one step between NVLink domains, on top of links and switches, protocol LL"},
      {"nccl.net_step_ll128", D::kTime, &c.collective.net_hop_ll128_s, "the same, LL128"},
      {"nccl.net_step_simple", D::kTime, &c.collective.net_hop_simple_s, "the same, Simple"},
  };
}

}  // namespace racktwin
