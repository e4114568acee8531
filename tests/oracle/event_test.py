"""Scores of the probabilities of events: ours against properscoring, xskillscore, scores and scoringrules."""
import operator

import numpy as np
import properscoring
import scores.categorical
import scores.probability
import scoringrules
import xarray as xr
import xskillscore
from fields import draw, labelled
from oracle import agree, case, main, ours

THRESHOLD = 271.0
RATIOS = [0.02, 0.1, 0.3, 0.5, 0.8]
TOLERANCE = 1e-12


def events(rng, members, digits=None, bins=1000, nlat=12, nlon=25):
    """Our results; members and truth; probabilities and outcomes as flat arrays with labels."""
    x, y = draw(rng, members, nlat, nlon, digits)
    got = ours("event_scores", members=x, truth=y, above=[THRESHOLD], bins=[bins], cost_loss=RATIOS)
    p = xr.DataArray((x > THRESHOLD).mean(axis=0).ravel(), dims="point")
    o = xr.DataArray((y > THRESHOLD).ravel(), dims="point")
    return got, x, y, p, o


@case
def brier(rng):
    for members, digits in ((1, None), (2, None), (7, 0), (50, None), (333, 0)):
        got, x, y, p, o = events(rng, members, digits)
        agree(got["brier"][0], scoringrules.brier_score(o.values.astype(float), p.values).mean(), TOLERANCE)
        agree(got["brier"][0], float(xskillscore.brier_score(o, p)), TOLERANCE)
        # properscoring compares with >=, which differs where values are equal to the threshold
        nudged = np.nextafter(THRESHOLD, np.inf)
        agree(got["brier"][0], properscoring.threshold_brier_score(y, x, nudged, axis=0).mean(), TOLERANCE)


@case
def fair_brier(rng):
    for members, digits in ((2, None), (7, 0), (50, None), (333, 0)):
        got, x, y, p, o = events(rng, members, digits)
        forecast, observed = labelled(x, y)
        by_scores = scores.probability.brier_score_for_ensemble(
            forecast, observed, "member", THRESHOLD, fair_correction=True, event_threshold_operator=operator.gt
        )
        agree(got["brier_fair"][0], float(by_scores), TOLERANCE)
        by_xskillscore = xskillscore.brier_score(observed > THRESHOLD, forecast > THRESHOLD, member_dim="member", fair=True)
        agree(got["brier_fair"][0], float(by_xskillscore), TOLERANCE)


@case
def log_score(rng):
    for members in (7, 50):
        got, x, y, p, o = events(rng, members)
        given = np.maximum(np.where(o.values, p.values, 1.0 - p.values), 1e-9)  # to what happened
        agree(got["log_score"][0], scoringrules.log_score(np.ones(given.size), given).mean(), 1e-9)  # theirs rounds 1 + 1e-9 - 1


@case
def reliability_diagram(rng):
    """Distinct values of p, and ten pooled bins."""
    for members, bins, digits in ((9, 10, None), (9, 10, 0), (57, 10, None), (57, 10, 0)):
        got, x, y, p, o = events(rng, members, digits, bins)
        # Edges a hair below k/bins: a value on an edge belongs to the bin above whatever its rounding.
        edges = np.linspace(0.0, 1.0, 11) - 1e-9
        edges[-1] += 2e-9
        if members == 9:  # ten values k/9
            edges = np.append(np.arange(10) / 9.0 - 1e-9, 1.0 + 1e-9)
        theirs = xskillscore.reliability(o, p, dim="point", probability_bin_edges=edges)
        shares = theirs["samples"].values / p.size
        agree(got["forecast_share"], shares, TOLERANCE)
        filled = shares > 0.0
        agree(got["reliability"][filled], theirs.values[filled], TOLERANCE)


@case
def terms_of_the_brier_score(rng):
    """From the observed frequencies of xskillscore: distinct values, so that p is the same in all of a bin."""
    for members, digits in ((4, None), (9, 0)):
        got, x, y, p, o = events(rng, members, digits)
        values = np.arange(members + 1) / members
        edges = np.append(values - 1e-9, 1.0 + 1e-9)
        theirs = xskillscore.reliability(o, p, dim="point", probability_bin_edges=edges)
        share, frequency, mean = theirs["samples"].values / p.size, np.nan_to_num(theirs.values), float(o.mean())
        agree(got["brier_reliability"][0], np.sum(share * (values - frequency) ** 2), 1e-11)
        agree(got["brier_resolution"][0], np.sum(share * (frequency - mean) ** 2), 1e-11)
        agree(got["brier_uncertainty"][0], mean * (1.0 - mean), TOLERANCE)
        agree(got["brier_within_bins"][0], 0.0, 1e-15, scale=1.0)


@case
def operating_characteristic(rng):
    for members, digits in ((4, None), (50, 0), (333, None)):
        got, x, y, p, o = events(rng, members, digits)
        agree(got["roc_area"][0], float(xskillscore.roc(o, p, dim="point", return_results="area")), TOLERANCE)
        agree(got["roc_area"][0], float(scores.probability.roc_auc(p, o.astype(float))), TOLERANCE)
        thresholds = np.arange(members + 1) / members - 1e-9
        # Theirs ends in the point that never warns.
        curve = scores.probability.roc_curve_data(p, o.astype(float), np.clip(thresholds, 0.0, 1.0))
        agree(got["roc_hit_rate"], curve.POD.values[:-1], TOLERANCE)
        agree(got["roc_false_alarm_rate"], curve.POFD.values[:-1], TOLERANCE)


@case
def economic_value(rng):
    for members, digits in ((7, None), (50, 0)):
        got, x, y, p, o = events(rng, members, digits)
        theirs = scores.probability.relative_economic_value(
            p, o.astype(float), cost_loss_ratios=RATIOS, probability_thresholds=list(np.arange(1, members + 1) / members - 1e-9),
            generate_maximum_rev=True,
        )
        # Theirs has no user who may ignore the forecast, ours has.
        agree(got["economic_value"], np.maximum(theirs["maximum"].values, 0.0), 1e-11, scale=1.0)


@case
def equitable_threat_score(rng):
    for members, digits in ((8, None), (9, 0)):
        got, x, y, p, o = events(rng, members, digits)
        table = scores.categorical.BinaryContingencyManager((p >= 0.5).astype(float), o.astype(float)).transform()
        agree(got["ets"][0], float(table.equitable_threat_score()), TOLERANCE)


main()
