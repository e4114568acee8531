#include "training/rules.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "src/base/log.hpp"

namespace myriad::train {

namespace {

/// out = sum_k weight_k vectors_k.
void weighted_sum(const Tensor& vectors, const std::vector<double>& weights, TensorView out) {
  Backend& backend = vectors.backend();
  Tensor weight(backend, DType::f64, {1, vectors.dim(0)}), sum(backend, DType::f64, {1, vectors.dim(1)});
  weight.assign(weights);
  backend.combine_members(sum, vectors.view(), weight);
  backend.copy(out, sum.view().reshape({vectors.dim(1)}));
}

Tensor sorted(const Tensor& vectors) {
  Tensor result(vectors.backend(), vectors.dtype(), {vectors.dim(0), vectors.dim(1)});
  vectors.backend().sort_members(result, vectors.view(), {});
  return result;
}

/// Mean of the elements at the places [f, p - f) of each coordinate in ascending order; the median for the largest f.
/// Yin et al. 2018, definitions 1 and 2.
class TrimmedMean final : public Rule {
 public:
  /// \param f negative: as many as leave one or two
  explicit TrimmedMean(std::int64_t f) : Rule(f < 0 ? 1 : 2 * f + 1), f_(f) {}

 protected:
  void do_combine(const Tensor& vectors, TensorView out) const override {
    const std::int64_t p = vectors.dim(0), f = f_ < 0 ? (p - 1) / 2 : f_;
    std::vector<double> weights(static_cast<std::size_t>(p), 0.0);
    std::fill(weights.begin() + f, weights.end() - f, 1.0 / static_cast<double>(p - 2 * f));
    weighted_sum(sorted(vectors), weights, out);
  }

 private:
  std::int64_t f_;
};

/// Sum of the squared distances of each of \p alive to its \p nearest nearest ones among them; infinite for the others.
std::vector<double> krum_scores(std::span<const double> products, std::size_t count, const std::vector<bool>& alive, std::size_t nearest) {
  std::vector<double> scores(count, HUGE_VAL);
  for (std::size_t i = 0; i < count; ++i) {
    if (!alive[i]) continue;
    std::vector<double> distances;
    for (std::size_t j = 0; j < count; ++j) {
      if (j == i || !alive[j]) continue;
      distances.push_back(std::max(0.0, products[i * count + i] + products[j * count + j] - 2.0 * products[i * count + j]));
    }
    std::sort(distances.begin(), distances.end());
    scores[i] = std::accumulate(distances.begin(), distances.begin() + static_cast<std::ptrdiff_t>(std::min(nearest, distances.size())), 0.0);
  }
  return scores;
}

/// Mean of the `best` vectors whose p - f - 2 nearest neighbours are nearest (Blanchard et al. 2017, section 4).
class Krum final : public Rule {
 public:
  Krum(std::int64_t f, bool multi) : Rule(2 * f + 3), f_(f), multi_(multi) {}

 protected:
  void do_choose(std::span<const double> products, std::size_t count) override {
    const std::size_t nearest = count - static_cast<std::size_t>(f_) - 2, best = multi_ ? nearest : 1;
    const std::vector<double> scores = krum_scores(products, count, std::vector<bool>(count, true), nearest);
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });
    weights_.assign(count, 0.0);
    for (std::size_t k = 0; k < best; ++k) weights_[order[k]] = 1.0 / static_cast<double>(best);
  }
  void do_combine(const Tensor& vectors, TensorView out) const override { weighted_sum(vectors, weights_, out); }

 private:
  std::int64_t f_;
  bool multi_;
  std::vector<double> weights_;
};

/// Krum again and again chooses p - 2 f vectors; of those each coordinate takes the mean of the p - 4 f values nearest to its median
/// (El Mhamdi et al. 2018, section 4).
class Bulyan final : public Rule {
 public:
  explicit Bulyan(std::int64_t f) : Rule(4 * f + 3), f_(f) {}

 protected:
  void do_choose(std::span<const double> products, std::size_t count) override {
    const auto f = static_cast<std::size_t>(f_);
    std::vector<bool> alive(count, true);
    chosen_.clear();
    for (std::size_t left = count; chosen_.size() < count - 2 * f; --left) {
      const std::vector<double> scores = krum_scores(products, count, alive, left > f + 2 ? left - f - 2 : 1);
      const auto best = static_cast<std::size_t>(std::min_element(scores.begin(), scores.end()) - scores.begin());
      alive[best] = false;
      chosen_.push_back(static_cast<std::int64_t>(best));
    }
  }
  void do_combine(const Tensor& vectors, TensorView out) const override {
    const std::int64_t size = vectors.dim(1), count = static_cast<std::int64_t>(chosen_.size()), kept = count - 2 * f_;
    Tensor some(vectors.backend(), vectors.dtype(), {count, size});
    for (std::int64_t k = 0; k < count; ++k) {
      vectors.backend().copy(some.view().slice(0, k, 1), vectors.view().slice(0, chosen_[static_cast<std::size_t>(k)], 1));
    }
    const std::vector<double> x = sorted(some).to_doubles();
    const auto at = [&](std::int64_t k, std::int64_t j) { return x[static_cast<std::size_t>(k * size + j)]; };
    std::vector<double> result(static_cast<std::size_t>(size));
    for (std::int64_t j = 0; j < size; ++j) {
      const double median = 0.5 * (at((count - 1) / 2, j) + at(count / 2, j));
      // In ascending order the nearest ones lie side by side: give up the farther end until enough are gone.
      std::int64_t low = 0, high = count - 1;
      while (high - low + 1 > kept) {
        if (median - at(low, j) > at(high, j) - median) {
          ++low;
        } else {
          --high;
        }
      }
      double sum = 0.0;
      for (std::int64_t k = low; k <= high; ++k) sum += at(k, j);
      result[static_cast<std::size_t>(j)] = sum / static_cast<double>(kept);
    }
    Tensor mean(vectors.backend(), DType::f64, {size});
    mean.assign(result);
    vectors.backend().copy(out, mean);
  }

 private:
  std::int64_t f_;
  std::vector<std::int64_t> chosen_;
};

}  // namespace

void Rule::choose(std::span<const double> products, std::span<const int> senders) {
  const std::size_t count = senders.size();
  kept_.clear();
  for (std::size_t i = 0; i < count; ++i) {
    if (std::isfinite(products[i * count + i])) {
      kept_.push_back(static_cast<std::int64_t>(i));
    } else {
      log_warning("train", "E2427", "worker {} sent NaN or infinite numbers: its vector is left out of this round", senders[i]);
    }
  }
  MYRIAD_VALIDATE(static_cast<std::int64_t>(kept_.size()) >= least_, ErrorKind::quality, "E2426",
                  "{} of {} vectors can be used and the rule needs {} (the others are NaN or infinite) look at the workers named in the log",
                  kept_.size(), count, least_);
  std::vector<double> left;
  for (std::int64_t i : kept_) {
    for (std::int64_t j : kept_) left.push_back(products[static_cast<std::size_t>(i) * count + static_cast<std::size_t>(j)]);
  }
  do_choose(left, kept_.size());
}

void Rule::combine(const Tensor& vectors, TensorView out) const {
  if (static_cast<std::int64_t>(kept_.size()) == vectors.dim(0)) return do_combine(vectors, out);
  Tensor left(vectors.backend(), vectors.dtype(), {static_cast<std::int64_t>(kept_.size()), vectors.dim(1)});
  for (std::size_t k = 0; k < kept_.size(); ++k) {
    vectors.backend().copy(left.view().slice(0, static_cast<std::int64_t>(k), 1), vectors.view().slice(0, kept_[k], 1));
  }
  do_combine(left, out);
}

std::vector<double> pair_products(const Tensor& vectors) {
  const auto p = static_cast<std::size_t>(vectors.dim(0)), size = static_cast<std::size_t>(vectors.dim(1));
  const std::vector<double> x = vectors.to_doubles();
  std::vector<double> products(p * p);
  for (std::size_t i = 0; i < p; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      products[i * p + j] = products[j * p + i] = std::inner_product(x.begin() + static_cast<std::ptrdiff_t>(i * size),
                                                                     x.begin() + static_cast<std::ptrdiff_t>((i + 1) * size),
                                                                     x.begin() + static_cast<std::ptrdiff_t>(j * size), 0.0);
    }
  }
  return products;
}

std::unique_ptr<Rule> make_rule(const RuleConfig& c, std::int64_t workers) {
  if (c.name == "mean") return nullptr;
  if (c.name == "median") return std::make_unique<TrimmedMean>(-1);
  const auto needs = [&](std::int64_t factor, std::int64_t rest) {
    MYRIAD_VALIDATE(c.f >= 0 && workers >= factor * c.f + rest, ErrorKind::config_invalid, "E2425",
                    "exchange.rule {} with f = {} and {} workers (it needs {} f + {}) lower f or take more workers", c.name, c.f, workers, factor,
                    rest);
  };
  if (c.name == "trimmed_mean") {
    needs(2, 1);
    return std::make_unique<TrimmedMean>(c.f);
  }
  if (c.name == "krum" || c.name == "multi_krum") {
    needs(2, 3);
    return std::make_unique<Krum>(c.f, c.name == "multi_krum");
  }
  MYRIAD_VALIDATE(c.name == "bulyan", ErrorKind::config_invalid, "E2425",
                  "exchange.rule is '{}' (mean, median, trimmed_mean, krum, multi_krum and bulyan are known) change it", c.name);
  needs(4, 3);
  return std::make_unique<Bulyan>(c.f);
}

}  // namespace myriad::train
