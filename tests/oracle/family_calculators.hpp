#pragma once
/// \file
/// Calculators of the families of scores.

#include <map>
#include <string>

#include "tests/oracle/calculators.hpp"

namespace myriad::oracle {

/// Each gives every result of a family for `members` [member, lat, lon] and `truth` [lat, lon],
/// rows of equal weight, each [value], named as in the family but without the event. Options are
/// arrays: event_scores: `above` or `below` [1], `bins` [1], `cost_loss` [ratio]; tail_scores:
/// `above` or `below` [1]; quantile_scores: `probabilities`, `levels`, `definition` [1] (6 or 7);
/// variogram_scores: `lags` in degrees, `order` [1]; energy_scores, gaussian_scores and
/// regional_scores have none.
std::map<std::string, Calculator> family_calculators();

}  // namespace myriad::oracle
