// Copies between host and device, bound to their order among the ops, on every backend.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "kernels/staging_ring.hpp"
#include "src/backend/host_copy.hpp"
#include "src/backend/registry.hpp"
#include "src/backend/tensor.hpp"
#include "src/io/bitround.hpp"

namespace myriad {
namespace {

class Memory : public testing::TestWithParam<std::string> {
 protected:
  std::shared_ptr<Backend> backend_ = make_backend(GetParam());
};

std::string name_of(const testing::TestParamInfo<std::string>& backend) { return backend.param; }

/// Owner of memory of allocate_host().
struct HostFloats {
  Backend& backend;
  std::int64_t count;
  float* data = static_cast<float*>(backend.allocate_host(count * 4));
  HostFloats(Backend& b, std::int64_t n) : backend(b), count(n) { std::fill(data, data + n, -1.0F); }
  ~HostFloats() { backend.deallocate_host(data); }
  std::vector<float> values() const { return {data, data + count}; }
};

TEST_P(Memory, APendingCopyHoldsWhatTheOpsBeforeItWroteAndLaterOpsMayRunMeanwhile) {
  Tensor source(*backend_, DType::f32, {1000}), other(*backend_, DType::f32, {1000});
  HostFloats target(*backend_, 1000);
  backend_->fill(source, 2.0);
  backend_->axpby(source, 3.0, source, 0.0, {});
  const auto copy = backend_->begin_copy_to_host(target.data, source.view().data, source.bytes());
  backend_->axpby(other, 0.5, source, 0.0, {});  // reads what is being copied
  copy->wait();
  EXPECT_EQ(target.values(), std::vector<float>(1000, 6.0F));
  backend_->fill(source, 9.0);
  copy->wait();  // a second time: nothing
  EXPECT_EQ(target.values(), std::vector<float>(1000, 6.0F));
  EXPECT_EQ(other.to_floats(), std::vector<float>(1000, 3.0F));
}

TEST_P(Memory, APendingCopyThatIsDroppedHasCopied) {
  Tensor source(*backend_, DType::f32, {10});
  HostFloats target(*backend_, 10);
  backend_->fill(source, 4.0);
  static_cast<void>(backend_->begin_copy_to_host(target.data, source.view().data, source.bytes()));
  EXPECT_EQ(target.values(), std::vector<float>(10, 4.0F));
}

TEST_P(Memory, PeaksWhereMostIsAllocatedAtOnce) {
  const auto floats = [&](std::int64_t count) { return Tensor(*backend_, DType::f32, {count}); };
  const Tensor kept = floats(1000);
  const std::int64_t before = backend_->take_memory_peak();
  if (backend_->memory_is_on_host()) {
    EXPECT_LT(before, 0);
    return;
  }
  const std::int64_t now = backend_->take_memory_peak();
  EXPECT_GE(before, now);
  EXPECT_GE(now, 4000);
  {
    const Tensor a = floats(500), b = floats(300);
  }
  const Tensor later = floats(600);
  EXPECT_EQ(backend_->take_memory_peak(), now + 3200);
  EXPECT_EQ(backend_->take_memory_peak(), now + 2400);  // what is there still
}

/// The cuda backend, where it is there.
class Device : public Memory {};

TEST_P(Device, CopiesAsLateAsAllowedWhenItIsEmulated) {
  // Who changes the source of a pending copy too early is found out by any test that compares values.
  if (std::string(backend_->description()).find("emulation") == std::string::npos) GTEST_SKIP() << "a real one";
  Tensor source(*backend_, DType::f32, {10});
  HostFloats target(*backend_, 10);
  backend_->fill(source, 4.0);
  const auto copy = backend_->begin_copy_to_host(target.data, source.view().data, source.bytes());
  EXPECT_EQ(target.values(), std::vector<float>(10, -1.0F));
  backend_->fill(source, 5.0);
  copy->wait();
  EXPECT_EQ(target.values(), std::vector<float>(10, 5.0F));
}

TEST_P(Memory, HostMemoryMayBeReusedAsSoonAsACopyToTheDeviceReturns) {
  // From nothing to more than the staging memory of the emulation holds.
  std::vector<Tensor> tensors;
  std::vector<float> host;
  for (int k = 0; k < 200; ++k) {
    host.assign(static_cast<std::size_t>(k * 37 % 5000), static_cast<float>(k));
    Tensor& tensor = tensors.emplace_back(*backend_, DType::f32, std::initializer_list<std::int64_t>{std::ssize(host)});
    backend_->copy_to_device(tensor.view().data, host.data(), tensor.bytes());
    std::fill(host.begin(), host.end(), -1.0F);
  }
  for (int k = 0; k < 200; ++k) {
    EXPECT_EQ(tensors[static_cast<std::size_t>(k)].to_floats(),
              std::vector<float>(static_cast<std::size_t>(k * 37 % 5000), static_cast<float>(k)));
  }
}

TEST_P(Memory, OpsReadWhatWasCopiedToTheDeviceBeforeThem) {
  Tensor in(*backend_, DType::f32, {4}), out(*backend_, DType::f32, {4});
  in.assign(std::vector<float>{1.0F, 2.0F, 3.0F, 4.0F});
  backend_->axpby(out, 2.0, in, 0.0, {});
  in.assign(std::vector<float>(4, 7.0F));
  EXPECT_EQ(out.to_floats(), (std::vector<float>{2.0F, 4.0F, 6.0F, 8.0F}));
}

TEST_P(Memory, HostCopyIsTheTensorItselfWhereTheHostCanReadIt) {
  Tensor source(*backend_, DType::f32, {2, 3});
  source.assign(std::vector<float>{1, 2, 3, 4, 5, 6});
  HostCopy copy;
  for (int round = 0; round < 2; ++round) {  // the memory serves again, also for fewer values
    copy.begin(*backend_, source.view().slice(0, round, 2 - round));
    EXPECT_TRUE(copy.pending());
    const auto values = copy.finish<float>();
    EXPECT_FALSE(copy.pending());
    EXPECT_EQ(std::vector<float>(values.begin(), values.end()),
              round == 0 ? (std::vector<float>{1, 2, 3, 4, 5, 6}) : (std::vector<float>{4, 5, 6}));
    if (round == 0) {
      EXPECT_EQ(values.data() == source.view().data, backend_->memory_is_on_host());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, Memory, testing::ValuesIn(backend_names()), name_of);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Device);
INSTANTIATE_TEST_SUITE_P(Backends, Device, testing::ValuesIn([] {
                           std::vector<std::string> names = backend_names();
                           std::erase_if(names, [](const std::string& name) { return name != "cuda"; });
                           return names;
                         }()),
                         name_of);

/// A copy that is complete when somebody has waited for it.
struct FakeCopy {
  int number;
  std::vector<int>* waited;
  void wait() const { waited->push_back(number); }
};

TEST(StagingRing, GivesAPlaceAgainOnlyAfterTheCopiesThatLieThere) {
  alignas(256) char memory[1024];
  std::vector<int> waited;
  kernels::detail::StagingRing<FakeCopy> ring(memory, sizeof(memory));
  const auto put = [&](int number, std::int64_t bytes) {
    const std::ptrdiff_t at = ring.reserve(bytes) - memory;
    ring.commit({number, &waited});
    return at;
  };
  EXPECT_EQ(put(0, 10), 0);
  EXPECT_EQ(put(1, 500), 256);
  EXPECT_EQ(put(2, 256), 768);
  EXPECT_EQ(waited, std::vector<int>{});
  EXPECT_EQ(put(3, 300), 0);  // begins again, over 0 and 1
  EXPECT_EQ(waited, (std::vector<int>{0, 1}));
  // The rest behind 3 is too short: over 3 itself, and so also after 2, which was queued before it.
  EXPECT_EQ(put(4, 600), 0);
  EXPECT_EQ(waited, (std::vector<int>{0, 1, 2, 3}));
  EXPECT_EQ(put(5, 1024), 0);
  EXPECT_EQ(waited.back(), 4);
}

TEST(StagingRing, KeepsFewCopiesUnderWay) {
  std::vector<char> memory(1 << 20);
  std::vector<int> waited;
  kernels::detail::StagingRing<FakeCopy> ring(memory.data(), std::ssize(memory));
  for (int k = 0; k < 2000; ++k) {
    ring.reserve(1);
    ring.commit({k, &waited});
  }
  std::vector<int> first(2000 - 1024);
  std::iota(first.begin(), first.end(), 0);
  EXPECT_EQ(waited, first);
}

class Fields : public Memory {};

TEST_P(Fields, AreRoundedToTheBitsOfTheHostsBitRound) {
  constexpr float inf = std::numeric_limits<float>::infinity();
  std::vector<float> values{0.0F, -0.0F, 1.0F, -1.5F, 273.15F, 101325.0F, 1e-40F, -1e-45F, 1e-38F, 3.4e38F, -3.4e38F};
  for (int k = 0; values.size() < 4096; ++k) values.push_back(std::ldexp(std::sin(static_cast<float>(k)), k % 250 - 125));
  Tensor in(*backend_, DType::f32, {1, 1, 4096}), out(*backend_, DType::f32, {1, 1, 4096}), bits(*backend_, DType::f32, {1});
  in.assign(values);
  for (int kept = 1; kept <= 23; ++kept) {
    std::vector<float> expected = values;
    io::bitround(expected, kept);
    bits.assign(std::vector<double>{static_cast<double>(kept)});
    backend_->bitround(out, in, bits);
    EXPECT_EQ(out.to_floats(), expected) << kept;
    backend_->bitround(out, out, bits);  // in place; nothing changes twice
    EXPECT_EQ(out.to_floats(), expected) << kept;
  }
  bits.assign(std::vector<double>{3.0});
  in.assign(std::vector<float>(4096, -inf));
  backend_->bitround(out, in, bits);
  EXPECT_EQ(out.to_floats().back(), -inf);
  in.assign(std::vector<float>(4096, std::numeric_limits<float>::quiet_NaN()));
  backend_->bitround(out, in, bits);
  EXPECT_TRUE(std::isnan(out.to_floats().back()));
}

TEST_P(Fields, OutsideTheirBoundsAreFoundAtTheirFirstPoint) {
  constexpr double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  constexpr std::int64_t points = 9000;
  for (DType dtype : {DType::f32, DType::f64}) {
    Tensor in(*backend_, dtype, {2, 3, points}), low(*backend_, dtype, {3}), high(*backend_, dtype, {3});
    Tensor out(*backend_, DType::f64, {2, 3});
    low.assign(std::vector<double>{-1.0, -inf, 0.0});
    high.assign(std::vector<double>{1.0, inf, 5.0});
    std::vector<double> values(2 * 3 * points, 1.0);
    const auto at = [&](std::size_t b, std::size_t c, std::size_t p) -> double& { return values[(b * 3 + c) * points + p]; };
    at(0, 0, 0) = -1.0;  // on a bound is inside
    at(0, 1, 17) = inf;  // no bound allows an infinity
    at(0, 1, 18) = nan;
    at(0, 2, 8999) = -1e-30;
    at(1, 0, 4096) = nan;
    at(1, 0, 8000) = 1.5;
    at(1, 1, 4095) = -inf;
    at(1, 2, 0) = 5.5;
    in.assign(values);
    backend_->first_outside(out, in, low, high);
    EXPECT_EQ(out.to_doubles(), (std::vector<double>{-1, 17, 8999, 4096, 4095, 0}));
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, Fields, testing::ValuesIn(backend_names()), name_of);

}  // namespace
}  // namespace myriad
