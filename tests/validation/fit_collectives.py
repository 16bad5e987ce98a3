#!/usr/bin/env python3
"""Fit the collective model (sim/network/collective.cpp) to published measurements and print it as TOML.

Usage: fit_collectives.py [DIRECTORY]     DIRECTORY holds collectives.csv (default: where this file is)

Needs numpy and scipy. Deterministic: no random numbers, fixed starting points. SI units. Only rows with use = calibrate
are read. Every fit minimises a soft-L1 norm of log(model / measured). Errors are |model / measured - 1|.

The equations are those of sim/network/README.md, "Collectives", for rings, LL, LL128, NVLS and sends inside one NVLink
domain of 2 to 8 GPUs; the protocol of every row is the one that NCCL's own estimate chooses, not the best fit, and an
all-reduce of more than four GPUs takes NVLS where that is faster. Between domains only the share of the NIC bandwidth is
fitted, as a median; the step times there are NCCL's constants.
"""

import csv
import os
import re
import sys

import numpy as np
from scipy.optimize import least_squares

# NVLink generation, port rate per direction and HBM bandwidth [B/s], as in racks/chips; longest name first, because "B200"
# is part of "GB200".
NVLINK = [
    ("GB300", 5, 900e9, 8e12), ("GB200", 5, 900e9, 8e12), ("B300", 5, 900e9, 8e12), ("B200", 5, 900e9, 8e12),
    ("H200", 4, 450e9, 4.8e12), ("H100", 4, 450e9, 3.35e12), ("A100", 3, 300e9, 2.039e12),
]
CALIBRATION = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../racks/calibration.toml")
with open(CALIBRATION) as file:
    HBM_SHARE = float(re.search(r'\[memory\.hbm_share\]\nvalue = \{ is = "([0-9.]+)', file.read())[1])
OPERATIONS = ("all_gather", "reduce_scatter", "all_reduce", "alltoall")
KIB, MIB, GIB = 2**10, 2**20, 2**30
HUGE_BYTES = 4 * GIB  # few rows, but they fix the asymptote: weight 3

# NCCL's constants. source: NCCL src/graph/tuning.cc, src/graph/topo.h, see sim/network/nccl.h
TUNER_NVLINK_SHARE = {3: 0.800, 4: 0.824, 5: 0.802}
TUNER_LL_MAX = {3: 87.7e9, 4: 141e9, 5: 282e9}
TUNER_STEP = (0.6e-6, 1.9e-6, 3.4e-6)
TUNER_NVLS_EFFICIENCY = {3: 1.0, 4: 0.85, 5: 0.74}  # NVLink 3 has none: not used
TUNER_NVLS_LATENCY = 25e-6
DATA_SHARE = (0.5, 0.9375, 1)
PEER_LL_BYTES = 16 * KIB
LL, LL128, SIMPLE = range(3)

NAMES = ["base_nvlink3", "base_nvlink4", "base_nvlink5", "step", "sends", "segment", "nvls_segment"]
START = [8e-6, 5e-6, 8e-6, 1.8, 0.9, 2e-6, 1e-6]
TIMES = ("base_nvlink3", "base_nvlink4", "base_nvlink5", "segment", "nvls_segment")


def by_log(model, start, measured, weights):
    """Positive x that minimises the soft-L1 norm of log(model(x) / measured)."""
    residual = lambda log_x: weights * np.log(model(np.exp(log_x)) / measured)
    return np.exp(least_squares(residual, np.log(start), loss="soft_l1", f_scale=0.05, max_nfev=3000).x)


def source_of(row):
    return row["source"].split("/")[0]


def time_of(row, wire):
    """Seconds, from a latency in us or a bus bandwidth in GB/s."""
    return float(row["value"]) * 1e-6 if row["metric"] == "latency" else wire / (float(row["value"]) * 1e9)


class Rows:
    """Collectives of NCCL inside one NVLink domain."""

    def __init__(self, rows):
        fields = []
        for row in rows:
            op = row["model"].split()[0]
            chip = next((entry for entry in NVLINK if entry[0] in row["hardware"]), None)
            gpus = int(row["n_gpus"])
            if (chip is None or gpus > 8 or op not in OPERATIONS or row["metric"] not in ("latency", "busbw")
                    or not row["global_batch"]):
                continue
            size = float(row["global_batch"])
            wire = size * (gpus - 1) / gpus * (2 if op == "all_reduce" else 1)
            forced = "ring" in row["model"] or "ring" in row["hardware"]
            fields.append((chip[0], chip[1], chip[2], chip[3], op, float(gpus), size, wire, time_of(row, wire), forced,
                           source_of(row)))
        (self.chip, self.generation, self.port, self.hbm, self.op, self.n, self.size, self.wire, self.time_s, self.forced,
         self.source) = (np.array(column) for column in zip(*fields))
        self.steps = (self.n - 1) * np.where(self.op == "all_reduce", 2, 1)
        self.weight = np.where(self.size >= HUGE_BYTES, 3.0, 1.0)
        self.has_nvls = (self.op == "all_reduce") & (self.n > 4) & (self.generation >= 4) & ~self.forced
        self.protocol = self.chosen()

    def chosen(self):
        def of(table):
            return np.array([table[g] for g in self.generation])

        nvlink = self.port * of(TUNER_NVLINK_SHARE)
        ratio = self.n / self.steps
        ll = (6.6 + 0.6 * self.steps) * 1e-6 + self.size / (np.minimum(of(TUNER_LL_MAX), 0.5 * nvlink) * ratio)
        ll128 = (14.0 + 1.9 * self.steps) * 1e-6 + self.size / (0.9375 * nvlink * ratio)
        simple = (8.4 + 3.4 * self.steps) * 1e-6 + self.size / (nvlink * ratio)
        ll128[self.generation >= 5] = np.inf
        best = np.argmin(np.stack([ll, ll128, simple]), axis=0)
        return np.where(self.op == "alltoall", np.where(self.size / self.n <= PEER_LL_BYTES, LL, SIMPLE), best)


def model(rows, x):
    p = dict(zip(NAMES, x))
    base = np.array([p["base_nvlink3"], p["base_nvlink4"], p["base_nvlink5"]])[rows.generation - 3]
    counted = rows.port * np.array([TUNER_NVLINK_SHARE[g] for g in rows.generation])
    nvls_efficiency = np.array([TUNER_NVLS_EFFICIENCY[g] for g in rows.generation])
    own = 2 * rows.size / rows.n / (rows.hbm * HBM_SHARE)  # copied by each rank, from its memory to its memory
    sends = rows.op == "alltoall"
    steps = np.where(sends, 1, rows.steps)
    step = [p["step"] * seconds for seconds in TUNER_STEP]

    def slotted(transfer):
        return np.hypot(steps * step[SIMPLE], transfer) + 2 * np.sqrt(p["segment"] * transfer)

    ll = steps * step[LL] + rows.wire / (counted * DATA_SHARE[LL]) + own
    ll128 = steps * step[LL128] + rows.wire / (counted * DATA_SHARE[LL128]) + own
    simple = slotted(rows.wire / (counted * np.where(sends, p["sends"], 1)) + own)
    up = rows.size * (1 + 1 / rows.n) / (counted * nvls_efficiency)
    nvls = TUNER_NVLS_LATENCY + up + 2 * np.sqrt(p["nvls_segment"] * rows.n * up)
    ring = np.choose(rows.protocol, [ll, ll128, simple])
    return base + np.where(rows.has_nvls, np.minimum(ring, nvls), ring)


def fit(rows, mask):
    return by_log(lambda x: model(rows, x)[mask], START, rows.time_s[mask], rows.weight[mask])


def error_text(error, mask):
    picked = error[mask]
    if picked.size == 0:
        return "-"
    return (f"{100 * np.median(np.abs(picked)):.1f} / {100 * np.quantile(np.abs(picked), 0.9):.1f} "
            f"{100 * np.median(picked):+.1f} % ({picked.size})")


def by_size(rows, error, mask):
    small, large = rows.size < 64 * KIB, rows.size > 16 * MIB
    return (f"small {error_text(error, mask & small)}, medium {error_text(error, mask & ~small & ~large)}, "
            f"large {error_text(error, mask & large)}")


def print_table(key, value, fitted_on, unit="", evidence="measured", left_out=()):
    print(f"\n[{key}]\nvalue = {{ is = \"{value:.3g}{unit}\", from = \"aiconfigurator-nccl\", evidence = \"{evidence}\" }}")
    print(f"fitted_on = \"{fitted_on}\"")
    if left_out:
        print("fit = \"collectives\"\nleft_out = [" + ", ".join(f"\"{v:.3g}{unit}\"" for v in left_out) + "]")


def print_fit(rows, error, held):
    """What is left over by chip, fitted and when it is left out."""
    def median(values):
        return f"\"{100 * np.median(np.abs(values)):.1f} %\""

    print(f"\n[fit.collectives]\nby = \"tests/validation/fit_collectives.py\"\nconfigurations = {error.size}")
    print(f"error = {median(error)}")
    for chip, x in held.items():
        left = rows.chip == chip
        print(f"\n[[fit.collectives.part]]\nname = \"{chip}\"\nconfigurations = {left.sum()}")
        print(f"error = {median(error[left])}")
        print(f"left_out_error = {median((model(rows, x) / rows.time_s - 1)[left])}")


def print_domain(rows):
    everything = np.full(rows.n.size, True)
    x = fit(rows, everything)
    error = model(rows, x) / rows.time_s - 1
    print("# Collectives inside an NVLink domain. Errors: median / 90th percentile, bias (rows).")
    for op in OPERATIONS:
        print(f"# {op}: {by_size(rows, error, rows.op == op)}")
    for source in sorted(set(rows.source)):
        left = rows.source == source
        held = model(rows, fit(rows, ~left)) / rows.time_s - 1
        print(f"# {source}, fitted: {by_size(rows, error, left)}\n#   left out:   {by_size(rows, held, left)}")
    held_fits = {}  # of the chips whose generation others have measured too
    for chip in sorted(set(rows.chip)):
        left = rows.chip == chip
        if set(rows.generation[left]) <= set(rows.generation[~left]):
            held_fits[chip] = fit(rows, ~left)
            held = model(rows, held_fits[chip]) / rows.time_s - 1
            print(f"# {chip}, fitted: {by_size(rows, error, left)}\n#   left out:   {by_size(rows, held, left)}")
    fitted_on = f"collectives.csv, calibrate rows of NCCL in one NVLink domain, 2 to 8 GPUs ({rows.n.size} rows)"
    for i, (name, value) in enumerate(zip(NAMES, x)):
        scale, unit = (1e6, " us") if name in TIMES else (1, "")
        print_table(f"collective.{name}", scale * value, fitted_on, unit,
                    left_out=[scale * held[i] for held in held_fits.values()])
    print_fit(rows, error, held_fits)


def print_network(rows):
    """Rings over several nodes of eight GPUs, bound by their NICs: bytes over a node's NICs, [B/s] from the text."""
    wire, nic, time = [], [], []
    for row in rows:
        rate = re.search(r"(\d+)x(\d+)[Gg]", row["hardware"])
        gpus = int(row["n_gpus"])
        # Over two nodes all-reduce takes trees, over more rings: those rows show the NICs.
        if (not rate or gpus <= 8 or row["metric"] != "busbw" or float(row["global_batch"]) < 256 * MIB
                or (row["model"] == "all_reduce" and gpus <= 16 and "A100" not in row["hardware"])
                or "p4de" in row["hardware"] or not any(c in row["hardware"] for c in ("H100", "B200", "A100"))):
            continue
        bytes_on_wire = float(row["global_batch"]) * (gpus - 1) / gpus * (2 if row["model"] == "all_reduce" else 1)
        wire.append(bytes_on_wire)
        nic.append(float(rate[1]) * float(rate[2]) * 1e9 / 8)
        time.append(time_of(row, bytes_on_wire))
    wire, nic, time = np.array(wire), np.array(nic), np.array(time)
    share = wire / nic / time
    print(f"\n# Rings between nodes, 256 MiB and more: share of the NIC bandwidth, highest {share.max():.3f}")
    print(f"\n[fabric.nic_share]\nvalue = {{ is = \"{np.median(share):.2g}\", from = \"cloud-nccl-tests\", "
          f"evidence = \"measured\" }}")
    print(f"fitted_on = \"collectives.csv, calibrate rows of rings over several nodes of eight H100, B200 and A100, "
          f"messages of 256 MiB and more ({share.size} rows)\"")


def print_moe(rows):
    """Kernels that move the tokens of a mixture of experts over NVLink: base + bytes / (port share). DeepEP's normal
    kernels have a base of their own, the others one in common."""
    kernels = {"deepep": "normal (DeepEP", "deepep_low_latency": "low-latency (DeepEP", "one_sided": "NVLinkOneSided",
               "two_sided": "NVLinkTwoSided"}
    which, volume, time = [], [], []
    for index, (kernel, word) in enumerate(kernels.items()):
        for row in rows:
            chip = next((entry for entry in NVLINK if entry[0] in row["hardware"]), None)
            is_dispatch = "dispatch" in row["model"]
            if word not in row["model"] or row["metric"] != "latency" or (is_dispatch and "DeepEP" not in row["model"]):
                continue  # TensorRT-LLM's rows do not state the payload of a dispatch
            hidden, top_k = (int(re.search(text, row["notes"])[1]) for text in (r"hidden (\d+)", r"top-(\d+)"))
            n = int(row["n_gpus"])
            copies = {"deepep_low_latency": top_k * (n - 1) / n, "one_sided": min(top_k, n) * (n - 1) / n}.get(
                kernel, (n - 1) * (1 - (1 - 1 / n) ** top_k))
            token = hidden * (1 + 4 / 128) if is_dispatch else 2 * hidden
            which.append(index)
            volume.append(float(row["global_batch"]) * copies * token / chip[2])
            time.append(float(row["value"]) * 1e-6)
    which, volume, time = np.array(which), np.array(volume), np.array(time)
    run = lambda x: np.where(which == 0, x[0], x[1]) + volume / x[2:][which]
    x = by_log(run, [4e-5, 1e-5, 0.6, 0.5, 0.7, 0.4], time, np.ones_like(time))
    error = run(x) / time - 1
    print()
    for index, kernel in enumerate(kernels):
        print(f"# {kernel}: {error_text(error, which == index)}")
    fitted_on = f"collectives.csv, calibrate rows of DeepEP and TensorRT-LLM on NVLink ({time.size} rows)"
    print_table("moe.deepep_base", x[0] * 1e6, fitted_on, " us")
    print_table("moe.low_latency_base", x[1] * 1e6, fitted_on, " us")
    for index, kernel in enumerate(kernels):
        print_table(f"moe.{kernel}_share", x[2 + index], fitted_on)


def main():
    directory = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(directory, "collectives.csv"), newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["use"] == "calibrate"]
    print_domain(Rows(rows))
    print_network(rows)
    print_moe(rows)


if __name__ == "__main__":
    main()
