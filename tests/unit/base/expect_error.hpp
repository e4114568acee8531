#pragma once
/// \file
/// Checks that a statement throws an Error of one kind and id with certain words in its text.

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "src/base/error.hpp"

namespace myriad::test {

template <class Action>
void expect_error(Action&& action, ErrorKind kind, std::string_view id,
                  const std::vector<std::string>& words = {}) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(exit_code(error.kind()), exit_code(kind)) << error.what();
    EXPECT_EQ(error.id(), id) << error.what();
    for (const std::string& word : words) {
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos)
          << "'" << word << "' is missing in: " << error.what();
    }
    return;
  }
  ADD_FAILURE() << "no error; expected " << id;
}

}  // namespace myriad::test
