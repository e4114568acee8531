#pragma once
/// \file
/// Writing native checkpoints: collect tensors and metadata, publish atomically.

#include <complex>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/files.hpp"
#include "src/base/json.hpp"
#include "src/state/checkpoint.hpp"

namespace myriad {

/// How float tensors are stored.
enum class FloatStorage : std::uint8_t {
  exact,  ///< F32
  f16,    ///< F16, nearest, ties to even: relative error <= 2^-11 above 6.1e-5, absolute <= 2^-25
          ///< below
  bf16,   ///< BF16, nearest, ties to even: relative error <= 2^-8
};

/// A checkpoint under construction.
///
/// Determinism: the file is a function of the tensors and the metadata only; the order of the calls
/// does not matter. Errors of all add functions: ErrorKind::internal (E2114) for a name that is
/// taken, empty, longer than 256 bytes or holds anything but letters, digits and `_ . - /`, and for
/// a shape that does not match the values.
class CheckpointWriter {
 public:
  explicit CheckpointWriter(CheckpointKind kind) : kind_(kind) {}

  /// Add a tensor, row-major; the values are copied. Reduced storage of a finite value that would
  /// become infinite is refused: ErrorKind::quality (E2115) naming tensor, index and value.
  void add(std::string_view name, const Shape& shape, std::span<const float> values,
           FloatStorage storage = FloatStorage::exact);
  void add(std::string_view name, const Shape& shape, std::span<const double> values);
  void add(std::string_view name, const Shape& shape, std::span<const std::int32_t> values);
  void add(std::string_view name, const Shape& shape, std::span<const std::int64_t> values);
  void add(std::string_view name, const Shape& shape, std::span<const std::uint8_t> values);
  /// Stored with a trailing extent of 2 (real, imaginary); \p shape is without it.
  void add(std::string_view name, const Shape& shape, std::span<const std::complex<float>> values,
           FloatStorage storage = FloatStorage::exact);
  void add(std::string_view name, const Shape& shape, std::span<const std::complex<double>> values);
  /// Add without copying; the memory must stay unchanged until the last publish.
  void add_view(std::string_view name, const Shape& shape, std::span<const float> values);
  void add_view(std::string_view name, const Shape& shape, std::span<const double> values);

  /// Set or replace a text entry. Errors: internal (E2114) for a key that is empty, longer than 256
  /// bytes, holds characters other than those of tensor names, or belongs to the container
  /// (docs/formats/checkpoint.md).
  void set_metadata(std::string_view key, std::string value);
  /// Set or replace a JSON section (stored as text).
  void set_section(std::string_view key, const Json& value);

  /// Write the file under a temporary name, flush it, read it back and verify it, then give it its
  /// final name. Errors: those of AtomicFile; by errno (E2116) when a write fails; io (E2117) when
  /// what was read back differs. Returns the header of the published file.
  CheckpointHeader publish(const std::filesystem::path& path,
                           Existing existing = Existing::refuse) const;

  /// The bytes of the file, for tests and for small checkpoints sent elsewhere.
  std::vector<std::byte> encode() const;

 private:
  struct Entry {
    StorageType dtype = StorageType::f32;
    Shape shape;
    std::vector<std::byte> owned;
    std::span<const std::byte> view;
  };
  struct Plan {
    std::string head;  ///< length prefix and padded JSON
    std::vector<const Entry*> order;
    CheckpointHeader header;
  };

  Entry& insert(std::string_view name, StorageType dtype, const Shape& shape, std::size_t count);
  void add_copy(std::string_view name, StorageType dtype, const Shape& shape, std::size_t count,
                std::span<const std::byte> bytes);
  Plan plan() const;

  CheckpointKind kind_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::map<std::string, std::string, std::less<>> metadata_;
};

}  // namespace myriad
