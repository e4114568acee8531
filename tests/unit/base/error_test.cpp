#include "src/base/error.hpp"

#include <gtest/gtest.h>

namespace myriad {
namespace {

TEST(ErrorKinds, HaveTheExitCodesOfTheTable) {
  EXPECT_EQ(exit_code(ErrorKind::usage), 64);
  EXPECT_EQ(exit_code(ErrorKind::input_corrupt), 65);
  EXPECT_EQ(exit_code(ErrorKind::input_missing), 66);
  EXPECT_EQ(exit_code(ErrorKind::unavailable), 69);
  EXPECT_EQ(exit_code(ErrorKind::internal), 70);
  EXPECT_EQ(exit_code(ErrorKind::resources), 71);
  EXPECT_EQ(exit_code(ErrorKind::cannot_create), 73);
  EXPECT_EQ(exit_code(ErrorKind::io), 74);
  EXPECT_EQ(exit_code(ErrorKind::stopped_early), 75);
  EXPECT_EQ(exit_code(ErrorKind::quality), 76);
  EXPECT_EQ(exit_code(ErrorKind::permission), 77);
  EXPECT_EQ(exit_code(ErrorKind::config_invalid), 78);
}

TEST(Validate, ThrowsTheFormattedMessageWithKindAndId) {
  const auto check = [](int value) {
    MYRIAD_VALIDATE(value > 0, ErrorKind::quality, "E9999",
                    "value {} is wrong (it must be positive); change it", value);
  };
  EXPECT_NO_THROW(check(1));
  try {
    check(-3);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "value -3 is wrong (it must be positive); change it");
    EXPECT_EQ(error.id(), "E9999");
    EXPECT_EQ(error.kind(), ErrorKind::quality);
    EXPECT_NE(std::string(error.where().file_name()).find("error_test.cpp"), std::string::npos);
  }
}

TEST(ContractDeathTest, BrokenPreconditionNamesThePlace) {
  EXPECT_DEATH(MYRIAD_EXPECT(1 > 2), "error_test.cpp:[0-9]+: precondition violated: 1 > 2");
  EXPECT_DEATH(MYRIAD_ENSURE(false), "postcondition violated");
}

}  // namespace
}  // namespace myriad
