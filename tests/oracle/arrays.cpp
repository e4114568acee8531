#include "tests/oracle/arrays.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <istream>
#include <limits>
#include <ostream>
#include <stdexcept>

namespace myriad::oracle {
namespace {

/// strtod, because streams of g++ 12 read neither "nan" nor "inf".
double read_number(std::istream& in, const std::string& name) {
  std::string word;
  in >> word;
  char* end = nullptr;
  const double value = std::strtod(word.c_str(), &end);
  if (word.empty() || *end != '\0')
    throw std::runtime_error(fmt::format("array {}: '{}' where a number is due", name, word));
  return value;
}

}  // namespace

Arrays read_arrays(std::istream& in) {
  Arrays arrays;
  std::string name;
  while (in >> name) {
    Array array;
    std::size_t size = 1;
    const auto rank = static_cast<std::size_t>(read_number(in, name));
    for (std::size_t i = 0; i < rank; ++i) {
      array.shape.push_back(static_cast<std::int64_t>(read_number(in, name)));
      size *= static_cast<std::size_t>(array.shape.back());
    }
    for (std::size_t i = 0; i < size; ++i) array.values.push_back(read_number(in, name));
    arrays[name] = std::move(array);
  }
  return arrays;
}

void write_arrays(std::ostream& out, const Arrays& arrays) {
  out.precision(std::numeric_limits<double>::max_digits10);
  for (const auto& [name, array] : arrays) {
    out << name << ' ' << array.shape.size();
    for (std::int64_t extent : array.shape) out << ' ' << extent;
    for (double value : array.values) out << ' ' << value;
    out << '\n';
  }
}

const Array& get(const Arrays& arrays, const std::string& name, std::size_t rank) {
  const auto found = arrays.find(name);
  if (found == arrays.end()) throw std::runtime_error(fmt::format("no array {} was given", name));
  if (found->second.shape.size() != rank)
    throw std::runtime_error(
        fmt::format("array {} has rank {}, not {}", name, found->second.shape.size(), rank));
  return found->second;
}

}  // namespace myriad::oracle
