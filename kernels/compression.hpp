#pragma once
/// \file
/// Messages of training on the host: codes of elements, and selection of the largest ones (contracts: kernels/backend.hpp).

#include <cstdint>

#include "kernels/backend.hpp"
#include "kernels/scratch.hpp"

namespace myriad::kernels {

namespace kokkos {
void encode(void* message, ConstTensorView in, const WireFormat& format, const RandomStream& random, std::uint32_t member);
void decode(TensorView out, const void* message, const WireFormat& format, Update update);
double nth_magnitude(Scratch& scratch, ConstTensorView in, std::int64_t n);
std::int64_t select_magnitudes(Scratch& scratch, std::uint32_t* indices, ConstTensorView in, double threshold, std::int64_t capacity);
void gather(TensorView values, ConstTensorView in, const std::uint32_t* indices);
void scatter(TensorView out, ConstTensorView values, const std::uint32_t* indices, Update update);
}  // namespace kokkos

namespace reference {
void encode(void* message, ConstTensorView in, const WireFormat& format, const RandomStream& random, std::uint32_t member);
void decode(TensorView out, const void* message, const WireFormat& format, Update update);
double nth_magnitude(ConstTensorView in, std::int64_t n);
std::int64_t select_magnitudes(std::uint32_t* indices, ConstTensorView in, double threshold, std::int64_t capacity);
void gather(TensorView values, ConstTensorView in, const std::uint32_t* indices);
void scatter(TensorView out, ConstTensorView values, const std::uint32_t* indices, Update update);
}  // namespace reference

}  // namespace myriad::kernels
