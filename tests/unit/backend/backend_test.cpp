#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "src/backend/host_memory.hpp"
#include "src/backend/registry.hpp"
#include "src/backend/slot.hpp"
#include "src/backend/tensor.hpp"
#include "src/base/error.hpp"

namespace myriad {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Registry, NamesEveryBackendItCanMake) {
  EXPECT_THAT(backend_names(), ElementsAre("kokkos", "reference"));
  for (const std::string& name : backend_names()) EXPECT_EQ(make_backend(name)->name(), name);
}

TEST(Registry, RefusesAnUnknownNameAndSaysWhichExist) {
  try {
    make_backend("kokos");
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::config_invalid);
    EXPECT_EQ(error.id(), "E2280");
    EXPECT_THAT(error.what(), AllOf(HasSubstr("'kokos'"), HasSubstr("kokkos, reference")));
  }
}

TEST(Registry, RefusesTheGpuWhereThereIsNoneAndNeverFallsBack) {
  // Without the library E2281, without driver or device E2283; on a GPU machine the backend itself.
  try {
    EXPECT_STREQ(make_backend("cuda")->name(), "cuda");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::unavailable);
    EXPECT_THAT(error.id(), testing::AnyOf("E2281", "E2283"));
    EXPECT_THAT(error.what(), HasSubstr("--device cpu"));
  }
}

// Sanitizers end the program at such requests.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST(HostMemory, WhatCannotBeHadIsToldWithItsSizeAndHarmsNothing) {
  constexpr std::int64_t far_too_much = std::int64_t{1} << 60;
  for (const std::string& name : backend_names()) {
    const auto backend = make_backend(name);
    try {
      backend->allocate(far_too_much);
      FAIL() << name;
    } catch (const OutOfMemory& error) {
      EXPECT_EQ(error.bytes(), far_too_much);
      EXPECT_THAT(std::string(MemorySentence(error, 3).text()),
                  AllOf(HasSubstr("out of memory on rank 3 (1152921504606846976 bytes"), HasSubstr("GiB left")));
    }
  }
  detail::GrowingScratch scratch;
  static_cast<char*>(scratch.get(100))[99] = 'x';
  EXPECT_THROW(scratch.get(far_too_much), std::bad_alloc);
  static_cast<char*>(scratch.get(50))[49] = 'x';
}
#endif

TEST(KokkosBackend, DescribesItsSpaceAndProviders) {
  const auto backend = make_backend("kokkos");
  EXPECT_THAT(backend->description(),
              AllOf(HasSubstr("kokkos "), HasSubstr("space "), HasSubstr("FFT "),
                    HasSubstr("GEMM "), HasSubstr("BLAS ")));
}

TEST(KokkosBackend, CanBeMadeAgainAfterTheLastOneIsGone) {
  for (int k = 0; k < 3; ++k) {
    const auto backend = make_backend("kokkos");
    Tensor tensor(*backend, DType::f64, {3});
    backend->fill(tensor, 2.5);
    EXPECT_THAT(tensor.to_doubles(), ElementsAre(2.5, 2.5, 2.5));
  }
}

class EveryBackend : public testing::TestWithParam<std::string> {
 protected:
  std::shared_ptr<Backend> backend_ = make_backend(GetParam());
};

TEST_P(EveryBackend, AllocatesOnSixtyFourByteBoundaries) {
  for (std::int64_t bytes : {1, 3, 64, 65, 1000, 1 << 20}) {
    void* memory = backend_->allocate(bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % 64, 0u) << bytes;
    backend_->deallocate(memory);
  }
  EXPECT_EQ(backend_->allocate(0), nullptr);
  backend_->deallocate(nullptr);
}

TEST_P(EveryBackend, TensorConvertsWhatTheHostGivesAndTakes) {
  Tensor single(*backend_, DType::f32, {2, 2});
  single.assign(std::vector<double>{0.1, 1.0, -2.0, 1e-300});
  EXPECT_THAT(single.to_doubles(), ElementsAre(static_cast<double>(0.1f), 1.0, -2.0, 0.0));
  EXPECT_EQ(single.bytes(), 16);
  Tensor twice(*backend_, DType::f64, {2, 2});
  twice.assign(std::vector<float>{0.1f, 1.0f, -2.0f, 3.0f});
  EXPECT_THAT(twice.to_doubles(), ElementsAre(static_cast<double>(0.1f), 1.0, -2.0, 3.0));
  EXPECT_THAT(twice.to_floats(), ElementsAre(0.1f, 1.0f, -2.0f, 3.0f));
}

TEST_P(EveryBackend, MovedTensorLeavesAnEmptyOneBehind) {
  Tensor a(*backend_, DType::f32, {4});
  backend_->fill(a, 1.0);
  Tensor b = std::move(a);
  EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move): that is what is tested
  EXPECT_THAT(b.to_floats(), ElementsAre(1.0f, 1.0f, 1.0f, 1.0f));
}

TEST_P(EveryBackend, ReadsStridedViews) {
  Tensor tensor(*backend_, DType::f32, {3, 4});
  tensor.assign(std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  EXPECT_THAT(to_doubles(*backend_, tensor.view().slice(1, 1, 2)), ElementsAre(1, 2, 5, 6, 9, 10));
}

TEST_P(EveryBackend, SlotKeepsItsMemoryUntilItMustGrow) {
  Slot slot;
  const TensorView large = slot.get(*backend_, DType::f32, {4, 5});
  const TensorView small = slot.get(*backend_, DType::f32, {2, 3});
  EXPECT_EQ(large.data, small.data);
  EXPECT_EQ(small.dim(1), 3);
  EXPECT_EQ(slot.get(*backend_, DType::f32, {5, 5}).size(), 25);
}

using EveryBackendDeathTest = EveryBackend;

TEST_P(EveryBackendDeathTest, StopsAtTheFirstViolatedPreconditionAndNamesIt) {
  Tensor four(*backend_, DType::f32, {1, 4}), five(*backend_, DType::f32, {1, 5}),
      wide(*backend_, DType::f64, {5});
  EXPECT_DEATH(backend_->gelu(four, five),
               "precondition violated: out.size\\(\\) == in.size\\(\\)");
  EXPECT_DEATH(backend_->channel_affine(five, five, four, {}, kernels::Update::overwrite),
               "precondition violated");
  EXPECT_DEATH(backend_->weighted_squared_error(five, five, five, wide), "precondition violated");
}

INSTANTIATE_TEST_SUITE_P(Backends, EveryBackendDeathTest, testing::ValuesIn(backend_names()),
                         [](const auto& setting) { return setting.param; });
INSTANTIATE_TEST_SUITE_P(Backends, EveryBackend, testing::ValuesIn(backend_names()),
                         [](const auto& setting) { return setting.param; });

}  // namespace
}  // namespace myriad
