#include "diagnostics/reducers/field_names.hpp"

#include <fmt/format.h>

#include <cmath>

namespace myriad::diag::detail {

std::string number_in_name(double value) {
  std::string text;
  for (char c : fmt::format("{:.9g}", value)) {
    if (c == '.') {
      text += 'p';
    } else if (c == '-') {
      text += 'm';
    } else if (c != '+') {
      text += c;
    }
  }
  return text;
}

double percent_of(double probability) {
  return std::round(probability * 1e9) / 1e7;
}

}  // namespace myriad::diag::detail
