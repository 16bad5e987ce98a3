#!/usr/bin/env python3
"""Fits what rests on whole training steps: four parameters, and the GEMM share of the A100, on calibrate rows only.

    python3 fit_training.py [PROGRAM]     # default: build/app/racktwin of this checkout; takes some minutes

Needs numpy and scipy. Rows of at most 260 GPUs, one per configuration (the median of its repetitions). Predictions are
linearised in the logarithms of the parameters around those in racks/calibration.toml; minimised is the sum of
|log(predicted / measured)|, every source weighted by one over the square root of its rows, plus a weak pull to the
starting point. Run it again from the result until it stays. The A100's share is a value of racks/chips: it is moved in a
copy of the catalogue. Prints the values as TOML for racks/calibration.toml, each
with its values when one source is left out, and the table `fit.training`: the error |predicted / measured - 1| of step
times (median) on each source, fitted and when it is left out. Sources with fewer rows than the fit has parameters too.
"""
import csv
import json
import math
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

import numpy as np
from scipy.optimize import minimize

HERE = pathlib.Path(__file__).parent
RACKS = HERE.parents[1] / "racks"
PROGRAM = sys.argv[1] if len(sys.argv) > 1 else str(HERE.parents[1] / "build/app/racktwin")
CHIP = "a100.bf16_share"  # of both A100s, which are the same chip
KEYS = ["attention.share", "memory.eager_traffic", "host.launch", "moe.imbalance", CHIP]
MOST_GPUS = 260
# Factor by which a parameter is moved to see what it does; the chip's share downwards, as it cannot exceed 1.
STEP = {key: 1 / 1.15 if key == CHIP else 1.15 for key in KEYS}
PULL = 0.5


def run(*arguments, racks=None):
    environment = dict(os.environ, RACKTWIN_RACKS=racks) if racks else None
    return json.loads(subprocess.run([PROGRAM, "validate", "--json", *arguments], check=True, capture_output=True,
                                     text=True, env=environment).stdout)


CHIP_FILES = ["chips/a100-sxm-40g.toml", "chips/a100-sxm-80g.toml"]
CHIP_LINE = re.compile(r'(bf16_share = \{ is = ")([0-9.]+)')


def chip_share():
    return float(CHIP_LINE.search((RACKS / CHIP_FILES[0]).read_text())[2])


def configurations():
    """Writes the table to fit and returns its path and its rows by id."""
    with open(HERE / "training.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file)
                if row["use"] == "calibrate" and row["metric"] != "mfu" and int(row["n_gpus"]) <= MOST_GPUS]
    columns = list(rows[0])
    described = [c for c in columns if c not in ("id", "source", "year", "value", "notes", "hardware", "params")]
    groups = {}
    for row in rows:
        groups.setdefault(tuple(row[c] for c in described) + ("SDP" in row["notes"],), []).append(row)
    out = []
    for group in groups.values():
        out.append(dict(group[0], value=statistics.median(float(row["value"]) for row in group)))
    file = tempfile.NamedTemporaryFile("w", suffix=".csv", delete=False, newline="")
    writer = csv.DictWriter(file, columns)
    writer.writeheader()
    writer.writerows(out)
    file.close()
    return file.name, {row["id"]: row for row in out}


def predictions(table, values):
    arguments = ["--table", table]
    for key, value in values.items():
        if key != CHIP:
            arguments += ["--set", f"{key}={value:.6g}" + (" s" if key == "host.launch" else "")]
    with tempfile.TemporaryDirectory() as directory:
        racks = pathlib.Path(directory) / "racks"
        shutil.copytree(RACKS, racks)
        for name in CHIP_FILES:
            text = (racks / name).read_text()
            (racks / name).write_text(CHIP_LINE.sub(rf"\g<1>{values[CHIP]:.6g}", text))
        return {row["id"]: row["predicted"] for row in run(*arguments, racks=str(racks))["rows"]}


table, rows = configurations()
start = {row["key"]: row["value"] for row in run("--parameters")["parameters"] if row["key"] in KEYS}
start[CHIP] = chip_share()
base = predictions(table, start)
moved = {key: predictions(table, dict(start, **{key: start[key] * STEP[key]})) for key in KEYS}
ids = [i for i in rows if base[i] is not None]
sign = np.array([1 if rows[i]["metric"] == "step_time" else -1 for i in ids])  # as time: positive is too slow
error = sign * np.array([math.log(base[i] / float(rows[i]["value"])) for i in ids])
slope = sign[:, None] * np.array([[math.log(moved[key][i] / base[i]) / math.log(STEP[key]) for key in KEYS] for i in ids])
source = np.array([rows[i]["source"].split(",")[0] for i in ids])


def fit(chosen):
    weight = np.array([1 / math.sqrt(np.sum(source[chosen] == s)) for s in source[chosen]])
    x = np.zeros(len(KEYS))
    for _ in range(6):
        x = minimize(lambda v: np.sum(weight * np.abs(error[chosen] + slope[chosen] @ v)) + PULL * np.sum(v**2), x,
                     method="Nelder-Mead", options={"maxiter": 20000, "xatol": 1e-4, "fatol": 1e-6}).x
    return x


def median_error(rows, x):
    """|predicted / measured - 1| of step times; throughputs count by the time that they stand for."""
    return float(np.median(np.abs(np.exp(error[rows] + slope[rows] @ x) - 1)))


def text(key, v):
    value = start[key] * math.exp(v)
    return f"{value * 1e6:.3g} us" if key == "host.launch" else f"{value:.3g}"


everything = np.ones(len(ids), bool)
best = fit(everything)
names = sorted(set(source))
held = {name: fit(source != name) for name in names}
for i, key in enumerate(KEYS):
    print(f'[{key}]\nvalue = {{ is = "{text(key, best[i])}", from = "training-rows", evidence = "derived" }}')
    print('fit = "training"')
    print("left_out = [" + ", ".join(f'"{text(key, held[name][i])}"' for name in names) + "]\n")
print(f'[fit.training]\nby = "tests/validation/fit_training.py"\nconfigurations = {len(ids)}')
print(f'error = "{100 * median_error(everything, best):.1f} %"')
for name in names:
    members = source == name
    print(f'\n[[fit.training.part]]\nname = "{name}"\nconfigurations = {members.sum()}')
    print(f'error = "{100 * median_error(members, best):.1f} %"')
    print(f'left_out_error = "{100 * median_error(members, held[name]):.1f} %"')
