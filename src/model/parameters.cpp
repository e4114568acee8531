#include "src/model/parameters.hpp"

#include <utility>

#include "src/base/random_streams.hpp"

namespace myriad {

namespace {
std::int64_t product(const std::vector<std::int64_t>& shape) {
  std::int64_t n = 1;
  for (std::int64_t e : shape) n *= e;
  return n;
}
}  // namespace

ParameterSet::ParameterSet(Backend& backend, DType dtype, std::vector<ParameterInfo> infos, ParameterStorage storage)
    : backend_(&backend), dtype_(dtype), infos_(std::move(infos)) {
  constexpr std::int64_t k_alignment_elements = 16;  // 64 bytes of f32
  for (const ParameterInfo& info : infos_) {
    offsets_.push_back(arena_size_);
    const std::int64_t n = product(info.shape);
    arena_size_ += (n + k_alignment_elements - 1) / k_alignment_elements * k_alignment_elements;
  }
  if (storage == ParameterStorage::arena) {
    values_ = make_arena();
    return;
  }
  for (const ParameterInfo& info : infos_) pieces_.emplace_back(backend, dtype, std::initializer_list<std::int64_t>{product(info.shape)});
}

TensorView ParameterSet::value(std::size_t i) {
  if (pieces_.empty()) return view_in(values_.view(), i);
  MYRIAD_EXPECT(i < infos_.size() && !pieces_[i].empty());
  TensorView v = pieces_[i].view();
  v.rank = static_cast<int>(infos_[i].shape.size());
  for (std::size_t d = 0; d < infos_[i].shape.size(); ++d) v.extent[d] = infos_[i].shape[d];
  v.set_dense_strides();
  return v;
}

std::int64_t ParameterSet::scalars() const {
  std::int64_t n = 0;
  for (const ParameterInfo& info : infos_) n += product(info.shape);
  return n;
}

TensorView ParameterSet::view_in(TensorView arena, std::size_t i) const {
  MYRIAD_EXPECT(i < infos_.size());
  MYRIAD_EXPECT(arena.size() == arena_size_);
  TensorView v;
  v.data = static_cast<char*>(arena.data) + offsets_[i] * kernels::size_of(arena.dtype);
  v.dtype = arena.dtype;
  v.rank = static_cast<int>(infos_[i].shape.size());
  for (std::size_t d = 0; d < infos_[i].shape.size(); ++d) v.extent[d] = infos_[i].shape[d];
  v.set_dense_strides();
  return v;
}

ConstTensorView ParameterSet::value(std::size_t i) const {
  return const_cast<ParameterSet*>(this)->value(i);
}

TensorView ParameterSet::gradients() {
  if (gradients_.empty()) gradients_ = make_arena();
  return gradients_.view();
}

TensorView ParameterSet::gradient(std::size_t i) { return view_in(gradients(), i); }

std::size_t ParameterSet::index(std::string_view name) const {
  for (std::size_t i = 0; i < infos_.size(); ++i) {
    if (infos_[i].name == name) return i;
  }
  throw Error(ErrorKind::internal, "E2301",
              fmt::format("no parameter named '{}' (the model has {} parameters) report this as a bug",
                          name, infos_.size()));
}

void ParameterSet::initialise(std::uint64_t seed) {
  for (std::size_t i = 0; i < infos_.size(); ++i) {
    const ParameterInfo& info = infos_[i];
    TensorView v = value(i);
    if (info.init_stddev == 0.0) {
      backend_->fill(v, info.init_constant);
      continue;
    }
    const kernels::RandomStream stream{seed, stream_number(StreamId::weight_init),
                                       static_cast<std::uint32_t>(i)};
    const std::uint32_t member[] = {0};
    TensorView batch_of_one(v.data, v.dtype, {1, v.size()});
    backend_->fill_normal(batch_of_one, stream, member);
    backend_->axpby(batch_of_one, info.init_stddev, batch_of_one, 0.0, ConstTensorView());
    if (info.init_first_slice_factor != 1.0) {
      TensorView first(v.data, v.dtype, {v.size() / v.dim(0)});
      backend_->axpby(first, info.init_first_slice_factor, first, 0.0, ConstTensorView());
    }
  }
}

Tensor ParameterSet::make_arena() const {
  Tensor arena(*backend_, dtype_, {arena_size_});
  backend_->fill(arena, 0.0);
  return arena;
}

}  // namespace myriad
