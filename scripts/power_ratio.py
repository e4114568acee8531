#!/usr/bin/env python3
"""Compare the power of forecasts with the truth's, per total degree.

Usage: /usr/bin/python3 scripts/power_ratio.py [--leads 24,120,240] [--degrees 1-20] [--all] SCORES.nc...

For each channel and lead of a file that `myriad verify` wrote: smallest and largest ratio of the members' power to the
truth's over the degrees, and how many degrees lie outside 0.8-1.25. With --all, every ratio.
"""
import argparse

import netCDF4
import numpy as np


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--leads", default="24,120,240")
    parser.add_argument("--degrees", default="1-20")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("scores", nargs="+")
    arguments = parser.parse_args()
    first, last = (int(x) for x in arguments.degrees.split("-"))
    for path in arguments.scores:
        with netCDF4.Dataset(path) as scores:
            leads = [int(h) for h in scores["lead_time"][:]]
            wanted = [int(h) for h in arguments.leads.split(",") if int(h) in leads]
            channels = [name[: -len("_spectrum_truth")] for name in scores.variables if name.endswith("_spectrum_truth")]
            outside = dict.fromkeys(wanted, 0)
            print(f"{path}: {int(scores['starts'][...])} starts, {int(scores['members'][...])} members, degrees {first}-{last}")
            for channel in channels:
                ratio = np.asarray(scores[channel + "_spectrum_members"][:] / scores[channel + "_spectrum_truth"][:])
                row = f"{channel:5s}"
                for lead in wanted:
                    part = ratio[leads.index(lead), first:last + 1]
                    beyond = int(np.sum((part < 0.8) | (part > 1.25)))
                    outside[lead] += beyond
                    row += f"  {lead}h [{part.min():.2f},{part.max():.2f}] mean {part.mean():.2f} out={beyond}"
                    if arguments.all:
                        row += "\n      " + " ".join(f"{x:.2f}" for x in part) + "\n     "
                print(row.rstrip())
            total = len(channels) * (last - first + 1)
            print(f"outside 0.8-1.25, of {total}: " + ", ".join(f"{n} at {h} h" for h, n in outside.items()))


if __name__ == "__main__":
    main()
