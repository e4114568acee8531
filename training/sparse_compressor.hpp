#pragma once
/// \file
/// Compressors that send some of the elements, and the layouts of their messages.

#include <memory>
#include <vector>

#include "kernels/wire_format.hpp"
#include "training/compressor.hpp"

namespace myriad::train {

/// Some elements of a vector: ascending indices and their values.
struct SparseVector {
  std::vector<std::uint32_t> indices;
  std::vector<float> values;
};

/// Layout F1 (blocks of 65,536 elements: u16 count - 1, or 0xFFFF for none, u16 places ascending, values) or, where that is shorter or a
/// block is full, F1b (one bit per element, then the values). \p code: f32, f16 or bf16.
Encoded encode_sparse(const SparseVector& v, std::int64_t size, kernels::WireCode code);
/// False when the message is malformed for \p size elements.
bool decode_sparse(SparseVector& v, const Encoded& message, std::int64_t size, kernels::WireCode code);

/// topk, topk_sampled and randk; \p config is valid.
std::unique_ptr<Compressor> make_sparse_compressor(Backend& backend, const CompressorConfig& config, kernels::WireCode values);

}  // namespace myriad::train
