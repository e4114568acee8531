#include "src/model/sfno_stages.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "src/backend/null_backend.hpp"

namespace myriad {

using kernels::Stage;

namespace {

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// A network with what a step reads and writes.
class Bench {
 public:
  Bench(Backend& backend, const SfnoConfig& config, std::int64_t batch, NetworkPass pass, Precision precision)
      : backend_(backend),
        pass_(pass),
        parameters_(backend, state_format(precision), sfno_parameters(config),
                    is_short(precision) ? ParameterStorage::separate : ParameterStorage::arena),
        network_(backend, config, parameters_, precision),
        in_(backend, state_format(precision), {batch, config.in_channels, config.nlat, config.nlon}),
        out_(backend, state_format(precision), {batch, config.out_channels, config.nlat, config.nlon}) {
    parameters_.initialise(1);
    if (config.output_scale) {
      network_.set_output_scale(std::vector<double>(static_cast<std::size_t>(config.out_channels), 0.1));
    }
    const std::uint32_t member = 0;
    backend.fill_normal(TensorView(in_.view().data, in_.dtype(), {1, in_.size()}), {1, 1000, 0}, std::span(&member, 1));
    if (pass == NetworkPass::folded || is_short(precision)) network_.prepare_inference();
    if (network_.owns_weights()) parameters_.release();
    if (pass != NetworkPass::training) return;
    MYRIAD_EXPECT(!is_short(precision));
    first_moment_ = parameters_.make_arena();
    second_moment_ = parameters_.make_arena();
    grad_out_ = Tensor(backend, out_.dtype(), {batch, config.out_channels, config.nlat, config.nlon});
    row_weight_ = Tensor(backend, DType::f64, {config.nlat});
    backend.fill(row_weight_, 1.0 / static_cast<double>(config.nlat));
    loss_ = Tensor(backend, DType::f64, {batch, config.out_channels});
    backend.fill(loss_, 1.0);
  }

  void step() {
    if (pass_ == NetworkPass::training) {
      train();
    } else {
      network_.forward(out_, in_, nullptr);
    }
  }

 private:
  void train() {
    network_.forward(out_, in_, &tape_);
    {
      // The output for the next truth: a step's cost does not depend on values.
      const Stage stage(backend_, "loss");
      backend_.weighted_squared_error(loss_, out_, in_.view().slice(1, 0, out_.dim(1)), row_weight_);
      backend_.weighted_squared_error_adjoint(grad_out_, out_, in_.view().slice(1, 0, out_.dim(1)), row_weight_, loss_,
                                              kernels::Update::overwrite);
    }
    {
      const Stage stage(backend_, "backward");
      backend_.fill(parameters_.gradients(), 0.0);
      network_.backward(TensorView(), grad_out_, in_, tape_);
    }
    const Stage stage(backend_, "optimiser");
    backend_.adamw(parameters_.values(), first_moment_, second_moment_, parameters_.gradients(),
                   {.learning_rate = 1e-6, .weight_decay = 0.01, .step = ++steps_});
  }

  Backend& backend_;
  NetworkPass pass_;
  ParameterSet parameters_;
  Sfno network_;
  Tensor in_, out_, first_moment_, second_moment_, grad_out_, row_weight_, loss_;
  SfnoTape tape_;
  std::int64_t steps_ = 0;
};

NetworkStages result_of(const CountingBackend& counting) {
  NetworkStages result;
  result.stages = counting.stages();
  result.total = counting.total();
  result.bytes_peak = counting.bytes_peak();
  return result;
}

}  // namespace

NetworkStages count_network_stages(const SfnoConfig& config, std::int64_t batch, NetworkPass pass, Precision precision) {
  CountingBackend counting(make_null_backend());
  Bench bench(counting, config, batch, pass, precision);
  bench.step();  // the first one also makes scratch
  const std::int64_t peak = counting.bytes_peak();
  counting.reset();
  bench.step();
  NetworkStages result = result_of(counting);
  result.bytes_peak = peak;
  return result;
}

std::int64_t predict_device_bytes(const std::shared_ptr<kernels::Backend>& backend, const SfnoConfig& config, std::int64_t batch,
                                  NetworkPass pass, Precision precision) {
  MYRIAD_EXPECT(pass != NetworkPass::training);
  CountingBackend counting(make_null_backend(backend));
  Bench bench(counting, config, batch, pass, precision);
  bench.step();
  return counting.bytes_peak() + sfno_scratch_bytes(counting, config, batch, precision);
}

NetworkStages time_network_stages(std::shared_ptr<kernels::Backend> backend, const SfnoConfig& config, std::int64_t batch,
                                  NetworkPass pass, double seconds, Precision precision) {
  const bool counts_memory = backend->take_memory_peak() >= 0;
  const std::int64_t predicted = counts_memory && pass != NetworkPass::training
                                     ? predict_device_bytes(backend, config, batch, pass, precision)
                                     : -1;
  CountingBackend counting(std::move(backend), CountingBackend::Timing::on);
  Bench bench(counting, config, batch, pass, precision);
  bench.step();
  counting.fence();
  const std::int64_t peak = counting.bytes_peak();
  std::vector<NetworkStages> steps;
  for (const double begin = steady_seconds(); steps.size() < 5 || steady_seconds() - begin < seconds;) {
    counting.reset();
    bench.step();
    counting.fence();
    steps.push_back(result_of(counting));
  }
  counting.set_timing(CountingBackend::Timing::off);
  std::vector<double> whole;
  for (const double begin = steady_seconds(); whole.size() < 5 || steady_seconds() - begin < seconds;) {
    const double start = steady_seconds();
    bench.step();
    counting.fence();
    whole.push_back(steady_seconds() - start);
  }
  const auto middle = [](auto& list, auto&& less) {
    const auto at = list.begin() + static_cast<std::ptrdiff_t>(list.size() / 2);
    std::nth_element(list.begin(), at, list.end(), less);
    return *at;
  };
  NetworkStages result =
      middle(steps, [](const NetworkStages& a, const NetworkStages& b) { return a.total.seconds < b.total.seconds; });
  result.whole_seconds = middle(whole, std::less<>());
  result.bytes_peak = peak;
  result.device_bytes = counting.take_memory_peak();
  result.predicted_device_bytes = predicted;
  return result;
}

}  // namespace myriad
