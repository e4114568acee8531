#include <algorithm>

#include "kernels/compat.hpp"
#include "kernels/gelu.hpp"
#include "kernels/shapes.hpp"
#include "kernels/vector_math.hpp"

namespace myriad::kernels::kokkos {

using kernels::detail::k_wide;
using kernels::detail::Wide;
using kernels::detail::wide_gelu;
using kernels::detail::wide_gelu_slope;
using kernels::detail::wide_load;
using kernels::detail::wide_load_part;
using kernels::detail::wide_store;
using kernels::detail::wide_store_part;

namespace {

constexpr std::int64_t k_tile = 4096;

template <class T>
struct Gelu {
  T* out;
  const T* in;
  std::int64_t size;

  KOKKOS_INLINE_FUNCTION void operator()(std::int64_t tile) const {
    const std::int64_t end = std::min(size, (tile + 1) * k_tile);
    std::int64_t k = tile * k_tile;
    for (; k + k_wide<T> <= end; k += k_wide<T>) wide_store(out + k, wide_gelu(wide_load(in + k)));
    if (k < end) wide_store_part(out + k, wide_gelu(wide_load_part(in + k, end - k)), end - k);
  }
};

template <class T>
struct GeluAdjoint {
  T* grad_in;
  const T* grad_out;
  const T* in;
  std::int64_t size;

  KOKKOS_INLINE_FUNCTION void operator()(std::int64_t tile) const {
    const std::int64_t end = std::min(size, (tile + 1) * k_tile);
    std::int64_t k = tile * k_tile;
    for (; k + k_wide<T> <= end; k += k_wide<T>) {
      wide_store<T>(grad_in + k, wide_load(grad_out + k) * wide_gelu_slope(wide_load(in + k)));
    }
    if (k < end) {
      const Wide<T> slope = wide_gelu_slope(wide_load_part(in + k, end - k));
      wide_store_part<T>(grad_in + k, wide_load_part(grad_out + k, end - k) * slope, end - k);
    }
  }
};

template <class T>
void run(TensorView out, ConstTensorView in) {
  const std::int64_t size = in.size();
  detail::launch("gelu", (size + k_tile - 1) / k_tile, Gelu<T>{out.as<T>(), in.as<T>(), size});
}

template <class T>
void run_adjoint(TensorView grad_in, ConstTensorView grad_out, ConstTensorView in) {
  const std::int64_t size = in.size();
  detail::launch("gelu_adjoint", (size + k_tile - 1) / k_tile,
                 GeluAdjoint<T>{grad_in.as<T>(), grad_out.as<T>(), in.as<T>(), size});
}

}  // namespace

void gelu(TensorView out, ConstTensorView in) {
  MYRIAD_KERNEL_EXPECT(out.size() == in.size() && out.dtype == in.dtype);
  MYRIAD_KERNEL_EXPECT(out.dense_from(0) && in.dense_from(0));
  in.dtype == DType::f32 ? run<float>(out, in) : run<double>(out, in);
}

void gelu_adjoint(TensorView grad_in, ConstTensorView grad_out, ConstTensorView in) {
  MYRIAD_KERNEL_EXPECT(grad_in.size() == in.size() && grad_out.size() == in.size());
  MYRIAD_KERNEL_EXPECT(grad_in.dtype == in.dtype && grad_out.dtype == in.dtype);
  MYRIAD_KERNEL_EXPECT(grad_in.dense_from(0) && grad_out.dense_from(0) && in.dense_from(0));
  in.dtype == DType::f32 ? run_adjoint<float>(grad_in, grad_out, in)
                         : run_adjoint<double>(grad_in, grad_out, in);
}

}  // namespace myriad::kernels::kokkos
