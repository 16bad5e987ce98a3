#!/usr/bin/env python3
"""Fit the GEMM model to the published measurements and print it as TOML.

Usage: fit_kernels.py [DIRECTORY]     DIRECTORY holds gemm.csv (default: where this file is)

Needs numpy and scipy. Deterministic: no random numbers, fixed starting points. SI units throughout. Every fit minimises
a soft-L1 norm of log(model / measured), close to the mean absolute relative error and insensitive to outliers.
Errors printed are |model / measured - 1|.

GEMM, C(m,n) = A(m,k) B(k,n), BF16 output:

    t = launch + conversion + max(compute, traffic)
    conversion = conversion_bytes m k / (hbm_bandwidth hbm_efficiency)    quantising A from BF16; 0 for bf16
    compute    = 2 m n k (1 + k_half / k) / (dense_peak efficiency)       k_half: filling and draining a tile's pipeline
    traffic    = (w (m k + n k) + 2 m n) / (hbm_bandwidth hbm_efficiency) w: bytes per operand element

`efficiency` is per chip and precision, launch per precision, k_half of BF16 and hbm_efficiency are one number each: what
fills the pipeline is a number of bytes, so k_half is twice that of BF16 for FP8 and four times for NVFP4. The efficiencies
are then fitted again, all else fixed, on products of 1e12 FLOP and more: those are what large models are made of, and they
last long enough for the chip to settle at the clock that its power allows (printed: the H100 in BF16 by the time that a
product takes). conversion_bytes is
not fitted: the rows show a cost proportional to m k and independent of n, and these counts reproduce it. They assume
that per-tensor FP8 reads A twice (maximum, then quantise) and writes it once (2 + 2 + 1), and that the block formats
read and write once (2 + 1, 2 + 9/16). A program whose quantisation is fused into the kernel before has no such term.
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
K_HALF = np.array([1.0, 2.0, 2.0, 4.0])  # over that of BF16
CONVERSION_BYTES = np.array([0.0, 5.0, 3.0, 2.5625])


def fit_log(model, start, measured, weights=None, scale=0.05):
    """Positive parameters x that minimise the soft-L1 norm of log(model(x) / measured)."""
    weights = np.ones_like(measured) if weights is None else weights
    residual = lambda log_x: weights * np.log(model(np.exp(log_x)) / measured)
    solution = least_squares(residual, np.log(start), loss="soft_l1", f_scale=scale, max_nfev=2000)
    return np.exp(solution.x)


LARGE_FLOP = 1e12  # products on which the efficiencies rest


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
    """x = efficiency per group, launch per precision (4), k_half of bf16, hbm_efficiency."""
    count = len(data.groups)
    launch = x[count:count + 4][data.precision]
    k_half = x[count + 4] * K_HALF[data.precision]
    hbm = data.hbm * x[count + 5]
    conversion = CONVERSION_BYTES[data.precision] * data.m * data.k / hbm
    compute = data.flop * (1 + k_half / data.k) / (data.peak * x[data.group])
    operands = OPERAND_BYTES[data.precision] * (data.m * data.k + data.n * data.k)
    return launch + conversion + np.maximum(compute, (operands + 2 * data.m * data.n) / hbm)


def fit_gemm(data, mask):
    start = np.array([0.75] * len(data.groups) + [5e-6] * 4 + [100.0, 0.6])
    x = fit_log(lambda x: gemm_time(data, x)[mask], start, data.time_s[mask], scale=0.03)
    count, large = len(data.groups), mask & (data.flop >= LARGE_FLOP)
    shared = x[count:]
    shares = fit_log(lambda s: gemm_time(data, np.concatenate([s, shared]))[large], x[:count], data.time_s[large],
                     scale=0.03)
    return np.concatenate([shares, shared])


def print_gemm(data):
    everything = np.full(data.m.size, True)
    x = fit_gemm(data, everything)
    error = gemm_time(data, x) / data.time_s - 1
    large, long = data.flop >= LARGE_FLOP, data.m >= 1024
    count = len(data.groups)
    print("# GEMM, rows with m >= 256. Errors: median / p90 (rows).")
    print(f"# all {error_text(error, everything)}; 2mnk >= 1e12 {error_text(error, large)}; "
          f"m >= 1024 {error_text(error, long)}")
    _, shape = np.unique(np.stack([data.m, data.n, data.k]), axis=1, return_inverse=True)
    odd = shape.reshape(-1) % 2 == 1
    held_out = gemm_time(data, fit_gemm(data, ~odd)) / data.time_s - 1
    print(f"# fitted to every other shape, error on the rest, 2mnk >= 1e12: {error_text(held_out, odd & large)}")
    shown = data.flop >= 1e11
    for name, values in (("n", data.n), ("k", data.k)):
        for index, precision in enumerate(PRECISIONS):
            rows = shown & (data.precision == index)
            medians = {value: np.median(1 / (1 + error[rows & (values == value)])) for value in np.unique(values[rows])}
            print(f"# median measured/model by {name}, 2mnk >= 1e11, {precision}: "
                  + ", ".join(f"{value:.0f}: {median:.2f}" for value, median in medians.items()))
    h100 = shown & (data.group == data.groups.index(("h100_sxm", "bf16")))
    decade = np.floor(np.log10(data.time_s))
    print("# median measured/model by time, 2mnk >= 1e11, h100_sxm bf16: "
          + ", ".join(f"{10 ** value * 1e3:g} ms and more: {np.median(1 / (1 + error[h100 & (decade == value)])):.2f}"
                      for value in np.unique(decade[h100])))
    print(f"\n[gemm]\nhbm_efficiency = {x[count + 5]:.3f}\nk_half = {x[count + 4]:.3g}")
    for index, precision in enumerate(PRECISIONS):
        print(f"\n[gemm.precision.{precision}]")
        print(f"launch_s = {x[count + index]:.2e}")
        print(f"conversion_bytes = {CONVERSION_BYTES[index]}")
    print("\n[gemm.efficiency]  # errors: 2mnk >= 1e12; m >= 1024")
    for index, (chip, precision) in enumerate(data.groups):
        rows = data.group == index
        print(f"{chip}.{precision} = {x[index]:.3f}  "
              f"# {error_text(error, rows & large)}; {error_text(error, rows & long)}")


def main():
    directory = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    print_gemm(GemmData(os.path.join(directory, "gemm.csv")))


if __name__ == "__main__":
    main()
