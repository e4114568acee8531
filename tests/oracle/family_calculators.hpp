#pragma once
/// \file
/// The families of scores for the scripts of this folder.

#include "tests/oracle/arrays.hpp"

namespace myriad::oracle {

/// Every result of a family for `members` [member, lat, lon] and `truth` [lat, lon], rows of equal
/// weight, each [value]. Names are those of the family without the event. Options by array: events:
/// `above` or `below` [1], `bins` [1], `cost_loss` [ratio]
Arrays event_scores(const Arrays& in);
/// `above` or `below` [1]
Arrays tail_scores(const Arrays& in);
/// `probabilities`, `levels`, `definition` [1]: Hyndman and Fan's number, 6 or 7
Arrays quantile_scores(const Arrays& in);
Arrays gaussian_scores(const Arrays& in);
Arrays regional_scores(const Arrays& in);
Arrays energy_scores(const Arrays& in);
/// `lags` in degrees, `order` [1]
Arrays variogram_scores(const Arrays& in);

}  // namespace myriad::oracle
