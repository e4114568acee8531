#include "diagnostics/reducers/moment_reducer.hpp"

#include <algorithm>
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

/// Smallest value of each point by \p before, and the first member that has it.
template <class Before>
void find_extreme(const EnsembleTile& tile, std::span<float> value, std::span<float> member,
                  Before&& before) {
  const std::size_t points = value.size();
  std::copy_n(tile.values.begin(), points, value.begin());
  std::fill(member.begin(), member.end(), static_cast<float>(tile.members[0]));
  for (std::size_t i = 1; i < tile.members.size(); ++i) {
    const float* x = tile.values.data() + i * points;
    const float number = static_cast<float>(tile.members[i]);
    for (std::size_t p = 0; p < points; ++p) {
      const bool better = before(x[p], value[p]);
      value[p] = better ? x[p] : value[p];
      member[p] = better ? number : member[p];
    }
  }
}

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

  void reduce(const EnsembleTile& tile, std::span<float> maps, std::span<double> record) override {
    detail::check_tile(tile, axes_);
    const auto points = static_cast<std::size_t>(tile.points());
    MYRIAD_EXPECT(maps.size() == k_moment_maps * points && record.empty());
    const auto map = [&](MomentMap which) {
      return maps.subspan(static_cast<std::size_t>(which) * points, points);
    };
    mean_and_spread(detail::fields_of(tile), map(MomentMap::mean), map(MomentMap::stddev));
    find_extreme(tile, map(MomentMap::minimum), map(MomentMap::minimum_member),
                 [](float a, float b) { return a < b; });
    find_extreme(tile, map(MomentMap::maximum), map(MomentMap::maximum_member),
                 [](float a, float b) { return a > b; });
  }

  void finish_case(std::size_t, std::size_t, std::span<const float>, std::span<const std::int64_t>,
                   std::span<const double>) override {}

  std::size_t scratch_bytes(std::size_t, std::size_t points) const override {
    return 2 * sizeof(double) * points;
  }

 private:
  StatisticsAxes axes_;
};

}  // namespace

std::unique_ptr<Reducer> make_moment_reducer(const StatisticsAxes& axes) {
  return std::make_unique<MomentReducer>(axes);
}

}  // namespace myriad::diag
