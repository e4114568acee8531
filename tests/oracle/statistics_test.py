"""Tests, intervals and fits: ours against scipy, statsmodels, lmoments3 and properscoring."""
import lmoments3
import numpy as np
import properscoring
import statsmodels.api
from lmoments3 import distr
from oracle import agree, case, main, ours
from scipy import optimize, stats
from statsmodels.stats import multitest, proportion


@case
def distribution_functions(rng):
    # Products of Gamma functions of size 1e4 cost a few digits on either side.
    x, a, b = rng.uniform(0.02, 0.98, 400), np.exp(rng.uniform(-1, 8, 400)), np.exp(rng.uniform(-1, 8, 400))
    got = ours("distributions", x=x, a=a, b=b)
    agree(got["beta_cdf"], stats.beta.cdf(x, a, b), 1e-10, scale=np.maximum(stats.beta.cdf(x, a, b), 1e-200))
    agree(got["beta_quantile"], stats.beta.ppf(x, a, b), 1e-10)
    agree(got["chi_square_tail"], stats.chi2.sf(b, a), 1e-10, scale=np.maximum(stats.chi2.sf(b, a), 1e-200))
    agree(got["student_two_sided"], 2 * stats.t.sf(6 * x, a), 1e-10)
    agree(got["normal_quantile"], stats.norm.ppf(x), 1e-12, scale=1.0)
    n, k = np.floor(a + b), np.floor(a)
    some = n >= 1  # scipy knows no distribution of nothing
    draws = np.floor(x * n)
    for name, wanted, least in (
        ("binomial_at_most", stats.binom.cdf(k, n, x), 1e-200),
        ("binomial_at_least", stats.binom.sf(k - 1, n, x), 1e-200),
        ("hypergeometric_at_most", stats.hypergeom.cdf(draws // 4, n, k, draws), 1e-10),
        ("hypergeometric_at_least", stats.hypergeom.sf(draws // 4 - 1, n, k, draws), 1e-10),
    ):
        agree(got[name][some], wanted[some], 1e-10, scale=np.maximum(wanted[some], least))


@case
def l_moments_and_extreme_value_fits(rng):
    periods = np.array([2.0, 10.0, 100.0, 10000.0])
    for shape, size in ((-0.2, 30), (-0.05, 200), (0.0, 50), (0.15, 30), (0.3, 1000)):
        x = stats.genextreme.rvs(-shape, loc=30.0, scale=5.0, size=size, random_state=rng)
        got = ours("extremes", x=x, periods=periods)
        agree(got["l_moments"], lmoments3.lmom_ratios(x, nmom=4), 1e-10)
        # lmoments3 approximates the shape to 5e-7 and less.
        theirs = distr.gev.lmom_fit(x)
        agree(got["fit"], [-theirs["c"], theirs["loc"], theirs["scale"]], 1e-5, scale=[1.0, 30.0, 5.0])
        gumbel = distr.gum.lmom_fit(x)
        agree(got["gumbel"], [gumbel["loc"], gumbel["scale"]], 1e-10)
        shape_of_fit, location, scale = got["fit"]
        agree(got["levels"], stats.genextreme.isf(1 / periods, -shape_of_fit, loc=location, scale=scale), 1e-10)


@case
def return_levels_of_pooled_members_and_the_truth(rng):
    periods = np.array([1.5, 5.0, 19.0, 150.0, 5000.0])
    for shape, sign in ((-0.1, 1.0), (0.1, 1.0), (0.05, -1.0)):
        x = sign * stats.genextreme.rvs(-shape, loc=30.0, scale=5.0, size=(20, 30), random_state=rng)
        y = sign * stats.genextreme.rvs(-shape, loc=31.0, scale=5.0, size=20, random_state=rng)
        got = ours("return_levels", members=x, truth=y, periods=periods, smallest=[1.0 - sign])
        # lmoments3 approximates the shape to 5e-7 and less, which moves levels far out.
        theirs = distr.gev.lmom_fit(sign * x.ravel())
        agree(got["fit"], [-theirs["c"], sign * theirs["loc"], theirs["scale"]], 1e-5, scale=[1.0, 30.0, 5.0])
        agree(got["level"], sign * distr.gev(**theirs).isf(1 / periods), 1e-4)
        for name, sample in (("members", x.ravel()), ("truth", y)):
            within = periods <= sample.size + 1
            wanted = sign * np.quantile(sign * sample, 1 - 1 / periods[within], method="weibull")
            agree(got[name][within], wanted, 1e-12)
            assert np.isnan(got[name][~within]).all()
        agree(got["exceedance"], np.mean(sign * y[:, None] > sign * got["level"], axis=0), 1e-15, scale=1.0)


@case
def crps_of_mixtures_and_their_best_weights(rng):
    for components, members, regularisation in ((2, 4, 0.0), (5, 6, 0.0), (5, 6, 0.05), (12, 3, 0.0)):
        dates = 60
        y = rng.standard_normal(dates)
        bias, spread = rng.uniform(-0.5, 0.5, (components, 1)), rng.uniform(0.5, 1.3, (components, 1))
        x = 0.6 * y[:, None, None] + bias + spread * rng.standard_normal((dates, components, members))
        weights = rng.dirichlet(np.ones(components))
        got = ours("mixture", members=x, truth=y, weights=weights, regularisation=regularisation)

        def crps(w):
            of_members = np.broadcast_to(np.repeat(w / members, members), (dates, components * members))
            return properscoring.crps_ensemble(y, x.reshape(dates, -1), weights=of_members).mean()

        agree(got["crps"], [crps(weights)], 1e-11)
        distance = got["distance"].reshape(components, components)

        def objective(w):
            return got["absolute"] @ w - 0.5 * w @ distance @ w + regularisation * np.sum((w - 1 / components) ** 2)

        found = optimize.minimize(
            objective, np.full(components, 1 / components), method="SLSQP", bounds=[(0, 1)] * components,
            jac=lambda w: got["absolute"] - distance @ w + 2 * regularisation * (w - 1 / components),
            constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": lambda w: np.ones(components)},
            options={"ftol": 1e-15, "maxiter": 1000})
        assert found.success, found.message
        best = got["best_weights"]
        assert objective(best) <= found.fun + 1e-12, "scipy found better weights"
        agree(best, found.x, 1e-4, scale=1.0)  # near its bottom the score is flat
        agree(got["best_crps"], [crps(best)], 1e-11)


@case
def diebold_mariano_statistic(rng):
    for dates, lags in ((30, 0), (100, 4), (365, 10)):
        first, second = rng.gamma(2.0, size=dates), rng.gamma(2.2, size=dates)
        got = ours("paired", first=first, second=second, lags=lags)
        fit = statsmodels.api.OLS(first - second, np.ones(dates)).fit(
            cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": False}, use_t=True)
        agree(got["statistic"], fit.tvalues, 1e-10)
        agree(got["p_value"], fit.pvalues, 1e-10)


@case
def false_discoveries(rng):
    for _ in range(20):
        p = np.concatenate([rng.uniform(size=40), rng.uniform(size=20) ** 4])
        rejected = multitest.multipletests(p, alpha=0.1, method="fdr_bh")[0]
        agree(p <= ours("discoveries", p=p, rate=0.1)["limit"][0], rejected, 0.0)


@case
def intervals_of_probabilities(rng):
    members = rng.integers(1, 500, 60)
    count = np.array([rng.integers(0, n + 1) for n in members])
    count[:2], members[:2] = (3, 40), (20, 40)
    for level in (0.8, 0.95):
        got = ours("probability_intervals", share=count / members, members=members, level=level)
        wilson = np.array(proportion.proportion_confint(count, members, 1 - level, "wilson")).T
        agree(got["wilson"], wilson.ravel(), 1e-10, scale=np.maximum(wilson.ravel(), 1e-6))
        exact = np.array(proportion.proportion_confint(count, members, 1 - level, "beta")).T
        agree(got["exact"], exact.ravel(), 1e-8, scale=np.maximum(exact.ravel(), 1e-6))
        newcombe = [proportion.confint_proportions_2indep(k, n, count[0], members[0], method="newcomb", compare="diff", alpha=1 - level)
                    for k, n in zip(count, members)]
        agree(got["difference"], np.ravel(newcombe), 1e-10, scale=1.0)


@case
def flatness_of_rank_histograms(rng):
    for bins in (3, 10, 51):
        counts = rng.multinomial(20 * bins, np.full(bins, 1 / bins))
        agree(ours("rank_flatness", counts=counts, cases=counts.sum())["test"], stats.chisquare(counts), 1e-10)


@case
def energy_statistic(rng):
    x, y = rng.standard_normal(15), 1.5 * rng.standard_normal(25) + 0.3
    values = np.concatenate([x, y])
    got = ours("energy", distances=np.abs(values[:, None] - values), groups=np.repeat([0, 1], [15, 25]))
    agree(got["statistic"], [15 * 25 / (2 * 40) * stats.energy_distance(x, y) ** 2], 1e-10)


@case
def rounds_of_a_cascade(rng):
    for members, full, threshold, error in ((32, 256, 0.2, 0.05), (50, 1000, 0.03, 0.01), (64, 7424, 0.5, 0.05)):
        got = ours("cascade", members=members, full=full, threshold=threshold, error=error, prior_mean=0.1, prior_strength=3.0)
        needed, count = np.ceil(threshold * full), np.arange(members + 1)
        no = np.max(np.where(stats.hypergeom.cdf(count, full, needed, members) <= error, count, -1))
        yes = np.min(np.where(stats.hypergeom.sf(count - 1, full, needed - 1, members) <= error, count, members + 1))
        agree(got["limits"], [needed, no, yes], 0.0)
        full_yes = stats.betabinom.sf(needed - 1 - count, full - members, count + 0.3, members - count + 2.7)
        now = count / members >= threshold
        agree(got["flips"], np.where(now, 1 - full_yes, full_yes), 1e-8, scale=1.0)


main()
