#include "diagnostics/spectral_scores.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <tuple>

namespace myriad::diag {
namespace {

using Values = std::vector<double>;

/// f(l, values of the spectra at l) for every degree.
template <class F, class... Of>
Values combine(const ScoreResults& r, std::size_t channel, std::size_t lead, const F& f, Of... of) {
  const std::array<Values, sizeof...(Of)> spectra{r.spectrum(channel, lead, of)...};
  for (const Values& s : spectra) {
    if (s.empty()) return {};
  }
  Values out;
  for (std::size_t l = 0; l < spectra[0].size(); ++l) {
    std::array<double, sizeof...(Of)> at;
    for (std::size_t i = 0; i < at.size(); ++i) at[i] = spectra[i][l];
    const double value = std::apply([&](auto... p) { return f(static_cast<double>(l), p...); }, at);
    out.push_back(std::isfinite(value) ? value : std::numeric_limits<double>::quiet_NaN());
  }
  return out;
}

/// mean |m| over its value for isotropic fields.
double isotropy(double l, double moment, double power) {
  return moment / power * (2.0 * l + 1.0) / (l * (l + 1.0));
}

constexpr std::array<SpectralScore, 7> k_scores{{
    {"power_ratio", "power of the members over that of the truth", "P_x / P_t",
     [](const ScoreResults& r, std::size_t c, std::size_t t) {
       return combine(
           r, c, t, [](double, double x, double y) { return x / y; }, SpectrumOf::members,
           SpectrumOf::truth);
     }},
    {"spread_skill_ratio_by_degree", "spread over the error of the mean",
     "sqrt((N+1)/N S / P_error_of_mean), S the ensemble variance of the degree",
     [](const ScoreResults& r, std::size_t c, std::size_t t) {
       const auto n = static_cast<double>(r.shape().members);
       return combine(
           r, c, t,
           [n](double, double s, double e) { return std::sqrt((n + 1.0) / n * s / e); },
           SpectrumOf::spread, SpectrumOf::error_of_mean);
     }},
    {"coherence_of_mean", "coherence of the ensemble mean with the truth",
     "Re<m, t> / sqrt(P_m P_t), Re<m, t> = (P_m + P_t - P_error_of_mean) / 2",
     [](const ScoreResults& r, std::size_t c, std::size_t t) {
       return combine(
           r, c, t,
           [](double, double m, double y, double e) {
             return 0.5 * (m + y - e) / std::sqrt(m * y);
           },
           SpectrumOf::ensemble_mean, SpectrumOf::truth, SpectrumOf::error_of_mean);
     }},
    {"coherence_with_truth", "coherence of members with the truth",
     "Re<x, t> / sqrt(P_x P_t), Re<x, t> = (P_m + P_t - P_error_of_mean) / 2",
     [](const ScoreResults& r, std::size_t c, std::size_t t) {
       return combine(
           r, c, t,
           [](double, double m, double y, double e, double x) {
             return 0.5 * (m + y - e) / std::sqrt(x * y);
           },
           SpectrumOf::ensemble_mean, SpectrumOf::truth, SpectrumOf::error_of_mean,
           SpectrumOf::members);
     }},
    {"coherence_of_members", "coherence of different members",
     "Re<x_i, x_j> / P_x = (P_x - S) / P_x, S the ensemble variance of the degree",
     [](const ScoreResults& r, std::size_t c, std::size_t t) {
       return combine(
           r, c, t, [](double, double x, double s) { return (x - s) / x; }, SpectrumOf::members,
           SpectrumOf::spread);
     }},
    {"isotropy_of_members", "isotropy of the members",
     "(sum_m |m| P_lm / sum_m P_lm) / (l (l+1) / (2l+1)), 1 for isotropic fields",
     [](const ScoreResults& r, std::size_t c, std::size_t t) {
       return combine(r, c, t, isotropy, SpectrumOf::members_order_moment, SpectrumOf::members);
     }},
    {"isotropy_of_truth", "isotropy of the truth",
     "(sum_m |m| P_lm / sum_m P_lm) / (l (l+1) / (2l+1)), 1 for isotropic fields",
     [](const ScoreResults& r, std::size_t c, std::size_t t) {
       return combine(r, c, t, isotropy, SpectrumOf::truth_order_moment, SpectrumOf::truth);
     }},
}};

}  // namespace

std::span<const SpectralScore> spectral_scores() {
  return k_scores;
}

}  // namespace myriad::diag
