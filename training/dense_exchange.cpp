#include <algorithm>
#include <cstring>

#include "src/backend/device_transport.hpp"
#include "training/exchange.hpp"

namespace myriad::train {

namespace {

/// Pairwise sum over ranks of one slice: values[r * count + i] -> result in values[i].
template <class T>
void add_pairwise(std::vector<T>& values, std::size_t ranks, std::size_t count) {
  for (std::size_t distance = 1; distance < ranks; distance *= 2) {
    for (std::size_t left = 0; left + distance < ranks; left += 2 * distance) {
      T* a = values.data() + left * count;
      const T* b = values.data() + (left + distance) * count;
      for (std::size_t i = 0; i < count; ++i) a[i] = a[i] + b[i];
    }
  }
}

/// The same over views of device memory; the order of the sums, and so the bits, are those of add_pairwise.
void add_pairwise(Backend& backend, TensorView slices) {
  const std::int64_t ranks = slices.dim(0);
  for (std::int64_t distance = 1; distance < ranks; distance *= 2) {
    for (std::int64_t left = 0; left + distance < ranks; left += 2 * distance) {
      const TensorView sum = slices.slice(0, left, 1);
      backend.axpby(sum, 1.0, sum, 1.0, slices.slice(0, left + distance, 1));
    }
  }
}

/// Bounds of the slices of \p n elements: rank r adds [bounds[r], bounds[r + 1]).
std::vector<std::size_t> slice_bounds(std::size_t n, std::size_t ranks) {
  std::vector<std::size_t> bounds(ranks + 1);
  for (std::size_t r = 0; r <= ranks; ++r) bounds[r] = n * r / ranks;
  return bounds;
}

class DenseExchange final : public GradientExchange {
 public:
  DenseExchange(Backend& backend, Comm& comm, kernels::Collective* collective)
      : backend_(backend), comm_(comm), collective_(collective) {}
  const char* name() const override { return "dense"; }

  void combine(TensorView gradient) override {
    if (comm_.size() == 1) return;
    if (collective_ != nullptr) {
      combine_on_device(gradient);
    } else if (gradient.dtype == DType::f32) {
      combine_on_host(gradient, buffers_f32_);
    } else {
      combine_on_host(gradient, buffers_f64_);
    }
  }

  std::int64_t bytes_sent() const override { return bytes_sent_; }

 private:
  /// Kept between calls: fresh megabytes in every step cost a third of the exchange in page faults.
  template <class T>
  struct Buffers {
    std::vector<T> gradient;
    std::vector<T> slices;
  };

  /// Who sends how much, in bytes.
  struct Counts {
    std::vector<std::size_t> slices;    ///< of the gradient, by rank
    std::vector<std::size_t> received;  ///< of my slice: the same from every rank
    std::size_t mine = 0;               ///< elements of my slice
  };

  Counts counts(std::size_t n, std::size_t element_bytes) {
    const auto ranks = static_cast<std::size_t>(comm_.size()), me = static_cast<std::size_t>(comm_.rank());
    const std::vector<std::size_t> bounds = slice_bounds(n, ranks);
    Counts c;
    for (std::size_t r = 0; r < ranks; ++r) c.slices.push_back((bounds[r + 1] - bounds[r]) * element_bytes);
    c.received.assign(ranks, c.slices[me]);
    c.mine = bounds[me + 1] - bounds[me];
    bytes_sent_ += static_cast<std::int64_t>((n - c.mine + c.mine * (ranks - 1)) * element_bytes);
    return c;
  }

  void combine_on_device(TensorView gradient) {
    const auto ranks = static_cast<std::int64_t>(comm_.size());
    const Counts c = counts(static_cast<std::size_t>(gradient.size()),
                            static_cast<std::size_t>(kernels::size_of(gradient.dtype)));
    const auto mine = static_cast<std::int64_t>(c.mine);
    if (mine > 0 && (slices_.empty() || slices_.dtype() != gradient.dtype || slices_.dim(1) != mine)) {
      slices_ = Tensor();
      slices_ = Tensor(backend_, gradient.dtype, {ranks, mine});
    }
    const TensorView slices = mine > 0 ? slices_.view() : TensorView();
    collective_->all_to_all(slices.data, c.received, gradient.data, c.slices);
    if (mine > 0) add_pairwise(backend_, slices);
    collective_->all_gather(gradient.data, c.slices, slices.data);
    wait_for(*collective_);
  }

  template <class T>
  void combine_on_host(TensorView gradient, Buffers<T>& buffers) {
    const auto n = static_cast<std::size_t>(gradient.size());
    const Counts c = counts(n, sizeof(T));
    std::vector<T>& host = buffers.gradient;
    host.resize(n);
    backend_.copy_to_host(host.data(), gradient.data, static_cast<std::int64_t>(n * sizeof(T)));
    std::vector<T>& slices = buffers.slices;
    slices.resize(c.mine * c.slices.size());
    comm_.all_to_all(std::as_bytes(std::span(host)), c.slices, std::as_writable_bytes(std::span(slices)), c.received);
    add_pairwise(slices, c.slices.size(), c.mine);
    comm_.all_gather(std::as_bytes(std::span(slices.data(), c.mine)), std::as_writable_bytes(std::span(host)), c.slices);
    backend_.copy_to_device(gradient.data, host.data(), static_cast<std::int64_t>(n * sizeof(T)));
  }

  Backend& backend_;
  Comm& comm_;
  kernels::Collective* collective_;
  Tensor slices_;  ///< [rank, element of my slice]
  Buffers<float> buffers_f32_;
  Buffers<double> buffers_f64_;
  std::int64_t bytes_sent_ = 0;
};

}  // namespace

std::unique_ptr<GradientExchange> make_dense_exchange(Backend& backend, Comm& comm, kernels::Collective* collective) {
  return std::make_unique<DenseExchange>(backend, comm, collective);
}

}  // namespace myriad::train
