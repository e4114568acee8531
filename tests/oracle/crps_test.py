"""Continuous ranked probability score: ours against properscoring, xskillscore, scores and scoringrules."""
import numpy as np
import properscoring
import scores.probability
import scoringrules
import xarray as xr
import xskillscore
from oracle import agree, case, fp32, main, ours


def draw(rng, members, nlat=12, nlon=9, digits=None):
    """Members [member, lat, lon] and truth [lat, lon] around 270, biased and too narrow; rounded, many of them are equal."""
    x = 270.0 + 4.0 * rng.standard_normal((members, nlat, nlon)) + 0.5
    y = 270.0 + 5.0 * rng.standard_normal((nlat, nlon))
    if digits is not None:
        x, y = x.round(digits), y.round(digits)
    return fp32(x), fp32(y)


def labelled(x, y):
    return xr.DataArray(x, dims=["member", "lat", "lon"]), xr.DataArray(y, dims=["lat", "lon"])


# Members are stored in fp32 (fp32() gives the packages the same numbers); both sides add up in fp64.
TOLERANCE = 1e-12


@case
def standard_crps(rng):
    for members in (1, 2, 3, 50, 333):
        x, y = draw(rng, members)
        got = ours("row_moments", members=x, truth=y)["crps_standard"]
        agree(got, properscoring.crps_ensemble(y, x, axis=0).mean(axis=1), TOLERANCE)
        forecast, observed = labelled(x, y)
        agree(got, xskillscore.crps_ensemble(observed, forecast, dim="lon").values, TOLERANCE)
        agree(got, scores.probability.crps_for_ensemble(forecast, observed, "member", method="ecdf", reduce_dims="lon").values, TOLERANCE)


@case
def fair_crps(rng):
    for members in (2, 3, 50, 333):
        x, y = draw(rng, members)
        got = ours("row_moments", members=x, truth=y)["crps_fair"]
        forecast, observed = labelled(x, y)
        agree(got, scores.probability.crps_for_ensemble(forecast, observed, "member", method="fair", reduce_dims="lon").values, TOLERANCE)
        agree(got, scoringrules.crps_ensemble(y, x, m_axis=0, estimator="fair").mean(axis=1), TOLERANCE)


@case
def crps_with_equal_members(rng):
    x, y = draw(rng, 40, digits=0)
    got = ours("row_moments", members=x, truth=y)
    agree(got["crps_standard"], properscoring.crps_ensemble(y, x, axis=0).mean(axis=1), TOLERANCE)
    agree(got["crps_fair"], scoringrules.crps_ensemble(y, x, m_axis=0, estimator="fair").mean(axis=1), TOLERANCE)


@case
def crps_of_the_climatological_gaussian(rng):
    x, y = draw(rng, 2)
    mean, std = fp32(268.0 + rng.standard_normal(y.shape)), fp32(rng.uniform(1.0, 6.0, y.shape))
    got = ours("row_moments", members=x, truth=y, climate_mean=mean, climate_std=std)["crps_gaussian_climate"]
    agree(got, properscoring.crps_gaussian(y, mean, std).mean(axis=1), TOLERANCE)


main()
