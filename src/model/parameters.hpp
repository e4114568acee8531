#pragma once
/// \file
/// Trainable parameters of a model: one arena, many named views.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/backend/tensor.hpp"

namespace myriad {

/// How a parameter starts and whether weight decay applies to it.
struct ParameterInfo {
  std::string name;                   ///< e.g. "blocks.0.mlp.fwd.0.weight"
  std::vector<std::int64_t> shape;    ///< complex weights end in 2
  double init_stddev = 0.0;           ///< normal initialisation per real component; 0 = constant
  double init_constant = 0.0;         ///< value when init_stddev is 0
  bool decay = false;                 ///< matrices decay, biases and norms do not
  /// Per-degree factor of the initial standard deviation (spectral filters: degree 0 is drawn sqrt(2) wider).
  double init_first_slice_factor = 1.0;
};

/// How parameters lie in memory.
enum class ParameterStorage : std::uint8_t {
  arena,     ///< one after the other: what optimisers and exchanges need
  separate,  ///< each on its own, so that one can be given back as soon as it has been converted; no gradients
};

/// Flat arena of parameters, each 64-byte aligned in it, in declaration order.
///
/// Optimisers and exchanges see one vector; layers see named tensors. Padding elements are zero and stay zero.
class ParameterSet {
 public:
  ParameterSet(Backend& backend, DType dtype, std::vector<ParameterInfo> infos,
               ParameterStorage storage = ParameterStorage::arena);

  std::size_t count() const { return infos_.size(); }
  const ParameterInfo& info(std::size_t i) const { return infos_[i]; }
  DType dtype() const { return dtype_; }
  Backend& backend() const { return *backend_; }
  /// Number of real scalars, padding excluded.
  std::int64_t scalars() const;
  /// Length of the arena in elements, padding included.
  std::int64_t arena_size() const { return arena_size_; }

  TensorView value(std::size_t i);
  ConstTensorView value(std::size_t i) const;
  TensorView gradient(std::size_t i);
  TensorView values() { return values_.view(); }
  ConstTensorView values() const { return values_.view(); }
  TensorView gradients();
  /// Give the memory of values and gradients back; views of them must no longer be used or asked for.
  void release() {
    values_ = Tensor();
    gradients_ = Tensor();
    pieces_.clear();
  }
  /// The same of one parameter, when it lies on its own.
  void release(std::size_t i) {
    if (!pieces_.empty()) pieces_[i] = Tensor();
  }

  /// View of parameter \p i inside any arena-shaped tensor (moments, copies).
  TensorView view_in(TensorView arena, std::size_t i) const;
  /// Index by name. Errors: ErrorKind::internal when there is none.
  std::size_t index(std::string_view name) const;

  /// Draw initial values: Philox stream of \p seed, one logical member per parameter, so that a parameter's start does not
  /// depend on which others exist before it in memory, nor on the backend's dtype beyond rounding.
  void initialise(std::uint64_t seed);

  /// A zeroed tensor of the arena's shape.
  Tensor make_arena() const;

 private:
  Backend* backend_;
  DType dtype_;
  std::vector<ParameterInfo> infos_;
  std::vector<std::int64_t> offsets_;
  std::int64_t arena_size_ = 0;
  Tensor values_;
  std::vector<Tensor> pieces_;  // instead of values_, with ParameterStorage::separate
  Tensor gradients_;  // allocated on first use: inference never needs it
};

}  // namespace myriad
