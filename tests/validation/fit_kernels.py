#!/usr/bin/env python3
"""Fit the models of GEMMs and attention to the published measurements and print them as TOML.

Usage: fit_kernels.py [DIRECTORY]     DIRECTORY holds the tables (default: where this file is)

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

GEMMs in training (gemm_training.csv): the twelve GEMMs of a layer of 4096 x 16384 on 15,872 tokens, forward and for both
gradients, as Transformer Engine runs them on a B300, operands quantised before the clock starts; BF16, which has no
quantising, in both of its modes. `over_inference` is what they reach of the model fitted on gemm.csv, whose kernels are
those of an inference engine; MXFP8 is compared with the model of FP8. The shares of Blackwell chips in racks/chips are
the product of the two. From the times of quantising and multiplying together follows what quantising takes.

Attention (attention.csv), BF16, heads of 128, over whole sequences:

    t = launch + flop (1 + edge / keys) / (dense_peak share)    edge: for causal masks only; share: per chip and pass

flop counts the keys that a query sees on average, backward 2.5 times the forward pass.
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


# source of the dense BF16 peaks: as CHIPS; A100 from its data sheet
ATTENTION_PEAK = {"h200_sxm": 0.989e15, "gb200": 2.5e15, "gb300": 2.5e15, "a100_pcie": 0.312e15}
LAUNCH_S = 3.34e-6  # kernel.launch


def fit_attention(path):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    groups = sorted({(row["system"], row["pass"]) for row in rows})
    group = np.array([groups.index((row["system"], row["pass"])) for row in rows])
    batch, seq, heads, width, time_ms = (np.array([float(row[name]) for row in rows])
                                         for name in ("batch", "seq", "heads", "head_dim", "time_ms"))
    causal = np.array([row["mask"] == "causal" for row in rows])
    keys = np.where(causal, seq / 2, seq)
    flop = 2 * 2 * width * batch * heads * seq * keys * np.where([row["pass"] == "backward" for row in rows], 2.5, 1)
    peak = np.array([ATTENTION_PEAK[row["system"]] for row in rows])
    model = lambda x: LAUNCH_S + flop * (1 + np.where(causal, x[-1] / keys, 0)) / (peak * x[:-1][group])
    x = fit_log(model, np.array([0.5] * len(groups) + [150.0]), time_ms / 1e3)
    error = model(x) / (time_ms / 1e3) - 1
    print(f"\n[attention]  # errors: median / p90 (rows): {error_text(error, np.full(len(rows), True))}")
    print(f"edge = {x[-1]:.3g}")
    for index, (chip, which) in enumerate(groups):
        print(f"{chip}.{which}_share = {x[index]:.3f}  # {error_text(error, group == index)}")


def print_training_gemms(path, data, x):
    """How the GEMMs of a training step compare with the model `x` fitted on gemm.csv."""
    tokens, linears = 15872, [(4096, 12288), (4096, 4096), (4096, 16384), (16384, 4096)]  # k, n
    shapes = {"forward": lambda k, n: (tokens, n, k), "input_gradient": lambda k, n: (tokens, k, n),
              "weight_gradient": lambda k, n: (k, n, tokens)}
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    times = {}
    for row in rows:
        if row["system"] != "b300_sxm":
            continue
        times.setdefault((row["dtype"], row["mode"]), {})[row["pass"]] = float(row["time_ms"]) / 1e3
    print("\n[gemm.training]  # of a B300; over_inference: forward, input gradient, weight gradient")
    for dtype, precision in (("bfloat16", "bf16"), ("fp8", "fp8"), ("mxfp8", "fp8"), ("nvfp4", "nvfp4")):
        share, half = x[data.groups.index(("b300_sxm", precision))], x[len(data.groups) + 4]
        k_half = half * K_HALF[PRECISIONS.index(precision)]
        modelled = {name: sum(LAUNCH_S + 2 * m * n * k * (1 + k_half / k) / (CHIPS["b300_sxm"][precision] * share)
                              for m, n, k in (shape(*linear) for linear in linears)) for name, shape in shapes.items()}
        measured = times[dtype, "prequantised"]
        if precision == "bf16":
            measured = {name: (measured[name] + times[dtype, "autocast"][name]) / 2 for name in shapes}
        each = ", ".join(f"{modelled[name] / measured[name]:.3f}" for name in shapes)
        print(f"{dtype}.over_inference = {sum(modelled.values()) / sum(measured.values()):.3f}  # {each}")
        if precision == "bf16":
            continue
        # Autocast quantises both operands of every product: activations, gradients and weights twice each.
        width_in, width_out, weights = (sum(values) for values in
                                        ((k for k, n in linears), (n for k, n in linears), (k * n for k, n in linears)))
        elements = 2 * (tokens * (width_in + width_out) + weights)
        quantising = sum(times[dtype, "autocast"].values()) - sum(times[dtype, "prequantised"].values())
        print(f"{dtype}.quantise_ps_per_element = {quantising / elements * 1e12:.2f}")


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
    return x


def main():
    directory = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    data = GemmData(os.path.join(directory, "gemm.csv"))
    x = print_gemm(data)
    print_training_gemms(os.path.join(directory, "gemm_training.csv"), data, x)
    fit_attention(os.path.join(directory, "attention.csv"))


if __name__ == "__main__":
    main()
