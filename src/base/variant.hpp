#pragma once
/// \file
/// A std::variant that survives a copy for which there is no memory.

#include <type_traits>
#include <utility>
#include <variant>

namespace myriad {

/// As std::variant. In libstdc++ 12 a variant of texts, vectors and numbers takes itself for one
/// that always holds a value; when its copy constructor throws, its destructor jumps through a
/// table with the index "none" (a crash found by tests/e2e/failing_memory.sh). So a copy is made as
/// a value of the right alternative, which throws before there is a variant, and is moved into
/// place.
template <class... Types>
class Variant : public std::variant<Types...> {
 public:
  using Base = std::variant<Types...>;
  using Base::Base;
  using Base::operator=;
  Variant() = default;
  Variant(const Variant& other) : Base(copy(other)) {}
  Variant(Variant&&) noexcept = default;
  Variant& operator=(const Variant& other) {
    Base::operator=(copy(other));
    return *this;
  }
  Variant& operator=(Variant&&) noexcept = default;
  ~Variant() = default;

  friend bool operator==(const Variant& a, const Variant& b) {
    return static_cast<const Base&>(a) == static_cast<const Base&>(b);
  }

 private:
  static Base copy(const Base& other) {
    return std::visit(
        [](const auto& value) {
          return Base(std::in_place_type<std::remove_cvref_t<decltype(value)>>, value);
        },
        other);
  }
};

}  // namespace myriad
