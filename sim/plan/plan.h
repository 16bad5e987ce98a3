// The validated description of a run: what stands where, what it works on, what happens when.
//
// Everything is resolved: catalogue entries by value, defaults filled in (and listed), events sorted by time. Written
// by parse_plan() only. Thread rule: immutable once parsed.
#pragma once

#include "sim/catalog/hardware.h"
#include "sim/catalog/transformer.h"
#include "sim/plan/weather.h"
#include "sim/result.h"

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace racktwin {

// A choice that the scenario left open: printed with every result.
struct DefaultUsed {
  std::string key;     // "workload.recompute"
  std::string value;   // "none"
  std::string reason;  // "the least that fits"
};

struct RackPlace {
  std::string path;  // "hall/row-a/rack-03"
  double x_m = 0;    // floor position of the rack's front left corner
  double y_m = 0;
};

struct Site {
  std::string name;  // root of all paths, "hall"
  RackType rack_type;
  std::vector<RackPlace> racks;
  FabricType fabric;
};

// Who takes the heat of what is not liquid-cooled. kCrah: air handlers with a chiller of their own; kCrahOnFacility and
// kRearDoor: coils in the facility water, in the room or at the backs of the racks.
enum class AirPath : std::uint8_t { kCrah, kCrahOnFacility, kRearDoor };

struct CoolingPlan {
  CduType cdu;
  int cdus = 1;  // in parallel on one technology loop; air-cooled racks: 0, and all of the loop without a value
  Coolant secondary_coolant, primary_coolant, facility_coolant;
  FacilityType facility;
  // Of all CDU pumps, relative to rated, while they run; NaN: what holds one of the two set-points below.
  double pump_speed = 1;
  double tcs_flow_m3_per_s = std::numeric_limits<double>::quiet_NaN();  // of the whole technology loop
  double tcs_pressure_pa = std::numeric_limits<double>::quiet_NaN();    // difference over the racks
  double facility_rated_heat_w = 0;                                     // that its equipment is sized for
  double facility_supply_degc = 0;  // boundary value at the start; NaN: what the facility's equipment gives
  // Set-points; NaN: none, as cold as it gets.
  double facility_setpoint_degc = std::numeric_limits<double>::quiet_NaN();
  double tcs_setpoint_degc = std::numeric_limits<double>::quiet_NaN();
  AirPath air = AirPath::kCrah;
  std::vector<ColdPlate> cold_plates;  // used by GPU and CPU, see cold_plate()
  const ColdPlate* cold_plate(const std::string& name) const;
};

// What keeps the power of GPUs from falling and rising far and fast, in the words of NVML; see power/smoothing.h.
struct PowerSmoothing {
  double floor = 0;  // of the tdp; 0: none
  double ramp_up_w_per_s = std::numeric_limits<double>::infinity();
  double ramp_down_w_per_s = std::numeric_limits<double>::infinity();
  double ramp_down_hysteresis_s = 0;
  bool limits_rise() const { return ramp_up_w_per_s < std::numeric_limits<double>::infinity(); }
  bool is_on() const { return floor > 0; }
};

struct PowerPlan {
  FeedType feed;
  int feeds = 1;             // 2: A and B share the load, half of every rack's shelves on each
  double feed_rating_w = 0;  // AC at one of them
  double ups_rating_w = 0;   // of the UPS of one, at its output
  // NaN: no data.
  double busway_rating_w = std::numeric_limits<double>::quiet_NaN();    // of the busway of a row on one feed
  double ride_through_s = std::numeric_limits<double>::quiet_NaN();     // of the batteries at the UPS rating
  double generator_start_s = std::numeric_limits<double>::quiet_NaN();  // until it carries the load
  double generator_rating_w = std::numeric_limits<double>::quiet_NaN();
  double recharge_s = std::numeric_limits<double>::quiet_NaN();       // of empty batteries; NaN: they stay as they are
  double breaker_delay_s = std::numeric_limits<double>::quiet_NaN();  // see power/breaker.h; NaN: breakers do not trip
  // Whether the batteries carry CDU pumps and the facility's equipment too, until the generator runs.
  bool ups_carries_pumps = true, ups_carries_facility = false;
  PowerSmoothing smoothing;
};

enum class Task : std::uint8_t { kPretrain, kSft, kLora };
std::string_view task_word(Task task);

// kFp8: delayed scaling; kFp8Current: the scale comes from the tensor itself, which is read once more.
enum class Precision : std::uint8_t { kBf16, kFp8, kFp8Current, kMxfp8, kNvfp4 };
std::string_view precision_word(Precision precision);

enum class Recompute : std::uint8_t { kNone, kSelective, kFull };
std::string_view recompute_word(Recompute recompute);

// What data-parallel ranks share out among them instead of holding a copy each.
// kOptimizer: optimizer states (ZeRO 1, Megatron's distributed optimizer); kGradients: also gradients, and parameters
// between steps (ZeRO 2, FSDP's SHARD_GRAD_OP); kParameters: also parameters, gathered before every use (ZeRO 3, FSDP's
// FULL_SHARD). source: Rajbhandari et al., ZeRO, arXiv 1910.02054; Zhao et al., PyTorch FSDP, arXiv 2304.11277.
enum class Sharding : std::uint8_t { kOptimizer, kGradients, kParameters };
std::string_view sharding_word(Sharding sharding);

// Whose kernels a job runs. kNative: fused, attention written for the chip (Transformer Engine, cuDNN). kFlash2: the
// same with FlashAttention-2, as Transformer Engine ran on Hopper until 2024. kCompiled: fused by a compiler, portable
// attention (torch.compile). kEager: one kernel an operator, portable attention.
enum class Kernels : std::uint8_t { kNative, kFlash2, kCompiled, kEager };
std::string_view kernels_word(Kernels kernels);

// How tokens travel to their experts. kAllToAll: NCCL, a copy for every expert. kDeepEp: a copy for every rank that
// holds one of them, between NVLink domains one for every domain. source: Megatron-LM, --moe-token-dispatcher-type
// alltoall and flex with --moe-enable-deepep; DeepEP README.
enum class ExpertDispatch : std::uint8_t { kAllToAll, kDeepEp };
std::string_view expert_dispatch_word(ExpertDispatch dispatch);

// Axes of parallelism, in Megatron's words.
enum class Axis : std::uint8_t { kTensor, kContext, kData, kPipeline };

struct Parallelism {
  int tp = 1, cp = 1, dp = 1, pp = 1;
  int vp = 1;  // model chunks per stage (interleaving)
  // Experts: ep ranks share out the experts, etp ranks each expert's matrices; both lie inside dp x cp x tp.
  int ep = 1, etp = 1;
  // Rank order, fastest first ("tp-cp-dp-pp"): decides which group sits in which NVLink domain.
  std::array<Axis, 4> order = {Axis::kTensor, Axis::kContext, Axis::kData, Axis::kPipeline};
  int ranks() const { return tp * cp * dp * pp; }
  int expert_dp() const { return tp * cp * dp / (ep * etp); }  // copies of each expert
};

struct Workload {
  Task task = Task::kPretrain;
  TransformerModel model;
  Precision precision = Precision::kBf16;
  Parallelism parallelism;
  int ranks_per_domain = 0;  // GPUs used in each NVLink domain
  int micro_batch = 1, global_batch = 1, sequence = 0;
  int document = 0;   // mean tokens of the documents that are packed into a sequence; tokens attend within one
  int lora_rank = 0;  // kLora: of the adapters
  Kernels kernels = Kernels::kNative;
  ExpertDispatch expert_dispatch = ExpertDispatch::kAllToAll;
  double expert_imbalance = 1;  // tokens of the busiest rank's experts over the mean
  double restart_s = 0;         // from when all of its GPUs have power again to its next step
  Sharding sharding = Sharding::kOptimizer;
  int shard_ranks = 1;  // ranks of the gradient group that share out; fewer than all: HSDP, copies of the shards
  Recompute recompute = Recompute::kNone;
  double recomputed_layers = 0;  // share of the layers that recompute kFull applies to
  bool embedding_and_loss_count_as_layers = false;
  bool overlap_tensor_parallel = false;
  bool overlap_grad_reduce = true;  // and the gather of parameters
  bool overlap_expert_parallel = false;
  bool is_fully_sharded() const { return sharding != Sharding::kOptimizer; }
  bool trains_all() const { return task != Task::kLora; }
  int micro_batches() const { return global_batch / (micro_batch * parallelism.dp); }
};

enum class EventKind : std::uint8_t {
  kFacilitySupply,  // value: supply temperature of the facility water [degC]
  kPumpSpeed,       // value: speed of a CDU pump relative to rated; 0 is a trip
  kFailure,         // value: 1: the part of the network works, 0: it has failed
  kRackValve,       // value: opening of a rack's valve, 0..1
  kFlowArea,        // value: what clogging leaves of the flow area of a rack's loop, or of the plates of a tray or GPU
  kCduIsolation,    // value: 1: the CDU works, 0: it is cut off from both loops
  kDryBulb,         // value: outside temperature [degC]
  kDryBulbRise,     // value: heat wave, added to the outside temperature [K]
  kFreeCooling,     // value: 1: dry coolers or towers work, 0: tripped
  kChiller,         // the same of the chiller
  kClockLimit,      // value: highest clock of a GPU, tray, rack, row or the site relative to the sustained clock
  kGpuPowerLimit,   // value: highest power of each GPU of the same [W]
  kPowerCap,        // value: highest power of a tray, rack, row or the site [W]
  kCurtail,         // value: share by which its power goes down
  kLeak,            // value: 1: a tray or rack is sound, 0: it leaks: its coolant is shut off and its power with it
  kShelf,           // value: 1: a power shelf works, 0: it has failed
  kPsu,             // the same of one of its PSUs
  kFeed,            // the same of a feed
  kUps,             // the same of the UPS of a feed: failed, the feed goes past it and has no batteries
  kUtility,         // the same of what is behind all feeds
};

// Whether its path is that of GPUs or of what holds them, and tells these apart from others.
constexpr bool acts_on_gpus(EventKind kind) {
  return kind == EventKind::kClockLimit || kind == EventKind::kRackValve || kind == EventKind::kFlowArea ||
         kind == EventKind::kGpuPowerLimit || kind == EventKind::kPowerCap || kind == EventKind::kCurtail ||
         kind == EventKind::kLeak || kind == EventKind::kShelf || kind == EventKind::kPsu;
}

// An event sets a value from time_s until until_s. Of several on one component the latest holds; clock limits of a GPU,
// its tray and its rack all hold, and so does what clogs them.
struct Event {
  double time_s = 0;
  double until_s = std::numeric_limits<double>::infinity();
  EventKind kind = EventKind::kFacilitySupply;
  std::string path;  // of the component, "hall/cdu-1/pump-2"
  double value = 0;
  std::string key;        // of the scenario, that sets it: "valve", "state"
  double ramp_s = 0;      // of a cap: until it holds fully, and from its end until it has gone
  std::string what;       // for people: "pump tripped"
  std::string what_then;  // when it ends: "pump restored"
  std::string by = "scenario";
};

struct Plan {
  std::string name, title;
  std::string text;  // the scenario as read, for provenance
  Site site;
  CoolingPlan cooling;
  PowerPlan power;
  Weather weather;
  Workload workload;
  double duration_s = 0;
  double step_s = 1;          // of the plant
  double frame_s = 5;         // recorded interval
  std::vector<Event> events;  // by time
  std::vector<DefaultUsed> defaults;
  std::vector<std::string> warnings;  // what is allowed but tight

  int gpus() const { return static_cast<int>(site.racks.size()) * site.rack_type.gpus(); }
};

// "hall/cdu-1" and "hall/cdu-1/pump-2" of the numbers 0 and 1; the paths of all pumps, CDU by CDU.
std::string cdu_path(const Plan& plan, int cdu);
std::string pump_path(const Plan& plan, int cdu, int pump);
std::vector<std::string> pump_paths(const Plan& plan);
// "hall/feed-a" of number 0, "hall/feed-a/ups", "hall/utility".
std::string feed_path(const Plan& plan, int feed);
std::string ups_path(const Plan& plan, int feed);
std::string utility_path(const Plan& plan);
// "hall/facility", "hall/facility/tower" or ".../dry-cooler", "hall/facility/chiller", "hall/weather".
std::string facility_path(const Plan& plan);
std::string free_cooling_path(const Plan& plan);
std::string chiller_path(const Plan& plan);
std::string weather_path(const Plan& plan);

}  // namespace racktwin
