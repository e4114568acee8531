"""Scores of fields, regional means and fitted Gaussians: ours against scoringrules, properscoring and SciPy."""
import numpy as np
import properscoring
import scipy.stats
import scoringrules
from fields import draw
from oracle import agree, case, main, ours

TOLERANCE = 1e-12


@case
def energy_score(rng):
    """Their norm is a sum over points, ours a mean."""
    for members, digits in ((2, None), (9, 0), (40, None)):
        x, y = draw(rng, members, 6, 11, digits)
        got = ours("energy_scores", members=x, truth=y)
        for name, estimator in (("energy_score", "nrg"), ("energy_score_fair", "fair")):
            theirs = scoringrules.es_ensemble(y.ravel(), x.reshape(members, -1), estimator=estimator)
            agree(got[name][0], float(theirs) / np.sqrt(y.size), TOLERANCE)


@case
def variogram_score(rng):
    """One weight for each pair of columns that are a lag apart."""
    lags = [30.0, 90.0, 180.0]
    for members, digits, order in ((2, None, 0.5), (9, 0, 0.5), (40, None, 0.5), (9, 0, 1.0), (9, None, 2.0)):
        x, y = draw(rng, members, 5, 12, digits)
        got = ours("variogram_scores", members=x, truth=y, lags=lags, order=[order])
        for k, lag in enumerate(lags):
            weights = np.zeros((5, 12, 12))
            columns = np.arange(12)
            weights[:, columns, (columns + int(lag / 30.0)) % 12] = 1.0
            for name, estimator in (("variogram_score", "nrg"), ("variogram_score_fair", "fair")):
                theirs = scoringrules.vs_ensemble(y, x.transpose(1, 0, 2), weights, p=order, estimator=estimator).mean() / 12.0
                agree(got[name][k], np.sign(theirs) * np.abs(theirs) ** (0.5 / order), TOLERANCE, scale=1.0)


@case
def fitted_gaussian(rng):
    for members in (2, 9, 50, 333):
        x, y = draw(rng, members)
        got = ours("gaussian_scores", members=x, truth=y)
        agree(got["dawid_sebastiani"][0], scoringrules.dssuv_ensemble(y, x, m_axis=0).mean(), TOLERANCE)
        theirs = -scipy.stats.norm.logpdf(y, x.mean(axis=0), x.std(axis=0, ddof=1)).mean()
        agree(got["log_score_gaussian"][0], theirs, TOLERANCE)


@case
def crps_of_the_regional_mean(rng):
    for members in (2, 9, 50):
        x, y = draw(rng, members)
        means, truth = x.mean(axis=(1, 2)), y.mean()
        got = ours("regional_scores", members=x, truth=y)
        agree(got["regional_crps_standard"][0], properscoring.crps_ensemble(truth, means), 1e-10, scale=1.0)
        agree(got["regional_crps_fair"][0], scoringrules.crps_ensemble(truth, means, estimator="fair"), 1e-10, scale=1.0)
        agree(got["regional_spread"][0], means.std(ddof=1), 1e-10)


main()
