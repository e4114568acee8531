"""Scores of the tails: ours against scores and scoringrules."""
import numpy as np
import scores.continuous
import scores.probability
import scoringrules
from fields import draw, labelled
from oracle import agree, case, fp32, main, ours

TOLERANCE = 1e-12


@case
def threshold_weighted_crps(rng):
    for members, digits in ((2, None), (7, 0), (50, None), (333, 0)):
        x, y = draw(rng, members, digits=digits)
        forecast, observed = labelled(x, y)
        for threshold in (260.0, 271.0, 276.5):
            for tail, bounds in (("above", {"a": threshold}), ("below", {"b": threshold})):
                got = ours("tail_scores", members=x, truth=y, **{tail: [threshold]})
                for method, name, estimator in (("ecdf", "twcrps_standard", "nrg"), ("fair", "twcrps_fair", "fair")):
                    theirs = scores.probability.tail_tw_crps_for_ensemble(
                        forecast, observed, "member", threshold, tail="upper" if tail == "above" else "lower", method=method
                    )
                    agree(got[name][0], float(theirs), TOLERANCE, scale=4.0)
                    theirs = scoringrules.twcrps_ensemble(y, x, m_axis=0, estimator=estimator, **bounds).mean()
                    agree(got[name][0], theirs, TOLERANCE, scale=4.0)


@case
def outcome_weighted_crps(rng):
    for members, digits in ((50, None), (333, 0)):
        x, y = draw(rng, members, digits=digits)
        for tail, bounds, threshold in (("above", {"a": 271.3}, 271.3), ("below", {"b": 268.7}, 268.7)):
            got = ours("tail_scores", members=x, truth=y, **{tail: [threshold]})
            beyond = y > threshold if tail == "above" else y < threshold
            theirs = scoringrules.owcrps_ensemble(y, x, m_axis=0, **bounds)
            agree(got["owcrps"][0], theirs[beyond].mean(), TOLERANCE)
            agree(got["owcrps_share"][0], beyond.mean(), TOLERANCE)


@case
def threshold_weighted_error_of_the_mean(rng):
    x, y = draw(rng, 50)
    for threshold in (268.0, 272.0):
        got = ours("tail_scores", members=x, truth=y, above=[threshold])["twmae"][0]
        _, observed = labelled(x, y)
        mean = observed.copy(data=fp32(x.mean(axis=0)))  # ours is cut in fp32
        agree(got, float(scores.continuous.tw_absolute_error(mean, observed, (threshold, np.inf))), TOLERANCE)


main()
