#include "src/backend/op_bench.hpp"

#include <algorithm>
#include <chrono>
#include <deque>

#include "src/backend/tensor.hpp"

namespace myriad {

namespace {

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

OpBenchRow measure(kernels::Backend& backend, const OpCase& c, const OpBenchOptions& options) {
  std::deque<Tensor> tensors;
  std::vector<TensorView> views;
  std::uint32_t seed = 1;
  for (const Operand& operand : c.operands) {
    Tensor& tensor = tensors.emplace_back(backend, operand.dtype,
                                          std::initializer_list<std::int64_t>{operand.size()});
    tensor.assign(operand_values(operand, seed++));
    TensorView view = tensor.view();
    view.rank = static_cast<int>(operand.extents.size());
    std::copy(operand.extents.begin(), operand.extents.end(), view.extent.begin());
    view.set_dense_strides();
    views.push_back(view);
  }
  const auto once = [&] {
    c.run(backend, views);
    backend.fence();
  };
  once();
  std::vector<double> times;
  double total = 0.0;
  while (static_cast<int>(times.size()) < options.calls || total < options.seconds) {
    const double begin = seconds_now();
    once();
    times.push_back(seconds_now() - begin);
    total += times.back();
  }
  std::sort(times.begin(), times.end());
  OpBenchRow row;
  row.name = c.op + (c.variant.empty() ? "" : " " + c.variant);
  row.shape = c.shape;
  row.median = times[times.size() / 2];
  row.fastest = times.front();
  row.calls = static_cast<int>(times.size());
  row.gflops = c.flops / row.median * 1e-9;
  row.gbytes_per_second = c.bytes / row.median * 1e-9;
  return row;
}

}  // namespace

OpShape crps_bench_shape() {
  return {"721x1440 50 members", 1, 1, 1, 721, 1440, 1, 1, 50};
}

std::vector<OpBenchRow> bench_ops(kernels::Backend& backend, const std::vector<OpShape>& shapes,
                                  const OpBenchOptions& options) {
  std::vector<OpBenchRow> rows;
  for (const OpShape& shape : shapes) {
    for (const OpCase& c : op_cases(options.dtype, shape)) {
      if (c.name().find(options.only) == std::string::npos) continue;
      rows.push_back(measure(backend, c, options));
    }
  }
  return rows;
}

}  // namespace myriad
