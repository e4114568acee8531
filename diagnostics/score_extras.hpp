#pragma once
/// \file
/// What the file, the lines and the object of scores share: results beside scores(), of families and inferences.

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "diagnostics/verification.hpp"

namespace myriad::diag::detail {

/// Whether some value is finite.
bool exists(const std::vector<double>& values);
/// How dates are averaged, in words.
std::string pooling_text(Pooling pooling);

/// "no value in europe, land (zonal wavenumbers need whole circles of latitude)": where \p output is
/// absent by its nature; empty: nowhere.
std::string absence_text(const FamilyOutput& output, const VerificationShape& shape);

/// A result of a family or an inference for a channel.
struct Extra {
  FamilyOutput output;
  std::string pooling;
  std::function<std::vector<double>(std::size_t lead, std::size_t region)> values;
  std::function<Interval(std::size_t lead, std::size_t region)> interval;  ///< empty: none
};

/// Call \p body for every result of families and inferences for \p channel, in a fixed order.
void for_each_extra(const Verification& results, std::size_t channel, const std::function<void(const Extra&)>& body);

}  // namespace myriad::diag::detail
