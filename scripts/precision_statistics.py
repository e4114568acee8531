#!/usr/bin/env python3
"""Compare ensembles that differ in the precision of their networks.

Usage: /usr/bin/python3 scripts/precision_statistics.py [--degrees 1-10,11-20,21-31] EXACT OTHER...

Each folder is a forecast of the same members on a Gauss grid (`members/*.nc`). Per channel and lead, of each OTHER against EXACT:
  members   root of the mean squared difference of a member, over the spread (1.4: as different as two members)
  mean      root of the mean squared difference of the ensemble means, over the sampling error of a mean, spread / sqrt(N)
  spread    ratio of the spreads (roots of the mean variances), and its distance from 1 in sampling errors
  power     for bands of total degrees: ratio of the members' mean power, farthest from 1 in the band, and the largest distance
            from 1 of any degree in sampling errors
Sampling errors are those of another ensemble of as many members (jackknife over the members of EXACT); OTHER has the same members,
so that a distance of 1 is as much as new members would change, and less than 1 cannot be told from luck.
"""
import argparse
from pathlib import Path

import netCDF4
import numpy as np


def read(folder):
    """({channel: [member, lead, lat, lon]}, leads in hours, latitudes)"""
    fields, hours, latitudes = {}, None, None
    files = sorted(Path(folder, "members").glob("*.nc"))
    if len(files) < 2:
        raise SystemExit(f"{folder} has {len(files)} member files (an ensemble has two or more) run the forecast with output.members=all")
    for path in files:
        with netCDF4.Dataset(path) as file:
            latitudes = np.asarray(file["latitude"][:], float)
            times = netCDF4.num2date(file["time"][:], file["time"].units)
            start = netCDF4.num2date(file["forecast_reference_time"][...], file["forecast_reference_time"].units)
            hours = [round((t - start).total_seconds() / 3600) for t in times]
            for name, variable in file.variables.items():
                if variable.dimensions[-2:] != ("latitude", "longitude") or "time" not in variable.dimensions:
                    continue
                values = np.asarray(variable[:], float)
                levels = file[variable.dimensions[1]][:] if variable.ndim == 4 else [None]
                for k, level in enumerate(levels):
                    key = name if level is None else f"{name}{level:g}"
                    fields.setdefault(key, []).append(values[:, k] if variable.ndim == 4 else values)
    return {name: np.array(list_of_fields) for name, list_of_fields in fields.items()}, hours, latitudes


def legendre(lmax, x):
    """Orthonormal associated Legendre functions [l, m, x], zero for m > l."""
    p = np.zeros((lmax, lmax, x.size))
    sine = np.sqrt(1.0 - x * x)
    p[0, 0] = np.sqrt(0.25 / np.pi)
    for m in range(1, lmax):
        p[m, m] = -np.sqrt((2 * m + 1) / (2 * m)) * sine * p[m - 1, m - 1]
    for m in range(lmax):
        for l in range(m + 1, lmax):
            a = np.sqrt((4 * l * l - 1) / (l * l - m * m))
            b = np.sqrt(((l - 1) ** 2 - m * m) / (4 * (l - 1) ** 2 - 1)) if l > m + 1 else 0.0
            p[l, m] = a * (x * p[l - 1, m] - b * p[l - 2, m])
    return p


def power(fields, table, weights):
    """Power per degree [..., l] of fields [..., lat, lon]."""
    fourier = np.fft.rfft(fields, axis=-1)[..., :table.shape[1]] * (2 * np.pi / fields.shape[-1])
    coefficients = np.einsum("k,lmk,...km->...lm", weights, table, fourier, optimize=True)
    twice = np.where(np.arange(table.shape[1]) == 0, 1.0, 2.0)
    return (twice * np.abs(coefficients) ** 2).sum(axis=-1)


def jackknife(statistic, ensemble):
    """Sampling error of a statistic of members, the first axis."""
    n = len(ensemble)
    values = np.array([statistic(np.delete(ensemble, i, axis=0)) for i in range(n)])
    return np.sqrt((n - 1) / n * ((values - values.mean(axis=0)) ** 2).sum(axis=0))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--degrees", default="1-10,11-20,21-31")
    parser.add_argument("folders", nargs="+")
    arguments = parser.parse_args()
    bands = [tuple(int(x) for x in band.split("-")) for band in arguments.degrees.split(",")]
    exact, hours, latitudes = read(arguments.folders[0])
    x, w = np.polynomial.legendre.leggauss(latitudes.size)
    if np.abs(np.degrees(np.arcsin(x[::-1])) - latitudes).max() > 1e-3:
        raise SystemExit("not a Gauss grid from north to south")
    w = w[::-1]
    table = legendre(latitudes.size, x[::-1])
    area = (w / w.sum())[:, None] / exact[next(iter(exact))].shape[-1]

    def rms(field):
        return np.sqrt((area * field ** 2).sum())

    def spread(members):
        return np.sqrt((area * members.var(axis=0, ddof=1)).sum())

    count = len(next(iter(exact.values())))
    print(f"{count} members against {arguments.folders[0]}")
    head = "".join(f"{f'power {a}-{b}':>20s}" for a, b in bands)
    worst = {}
    for folder in arguments.folders[1:]:
        other, other_hours, _ = read(folder)
        if other_hours != hours or other.keys() != exact.keys() or any(other[c].shape != exact[c].shape for c in exact):
            raise SystemExit(f"{folder} holds other members, channels or leads")
        print(f"\n{folder}\n{'channel':9s}{'lead':>6s}{'members':>9s}{'mean':>7s}{'spread':>8s}{'errors':>8s}{head}")
        for lead, hour in enumerate(hours):
            for channel in exact:
                a, b = exact[channel][:, lead], other[channel][:, lead]
                width = spread(a)
                if width == 0.0:
                    continue
                member = np.sqrt(np.mean([rms(p - q) ** 2 for p, q in zip(a, b)])) / width
                mean = rms(b.mean(axis=0) - a.mean(axis=0)) / (width / np.sqrt(count))
                ratio = spread(b) / width
                distance = abs(ratio - 1.0) / (jackknife(spread, a) / width)
                pa, pb = power(a, table, w), power(b, table, w)
                deviation = pb.mean(axis=0) / pa.mean(axis=0) - 1.0
                errors = np.abs(deviation) / (pa.std(axis=0, ddof=1) / np.sqrt(count) / pa.mean(axis=0))
                row = f"{channel:9s}{hour:5d}h{member:9.4f}{mean:7.3f}{ratio:8.4f}{distance:8.2f}"
                for first, last in bands:
                    part = deviation[first:last + 1]
                    row += f"{1.0 + part[np.abs(part).argmax()]:12.4f} ({errors[first:last + 1].max():4.2f})"
                print(row)
                key = (folder, hour)
                worst.setdefault(key, np.zeros(4))
                worst[key] = np.maximum(worst[key], [member, mean, distance, errors[1:].max()])
    print(f"\nlargest of all channels{'':20s}{'members':>9s}{'mean':>8s}{'spread, errors':>16s}{'power, errors':>15s}")
    for (folder, hour), (member, mean, distance, errors) in worst.items():
        print(f"{Path(folder).name:37s}{hour:5d}h{member:9.4f}{mean:8.3f}{distance:16.2f}{errors:15.2f}")


if __name__ == "__main__":
    main()
