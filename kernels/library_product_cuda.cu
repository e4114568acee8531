#include "kernels/library_product_cuda.hpp"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <tuple>

#include "kernels/device_cuda.hpp"
#ifdef MYRIAD_CUDA_EMULATION
#include <cmath>
#else
#include <cublasLt.h>
#endif

namespace myriad::kernels::cuda {

#ifdef MYRIAD_CUDA_EMULATION

namespace {

/// Plain loops with the library's roundings. Takes the library's work space, that plans of memory meet it.
class PlainProducts final : public ProductLibrary {
 public:
  explicit PlainProducts(Device& device) : device_(device), workspace_(device.allocate(k_product_workspace)) {}
  ~PlainProducts() override { device_.deallocate(workspace_); }
  void multiply(const LibraryProduct& product) override {
    emulation::issue([product] { loop(product); });
  }

 private:
  static void loop(const LibraryProduct& p) {
    for (std::int64_t z = 0; z < p.batch; ++z) {
      for (std::int64_t i = 0; i < p.n; ++i) {
        for (std::int64_t j = 0; j < p.m; ++j) {
          float sum = 0.0f;
          for (std::int64_t t = 0; t < p.k; ++t) {
            const std::int64_t a_at = z * p.a_batch + (p.a_transposed ? j * p.a_row + t : t * p.a_row + j);
            const std::int64_t b_at = z * p.b_batch + (p.b_transposed ? t * p.b_row + i : i * p.b_row + t);
            sum = std::fma(operand(p.a, p.operands, a_at), operand(p.b, p.operands, b_at), sum);
          }
          const std::int64_t at = z * p.d_batch + i * p.d_row + j;
          if (p.result == DType::bf16) {
            put(static_cast<Bf16*>(p.d)[at], sum, p.accumulate);
          } else if (p.result == DType::f16) {
            put(static_cast<F16*>(p.d)[at], sum, p.accumulate);
          } else {
            put(static_cast<float*>(p.d)[at], sum, p.accumulate);
          }
        }
      }
    }
  }

  template <class T>
  static void put(T& d, float sum, bool accumulate) {
    d = narrow<T>(accumulate ? sum + widen(d) : sum);
  }
  static float operand(const void* data, DType dtype, std::int64_t at) {
    if (dtype == DType::bf16) return widen(static_cast<const Bf16*>(data)[at]);
    if (dtype == DType::f16) return widen(static_cast<const F16*>(data)[at]);
    return tf32_from_float(static_cast<const float*>(data)[at]);
  }

  Device& device_;
  void* workspace_;
};

}  // namespace

std::unique_ptr<ProductLibrary> Device::make_product_library() { return std::make_unique<PlainProducts>(*this); }

#else

namespace {

void check(cublasStatus_t status, const char* what) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  std::fprintf(stderr, "cuBLASLt: %s failed: %s\n", what, cublasLtGetStatusString(status));
  std::abort();
}

/// Largest power of two that divides the bytes of a row, at most 16: the alignment of every place where a batch element or a range
/// of whole vectors may begin.
std::uint32_t alignment(std::int64_t row, DType dtype) {
  const std::int64_t bytes = row * size_of(dtype);
  std::uint32_t power = 16;
  while (bytes % power != 0) power /= 2;
  return power;
}

struct Layout {
  Layout(cudaDataType_t type, std::int64_t rows, std::int64_t columns, std::int64_t leading) {
    check(cublasLtMatrixLayoutCreate(&handle, type, static_cast<std::uint64_t>(rows), static_cast<std::uint64_t>(columns), leading),
          "cublasLtMatrixLayoutCreate");
  }
  ~Layout() { cublasLtMatrixLayoutDestroy(handle); }
  Layout(const Layout&) = delete;
  Layout& operator=(const Layout&) = delete;
  void set_batch(std::int64_t count, std::int64_t stride) const {
    const auto n = static_cast<std::int32_t>(count);
    check(cublasLtMatrixLayoutSetAttribute(handle, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &n, sizeof(n)), "batch count");
    check(cublasLtMatrixLayoutSetAttribute(handle, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &stride, sizeof(stride)),
          "batch stride");
  }
  cublasLtMatrixLayout_t handle = nullptr;
};

cudaDataType_t type_of(DType dtype) {
  return dtype == DType::bf16 ? CUDA_R_16BF : dtype == DType::f16 ? CUDA_R_16F : CUDA_R_32F;
}

/// A row-major matrix [rows, columns] is column-major [columns, rows] to the library.
struct Prepared {
  explicit Prepared(const LibraryProduct& p)
      : a(type_of(p.operands), p.a_transposed ? p.k : p.m, p.a_transposed ? p.m : p.k, p.a_row),
        b(type_of(p.operands), p.b_transposed ? p.n : p.k, p.b_transposed ? p.k : p.n, p.b_row),
        d(type_of(p.result), p.m, p.n, p.d_row) {
    check(cublasLtMatmulDescCreate(&operation,
                                   size_of(p.operands) == 2 ? CUBLAS_COMPUTE_32F : CUBLAS_COMPUTE_32F_FAST_TF32, CUDA_R_32F),
          "cublasLtMatmulDescCreate");
    const cublasOperation_t turn = CUBLAS_OP_T;
    if (p.a_transposed) {
      check(cublasLtMatmulDescSetAttribute(operation, CUBLASLT_MATMUL_DESC_TRANSA, &turn, sizeof(turn)), "transa");
    }
    if (p.b_transposed) {
      check(cublasLtMatmulDescSetAttribute(operation, CUBLASLT_MATMUL_DESC_TRANSB, &turn, sizeof(turn)), "transb");
    }
  }
  ~Prepared() { cublasLtMatmulDescDestroy(operation); }
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;

  Layout a, b, d;
  cublasLtMatmulDesc_t operation = nullptr;
  cublasLtMatmulAlgo_t algorithm{};
};

class CublasProducts final : public ProductLibrary {
 public:
  CublasProducts(Device& device) : device_(device), workspace_(device.allocate(k_product_workspace)) {
    check(cublasLtCreate(&handle_), "cublasLtCreate");
  }
  ~CublasProducts() override {
    prepared_.clear();
    cublasLtDestroy(handle_);
    device_.deallocate(workspace_);
  }

  void multiply(const LibraryProduct& p) override {
    if (p.m == 0 || p.n == 0 || p.batch == 0) return;
    Prepared& prepared = prepare(p);
    if (run(prepared, p) != CUBLAS_STATUS_NOT_SUPPORTED) return;
    LibraryProduct one = p;  // not every algorithm takes a batch
    one.batch = 1;
    for (std::int64_t z = 0; z < p.batch; ++z) {
      one.a = at(p.a, p.operands, z * p.a_batch);
      one.b = at(p.b, p.operands, z * p.b_batch);
      one.d = const_cast<void*>(at(p.d, p.result, z * p.d_batch));
      check(run(prepared, one), "cublasLtMatmul");
    }
  }

 private:
  using Key = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, int>;

  static const void* at(const void* data, DType dtype, std::int64_t offset) {
    return static_cast<const char*>(data) + offset * size_of(dtype);
  }

  cublasStatus_t run(Prepared& prepared, const LibraryProduct& p) {
    prepared.a.set_batch(static_cast<std::int32_t>(p.batch), p.a_batch);
    prepared.b.set_batch(static_cast<std::int32_t>(p.batch), p.b_batch);
    prepared.d.set_batch(static_cast<std::int32_t>(p.batch), p.d_batch);
    const float one = 1.0f, beta = p.accumulate ? 1.0f : 0.0f;
    const cublasStatus_t status = cublasLtMatmul(handle_, prepared.operation, &one, p.a, prepared.a.handle, p.b, prepared.b.handle, &beta, p.d,
                         prepared.d.handle, p.d, prepared.d.handle, &prepared.algorithm, workspace_,
                         static_cast<std::size_t>(k_product_workspace), device_.stream());
    if (p.batch == 1 || status != CUBLAS_STATUS_NOT_SUPPORTED) check(status, "cublasLtMatmul");
    return status;
  }

  Prepared& prepare(const LibraryProduct& p) {
    const int kind = static_cast<int>(p.operands) + 8 * static_cast<int>(p.result) + (p.accumulate ? 64 : 0) +
                     (p.a_transposed ? 128 : 0) + (p.b_transposed ? 256 : 0);
    std::unique_ptr<Prepared>& place = prepared_[{p.m, p.n, p.k, p.a_row, p.b_row, p.d_row, kind}];
    if (place) return *place;
    place = std::make_unique<Prepared>(p);
    for (const Layout* layout : {&place->a, &place->b, &place->d}) layout->set_batch(1, 0);
    cublasLtMatmulPreference_t preference = nullptr;
    check(cublasLtMatmulPreferenceCreate(&preference), "cublasLtMatmulPreferenceCreate");
    const auto set = [&](cublasLtMatmulPreferenceAttributes_t attribute, const auto& value) {
      check(cublasLtMatmulPreferenceSetAttribute(preference, attribute, &value, sizeof(value)), "preference");
    };
    set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, static_cast<std::uint64_t>(k_product_workspace));
    // No split of the depth: its parts would be added in an order of the library's choice.
    set(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, static_cast<std::uint32_t>(CUBLASLT_REDUCTION_SCHEME_NONE));
    set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, alignment(p.a_row, p.operands));
    set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, alignment(p.b_row, p.operands));
    set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, alignment(p.d_row, p.result));
    set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, alignment(p.d_row, p.result));
    cublasLtMatmulHeuristicResult_t found{};
    int count = 0;
    check(cublasLtMatmulAlgoGetHeuristic(handle_, place->operation, place->a.handle, place->b.handle, place->d.handle,
                                         place->d.handle, preference, 1, &found, &count),
          "cublasLtMatmulAlgoGetHeuristic");
    cublasLtMatmulPreferenceDestroy(preference);
    check(count == 1 ? found.state : CUBLAS_STATUS_NOT_SUPPORTED, "the search of an algorithm");
    place->algorithm = found.algo;
    return *place;
  }

  Device& device_;
  void* workspace_;
  cublasLtHandle_t handle_ = nullptr;
  std::map<Key, std::unique_ptr<Prepared>> prepared_;
};

}  // namespace

std::unique_ptr<ProductLibrary> Device::make_product_library() { return std::make_unique<CublasProducts>(*this); }

#endif

}  // namespace myriad::kernels::cuda
