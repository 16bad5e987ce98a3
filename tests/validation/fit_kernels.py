#!/usr/bin/env python3
"""Fit the kernel models (GEMM, collectives) to the published measurements and print them as TOML.

Usage: fit_kernels.py [DIRECTORY]     DIRECTORY holds gemm.csv and collectives.csv (default: where this file is)

Needs numpy and scipy. Deterministic: no random numbers, fixed starting points. SI units throughout. Every fit minimises
a soft-L1 norm of log(model / measured), close to the mean absolute relative error and insensitive to outliers.
Errors printed are |model / measured - 1|. Of collectives.csv only rows with use = calibrate are read.

GEMM, C(m,n) = A(m,k) B(k,n), BF16 output:

    t = launch + conversion + max(compute, traffic)
    conversion = conversion_bytes m k / (hbm_bandwidth hbm_efficiency)    quantising A from BF16; 0 for bf16
    compute    = 2 m n k (1 + k_half / k) / (dense_peak efficiency)       k_half: prologue and epilogue of a tile
    traffic    = (w (m k + n k) + 2 m n) / (hbm_bandwidth hbm_efficiency) w: bytes per operand element

`efficiency` is per chip and precision, launch and k_half per precision, hbm_efficiency one number. conversion_bytes is
not fitted: the rows show a cost proportional to m k and independent of n, and these counts reproduce it. They assume
that per-tensor FP8 reads A twice (maximum, then quantise) and writes it once (2 + 2 + 1), and that the block formats
read and write once (2 + 1, 2 + 9/16). A program whose quantisation is fused into the kernel before has no such term.

Collectives inside one NVLink domain of n GPUs, message of S bytes (nccl-tests size: the whole gathered, reduced or
exchanged buffer of one GPU), port rate B per direction:

    t     = base + step steps + wire (1 + sqrt(S_half / S)) / (B efficiency share)    S_half = B half_size_s
    share = (n - 1) / (n - 1 + fill)                          pipeline fill and the local copy of the own part
    ring:       wire = (n-1)/n S, steps = n-1 (all_gather, reduce_scatter); twice both for all_reduce
    all-to-all: wire = (n-1)/n S, one latency instead of base and steps
    NVLS:       t = latency + S (1 + sqrt(S_half / S)) / (B efficiency); all_reduce with n > 4, S up and S down.
                NCCL takes the faster of this and the ring.

Between nodes: t = latency + wire / (efficiency x NIC bandwidth of a node per direction), wire of a flat ring over all
GPUs.
"""

import csv
import os
import sys

import numpy as np
from scipy.optimize import least_squares

# Dense peak [FLOP/s] by precision, HBM bandwidth [B/s]. source: NVIDIA data sheets without sparsity; GB200 and GB300
# from the rack totals (720 and 360 PFLOP/s sparse FP8 and BF16 over 72 GPUs); B300 FP4 from aiconfigurator. The fitted
# efficiencies hold for exactly these peaks.
CHIPS = {
    "h100_sxm": {"bf16": 0.989e15, "fp8": 1.979e15, "fp8_block": 1.979e15, "hbm": 3.35e12},
    "h200_sxm": {"bf16": 0.989e15, "fp8": 1.979e15, "fp8_block": 1.979e15, "hbm": 4.8e12},
    "b200_sxm": {"bf16": 2.25e15, "fp8": 4.5e15, "fp8_block": 4.5e15, "nvfp4": 9e15, "hbm": 8e12},
    "gb200": {"bf16": 2.5e15, "fp8": 5e15, "fp8_block": 5e15, "nvfp4": 10e15, "hbm": 8e12},
    "b300_sxm": {"bf16": 2.25e15, "fp8": 4.5e15, "fp8_block": 4.5e15, "nvfp4": 14e15, "hbm": 8e12},
    "gb300": {"bf16": 2.5e15, "fp8": 5e15, "fp8_block": 5e15, "nvfp4": 15e15, "hbm": 8e12},
}
PRECISION_OF_DTYPE = {"bfloat16": "bf16", "fp8": "fp8", "fp8_block": "fp8_block", "nvfp4": "nvfp4"}
PRECISIONS = ["bf16", "fp8", "fp8_block", "nvfp4"]
OPERAND_BYTES = np.array([2.0, 1.0, 1.0, 0.5625])  # nvfp4: 4 bits and one 8-bit scale for 16 elements
CONVERSION_BYTES = np.array([0.0, 5.0, 3.0, 2.5625])

# NVLink port rate per direction [B/s] and generation; longest name first, because "B200" is part of "GB200".
NVLINK = [
    ("GB300", 5, 900e9), ("GB200", 5, 900e9), ("B300", 5, 900e9), ("B200", 5, 900e9),
    ("H200", 4, 450e9), ("H100", 4, 450e9), ("A100", 3, 300e9),
]
OPERATIONS = ("all_gather", "reduce_scatter", "all_reduce", "alltoall")
CHECK_ONLY = ("B300", "GB300")  # collectives: predicted with the fit of their NVLink generation, not fitted
LARGE_BYTES = 16 * 2**20
NVLS_MIN_BYTES = 128 * 2**20  # below, NCCL takes the ring on some systems
HUGE_BYTES = 4 * 2**30  # few ring rows, but they fix the asymptote: weight 4

# Scale-out groups: prefix of the hardware column, NIC bandwidth of one node per direction [B/s].
SCALE_OUT = [
    ("h100_2_nodes_8x200g_tcpxo", "2x A3 Mega", 200e9),
    ("h100_8_nodes_8x400g_ib", "64x H100 SXM", 400e9),
    ("b200_4_nodes_8x400g_efa", "4x p6-b200", 400e9),
    ("a100_2_nodes_16x100g_roce", "2x BM.GPU.A100", 200e9),
]
SCALE_OUT_MIN_BYTES = 64 * 2**20


def fit_log(model, start, measured, weights=None, scale=0.05):
    """Positive parameters x that minimise the soft-L1 norm of log(model(x) / measured)."""
    weights = np.ones_like(measured) if weights is None else weights
    residual = lambda log_x: weights * np.log(model(np.exp(log_x)) / measured)
    solution = least_squares(residual, np.log(start), loss="soft_l1", f_scale=scale, max_nfev=2000)
    return np.exp(solution.x)


def error_text(error, mask):
    """'median / p90 (rows)' of the absolute relative error over a mask."""
    picked = np.abs(error[mask])
    return f"{np.median(picked):.3f} / {np.quantile(picked, 0.9):.3f} ({picked.size})" if picked.size else "-"


# ---------------------------------------------------------------------------------------------------------------- GEMM

class GemmData:
    def __init__(self, path):
        with open(path, newline="") as file:
            rows = [row for row in csv.DictReader(file) if int(row["m"]) >= 256]
        self.m, self.n, self.k = (np.array([float(row[name]) for row in rows]) for name in ("m", "n", "k"))
        self.time_s = np.array([float(row["latency_ms"]) / 1e3 for row in rows])
        chip = [row["system"] for row in rows]
        precision = [PRECISION_OF_DTYPE[row["dtype"]] for row in rows]
        present = set(zip(chip, precision))
        self.groups = [(c, p) for p in PRECISIONS for c in CHIPS if (c, p) in present]
        self.group = np.array([self.groups.index(key) for key in zip(chip, precision)])
        self.precision = np.array([PRECISIONS.index(p) for p in precision])
        self.peak = np.array([CHIPS[c][p] for c, p in zip(chip, precision)])
        self.hbm = np.array([CHIPS[c]["hbm"] for c in chip])
        self.flop = 2 * self.m * self.n * self.k


def gemm_time(data, x):
    """x = efficiency per group, launch per precision (4), k_half of fp8, fp8_block, nvfp4 (3), hbm_efficiency."""
    count = len(data.groups)
    launch = x[count:count + 4][data.precision]
    k_half = np.concatenate([[0.0], x[count + 4:count + 7]])[data.precision]
    hbm = data.hbm * x[count + 7]
    conversion = CONVERSION_BYTES[data.precision] * data.m * data.k / hbm
    compute = data.flop * (1 + k_half / data.k) / (data.peak * x[data.group])
    operands = OPERAND_BYTES[data.precision] * (data.m * data.k + data.n * data.k)
    return launch + conversion + np.maximum(compute, (operands + 2 * data.m * data.n) / hbm)


def fit_gemm(data, mask):
    start = np.array([0.75] * len(data.groups) + [5e-6] * 4 + [100.0, 200.0, 600.0] + [0.6])
    return fit_log(lambda x: gemm_time(data, x)[mask], start, data.time_s[mask], scale=0.03)


def print_gemm(data):
    everything = np.full(data.m.size, True)
    x = fit_gemm(data, everything)
    error = gemm_time(data, x) / data.time_s - 1
    large, long = data.flop >= 1e11, data.m >= 1024
    count = len(data.groups)
    print("# GEMM, rows with m >= 256. Errors: median / p90 (rows).")
    print(f"# all {error_text(error, everything)}; 2mnk >= 1e11 {error_text(error, large)}; "
          f"m >= 1024 {error_text(error, long)}")
    _, shape = np.unique(np.stack([data.m, data.n, data.k]), axis=1, return_inverse=True)
    odd = shape.reshape(-1) % 2 == 1
    held_out = gemm_time(data, fit_gemm(data, ~odd)) / data.time_s - 1
    print(f"# fitted to every other shape, error on the rest, 2mnk >= 1e11: {error_text(held_out, odd & large)}")
    for name, values in (("n", data.n), ("k", data.k)):
        for index, precision in enumerate(PRECISIONS):
            rows = large & (data.precision == index)
            medians = {value: np.median(1 / (1 + error[rows & (values == value)])) for value in np.unique(values[rows])}
            print(f"# median measured/model by {name}, {precision}: "
                  + ", ".join(f"{value:.0f}: {median:.2f}" for value, median in medians.items()))
    print(f"\n[gemm]\nhbm_efficiency = {x[count + 7]:.3f}")
    k_half = np.concatenate([[0.0], x[count + 4:count + 7]])
    for index, precision in enumerate(PRECISIONS):
        print(f"\n[gemm.precision.{precision}]")
        print(f"launch_s = {x[count + index]:.2e}\nk_half = {k_half[index]:.0f}")
        print(f"conversion_bytes = {CONVERSION_BYTES[index]}")
    print("\n[gemm.efficiency]  # errors: 2mnk >= 1e11; m >= 1024")
    for index, (chip, precision) in enumerate(data.groups):
        rows = data.group == index
        print(f"{chip}.{precision} = {x[index]:.3f}  "
              f"# {error_text(error, rows & large)}; {error_text(error, rows & long)}")


# --------------------------------------------------------------------------------------------------------- Collectives

class CollectiveData:
    """all_gather, reduce_scatter, all_reduce and alltoall inside one NVLink node or tray."""

    def __init__(self, rows):
        fields = []
        for row in rows:
            op, gpus = row["model"].split()[0], int(row["n_gpus"])
            chip = next((entry for entry in NVLINK if entry[0] in row["hardware"]), None)
            if chip is None or gpus > 8 or op not in OPERATIONS:
                continue
            size = float(row["global_batch"])
            wire = size * (gpus - 1) / gpus * (2 if op == "all_reduce" else 1)
            time = collective_time(row, wire)
            ring_forced = "ring" in row["model"] or "ring" in row["hardware"]
            nvls = op == "all_reduce" and gpus > 4 and chip[1] >= 4 and not ring_forced
            fields.append((chip[0], chip[1], chip[2], op, gpus, size, wire, time, nvls))
        columns = [np.array(column) for column in zip(*fields)]
        self.chip, self.generation, self.port, self.op, gpus, self.size, self.wire, self.time_s, self.nvls = columns
        self.gpus = gpus.astype(float)
        self.steps = (self.gpus - 1) * np.where(self.op == "all_reduce", 2, 1)
        self.fitted = ~np.isin(self.chip, CHECK_ONLY)


def collective_time(row, wire):
    """Seconds, from a latency in us or an nccl-tests bus bandwidth in GB/s."""
    return float(row["value"]) * 1e-6 if row["metric"] == "latency" else wire / (float(row["value"]) * 1e9)


def by_generation(data, values):
    """values[0..2] for NVLink 3, 4, 5."""
    return np.asarray(values)[data.generation - 3]


def ring_time(data, x):
    """x = efficiency (3), base (3), step (3), half_size_s, fill of all_gather and reduce_scatter, of all_reduce."""
    fill = np.where(data.op == "all_reduce", x[11], x[10])
    share = (data.gpus - 1) / (data.gpus - 1 + fill)
    rate = data.port * by_generation(data, x[0:3]) * share / (1 + np.sqrt(data.port * x[9] / data.size))
    return by_generation(data, x[3:6]) + by_generation(data, x[6:9]) * data.steps + data.wire / rate


def alltoall_time(data, x, half_size_s):
    """x = efficiency (3), latency (3), fill (3)."""
    share = (data.gpus - 1) / (data.gpus - 1 + by_generation(data, x[6:9]))
    rate = data.port * by_generation(data, x[0:3]) * share / (1 + np.sqrt(data.port * half_size_s / data.size))
    return by_generation(data, x[3:6]) + data.wire / rate


def nvls_time(data, x):
    """x = efficiency (NVLink 4, 5), latency, half_size_s. NVLink 3 has no NVLS: its entry is a placeholder."""
    rate = data.port * by_generation(data, [1.0, *x[0:2]]) / (1 + np.sqrt(data.port * x[3] / data.size))
    return x[2] + data.size / rate


def print_collectives(data):
    weights = np.where((data.size >= HUGE_BYTES) & ~data.nvls, 4.0, 1.0)

    def fit(model, start, mask):
        return fit_log(lambda x: model(x)[mask], start, data.time_s[mask], weights[mask])

    is_alltoall = data.op == "alltoall"
    ring = fit(lambda x: ring_time(data, x), [0.8, 0.8, 0.75] + [7e-6, 5e-6, 8e-6] + [1e-6] * 3 + [5e-6, 0.4, 0.2],
               data.fitted & ~data.nvls & ~is_alltoall)
    alltoall = fit(lambda x: alltoall_time(data, x, ring[9]), [0.7] * 3 + [8e-6] * 3 + [0.5] * 3,
                   data.fitted & is_alltoall)
    nvls = fit(lambda x: nvls_time(data, x), [0.61, 0.54, 2e-5, 5e-6],
               data.fitted & data.nvls & (data.size >= NVLS_MIN_BYTES))

    model = np.where(is_alltoall, alltoall_time(data, alltoall, ring[9]), ring_time(data, ring))
    model = np.where(data.nvls, np.minimum(model, nvls_time(data, nvls)), model)
    error = model / data.time_s - 1
    large = data.size >= LARGE_BYTES

    print("\n# Collectives inside an NVLink domain. Errors: median / p90 (rows).")
    print(f"# fitted rows: S >= 16 MiB {error_text(error, large & data.fitted)}, "
          f"below {error_text(error, ~large & data.fitted)}")
    print(f"# B300 and GB300, not fitted: S >= 16 MiB {error_text(error, large & ~data.fitted)}, "
          f"below {error_text(error, ~large & ~data.fitted)}")
    for op in OPERATIONS:
        for generation in (3, 4, 5):
            rows = data.fitted & (data.op == op) & (data.generation == generation)
            print(f"# {op}, NVLink {generation}, S >= 16 MiB: " + "; ".join(
                f"n={n} {error_text(error, rows & large & (data.gpus == n))}" for n in (2, 4, 8)))
    for generation in (4, 5):
        rows = data.fitted & data.nvls & (data.generation == generation)
        print(f"# NVLS all_reduce, NVLink {generation}: S >= 16 MiB {error_text(error, rows & large)}, "
              f"below {error_text(error, rows & ~large)}")
    bus = data.wire / data.time_s / data.port
    print(f"# highest bus bandwidth over port rate: {bus[~data.nvls].max():.3f} without NVLS, "
          f"{bus[data.nvls].max():.3f} with")

    print("\n[collective]")
    print(f"half_size_s = {ring[9]:.2e}\nfill_all_gather = {ring[10]:.2f}\nfill_reduce_scatter = {ring[10]:.2f}")
    print(f"fill_all_reduce = {ring[11]:.2f}\nnvls_half_size_s = {nvls[3]:.2e}")
    print(f"nvls_latency_s = {nvls[2]:.2e}")
    for index, generation in enumerate((3, 4, 5)):
        print(f"\n[collective.nvlink{generation}]")
        print(f"ring_efficiency = {ring[index]:.3f}\nbase_s = {ring[3 + index]:.2e}\nstep_s = {ring[6 + index]:.2e}")
        print(f"alltoall_efficiency = {alltoall[index]:.3f}\nalltoall_latency_s = {alltoall[3 + index]:.2e}")
        print(f"alltoall_fill = {alltoall[6 + index]:.2f}")
        if generation >= 4:
            print(f"nvls_efficiency = {nvls[index - 1]:.3f}")


def print_scale_out(rows):
    print(f"\n# Flat ring across nodes, S >= {SCALE_OUT_MIN_BYTES >> 20} MiB. Errors: median / p90 (rows).")
    for name, prefix, nic in SCALE_OUT:
        group = [row for row in rows if row["hardware"].startswith(prefix) and row["metric"] == "busbw"]
        size = np.array([float(row["global_batch"]) for row in group])
        gpus = int(group[0]["n_gpus"])
        wire = size * (gpus - 1) / gpus * np.array([2.0 if row["model"] == "all_reduce" else 1.0 for row in group])
        time = np.array([collective_time(row, w) for row, w in zip(group, wire)])
        fitted = size >= SCALE_OUT_MIN_BYTES
        model = lambda x: x[0] + wire / (nic * x[1])
        x = fit_log(lambda x: model(x)[fitted], [1e-4, 0.9], time[fitted])
        print(f"\n[scale_out.{name}]  # {error_text(model(x) / time - 1, fitted)}")
        print(f"nic_efficiency = {x[1]:.3f}\nlatency_s = {x[0]:.2e}")
        if (size <= 2**18).any():
            print(f"small_message_s = {np.median(time[size <= 2**18]):.2e}  # median measured time up to 256 KiB")


def main():
    directory = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    print_gemm(GemmData(os.path.join(directory, "gemm.csv")))
    with open(os.path.join(directory, "collectives.csv"), newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["use"] == "calibrate"]
    print_collectives(CollectiveData(rows))
    print_scale_out(rows)


if __name__ == "__main__":
    main()
