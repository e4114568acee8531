#include "tests/oracle/statistics_calculators.hpp"

#include <algorithm>

#include "diagnostics/cascade.hpp"
#include "diagnostics/distributions.hpp"
#include "diagnostics/ensemble_health.hpp"
#include "diagnostics/extreme_values.hpp"
#include "diagnostics/l_moments.hpp"
#include "diagnostics/member_count.hpp"
#include "diagnostics/mixture.hpp"
#include "diagnostics/paired_comparison.hpp"
#include "diagnostics/rank_flatness.hpp"
#include "diagnostics/return_levels.hpp"
#include "diagnostics/stacking.hpp"

namespace myriad::oracle {
namespace {

double number(const Arrays& in, const std::string& name) {
  return get(in, name, 0).values.front();
}

std::int64_t whole(const Arrays& in, const std::string& name) {
  return static_cast<std::int64_t>(number(in, name));
}

const std::vector<double>& series(const Arrays& in, const std::string& name) {
  return get(in, name, 1).values;
}

Array array(std::vector<double> values) {
  return {{static_cast<std::int64_t>(values.size())}, std::move(values)};
}

Arrays distributions(const Arrays& in) {
  const auto &x = series(in, "x"), &a = series(in, "a"), &b = series(in, "b");
  Arrays out;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto add = [&](const std::string& name, double value) {
      out[name].values.push_back(value);
    };
    add("beta_cdf", diag::beta_cdf(x[i], a[i], b[i]));
    add("beta_quantile", diag::beta_quantile(x[i], a[i], b[i]));
    add("chi_square_tail", diag::chi_square_tail(b[i], a[i]));
    add("student_two_sided", diag::student_two_sided(6.0 * x[i], a[i]));
    add("normal_quantile", diag::normal_quantile(x[i]));
    const auto n = static_cast<std::int64_t>(a[i] + b[i]), k = static_cast<std::int64_t>(a[i]);
    add("binomial_at_most", diag::binomial_at_most(k, n, x[i]));
    add("binomial_at_least", diag::binomial_at_least(k, n, x[i]));
    const auto draws = static_cast<std::int64_t>(x[i] * static_cast<double>(n));
    add("hypergeometric_at_most", diag::hypergeometric_at_most(draws / 4, draws, k, n));
    add("hypergeometric_at_least", diag::hypergeometric_at_least(draws / 4, draws, k, n));
  }
  for (auto& [name, values] : out) values = array(values.values);
  return out;
}

Arrays extremes(const Arrays& in) {
  std::vector<double> x = series(in, "x");
  std::sort(x.begin(), x.end());
  const auto moments = diag::l_moments(x);
  const auto fit = diag::fit_extremes(x),
             gumbel = diag::fit_extremes(x, diag::ExtremeFamily::gumbel);
  std::vector<double> levels;
  for (double period : series(in, "periods")) levels.push_back(diag::return_level(fit, period));
  return {{"l_moments", array({moments.mean, moments.scale, moments.skewness, moments.kurtosis})},
          {"fit", array({fit.shape, fit.location, fit.scale})},
          {"gumbel", array({gumbel.location, gumbel.scale})},
          {"levels", array(levels)}};
}

/// Pooled return levels of `members` [start, value] and `truth` [start].
Arrays return_levels(const Arrays& in) {
  const Array& members = get(in, "members", 2);
  const auto starts = static_cast<std::size_t>(members.shape[0]);
  const auto each = static_cast<std::size_t>(members.shape[1]);
  std::vector<std::vector<double>> values;
  for (std::size_t s = 0; s < starts; ++s) {
    const auto begin = members.values.begin() + static_cast<std::ptrdiff_t>(s * each);
    values.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(each));
  }
  diag::ReturnLevelOptions options;
  options.periods = series(in, "periods");
  if (series(in, "smallest").front() > 0.0) options.extreme = diag::Extreme::smallest;
  options.bootstrap.replicates = 2;
  const auto truth = series(in, "truth");
  const auto found = diag::pooled_return_levels(values, truth, options);
  return {{"level", array(found.level)},
          {"members", array(found.members)},
          {"truth", array(found.truth)},
          {"exceedance", array(found.exceedance)},
          {"fit", array({found.fit.shape, found.fit.location, found.fit.scale})}};
}

/// CRPS of a mixture of components [component, member] with `weights`, and the best weights.
Arrays mixture(const Arrays& in) {
  const Array& members = get(in, "members", 3);  // date, component, member
  const auto dates = static_cast<std::size_t>(members.shape[0]);
  const auto count = static_cast<std::size_t>(members.shape[1]);
  const auto each = static_cast<std::size_t>(members.shape[2]);
  std::vector<diag::MixtureTerms> terms;
  for (std::size_t t = 0; t < dates; ++t) {
    std::vector<std::vector<double>> components;
    for (std::size_t j = 0; j < count; ++j) {
      const double* begin = members.values.data() + (t * count + j) * each;
      components.emplace_back(begin, begin + each);
    }
    terms.push_back(
        diag::mixture_terms(components, series(in, "truth")[t], diag::PairEstimator::standard));
  }
  const auto mean = diag::mean_terms(terms, std::vector<double>(dates, 1.0));
  const auto best = diag::stack(mean, {number(in, "regularisation")});
  return {{"absolute", array(mean.absolute)},
          {"distance", array(mean.distance)},
          {"crps", array({diag::mixture_crps(mean, series(in, "weights"))})},
          {"best_weights", array(best.weights)},
          {"best_crps", array({best.crps})}};
}

Arrays paired(const Arrays& in) {
  const auto test = diag::diebold_mariano(series(in, "first"), series(in, "second"),
                                          static_cast<int>(number(in, "lags")));
  return {{"statistic", array({test.statistic})}, {"p_value", array({test.p_value})}};
}

Arrays discoveries(const Arrays& in) {
  return {{"limit", array({diag::discovery_limit(series(in, "p"), number(in, "rate"))})}};
}

Arrays probability_intervals(const Arrays& in) {
  const auto &share = series(in, "share"), &members = series(in, "members");
  const double level = number(in, "level");
  std::vector<double> wilson, exact, difference;
  const auto add = [](std::vector<double>& to, const diag::Interval& interval) {
    to.insert(to.end(), {interval.low, interval.high});
  };
  for (std::size_t i = 0; i < share.size(); ++i) {
    const auto n = static_cast<std::int64_t>(members[i]);
    add(wilson, diag::probability_interval(share[i], n, level));
    add(exact, diag::probability_interval(share[i], n, level, diag::ShareInterval::exact));
    add(difference, diag::difference_interval(share[i], n, share[0],
                                              static_cast<std::int64_t>(members[0]), level));
  }
  return {{"wilson", array(wilson)}, {"exact", array(exact)}, {"difference", array(difference)}};
}

Arrays rank_flatness(const Arrays& in) {
  const auto test = diag::rank_flatness(series(in, "counts"), number(in, "cases"));
  return {{"test", array({test.chi_square, test.p_value})}};
}

Arrays energy(const Arrays& in) {
  std::vector<int> groups;
  for (double g : series(in, "groups")) groups.push_back(static_cast<int>(g));
  const auto test = diag::exchangeability(get(in, "distances", 2).values, groups, {1, 0});
  return {{"statistic", array({test.statistic})}};
}

Arrays cascade(const Arrays& in) {
  const auto members = whole(in, "members"), full = whole(in, "full");
  const auto plan = diag::plan_cascade(std::vector<std::int64_t>{members, full},
                                       number(in, "threshold"), number(in, "error"));
  const diag::EventPrior prior{number(in, "prior_mean"), number(in, "prior_strength")};
  return {{"limits",
           array({static_cast<double>(plan.needed), static_cast<double>(plan.rounds[0].no_at_most),
                  static_cast<double>(plan.rounds[0].yes_at_least)})},
          {"flips", array(diag::flip_probabilities(plan, 0, prior))}};
}

}  // namespace

std::map<std::string, Calculator> statistics_calculators() {
  return {{"cascade", cascade},
          {"discoveries", discoveries},
          {"distributions", distributions},
          {"energy", energy},
          {"extremes", extremes},
          {"return_levels", return_levels},
          {"mixture", mixture},
          {"paired", paired},
          {"probability_intervals", probability_intervals},
          {"rank_flatness", rank_flatness}};
}

}  // namespace myriad::oracle
