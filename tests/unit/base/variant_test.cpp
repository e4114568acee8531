#include "src/base/variant.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <new>
#include <string>
#include <vector>

namespace myriad {
namespace {

bool refusing = false;

/// std::allocator until told to refuse.
template <class T>
struct Refusing {
  using value_type = T;
  Refusing() = default;
  template <class U>
  Refusing(const Refusing<U>&) {}  // NOLINT(google-explicit-constructor)
  T* allocate(std::size_t count) {
    if (refusing) throw std::bad_alloc();
    return std::allocator<T>().allocate(count);
  }
  void deallocate(T* memory, std::size_t count) { std::allocator<T>().deallocate(memory, count); }
  bool operator==(const Refusing&) const { return true; }
};

using Numbers = std::vector<int, Refusing<int>>;
using Value = Variant<std::string, double, Numbers>;

TEST(Variants, ACopyWithoutMemoryThrowsAndHarmsNothing) {
  const Value full(Numbers{1, 2, 3});
  Value other(2.5);
  refusing = true;
  EXPECT_THROW(Value{full}, std::bad_alloc);
  EXPECT_THROW((std::vector<Value>{2, full}), std::bad_alloc);
  EXPECT_THROW(other = full, std::bad_alloc);
  refusing = false;
  EXPECT_EQ(other, Value(2.5));
  EXPECT_EQ(full, Value(Numbers{1, 2, 3}));
  other = full;
  EXPECT_EQ(other, full);
}

TEST(Variants, BehaveAsTheStandardOnes) {
  Value value;
  EXPECT_TRUE(std::holds_alternative<std::string>(value));
  value = 1.5;
  EXPECT_EQ(std::get<double>(value), 1.5);
  value = std::string("text");
  const Value moved = std::move(value);
  EXPECT_EQ(*std::get_if<std::string>(&moved), "text");
  EXPECT_FALSE(moved == Value(1.5));
}

}  // namespace
}  // namespace myriad
