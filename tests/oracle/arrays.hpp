#pragma once
/// \file
/// Named arrays as text: how the scripts of this folder talk to oracle_scores.
///
/// One array is `name rank extent... value...`, separated by blanks or line ends; values are
/// written with 17 digits, so that nothing is lost on the way.

#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

namespace myriad::oracle {

struct Array {
  std::vector<std::int64_t> shape;
  std::vector<double> values;  ///< row-major

  /// The values as a file of fields would hold them.
  std::vector<float> floats() const { return {values.begin(), values.end()}; }
};

using Arrays = std::map<std::string, Array>;

/// All arrays of \p in.
/// Errors: std::runtime_error for text that is no array or ends early.
Arrays read_arrays(std::istream& in);

void write_arrays(std::ostream& out, const Arrays& arrays);

/// The array \p name.
/// Errors: std::runtime_error when it is not there or has another rank.
const Array& get(const Arrays& arrays, const std::string& name, std::size_t rank);

}  // namespace myriad::oracle
