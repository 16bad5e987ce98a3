#include "sim/plan/parse_plan.h"

namespace racktwin {

std::string scenario_template() {
  return R"(# A scenario for racktwin: what stands where, what it works on, what happens when.
#   racktwin check FILE      all errors at once
#   racktwin run FILE        simulate, print the summary, write a recording
# Quantities are strings with a unit. Names of hardware and models are entries of the catalogue (racks/).
title = "A scalable unit of my own"
duration = "30 min"
step = "1 s"              # of power and cooling, 0.05 s to 15 min
frame = "5 s"             # recorded interval; mean, lowest and highest are kept
# include = ["base.toml"]  # taken from another scenario unless said here; paths are relative to this file

[site]
name = "hall"             # root of all paths: hall/row-a/rack-03/compute-07/gpu-2
rack = "gb200-nvl72"
fabric = "ndr-rail-2tier"
rows = 1
racks_per_row = 8

[cooling]
cdu = "vertiv-xdu1350"
cdus = 1
# tcs_flow = "1040 L/min"          # that the CDUs hold; default: what the racks are rated for
# pump_speed = "75 %"              # instead: of rated, all CDU pumps
facility = "dry-cooler-loop"
facility_supply = "25 degC"  # leave out: what the dry cooler gives at the dry-bulb temperature
# facility_rated_heat = "1.4 MW"
# facility = "tower-chiller-loop"  # or tower-loop, dry-cooler-chiller-loop
# facility_setpoint = "20 degC"    # what fans and chiller hold
# tcs_setpoint = "30 degC"         # what the CDUs' control valves hold
# air = "rear-door"                # crah, crah-on-facility-water, rear-door: heat that is not liquid-cooled

[power]
feed = "feed-415v"
rating = "1.25 MW"

[weather]
dry_bulb = "17 degC"
# wet_bulb = "13 degC"             # for towers; or dew_point
# epw = "town.epw"                 # instead: a weather file, or [weather.climate] with mean, yearly_swing, daily_swing
# start_day = 196                  # of the year

[workload]
task = "pretrain"         # pretrain, sft, lora
model = "llama3.1-70b"
precision = "fp8"         # bf16, fp8, fp8-current, mxfp8, nvfp4
gpus = 512
tp = 4
cp = 1
pp = 4
vp = 5                    # model chunks in each pipeline stage
# dp = 32                   # what is left of the GPUs
# order = "tp-cp-dp-pp"     # rank order, fastest first
# gpus_per_domain = 64      # used in each NVLink domain
# ep = 8                    # ranks that share out the experts of a mixture of experts
# sharding = "optimizer"    # optimizer, gradients, parameters (FSDP)
micro_batch = 1
global_batch = 512
sequence = 8192
# recompute = "none"        # none, selective, full; default: the least that fits
# kernels = "native"        # native, flash-attention-2, compiled (torch.compile), eager
# overlap_tensor_parallel = false
# overlap_grad_reduce = true
# embedding_and_loss_count_as_layers = false

# Events: the facility's supply_temperature; state ("tripped", "running") or speed of a pump; state of a CDU ("isolated"),
# of hall/facility/chiller; valve of a rack; flow_area or clock_limit of a rack, tray or GPU; power_cap or curtail of the
# site, a row, rack or tray; dry_bulb_rise of hall/weather. `for` undoes one after a while.
[[event]]
at = "10 min"
path = "hall/facility"
supply_temperature = "40 degC"

[[event]]
at = "20 min"
for = "5 min"
path = "hall/cdu-1/pump-2"
state = "tripped"
)";
}

}  // namespace racktwin
