#!/usr/bin/env python3
"""Draw the products of a verified forecast as PNG for bulletins: maps with coastlines, meteograms, a chart of errors.

Usage: scripts/bulletin.py RUN OUT [--dpi 150] [--channels z500,t850]
RUN is an output directory of `myriad verify` (report.nc and scores.nc are read), OUT a folder for the pictures. Prints the name of
every file it writes. Needs matplotlib and cartopy (Debian: python3-matplotlib python3-cartopy python3-netcdf4); nothing is downloaded:
coastlines come from Debian's python-cartopy-data; without it the maps have a graticule only.
"""

import argparse
import datetime
import json
import pathlib
import sys

import netCDF4
import numpy
import matplotlib

matplotlib.use("Agg")
import cartopy
import cartopy.crs as ccrs
import cartopy.io.shapereader as shapereader
import matplotlib.pyplot as plt

COLOURS = {"mean": "RdYlBu_r", "spread": "YlGnBu", "error": "PuOr_r", "field": "YlGnBu"}


def coastlines():
    """Geometries of the coastlines that are on this machine, or none: a bulletin must not wait for a download."""
    for folder in (cartopy.config["pre_existing_data_dir"], "/usr/share/cartopy/data"):
        for pattern in ("**/ne_110m_coastline.shp", "**/GSHHS_c_L1.shp"):
            for path in sorted(pathlib.Path(folder or "/nonexistent").glob(pattern)):
                return list(shapereader.Reader(str(path)).geometries())
    return []


def text(variable):
    """Rows of a character variable."""
    return [numpy.ma.filled(row, b"\0").tobytes().decode("utf-8").rstrip("\0 ") for row in variable[:]]


def facts(report, members, lead):
    """What every picture says beneath: start, valid time, members."""
    start = datetime.datetime.fromisoformat(report["shown_start"].replace("Z", "+00:00"))
    valid = start + datetime.timedelta(hours=lead)
    return "forecast from %s, valid %s, %d member%s" % (start.strftime("%d %B %Y %H UTC"), valid.strftime("%d %B %Y %H UTC"), members,
                                                        "" if members == 1 else "s")


class Bulletin:
    def __init__(self, run, out, dpi):
        self.data = netCDF4.Dataset(run / "report.nc")
        self.scores = netCDF4.Dataset(run / "scores.nc")
        self.report = json.loads(text(self.data["description"])[0])
        self.channels = json.loads(self.scores.MYRIAD_channels)
        self.members = int(self.scores["members"][...])
        self.out, self.dpi = out, dpi
        self.coast = coastlines()

    def save(self, figure, name):
        path = self.out / (name + ".png")
        figure.savefig(path, dpi=self.dpi, metadata={"Software": None})  # the same bytes every time
        plt.close(figure)
        print(path)

    def map(self, values, name, title, units, colours, lead, symmetric=False, percent=False):
        latitude, longitude = self.data["latitude"][:], self.data["longitude"][:]
        # Close the circle, so that no seam is left at the date line.
        values = numpy.ma.concatenate([values, values[:, :1]], axis=1)
        longitude = numpy.append(longitude, longitude[0] + 360.0)
        if percent:
            levels = [5, 20, 40, 60, 80, 95]
        elif symmetric:
            reach = float(numpy.ma.abs(values).max()) or 1.0
            levels = numpy.linspace(-reach, reach, 12)
        else:
            levels = matplotlib.ticker.MaxNLocator(12).tick_values(float(values.min()), float(values.max()))
        figure = plt.figure(figsize=(8, 4.8))
        axes = figure.add_axes([0.02, 0.14, 0.96, 0.74], projection=ccrs.Robinson())
        axes.set_global()
        drawn = axes.contourf(longitude, latitude, values, levels=levels, cmap=colours, extend="both",
                              transform=ccrs.PlateCarree())
        if self.coast:
            axes.add_geometries(self.coast, ccrs.PlateCarree(), facecolor="none", edgecolor="#10171c", linewidth=0.6)
        axes.gridlines(linewidth=0.4, color="#10171c", alpha=0.35)
        bar = figure.add_axes([0.2, 0.1, 0.6, 0.025])
        figure.colorbar(drawn, cax=bar, orientation="horizontal", label="" if units == "1" else units)
        axes.set_title(title, loc="left", fontweight="bold")
        figure.text(0.98, 0.955, facts(self.report, self.members, lead), ha="right", fontsize=7)
        self.save(figure, name)

    def maps(self, channel):
        name = channel["name"]
        if name + "_mean" not in self.data.variables:
            return
        units = channel["units"]
        for t, lead in enumerate(numpy.asarray(self.data["forecast_period"][:], float)):
            stem = "%s_%03dh" % (name, round(lead))
            mean, truth = self.data[name + "_mean"][t], self.data[name + "_truth"][t]
            if numpy.ma.getmaskarray(mean).all():
                continue
            self.map(mean, stem + "_mean", "Mean: " + channel["long_name"], units, COLOURS["mean"], lead)
            if name + "_spread" in self.data.variables:
                self.map(self.data[name + "_spread"][t], stem + "_spread", "Spread: " + channel["long_name"], units,
                         COLOURS["spread"], lead)
            self.map(mean - truth, stem + "_error", "Mean minus truth: " + channel["long_name"], units, COLOURS["error"], lead,
                     symmetric=True)
            for k in range(100):
                field = self.data.variables.get("%s_field_%d" % (name, k))
                if field is None:
                    break
                title = field.long_name.split(": ", 1)[1]
                self.map(field[t], "%s_field_%d" % (stem, k), title, field.units, COLOURS["field"], lead,
                         percent=field.units == "%")

    def meteograms(self, channel):
        name = channel["name"] + "_plume"
        if name not in self.data.variables:
            return
        hours = numpy.asarray(self.data["lead_time"][:], float)
        every = [t for t, h in enumerate(hours) if h % 24 == 0] if hours[-1] > 48 else range(len(hours))
        for p, place in enumerate(text(self.data["place"])):
            members = numpy.asarray(self.data[name][p])[:, list(every)]
            truth = self.data[name + "_truth"][p][list(every)]
            days = hours[list(every)] / 24.0
            figure, axes = plt.subplots(figsize=(8, 3.2), layout="constrained")
            width = 0.5 * (days[1] - days[0]) if len(days) > 1 else 0.2
            for x, values in zip(days, members.T):
                low, q10, q25, q50, q75, q90, high = numpy.quantile(values, [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1])
                axes.vlines(x, low, high, color="#1466a8", linewidth=1)
                axes.bar(x, q90 - q10, 0.4 * width, q10, facecolor="white", edgecolor="#1466a8")
                axes.bar(x, q75 - q25, width, q25, facecolor="#a9cbe6", edgecolor="#1466a8")
                axes.hlines(q50, x - width / 2, x + width / 2, color="#1466a8", linewidth=2)
            axes.plot(days, truth, "o-", color="#20262b", markersize=3, linewidth=1, label="truth")
            axes.set_xlabel("lead, days")
            axes.set_ylabel(channel["units"])
            axes.set_title("%s: %s" % (place, channel["long_name"]), loc="left", fontweight="bold")
            axes.legend(frameon=False, title=facts(self.report, self.members, hours[-1]), title_fontsize=7)
            self.save(figure, "%s_place_%d" % (channel["name"], p + 1))

    def errors(self, channel):
        days = numpy.asarray(self.scores["lead_time"][:], float) / 24.0
        figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
        for score, label, style in (("rmse", "forecast", "-"), ("spread", "spread", ":"), ("rmse_persistence", "persistence", "--"),
                                    ("rmse_climatology", "climatology", "-.")):
            variable = self.scores.variables.get("%s_%s" % (channel["name"], score))
            if variable is not None:
                axes.plot(days, variable[0], style, label=label)
        axes.set_xlabel("lead, days")
        axes.set_ylabel(channel["units"])
        axes.set_ylim(bottom=0)
        axes.set_title("Root-mean-square error: " + channel["long_name"], loc="left", fontweight="bold")
        axes.legend(frameon=False, title="%d members, %d start(s), globe" % (self.members, int(self.scores["starts"][...])),
                    title_fontsize=7)
        self.save(figure, channel["name"] + "_errors")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--dpi", type=int, default=150)
    parser.add_argument("--channels", help="comma separated; default: all")
    arguments = parser.parse_args()
    for name in ("report.nc", "scores.nc"):
        if not (arguments.run / name).exists():
            sys.exit("bulletin.py: %s is not there (RUN is an output directory of `myriad verify`)" % (arguments.run / name))
    arguments.out.mkdir(parents=True, exist_ok=True)
    bulletin = Bulletin(arguments.run, arguments.out, arguments.dpi)
    wanted = arguments.channels.split(",") if arguments.channels else [c["name"] for c in bulletin.channels]
    unknown = set(wanted) - {c["name"] for c in bulletin.channels}
    if unknown:
        sys.exit("bulletin.py: no channel %s in %s" % (", ".join(sorted(unknown)), arguments.run))
    for channel in bulletin.channels:
        if channel["name"] in wanted:
            bulletin.maps(channel)
            bulletin.meteograms(channel)
            bulletin.errors(channel)


if __name__ == "__main__":
    main()
