#!/usr/bin/env python3
"""Fits the values of an 8 x H100 node that rest on power.csv, on calibrate rows only.

    python3 fit_power.py [PROGRAM]     # default: build/app/racktwin of this checkout; takes about a minute

Needs nothing but Python. Three values of the catalogue: what a GPU draws while its job waits (racks/chips/h100-sxm.toml,
`waiting`), the fans' part of a node (racks/racks/hgx-h100.toml, `compute_tray_fans`), both on a grid, and the power
supplies' efficiency at a third of their load (`shelf_efficiency`): the median of AC over DC of runs that were metered on
both sides. Minimised is the sum of squared relative errors of the mean and the median power of a node, every system
weighted alike, plus a weak pull to what is quoted elsewhere: 115 W, 1000 W and 95.5 % (80 PLUS Titanium). A system that
is left out is left out with both of its meters; without the Supermicro nodes nothing is known of the fans and the power
supplies, and the pull decides. Prints the values, the scores on each system when it is left out, and the table
`fit.power` of racks/calibration.toml.
"""
import csv
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
RACKS = HERE.parents[1] / "racks"
PROGRAM = sys.argv[1] if len(sys.argv) > 1 else str(HERE.parents[1] / "build/app/racktwin")
WAITING_W = range(100, 201, 10)
FANS_W = range(600, 1501, 100)
QUOTED = {"waiting": 115, "fans": 1000, "efficiency": 0.955}
PULL = 0.002  # of the squared relative distance to what is quoted


def system_of(hardware):
    return "Supermicro, immersion-cooled" if "SMC" in hardware else "Dell XE9680, air-cooled"


def edit(path, key, value):
    text = path.read_text()
    text, count = re.subn(rf'^{key} = \{{ is = "[^"]*"', f'{key} = {{ is = "{value}"', text, flags=re.M)
    assert count == 1, (path, key)
    path.write_text(text)


def predictions(racks, waiting, fans, efficiency):
    edit(racks / "chips/h100-sxm.toml", "waiting", f"{waiting} W")
    rack = racks / "racks/hgx-h100.toml"
    edit(rack, "compute_tray_fans", f"{fans} W")
    low, high = 0.982 * efficiency, 0.952 * efficiency
    rack.write_text(re.sub(r"^efficiency = .*$", "efficiency = " + json.dumps(
        [f"{100 * e:.2f} %" for e in (0.942 * efficiency, low, efficiency, efficiency, high)]), rack.read_text(),
        flags=re.M))
    answer = subprocess.run([PROGRAM, "validate", "--json", "--use", "calibrate", "--table", str(HERE / "power.csv")],
                            check=True, capture_output=True, text=True, env=dict(os.environ, RACKTWIN_RACKS=str(racks)))
    return [row for row in json.loads(answer.stdout)["rows"] if row["predicted"] is not None]


def measured_efficiency():
    """DC over AC of equal runs of the Supermicro nodes."""
    with open(HERE / "power.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["metric"] == "node_power_mean" and "SMC" in row["hardware"]]
    watts = {(row["model"], row["n_gpus"], "DC (" in row["hardware"]): float(row["value"]) for row in rows}
    ratios = [watts[m, n, True] / watts[m, n, False] for m, n, is_dc in watts if is_dc and (m, n, False) in watts]
    return statistics.median(ratios), len(ratios)


efficiency, pairs = measured_efficiency()
grid = {}
with tempfile.TemporaryDirectory() as directory:
    racks = pathlib.Path(directory) / "racks"
    shutil.copytree(RACKS, racks)
    for waiting in WAITING_W:
        for fans in FANS_W:
            for share in (efficiency, QUOTED["efficiency"]):
                grid[waiting, fans, share] = predictions(racks, waiting, fans, share)


def fit(systems):
    known = efficiency if "Supermicro, immersion-cooled" in systems else QUOTED["efficiency"]

    def cost(key):
        rows = grid[key]
        total = PULL * sum((value / QUOTED[name] - 1) ** 2 for value, name in zip(key[:2], ("waiting", "fans")))
        for system in systems:
            errors = [row["rel_error"] ** 2 for row in rows if system_of(row["hardware"]) == system]
            total += sum(errors) / len(errors)
        return total

    return min((key for key in grid if key[2] == known), key=cost)


def errors(key, system=None):
    return [abs(row["rel_error"]) for row in grid[key] if system in (None, system_of(row["hardware"]))]


def ashrae(rows):
    """MAE, NMBE and CV(RMSE) of mean power as sim/validation/node_power.h defines them."""
    rows = [row for row in rows if row["metric"] == "node_power_mean"]
    n, mean = len(rows), sum(row["value"] for row in rows) / len(rows)
    differences = [row["value"] - row["predicted"] for row in rows]
    text = f"MAE {sum(map(abs, differences)) / n:.0f} W of {n} mean powers"
    if n > 1:
        text += f", NMBE {100 * sum(differences) / (n - 1) / mean:+.1f} %"
        text += f", CV(RMSE) {100 * (sum(d * d for d in differences) / (n - 1)) ** 0.5 / mean:.1f} %"
    return text


SYSTEMS = ["Supermicro, immersion-cooled", "Dell XE9680, air-cooled"]
best = fit(SYSTEMS)
unseen = []
print(f"# waiting {best[0]} W, compute_tray_fans {best[1]} W, efficiency {100 * best[2]:.1f} % ({pairs} pairs)")
for system in SYSTEMS:
    key = fit([s for s in SYSTEMS if s != system])
    print(f"# without {system}: waiting {key[0]} W, compute_tray_fans {key[1]} W, efficiency {100 * key[2]:.1f} %")
    unseen += [row for row in grid[key] if system_of(row["hardware"]) == system]
    print(f"#   on it: {ashrae([row for row in grid[key] if system_of(row['hardware']) == system])}")
print(f"# all systems, each by the fit that never saw it: {ashrae(unseen)}")
print(f'\n[fit.power]\nby = "tests/validation/fit_power.py"\nconfigurations = {len(grid[best])}')
print(f'error = "{100 * statistics.median(errors(best)):.1f} %"')
for system in SYSTEMS:
    key = fit([s for s in SYSTEMS if s != system])
    print(f'\n[[fit.power.part]]\nname = "{system}"\nconfigurations = {len(errors(best, system))}')
    print(f'error = "{100 * statistics.median(errors(best, system)):.1f} %"')
    print(f'left_out_error = "{100 * statistics.median(errors(key, system)):.1f} %"')
