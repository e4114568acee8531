#include <algorithm>
#include <type_traits>

#include "kernels/compat.hpp"
#include "kernels/conv1x1_openblas.hpp"
#include "kernels/gemm.hpp"
#include "kernels/shapes.hpp"
#include "kernels/vector_math.hpp"
#ifdef MYRIAD_HAVE_OPENBLAS
#include <cblas.h>
#endif

namespace myriad::kernels::kokkos::detail {

#ifdef MYRIAD_HAVE_OPENBLAS

using kernels::detail::channel_shape;
using kernels::detail::point_shape;
using kernels::detail::k_wide;
using kernels::detail::Wide;
using kernels::detail::wide_gelu;
using kernels::detail::wide_load;
using kernels::detail::wide_load_part;
using kernels::detail::wide_store;
using kernels::detail::wide_store_part;

namespace {

/// Points of a tile: its results are still in the second-level cache when the epilogue takes them.
constexpr std::int64_t k_tile = 256;

/// c [m, n] = a b + beta c, row-major, a and b transposed as told.
template <class T>
void gemm(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, std::int64_t m, std::int64_t n, std::int64_t k,
          const T* a, std::int64_t lda, const T* b, std::int64_t ldb, T beta, T* c,
          std::int64_t ldc) {
  const auto i = [](std::int64_t v) { return static_cast<blasint>(v); };
  if constexpr (std::is_same_v<T, float>) {
    cblas_sgemm(CblasRowMajor, ta, tb, i(m), i(n), i(k), T{1}, a, i(lda), b, i(ldb), beta, c,
                i(ldc));
  } else {
    cblas_dgemm(CblasRowMajor, ta, tb, i(m), i(n), i(k), T{1}, a, i(lda), b, i(ldb), beta, c,
                i(ldc));
  }
}

template <class T>
struct TileEpilogue {
  const T* bias;
  Activation activation;
  Update update;

  void operator()(T* out, std::int64_t stride, const T* product, std::int64_t rows,
                  std::int64_t columns) const {
    for (std::int64_t o = 0; o < rows; ++o) {
      const T shift = bias == nullptr ? T{0} : bias[o];
      for (std::int64_t n = 0; n < columns; n += k_wide<T>) {
        const std::int64_t valid = std::min<std::int64_t>(k_wide<T>, columns - n);
        Wide<T> v = wide_load(product + o * k_tile + n) + shift;
        if (activation == Activation::gelu) v = wide_gelu(v);
        T* to = out + o * stride + n;
        if (update == Update::accumulate)
          v += valid == k_wide<T> ? wide_load(to) : wide_load_part(to, valid);
        valid == k_wide<T> ? wide_store<T>(to, v) : wide_store_part<T>(to, v, valid);
      }
    }
  }
};

template <class T>
void run(Scratch& scratch, TensorView out, ConstTensorView in, const T* weight, const T* bias,
         Activation activation, Update update) {
  const auto x = point_shape(in);
  const std::int64_t rows = out.dim(1);
  const std::int64_t workers = worker_count(x.batch);
  T* products = scratch.array<T>(workers * rows * k_tile);
  T* po = out.as<T>();
  const T* pi = in.as<T>();
  const std::int64_t so = out.step(0), si = in.step(0), co = out.step(1), ci = in.step(1);
  const TileEpilogue<T> epilogue{bias, activation, update};
  launch_workers("conv1x1_openblas", workers, x.batch,
                 [=](std::int64_t worker, std::int64_t begin, std::int64_t end) {
                   T* product = products + worker * rows * k_tile;
                   for (std::int64_t b = begin; b < end; ++b) {
                     for (std::int64_t p = 0; p < x.points; p += k_tile) {
                       const std::int64_t columns = std::min(k_tile, x.points - p);
                       gemm(CblasNoTrans, CblasNoTrans, rows, columns, x.channels, weight,
                            x.channels, pi + b * si + p, ci, T{0}, product, k_tile);
                       epilogue(po + b * so + p, co, product, rows, columns);
                     }
                   }
                 });
}

template <class T>
void run_adjoint_input(TensorView grad_in, ConstTensorView grad_out, const T* weight,
                       Update update) {
  const auto x = channel_shape(grad_in);
  const std::int64_t outputs = grad_out.dim(1);
  T* pi = grad_in.as<T>();
  const T* po = grad_out.as<T>();
  const std::int64_t si = grad_in.step(0), so = grad_out.step(0);
  const T beta = update == Update::accumulate ? T{1} : T{0};
  launch("conv1x1_openblas_adjoint_input", x.batch, [=](std::int64_t b) {
    gemm(CblasTrans, CblasNoTrans, x.channels, x.points, outputs, weight, x.channels, po + b * so,
         x.points, beta, pi + b * si, x.points);
  });
}

template <class T>
void run_adjoint_weight(TensorView grad_weight, ConstTensorView grad_out, ConstTensorView in,
                        Update update) {
  const auto x = channel_shape(in);
  const std::int64_t outputs = grad_out.dim(1);
  for (std::int64_t b = 0; b < x.batch; ++b) {
    const T beta = update == Update::overwrite && b == 0 ? T{0} : T{1};
    gemm(CblasNoTrans, CblasTrans, outputs, x.channels, x.points,
         grad_out.as<T>() + b * grad_out.step(0), x.points, in.as<T>() + b * in.step(0), x.points,
         beta, grad_weight.as<T>(), x.channels);
  }
}

}  // namespace

void openblas_conv1x1(Scratch& scratch, TensorView out, ConstTensorView in, ConstTensorView weight,
                      ConstTensorView bias, Activation activation, Update update) {
  in.dtype == DType::f32
      ? run(scratch, out, in, weight.as<float>(), bias.as<float>(), activation, update)
      : run(scratch, out, in, weight.as<double>(), bias.as<double>(), activation, update);
}

void openblas_conv1x1_adjoint_input(TensorView grad_in, ConstTensorView grad_out,
                                    ConstTensorView weight, Update update) {
  grad_in.dtype == DType::f32 ? run_adjoint_input(grad_in, grad_out, weight.as<float>(), update)
                              : run_adjoint_input(grad_in, grad_out, weight.as<double>(), update);
}

void openblas_conv1x1_adjoint_weight(TensorView grad_weight, ConstTensorView grad_out,
                                     ConstTensorView in, Update update) {
  in.dtype == DType::f32 ? run_adjoint_weight<float>(grad_weight, grad_out, in, update)
                         : run_adjoint_weight<double>(grad_weight, grad_out, in, update);
}

#else  // the provider is refused by set_gemm_provider, so a call here is a bug

void openblas_conv1x1(Scratch&, TensorView, ConstTensorView, ConstTensorView, ConstTensorView,
                      Activation, Update) {
  MYRIAD_KERNEL_EXPECT(openblas_available());
}
void openblas_conv1x1_adjoint_input(TensorView, ConstTensorView, ConstTensorView, Update) {
  MYRIAD_KERNEL_EXPECT(openblas_available());
}
void openblas_conv1x1_adjoint_weight(TensorView, ConstTensorView, ConstTensorView, Update) {
  MYRIAD_KERNEL_EXPECT(openblas_available());
}

#endif

}  // namespace myriad::kernels::kokkos::detail
