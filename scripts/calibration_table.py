#!/usr/bin/env python3
"""Print how well an ensemble is calibrated.

Usage: /usr/bin/python3 scripts/calibration_table.py [--brief] [--channels z500,t850,u250] [--over OTHER.nc] SCORES.nc

Per channel and lead of a file that `myriad verify` wrote: spread / error with the factor sqrt((N+1)/N), fair CRPS, error of the
mean, and outlier rate as a multiple of 2/(N+1). With --brief one line: the folder's name, the root of the mean squared log of
spread / error over channels and leads, and the ratios. With --over the fair CRPS also as a multiple of that in OTHER.nc at the same leads.
"""
import argparse
from pathlib import Path

import netCDF4
import numpy as np


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--brief", action="store_true")
    parser.add_argument("--channels", default="z500,t850,u250")
    parser.add_argument("--over", metavar="OTHER.nc")
    parser.add_argument("scores")
    arguments = parser.parse_args()
    with netCDF4.Dataset(arguments.scores) as scores:
        leads = np.array(scores["lead_time"][:], dtype=int)
        later = leads > 0
        members = int(scores["members"][...])
        channels = arguments.channels.split(",")

        def rows(name):
            return {c: np.asarray(scores[f"{c}_{name}"][0][later]) for c in channels}

        ratio = rows("spread_skill_ratio")
        if arguments.brief:
            miss = np.sqrt(np.mean([np.log(ratio[c]) ** 2 for c in channels]))
            print(Path(arguments.scores).parent.name, f"{miss:.3f}",
                  " ".join(c + " " + "/".join(f"{x:.2f}" for x in ratio[c]) for c in channels))
            return
        tables = [("spread / error", ratio, "{:.2f}"), ("fair CRPS", rows("crps_fair"), "{:.4g}"),
                  ("error of the mean", rows("rmse"), "{:.4g}"),
                  ("outliers / (2/(N+1))", {c: v * (members + 1) / 2 for c, v in rows("outlier_rate").items()}, "{:.2f}")]
        if arguments.over:
            with netCDF4.Dataset(arguments.over) as other:
                places = [list(other["lead_time"][:]).index(h) for h in leads[later]]
                over = {c: rows("crps_fair")[c] / np.asarray(other[f"{c}_crps_fair"][0])[places] for c in channels}
            tables.append(("fair CRPS / the other's", over, "{:.2f}"))
        print(f"{members} members, {int(scores['starts'][...])} starts, global")
        print(f"{'lead, h':28s}" + "".join(f"{h:8d}" for h in leads[later]))
        for label, values, form in tables:
            for c in channels:
                print(f"{c + ' ' + label:28s}" + "".join(f"{form.format(x):>8s}" for x in values[c]))


if __name__ == "__main__":
    main()
