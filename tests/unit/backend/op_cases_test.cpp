#include <gtest/gtest.h>

#include <cctype>
#include <memory>
#include <ostream>
#include <string>

#include "src/backend/op_bench.hpp"
#include "src/backend/op_cases.hpp"
#include "src/backend/registry.hpp"
#include "tests/support/match.hpp"
#include "tests/unit/backend/operands.hpp"

namespace myriad {
namespace {

using kernels::DType;
using test::Operands;

/// Every backend but the reference, every test shape, both dtypes; the reduced formats (dtype tf32) where a backend has them.
struct Setting {
  std::string backend;
  OpShape shape;
  DType dtype;

  std::vector<OpCase> cases() const { return dtype == DType::tf32 ? reduced_op_cases(shape) : op_cases(dtype, shape); }
};

void PrintTo(const Setting& setting, std::ostream* out) {
  *out << setting.backend << ", " << setting.shape.name;
}

std::vector<Setting> settings() {
  std::vector<Setting> all;
  for (const std::string& name : backend_names()) {
    if (name == "reference") continue;
    for (const OpShape& shape : test_shapes()) {
      for (DType dtype : {DType::f32, DType::f64}) all.push_back({name, shape, dtype});
      if (name == "cuda") all.push_back({name, shape, DType::tf32});
    }
  }
  return all;
}

std::string setting_name(const testing::TestParamInfo<Setting>& info) {
  std::string name = info.param.backend + "_" + info.param.shape.name +
                     (info.param.dtype == DType::f32   ? "_f32"
                      : info.param.dtype == DType::f64 ? "_f64"
                                                       : "_reduced");
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

class EveryOp : public testing::TestWithParam<Setting> {
 protected:
  std::shared_ptr<Backend> backend_ = make_backend(GetParam().backend);
  std::vector<OpCase> cases_ = GetParam().cases();
};

TEST_P(EveryOp, AgreesWithPlainLoopsInDoublePrecision) {
  const auto reference = make_backend("reference");
  for (const OpCase& c : cases_) {
    const Operands expected(*reference, c.operands, 1);
    const Operands actual(*backend_, c.operands, 1);
    c.run(*reference, expected.views());
    c.run(*backend_, actual.views());
    for (std::size_t k = 0; k < c.operands.size(); ++k) {
      // What an op must not write keeps its bits.
      const test::Tolerance tolerance{.relative = c.operands[k].is_output ? c.tolerance : 0.0};
      EXPECT_TRUE(
          test::all_close(actual.values(k), expected.values(k), tolerance, c.operands[k].extents))
          << c.name() << ", operand " << c.operands[k].name << " (" << c.reason << ")";
    }
  }
}

TEST_P(EveryOp, GivesABatchElementTheSameBitsAloneInAPartAndInTheWholeBatch) {
  const std::int64_t batch = GetParam().shape.batch;
  for (const OpCase& c : cases_) {
    if (c.op == "fill_normal") continue;  // a slice would hold other members; see random_test.cpp
    bool batched = false;
    for (const Operand& o : c.operands) batched = batched || (o.is_output && o.batch_dim >= 0);
    if (!batched) continue;
    const Operands whole(*backend_, c.operands, 1);
    c.run(*backend_, whole.views());
    for (const std::int64_t count : {std::int64_t{1}, (batch + 1) / 2}) {
      for (std::int64_t first = 0; first + count <= batch; first += count) {
        const Operands part(*backend_, c.operands, 1);
        std::vector<TensorView> views = part.views();
        for (std::size_t k = 0; k < views.size(); ++k) {
          const int dim = c.operands[k].batch_dim;
          if (dim >= 0) views[k] = views[k].slice(dim, first, count);
        }
        c.run(*backend_, views);
        for (std::size_t k = 0; k < views.size(); ++k) {
          const int dim = c.operands[k].batch_dim;
          if (!c.operands[k].is_output || dim < 0) continue;
          ASSERT_TRUE(test::same_bits(to_doubles(*backend_, views[k]),
                                      to_doubles(*backend_, whole[k].slice(dim, first, count))))
              << c.name() << ", operand " << c.operands[k].name << ", elements " << first << " to "
              << first + count;
        }
      }
    }
  }
}

TEST_P(EveryOp, GivesTheSameBitsWhateverTheAlignmentOfItsOperands) {
  for (const OpCase& c : cases_) {
    const Operands aligned(*backend_, c.operands, 1);
    c.run(*backend_, aligned.views());
    // Operands of reduced formats begin at a multiple of 16 bytes.
    for (const std::int64_t shift : GetParam().dtype == DType::tf32 ? std::vector<std::int64_t>{8, 24} : std::vector<std::int64_t>{1, 3, 8}) {
      const Operands shifted(*backend_, c.operands, 1, shift);
      c.run(*backend_, shifted.views());
      for (std::size_t k = 0; k < c.operands.size(); ++k) {
        ASSERT_TRUE(test::same_bits(shifted.values(k), aligned.values(k), c.operands[k].extents))
            << c.name() << ", operand " << c.operands[k].name << ", shifted by " << shift
            << " elements";
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, EveryOp, testing::ValuesIn(settings()), setting_name);

TEST(OpBench, TimesTheCasesItIsAskedFor) {
  const auto backend = make_backend("kokkos");
  const auto rows =
      bench_ops(*backend, {test_shapes()[1]}, {.only = "conv1x1 gelu", .seconds = 0.0, .calls = 3});
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].name, "conv1x1 gelu overwrite");
  EXPECT_EQ(rows[1].name, "conv1x1 gelu accumulate");
  EXPECT_EQ(rows[0].calls, 3);
  EXPECT_GT(rows[0].median, 0.0);
  EXPECT_LE(rows[0].fastest, rows[0].median);
  EXPECT_NEAR(rows[0].gflops * rows[0].median * 1e9, 2.0 * 3 * 13 * 29 * 7 * 19, 1e-3);
}

}  // namespace
}  // namespace myriad
