#!/usr/bin/env python3
"""Fits the one parameter that rests on whole training steps, on calibrate rows only.

    python3 fit_training.py [PROGRAM]     # default: build/app/racktwin of this checkout; takes some minutes

Scans attention.forward_share (backward held at 0.8 of it) and prints the mean |log(predicted / measured)| over
configurations, over all sources and leaving one out; the measurement of a configuration is the median of its rows.
"""
import json
import math
import pathlib
import statistics
import subprocess
import sys

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else str(pathlib.Path(__file__).parents[2] / "build/app/racktwin")
SHARES = [0.275, 0.30, 0.325, 0.35, 0.375, 0.40, 0.45, 0.50, 0.60]


def errors(share):
    """{source: [|log error| of each configuration]}"""
    command = [PROGRAM, "validate", "--use", "calibrate", "--json", "--set", f"attention.forward_share={share:.4f}",
               "--set", f"attention.backward_share={0.8 * share:.4f}"]
    out = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    measured = {}
    for row in out["rows"]:
        if row["predicted"] is not None:
            measured.setdefault((row["source"], row["configuration"], row["predicted"]), []).append(row["value"])
    by_source = {}
    for (source, _, predicted), values in measured.items():
        by_source.setdefault(source, []).append(abs(math.log(predicted / statistics.median(values))))
    return by_source


scan = {share: errors(share) for share in SHARES}
sources = sorted(scan[SHARES[0]])


def mean_error(share, chosen):
    return statistics.mean(e for source in chosen for e in scan[share][source])


for share in SHARES:
    print(f"{share:.4f}  {mean_error(share, sources):.4f}")
print("best", min(SHARES, key=lambda share: mean_error(share, sources)))
for left_out in sources:
    rest = [source for source in sources if source != left_out]
    best = min(SHARES, key=lambda share: mean_error(share, rest))
    print(f"without {left_out}: best {best}, its error {mean_error(best, [left_out]):.4f}")
