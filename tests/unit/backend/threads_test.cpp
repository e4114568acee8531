// Threads are set once per process, so these cases have a process of their own and run in this
// order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "src/backend/registry.hpp"
#include "src/base/error.hpp"

namespace myriad {
namespace {

using testing::HasSubstr;

std::string refusal(const char* name, int threads) {
  try {
    make_backend(name, threads);
    return "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "E2282");
    EXPECT_EQ(error.kind(), ErrorKind::unavailable);
    return error.what();
  }
}

TEST(Threads, TheReferenceBackendHasOne) {
  EXPECT_THAT(refusal("reference", 2), HasSubstr("2 threads are not available"));
  EXPECT_NO_THROW(make_backend("reference", 1));
}

TEST(Threads, AreSetWhereTheBuildHasThemAndRefusedElsewhere) {
  if (MYRIAD_KOKKOS_HAS_THREADS != 0) {
    EXPECT_THAT(make_backend("kokkos", 2)->description(), HasSubstr(" x2,"));
    EXPECT_THAT(make_backend("kokkos")->description(), HasSubstr(" x2,"));
    EXPECT_THAT(refusal("kokkos", 1), HasSubstr("the process computes with 2"));
  } else {
    EXPECT_THAT(refusal("kokkos", 2), HasSubstr("Serial space only"));
    EXPECT_THAT(make_backend("kokkos", 1)->description(), HasSubstr(" x1,"));
    EXPECT_THAT(refusal("kokkos", 3), HasSubstr("mpirun -n 3"));
  }
}

}  // namespace
}  // namespace myriad
