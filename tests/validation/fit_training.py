#!/usr/bin/env python3
"""Fits the three parameters that rest on whole training steps, on calibrate rows only.

    python3 fit_training.py [PROGRAM]     # default: build/app/racktwin of this checkout; takes some minutes

Coordinate search over attention.forward_share (backward held at 0.8 of it), memory.stream_share and
step.compute_share, minimising the mean |log(predicted / measured)| over configurations; the measurement of a configuration
is the median of its rows. Prints every trial and the best.
"""
import json
import math
import pathlib
import statistics
import subprocess
import sys

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else str(pathlib.Path(__file__).parents[2] / "build/app/racktwin")


def mean_error(p):
    settings = dict(p, **{"attention.backward_share": 0.8 * p["attention.forward_share"]})
    command = [PROGRAM, "validate", "--use", "calibrate", "--json"]
    for key, value in settings.items():
        command += ["--set", f"{key}={value:.4f}"]
    out = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    measured = {}
    for row in out["rows"]:
        if row["predicted"] is not None:
            measured.setdefault((row["configuration"], row["predicted"]), []).append(row["value"])
    return statistics.mean(abs(math.log(k[1] / statistics.median(v))) for k, v in measured.items())


best = {"attention.forward_share": 0.60, "memory.stream_share": 0.70, "step.compute_share": 0.97}
step = {"attention.forward_share": 0.10, "memory.stream_share": 0.15, "step.compute_share": 0.04}
error = mean_error(best)
print(error, best)
for _ in range(3):
    for key in best:
        for sign in (1, -1):
            while True:
                trial = dict(best, **{key: best[key] + sign * step[key]})
                if not 0.3 <= trial[key] <= 1.0:
                    break
                trial_error = mean_error(trial)
                print(trial_error, trial)
                if trial_error > error - 1e-5:
                    break
                best, error = trial, trial_error
    step = {key: value / 2 for key, value in step.items()}
print("best", error, best)
