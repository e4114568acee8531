#include "diagnostics/reducers/moment_reducer.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "src/base/error.hpp"

namespace myriad::diag {
namespace {

enum class MomentMap : std::uint8_t {
  mean,
  stddev,
  minimum,
  minimum_member,
  maximum,
  maximum_member
};
constexpr std::size_t k_moment_maps = 6;

class MomentReducer final : public Reducer {
 public:
  explicit MomentReducer(const StatisticsAxes& axes) : axes_(axes) {}

  std::string name() const override { return "moments"; }

  std::vector<ReducedField> fields(std::size_t channel) const override {
    const io::Channel& c = axes_.channels[channel];
    const auto number_of = [&](const char* extreme) {
      return io::NcAttributes{
          {"long_name", fmt::format("{}, number of the member with the {}", c.long_name, extreme)},
          {"units", std::string("1")},
          {"MYRIAD_estimator", std::string("lowest number on ties")}};
    };
    auto stddev = detail::map_attributes(c, "standard deviation", "standard_deviation");
    stddev.emplace_back("MYRIAD_estimator", std::string("divisor N - 1"));
    return {{c.name + "_mean", false, detail::map_attributes(c, "mean", "mean"), 0},
            {c.name + "_stddev", false, stddev, 0},
            {c.name + "_min", false, detail::map_attributes(c, "minimum", "minimum"), 0},
            {c.name + "_min_member", true, number_of("smallest value"), 0},
            {c.name + "_max", false, detail::map_attributes(c, "maximum", "maximum"), 0},
            {c.name + "_max_member", true, number_of("largest value"), 0}};
  }

  std::size_t record_size(std::int64_t) const override { return 0; }

  void reduce(const EnsembleTile& tile, MemberColumns& columns, std::span<float> maps,
              std::span<double> record) override {
    detail::check_tile(tile, axes_);
    const auto points = static_cast<std::size_t>(tile.points());
    MYRIAD_EXPECT(maps.size() == k_moment_maps * points && record.empty());
    const auto set = [&](MomentMap which, std::span<const double> values, auto&& to_float) {
      std::transform(
          values.begin(), values.end(),
          maps.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(which) * points),
          to_float);
    };
    const auto value = [](double v) { return static_cast<float>(v); };
    const auto number = [&](double at) {
      return static_cast<float>(tile.members[static_cast<std::size_t>(at)]);
    };
    set(MomentMap::mean, columns.mean(), value);
    set(MomentMap::stddev, columns.variance(),
        [](double v) { return static_cast<float>(std::sqrt(v)); });
    const MemberExtremes extremes = columns.extremes();
    set(MomentMap::minimum, extremes.low, value);
    set(MomentMap::minimum_member, extremes.low_at, number);
    set(MomentMap::maximum, extremes.high, value);
    set(MomentMap::maximum_member, extremes.high_at, number);
  }

  void finish_case(std::size_t, std::size_t, std::span<const float>, std::span<const std::int64_t>,
                   std::span<const double>) override {}

  std::size_t scratch_bytes(std::size_t, std::size_t) const override { return 0; }
  std::int64_t values_at_once(std::int64_t) const override { return 0; }

 private:
  StatisticsAxes axes_;
};

}  // namespace

std::unique_ptr<Reducer> make_moment_reducer(const StatisticsAxes& axes) {
  return std::make_unique<MomentReducer>(axes);
}

}  // namespace myriad::diag
