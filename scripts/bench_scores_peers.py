#!/usr/bin/env python3
"""Time the CRPS of `myriad bench scores` in Python packages: scores, xskillscore, properscoring (those that are installed).

Usage: myriad bench scores --peer-script scripts/bench_scores_peers.py
Prints one JSON object per line: name, case (spelled as ours), median seconds. The packages come from the interpreter that MYRIAD_ORACLES
names, or from /usr/bin/python3. A case for which a package would form the differences of all
pairs of members, and has no memory for it, is left out.
"""
import json
import os
import sys
import time

oracles = os.environ.get("MYRIAD_ORACLES")
if oracles and os.path.realpath(sys.prefix) != os.path.realpath(os.path.join(os.path.dirname(oracles), "..")):
    os.execv(oracles, [oracles] + sys.argv)

import numpy as np
import xarray as xr

CASES = [(721, 1440, 50), (160, 400, 700), (20, 40, 700)]
PAIR_BYTES = 4e9  # most that a package may take for the differences of all pairs


def median(action):
    action()
    times = []
    while len(times) < 3:
        begin = time.perf_counter()
        action()
        times.append(time.perf_counter() - begin)
        if times[-1] > 20:
            break
    return sorted(times)[len(times) // 2]


def report(name, what, action):
    print(json.dumps({"name": name, "case": what, "median": median(action)}), flush=True)


def main():
    try:
        import numba  # with it these two sort; without, they take all pairs
    except ImportError:
        numba = None
    compiled = numba is not None
    generator = np.random.default_rng(1)
    for nlat, nlon, members in CASES:
        forecast = xr.DataArray(generator.normal(size=(members, nlat, nlon)).astype("f4"), dims=("member", "lat", "lon"))
        truth = xr.DataArray(generator.normal(size=(nlat, nlon)).astype("f4"), dims=("lat", "lon"))
        what = f"fair crps {nlat}x{nlon} {members} members"
        fits = 8.0 * nlat * nlon * members * members < PAIR_BYTES
        try:
            import scores.probability

            report("scores", what, lambda: scores.probability.crps_for_ensemble(forecast, truth, "member", method="fair"))
        except ImportError:
            print("scores is not installed", file=sys.stderr)
        try:
            import xskillscore

            if fits or compiled:
                report("xskillscore (standard)", what, lambda: xskillscore.crps_ensemble(truth, forecast, member_dim="member"))
        except ImportError:
            print("xskillscore is not installed", file=sys.stderr)
        try:
            import properscoring

            last = np.moveaxis(forecast.values, 0, -1).copy()
            if fits or compiled:
                report("properscoring (standard)", what, lambda: properscoring.crps_ensemble(truth.values, last))
        except ImportError:
            print("properscoring is not installed", file=sys.stderr)


main()
