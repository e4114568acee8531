/// GoogleTest cases with a planted fault: suite Faulty must fail, suite Healthy must pass.

#include <gtest/gtest.h>

#include <limits>

#include "src/base/hash.hpp"

namespace myriad {
namespace {

void expect_within_bound(double error) {
  EXPECT_LE(error, 1e-6) << "the error is not below its bound";
}

void expect_hash_of_abc(std::string_view bytes) {
  // FIPS 180-4, example of one block.
  EXPECT_EQ(sha256_hex(bytes), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Faulty, ExpectationNan) {
  expect_within_bound(std::numeric_limits<double>::quiet_NaN());
}
TEST(Healthy, ExpectationNan) {
  expect_within_bound(1e-9);
}

TEST(Faulty, ExpectationHash) {
  expect_hash_of_abc("abd");
}
TEST(Healthy, ExpectationHash) {
  expect_hash_of_abc("abc");
}

}  // namespace
}  // namespace myriad
