#include "tests/support/match.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <iomanip>
#include <limits>
#include <sstream>
#include <string>

namespace myriad::test {
namespace {

std::string index_text(std::size_t index, const std::vector<std::int64_t>& extents) {
  if (extents.empty()) return "[" + std::to_string(index) + "]";
  std::vector<std::int64_t> position(extents.size());
  auto rest = static_cast<std::int64_t>(index);
  for (std::size_t d = extents.size(); d-- > 0;) {
    position[d] = rest % extents[d];
    rest /= extents[d];
  }
  std::string text = "[";
  for (std::size_t d = 0; d < position.size(); ++d)
    text += (d ? ", " : "") + std::to_string(position[d]);
  return text + "]";
}

/// One element that is wrong, and by how much.
struct Mismatch {
  std::size_t index;
  double difference;
};

testing::AssertionResult report(std::vector<Mismatch> wrong, std::span<const double> actual,
                                std::span<const double> expected,
                                const std::vector<std::int64_t>& extents, int shown,
                                const std::string& limit) {
  if (wrong.empty()) return testing::AssertionSuccess();
  std::stable_sort(wrong.begin(), wrong.end(), [](const Mismatch& a, const Mismatch& b) {
    return a.difference > b.difference;
  });
  std::ostringstream text;
  text << wrong.size() << " of " << expected.size() << " elements differ (" << limit
       << "), worst:" << std::setprecision(17);
  for (std::size_t k = 0; k < std::min(wrong.size(), static_cast<std::size_t>(shown)); ++k) {
    const std::size_t i = wrong[k].index;
    text << "\n  " << index_text(i, extents) << " is " << actual[i] << ", expected " << expected[i]
         << ", off by " << std::setprecision(3) << wrong[k].difference << std::setprecision(17);
  }
  return testing::AssertionFailure() << text.str();
}

}  // namespace

testing::AssertionResult all_close(std::span<const double> actual, std::span<const double> expected,
                                   Tolerance tolerance, const std::vector<std::int64_t>& extents,
                                   int shown) {
  if (actual.size() != expected.size()) {
    return testing::AssertionFailure()
           << actual.size() << " elements, expected " << expected.size();
  }
  double largest = 0.0;
  for (double e : expected) {
    if (std::isfinite(e)) largest = std::max(largest, std::abs(e));
  }
  const double limit = tolerance.absolute + tolerance.relative * largest;
  std::vector<Mismatch> wrong;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (actual[i] == expected[i] || (std::isnan(actual[i]) && std::isnan(expected[i]))) continue;
    const double difference = std::abs(actual[i] - expected[i]);
    // A NaN makes the difference NaN, which no limit admits.
    if (difference <= limit) continue;
    wrong.push_back(
        {i, std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference});
  }
  std::ostringstream text;
  text << "limit " << limit << ", largest magnitude " << largest;
  return report(std::move(wrong), actual, expected, extents, shown, text.str());
}

testing::AssertionResult same_bits(std::span<const double> actual, std::span<const double> expected,
                                   const std::vector<std::int64_t>& extents, int shown) {
  if (actual.size() != expected.size()) {
    return testing::AssertionFailure()
           << actual.size() << " elements, expected " << expected.size();
  }
  std::vector<Mismatch> wrong;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (std::bit_cast<std::uint64_t>(actual[i]) != std::bit_cast<std::uint64_t>(expected[i])) {
      wrong.push_back({i, std::abs(actual[i] - expected[i])});
    }
  }
  return report(std::move(wrong), actual, expected, extents, shown, "bits must agree");
}

}  // namespace myriad::test
