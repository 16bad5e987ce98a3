#include "sim/workload/class_names.h"

#include "tests/sim/flagship.h"

#include <catch2/catch.hpp>

#include <set>

namespace racktwin {
namespace {

Model model_of(const Plan& plan, Folding folding = Folding::kFolded) {
  Result<Model> model = build_model(plan, folding);
  if (!model) FAIL(format_errors(model.error(), false));
  return std::move(*model);
}

TEST_CASE("a class of GPUs is named by its stage and where it is") {
  const Plan plan = flagship({});
  const Model model = model_of(plan);
  CHECK(gpu_class_name(plan, model, model.class_of_gpu[2 * 72]) == "stage 2, 64 GPUs in hall/row-a/rack-03");
  const Plan sharded = sharded_job();
  const Model two = model_of(sharded);
  CHECK(gpu_class_name(sharded, two, two.class_of_gpu[0]) == "16 GPUs in hall/row-a/rack-01 and 1 more rack");
  const Model unfolded = model_of(plan, Folding::kUnfolded);
  CHECK(gpu_class_name(plan, unfolded, unfolded.class_of_gpu[72 + 4 + 2]) ==
        "stage 1, hall/row-a/rack-02/compute-02/gpu-2");
}

TEST_CASE("classes that share a rack have different names") {
  Plan plan = small_job();
  Event event;
  event.kind = EventKind::kClockLimit;
  event.path = "hall/row-a/rack-03/compute-02/gpu-1";
  event.value = 0.5;
  plan.events.push_back(event);
  const Model model = model_of(plan);
  std::set<std::string> names;
  std::size_t classes = 0;
  for (std::uint32_t c = 0; c < model.gpu_classes.size(); ++c) {
    if (model.gpu_classes[c].stage < 0) continue;
    ++classes;
    names.insert(gpu_class_name(plan, model, c));
  }
  CHECK(names.size() == classes);
  CHECK(names.count("stage 2, " + event.path) == 1);
  CHECK(names.count("stage 2, 6 GPUs like hall/row-a/rack-03/compute-01/gpu-0") == 1);
}

TEST_CASE("links are named by a component and how many are like it") {
  const Plan plan = flagship({});
  const Model model = model_of(plan);
  const std::uint32_t c = model.class_of_gpu[72];
  CHECK(link_name(plan, model, {TrunkKind::kNicUp, c}) == "nic up of a GPU in hall/row-a/rack-02, and 63 like it");
  CHECK(link_name(plan, model, {TrunkKind::kNvswitch, model.gpu_classes[c].domain_class}) ==
        "nvswitch of an NVLink domain in hall/row-a/rack-02");
  const Model unfolded = model_of(plan, Folding::kUnfolded);
  const std::uint32_t leaf = unfolded.class_of_leaf[3];
  CHECK(link_name(plan, unfolded, {TrunkKind::kLeafDown, leaf}) == "leaf down of hall/network-1/leaf-04");
}

}  // namespace
}  // namespace racktwin
