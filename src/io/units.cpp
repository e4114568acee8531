#include "src/io/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

namespace myriad::io {

namespace {

struct Symbol {
  std::string_view text;
  Unit unit;
};

// Powers of m, kg, s, K. "gpm" is the geopotential metre of older files.
const std::vector<Symbol>& symbols() {
  static const std::vector<Symbol> table = {
      {"m", {{1, 0, 0, 0}, 1.0, 0.0}},
      {"meter", {{1, 0, 0, 0}, 1.0, 0.0}},
      {"meters", {{1, 0, 0, 0}, 1.0, 0.0}},
      {"metre", {{1, 0, 0, 0}, 1.0, 0.0}},
      {"metres", {{1, 0, 0, 0}, 1.0, 0.0}},
      {"gpm", {{1, 0, 0, 0}, 1.0, 0.0}},
      {"dam", {{1, 0, 0, 0}, 10.0, 0.0}},
      {"km", {{1, 0, 0, 0}, 1000.0, 0.0}},
      {"cm", {{1, 0, 0, 0}, 0.01, 0.0}},
      {"mm", {{1, 0, 0, 0}, 0.001, 0.0}},
      {"kg", {{0, 1, 0, 0}, 1.0, 0.0}},
      {"g", {{0, 1, 0, 0}, 0.001, 0.0}},
      {"s", {{0, 0, 1, 0}, 1.0, 0.0}},
      {"sec", {{0, 0, 1, 0}, 1.0, 0.0}},
      {"second", {{0, 0, 1, 0}, 1.0, 0.0}},
      {"K", {{0, 0, 0, 1}, 1.0, 0.0}},
      {"kelvin", {{0, 0, 0, 1}, 1.0, 0.0}},
      {"Kelvin", {{0, 0, 0, 1}, 1.0, 0.0}},
      {"degK", {{0, 0, 0, 1}, 1.0, 0.0}},
      {"degC", {{0, 0, 0, 1}, 1.0, 273.15}},
      {"deg_C", {{0, 0, 0, 1}, 1.0, 273.15}},
      {"degrees_C", {{0, 0, 0, 1}, 1.0, 273.15}},
      {"celsius", {{0, 0, 0, 1}, 1.0, 273.15}},
      {"Celsius", {{0, 0, 0, 1}, 1.0, 273.15}},
      {"degree_Celsius", {{0, 0, 0, 1}, 1.0, 273.15}},
      {"degrees_Celsius", {{0, 0, 0, 1}, 1.0, 273.15}},
      {"Pa", {{-1, 1, -2, 0}, 1.0, 0.0}},
      {"hPa", {{-1, 1, -2, 0}, 100.0, 0.0}},
      {"mb", {{-1, 1, -2, 0}, 100.0, 0.0}},
      {"mbar", {{-1, 1, -2, 0}, 100.0, 0.0}},
      {"millibar", {{-1, 1, -2, 0}, 100.0, 0.0}},
      {"millibars", {{-1, 1, -2, 0}, 100.0, 0.0}},
      {"J", {{2, 1, -2, 0}, 1.0, 0.0}},
      {"N", {{1, 1, -2, 0}, 1.0, 0.0}},
      {"W", {{2, 1, -3, 0}, 1.0, 0.0}},
      {"%", {{0, 0, 0, 0}, 0.01, 0.0}},
      {"percent", {{0, 0, 0, 0}, 0.01, 0.0}},
      {"1", {{0, 0, 0, 0}, 1.0, 0.0}},
  };
  return table;
}

std::string trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0)
    text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0)
    text.remove_suffix(1);
  return std::string(text);
}

bool is_symbol_character(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '%';
}

// One factor "symbol[**|^][-]digits" starting at `position`; moves past it.
bool parse_factor(std::string_view text, std::size_t& position, std::string& symbol, int& power) {
  const std::size_t begin = position;
  while (position < text.size() && is_symbol_character(text[position])) ++position;
  symbol = std::string(text.substr(begin, position - begin));
  if (symbol.empty()) return false;
  bool marked = false;
  if (text.substr(position, 2) == "**") {
    position += 2;
    marked = true;
  } else if (text.substr(position, 1) == "^") {
    position += 1;
    marked = true;
  }
  int sign = 1;
  if (position < text.size() && (text[position] == '-' || text[position] == '+')) {
    sign = text[position] == '-' ? -1 : 1;
    ++position;
    marked = true;
  }
  power = 0;
  bool digits = false;
  while (position < text.size() && std::isdigit(static_cast<unsigned char>(text[position])) != 0) {
    power = power * 10 + (text[position] - '0');
    digits = true;
    ++position;
    if (power > 9) return false;
  }
  if (!digits) {
    if (marked) return false;
    power = 1;
  }
  power *= sign;
  return true;
}

double integer_power(double base, int exponent) {
  double result = 1.0;
  for (int i = 0; i < (exponent < 0 ? -exponent : exponent); ++i) result *= base;
  return exponent < 0 ? 1.0 / result : result;
}

bool is_geopotential_family(std::string_view standard_name) {
  return standard_name == "geopotential" || standard_name == "geopotential_height" ||
         standard_name == "surface_geopotential" || standard_name == "surface_altitude";
}

bool is_precipitation_family(std::string_view standard_name) {
  return standard_name == "precipitation_amount" ||
         standard_name == "lwe_thickness_of_precipitation_amount";
}

}  // namespace

std::optional<Unit> parse_unit(std::string_view raw) {
  const std::string text = trimmed(raw);
  // Spellings of "dimensionless" seen in ERA5 files and in older COARDS files.
  if (text == "1" || text == "(0 - 1)" || text == "0-1" || text == "fraction" ||
      text == "dimensionless")
    return Unit{};
  // Real units are short; a damaged text could otherwise run the powers and the scale out of their
  // types.
  constexpr std::size_t k_longest_unit = 64;
  if (text.size() > k_longest_unit) return std::nullopt;
  Unit unit;
  std::size_t position = 0;
  int direction = 1;
  int factors = 0;
  while (position < text.size()) {
    const char c = text[position];
    if (c == ' ' || c == '.' || (c == '*' && text.substr(position, 2) != "**")) {
      ++position;
      continue;
    }
    if (c == '/') {
      if (direction == -1) return std::nullopt;  // "a/b/c" is read differently by different tools
      direction = -1;
      ++position;
      continue;
    }
    std::string symbol;
    int power = 0;
    if (text.substr(position, 1) == "1" && factors == 0) {  // "1/s"
      ++position;
      ++factors;
      continue;
    }
    if (!parse_factor(text, position, symbol, power)) return std::nullopt;
    const Symbol* found = nullptr;
    for (const Symbol& candidate : symbols()) {
      if (candidate.text == symbol) found = &candidate;
    }
    if (found == nullptr) return std::nullopt;
    power *= direction;
    for (std::size_t p = 0; p < unit.powers.size(); ++p)
      unit.powers[p] += power * found->unit.powers[p];
    unit.scale *= integer_power(found->unit.scale, power);
    if (found->unit.offset != 0.0) unit.offset = found->unit.offset;
    ++factors;
  }
  if (factors == 0 || !(unit.scale > 1e-100 && unit.scale < 1e100)) return std::nullopt;
  if (unit.offset != 0.0 && (factors != 1 || unit.powers[3] != 1)) return std::nullopt;
  return unit;
}

std::optional<UnitConversion> unit_conversion(std::string_view found, std::string_view wanted,
                                              std::string_view standard_name) {
  const std::optional<Unit> from = parse_unit(found);
  const std::optional<Unit> to = parse_unit(wanted);
  if (!from || !to) return std::nullopt;
  UnitConversion conversion;
  if (from->same_dimension(*to)) {
    if (from->scale == to->scale && from->offset == to->offset) return conversion;
    conversion.scale = from->scale == to->scale ? 1.0 : from->scale / to->scale;
    conversion.offset = (from->offset - to->offset) / to->scale;
    conversion.rule = fmt::format("{} -> {}", found, wanted);
    return conversion;
  }
  const std::array<int, 4> geopotential{2, 0, -2, 0};
  const std::array<int, 4> length{1, 0, 0, 0};
  const std::array<int, 4> mass_per_area{-2, 1, 0, 0};
  double factor = 0.0;
  if (is_geopotential_family(standard_name)) {
    if (from->powers == geopotential && to->powers == length) factor = 1.0 / k_standard_gravity;
    if (from->powers == length && to->powers == geopotential) factor = k_standard_gravity;
    conversion.rule = fmt::format("{} -> {} with g0 = {} m s-2", found, wanted, k_standard_gravity);
  } else if (is_precipitation_family(standard_name)) {
    if (from->powers == mass_per_area && to->powers == length)
      factor = 1.0 / k_liquid_water_density;
    if (from->powers == length && to->powers == mass_per_area) factor = k_liquid_water_density;
    conversion.rule = fmt::format("{} -> {} with {} kg m-3", found, wanted, k_liquid_water_density);
  }
  if (factor == 0.0) return std::nullopt;
  conversion.scale = factor * from->scale / to->scale;
  return conversion;
}

std::string squared_unit(std::string_view unit) {
  std::string result;
  for (std::size_t at = 0; at < unit.size();) {
    const std::size_t end = std::min(unit.find(' ', at), unit.size());
    const std::string_view factor = unit.substr(at, end - at);
    const std::size_t letters = std::min(factor.find_first_of("-0123456789"), factor.size());
    const int power = letters == factor.size() ? 1 : std::stoi(std::string(factor.substr(letters)));
    if (!result.empty()) result += ' ';
    result += letters == 0 ? std::string(factor) : fmt::format("{}{}", factor.substr(0, letters), 2 * power);
    at = end + 1;
  }
  return result;
}

}  // namespace myriad::io
