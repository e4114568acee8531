#pragma once
/// \file
/// Events of a channel: above or below a value.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace myriad::diag {

enum class Relation : std::uint8_t { above, below };

/// An event as asked for: the channel is above or below a value.
struct Threshold {
  std::string channel;
  Relation relation = Relation::above;
  double value = 0.0;
  std::string units;  ///< empty: those of the channel; k_sigma: standard deviations of the climate
};
/// Unit of thresholds that count standard deviations from the climatological mean of point and day.
inline constexpr const char* k_sigma = "sigma";

/// An event in the unit of its channel.
struct Event {
  Relation relation = Relation::above;
  double value = 0.0;  ///< in the channel's unit
  double given = 0.0;  ///< as it was asked for, in `units`
  std::string units;
  std::string name;  ///< as part of a name: "above_273p15", "below_m10_degC" (units when they are
                     ///< not the channel's)
  std::string text;  ///< for people: "above 273.15 K"
  bool standardised = false;  ///< `value` counts standard deviations from the climatological mean

  /// Strictly beyond the value (that of a point, when it is standardised); compared in fp64.
  bool holds(double x) const { return beyond(x, value); }
  bool beyond(double x, double threshold) const {
    return relation == Relation::above ? x > threshold : x < threshold;
  }
};

/// What a threshold needs to know of a channel.
struct ChannelUnits {
  std::string name;
  std::string units;
  std::string standard_name;
};

/// Of any list whose elements have these three names.
template <class Channels>
std::vector<ChannelUnits> units_of(const Channels& channels) {
  std::vector<ChannelUnits> out;
  for (const auto& c : channels) out.push_back({c.name, c.units, c.standard_name});
  return out;
}

/// Whether thresholds may be given in k_sigma.
enum class Standardised : std::uint8_t { refused, allowed };

/// The events of each channel [channel][event], in the order given.
///
/// *Errors* ErrorKind::config_invalid E2532: a channel that is not in the list, units that cannot
/// be converted, a value that is not finite, an event given twice.
std::vector<std::vector<Event>> resolve_thresholds(
    std::span<const ChannelUnits> channels, std::span<const Threshold> thresholds,
    Standardised standardised = Standardised::refused);

}  // namespace myriad::diag
