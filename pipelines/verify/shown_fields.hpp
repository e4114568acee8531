#pragma once
/// \file
/// Further maps of the start that the report shows: probabilities of events, one contour of every
/// member.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "diagnostics/report.hpp"
#include "src/base/config.hpp"

namespace myriad::pipelines {

/// Keys `events` and `contours` of the section `report`.
void add_shown_field_keys(Schema& report);

/// Collects what `report.events` and `report.contours` ask for, one case (channel, lead) after the
/// other, members in bands of rows or whole.
class ShownFields {
 public:
  static constexpr std::int64_t k_most_lines = 50;  ///< members drawn as lines

  /// Errors: config_invalid E2703 (a unit that cannot be converted). Warnings: E2702 (a channel
  /// that is not verified; its entry is left out).
  ShownFields(const Config& report, const diag::VerificationShape& shape);

  /// Count the members beyond the thresholds of \p channel in the rows [first_row, first_row +
  /// rows). Shapes: members [member, rows, lon], in the channel's unit.
  void add_rows(std::size_t channel, std::int64_t first_row, std::int64_t rows,
                std::span<const float> members);
  /// Members whose whole fields add_contours() must get, from the first on; 0: none.
  std::int64_t contour_members(std::size_t channel) const;
  /// Draw the lines of one member, in their order. Shapes: field [lat, lon].
  void add_contours(std::size_t channel, std::span<const float> field);
  /// All rows and lines of the case have been given; \p truth [lat, lon].
  void finish_case(std::size_t channel, std::size_t lead, std::span<const float> truth);

  /// Put everything collected into \p report.
  void add_to(diag::Report& report) const;

 private:
  enum class Relation : std::uint8_t { above, below };
  struct Event {
    std::size_t channel = 0;
    Relation relation = Relation::above;
    double value = 0.0;                ///< in the channel's unit
    std::string heading;               ///< "Probability of more than 281 K"
    std::vector<std::int32_t> counts;  ///< [lat, lon] of the case in progress
  };
  struct Contour {
    std::size_t channel = 0;
    double value = 0.0;
    std::vector<std::string> lines;  ///< of the case in progress
  };

  const diag::VerificationShape& shape_;
  std::vector<double> latitudes_;
  std::vector<Event> events_;
  std::vector<Contour> contours_;
  std::vector<diag::FieldPanel> fields_;
  std::vector<diag::Spaghetti> spaghetti_;
};

}  // namespace myriad::pipelines
