#include "diagnostics/families/checkpoints.hpp"

#include <algorithm>

#include "diagnostics/families/family_parts.hpp"
#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

class Checkpoints final : public CheckpointFamily {
 public:
  explicit Checkpoints(const CheckpointOptions& options) : options_(options) {
    MYRIAD_EXPECT(!options.groups.empty() && *std::min_element(options.groups.begin(), options.groups.end()) >= 0);
    sizes_.assign(static_cast<std::size_t>(*std::max_element(options.groups.begin(), options.groups.end())) + 1, 0);
    for (int g : options.groups) ++sizes_[static_cast<std::size_t>(g)];
    MYRIAD_EXPECT(sizes_.size() >= 2 && *std::min_element(sizes_.begin(), sizes_.end()) > 0);
  }

  std::string name() const override { return "checkpoints"; }
  std::int64_t values_at_once(std::int64_t) const override { return 1; }
  std::size_t checkpoints() const override { return sizes_.size(); }
  const std::vector<int>& members() const override { return sizes_; }
  /// Means, variances; then A_j and B_jk for j <= k, standard.
  std::size_t record_size() const override {
    const std::size_t j = sizes_.size();
    return 2 * j + (options_.distances ? j + j * (j + 1) / 2 : 0);
  }

  void score_rows(const CaseRows& rows, std::span<double> record) const override {
    const auto lines = static_cast<std::size_t>(rows.fields.nlat), nlon = static_cast<std::size_t>(rows.fields.nlon);
    MYRIAD_EXPECT(record.size() == lines * record_size());
    const std::size_t count = options_.groups.size(), points = lines * nlon;
    if (static_cast<std::size_t>(rows.members.members()) != count) return;
    std::vector<float> values(count * points);
    rows.members.copy_members(0, static_cast<std::int64_t>(count), values);
    std::fill(record.begin(), record.end(), 0.0);
    std::vector<std::vector<double>> members(sizes_.size());
    for (std::size_t p = 0; p < points; ++p) {
      const double weight = rows.fields.weights.empty() ? 1.0 : static_cast<double>(rows.fields.weights[p]);
      if (weight == 0.0) continue;
      for (auto& of_one : members) of_one.clear();
      for (std::size_t m = 0; m < count; ++m)
        members[static_cast<std::size_t>(options_.groups[m])].push_back(static_cast<double>(values[m * points + p]));
      const auto row = record.subspan(p / nlon * record_size(), record_size());
      add_point(members, static_cast<double>(rows.fields.truth[p]), weight, row);
    }
    for (double& sum : record) sum /= static_cast<double>(nlon);
  }

  std::vector<FamilyOutput> outputs(std::size_t) const override { return {}; }
  void evaluate(std::size_t, std::size_t, std::span<const double>, int, std::span<double>) const override {}

  std::vector<double> means(std::span<const double> record) const override {
    const auto part = record.first(sizes_.size());
    return {part.begin(), part.end()};
  }
  std::vector<double> variances(std::span<const double> record) const override {
    const auto part = record.subspan(sizes_.size(), sizes_.size());
    return {part.begin(), part.end()};
  }
  MixtureTerms terms(std::span<const double> record, PairEstimator estimator) const override {
    MYRIAD_EXPECT(options_.distances && record.size() == record_size());
    const std::size_t count = sizes_.size();
    const auto absolute = record.subspan(2 * count, count);
    MixtureTerms terms{{absolute.begin(), absolute.end()}, std::vector<double>(count * count)};
    std::size_t at = 3 * count;
    for (std::size_t j = 0; j < count; ++j) {
      for (std::size_t k = j; k < count; ++k, ++at) terms.distance[j * count + k] = terms.distance[k * count + j] = record[at];
      if (estimator == PairEstimator::standard) continue;
      MYRIAD_EXPECT(sizes_[j] >= 2);
      terms.distance[j * (count + 1)] *= static_cast<double>(sizes_[j]) / (sizes_[j] - 1.0);
    }
    return terms;
  }

 private:
  void add_point(const std::vector<std::vector<double>>& members, double truth, double weight, std::span<double> row) const {
    const std::size_t count = sizes_.size();
    for (std::size_t j = 0; j < count; ++j) {
      const double n = static_cast<double>(sizes_[j]);
      double mean = 0.0, square = 0.0;
      for (double x : members[j]) mean += x / n;
      for (double x : members[j]) square += (x - mean) * (x - mean);
      row[j] += weight * mean;
      row[count + j] += n > 1.0 ? weight * square / (n - 1.0) : 0.0;
    }
    if (!options_.distances) return;
    const MixtureTerms terms = mixture_terms(members, truth, PairEstimator::standard);
    std::size_t at = 2 * count;
    for (double a : terms.absolute) row[at++] += weight * a;
    for (std::size_t j = 0; j < count; ++j) {
      for (std::size_t k = j; k < count; ++k) row[at++] += weight * terms.pair(j, k);
    }
  }

  CheckpointOptions options_;
  std::vector<int> sizes_;  ///< M_j
};

}  // namespace

std::shared_ptr<const CheckpointFamily> make_checkpoint_family(const CheckpointOptions& options) {
  return std::make_shared<Checkpoints>(options);
}

}  // namespace myriad::diag
