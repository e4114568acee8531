"""Scores of quantiles and intervals: ours against NumPy's quantiles in scores and scoringrules."""
import numpy as np
import scores.continuous
import scoringrules
import xarray as xr
from fields import draw
from oracle import agree, case, main, ours

PROBABILITIES = [0.01, 0.1, 0.37, 0.5, 0.9]
LEVELS = [0.5, 0.8, 0.95]
TOLERANCE = 1e-11


def both(rng):
    """Our results, NumPy's quantiles of the members as a function of the probability, the truth."""
    for members, digits in ((1, None), (2, None), (7, 0), (50, None), (333, 0)):
        x, y = draw(rng, members, digits=digits)
        for definition, method in ((6, "weibull"), (7, "linear")):
            got = ours("quantile_scores", members=x, truth=y, probabilities=PROBABILITIES, levels=LEVELS, definition=[definition])
            yield got, lambda p, x=x, method=method: np.quantile(x, p, axis=0, method=method), y


@case
def quantile_score(rng):
    for got, quantile, y in both(rng):
        for k, p in enumerate(PROBABILITIES):
            agree(got["quantile_score"][k], scoringrules.quantile_score(y, quantile(p), p).mean(), TOLERANCE)
            forecast, observed = (xr.DataArray(v, dims=["lat", "lon"]) for v in (quantile(p), y))
            agree(got["quantile_score"][k], float(scores.continuous.quantile_score(forecast, observed, p)), TOLERANCE)


@case
def interval_score(rng):
    for got, quantile, y in both(rng):
        for k, level in enumerate(LEVELS):
            low, high = quantile((1.0 - level) / 2.0), quantile((1.0 + level) / 2.0)
            agree(got["interval_score"][k], scoringrules.interval_score(y, low, high, 1.0 - level).mean(), TOLERANCE)
            low, high, observed = (xr.DataArray(v, dims=["lat", "lon"]) for v in (low, high, y))
            theirs = scores.continuous.interval_score(low, high, observed, level)
            agree(got["interval_score"][k], float(theirs["total"]), TOLERANCE)
            agree(got["interval_width"][k], float(theirs["interval_width_penalty"]), TOLERANCE, scale=10.0)


main()
