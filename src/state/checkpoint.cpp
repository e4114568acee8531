#include "src/state/checkpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "src/base/error.hpp"
#include "src/state/checkpoint_header.hpp"
#include "src/state/checkpoint_reader.hpp"

namespace myriad {
namespace {

template <class T>
std::vector<T> copy_elements(std::span<const std::byte> bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

template <class To, class From, class Convert>
std::vector<To> convert_elements(std::span<const std::byte> bytes, Convert convert) {
  const std::vector<From> stored = copy_elements<From>(bytes);
  std::vector<To> values(stored.size());
  std::transform(stored.begin(), stored.end(), values.begin(), convert);
  return values;
}

[[noreturn]] void wrong_type(const HostTensor& tensor, std::string_view wanted,
                             std::string_view source) {
  throw Error(
      ErrorKind::input_corrupt, "E2112",
      fmt::format(
          "tensor '{}' of {} has another type (stored as {}, wanted {}); the checkpoint belongs to "
          "another model or version",
          tensor.name, source, to_string(tensor.dtype), wanted));
}

}  // namespace

std::string_view to_string(CheckpointKind kind) {
  return kind == CheckpointKind::model ? "model" : "training-state";
}

std::int64_t HostTensor::size() const {
  return static_cast<std::int64_t>(bytes.size() / size_of(dtype));
}

void Checkpoint::FreeAligned::operator()(std::byte* memory) const {
  ::operator delete[](memory, std::align_val_t{detail::k_data_alignment});
}

/// Builds a Checkpoint; the only one who sees it half made.
class CheckpointReader {
 public:
  static Checkpoint read(detail::ByteSource& bytes, std::string source) {
    Checkpoint checkpoint;
    checkpoint.source_ = std::move(source);
    checkpoint.header_ = detail::read_header(bytes, checkpoint.source_);
    const std::uint64_t count = checkpoint.header_.data_bytes;
    // The size was compared with the file before; a valid file may still be larger than the memory.
    auto* memory = static_cast<std::byte*>(::operator new[](
        static_cast<std::size_t>(count), std::align_val_t{detail::k_data_alignment}, std::nothrow));
    MYRIAD_VALIDATE(memory != nullptr, ErrorKind::unavailable, "E2120",
                    "no memory for checkpoint {} ({} bytes); use a machine with more memory",
                    checkpoint.source_, count);
    checkpoint.data_.reset(memory);
    detail::read_data(bytes, checkpoint.header_, checkpoint.source_,
                      {memory, static_cast<std::size_t>(count)}, nullptr);
    checkpoint.attach();
    return checkpoint;
  }
};

Checkpoint Checkpoint::load(const std::filesystem::path& path) {
  const auto bytes = detail::open_file_source(path);
  return CheckpointReader::read(*bytes, path.string());
}

Checkpoint Checkpoint::parse(std::span<const std::byte> file, std::string_view source) {
  const auto bytes = detail::make_memory_source(file);
  return CheckpointReader::read(*bytes, std::string(source));
}

void Checkpoint::attach() {
  tensors_.reserve(header_.tensors.size());
  for (const auto& tensor : header_.tensors) {
    tensors_.push_back({tensor.name,
                        tensor.dtype,
                        tensor.shape,
                        {data_.get() + tensor.begin, static_cast<std::size_t>(tensor.bytes)},
                        tensor.hash});
  }
  std::sort(tensors_.begin(), tensors_.end(),
            [](const HostTensor& a, const HostTensor& b) { return a.name < b.name; });
}

const HostTensor* Checkpoint::find(std::string_view name) const {
  const auto found = std::lower_bound(
      tensors_.begin(), tensors_.end(), name,
      [](const HostTensor& tensor, std::string_view n) { return tensor.name < n; });
  return found != tensors_.end() && found->name == name ? &*found : nullptr;
}

const HostTensor& Checkpoint::at(std::string_view name) const {
  const HostTensor* tensor = find(name);
  MYRIAD_VALIDATE(
      tensor != nullptr, ErrorKind::input_corrupt, "E2112",
      "{} has no tensor '{}' ({} tensors); the checkpoint belongs to another model or version",
      source_, name, tensors_.size());
  return *tensor;
}

const HostTensor& Checkpoint::at(std::string_view name, const Shape& shape) const {
  const HostTensor& tensor = at(name);
  MYRIAD_VALIDATE(tensor.shape == shape, ErrorKind::input_corrupt, "E2112",
                  "tensor '{}' of {} has another shape (stored {}, wanted {}); the checkpoint "
                  "belongs to another "
                  "model or version",
                  name, source_, detail::describe(tensor.shape), detail::describe(shape));
  return tensor;
}

std::vector<float> Checkpoint::floats(std::string_view name, const Shape& shape) const {
  const HostTensor& tensor = at(name, shape);
  switch (tensor.dtype) {
    case StorageType::f32:
      return copy_elements<float>(tensor.bytes);
    case StorageType::f16:
      return convert_elements<float, std::uint16_t>(tensor.bytes, float_from_f16);
    case StorageType::bf16:
      return convert_elements<float, std::uint16_t>(tensor.bytes, float_from_bf16);
    default:
      wrong_type(tensor, "F32, F16 or BF16", source_);
  }
}

std::vector<double> Checkpoint::doubles(std::string_view name, const Shape& shape) const {
  const HostTensor& tensor = at(name, shape);
  if (tensor.dtype == StorageType::f64) return copy_elements<double>(tensor.bytes);
  if (!is_floating(tensor.dtype)) wrong_type(tensor, "F64, F32, F16 or BF16", source_);
  const std::vector<float> values = floats(name, shape);
  return {values.begin(), values.end()};
}

std::vector<std::int64_t> Checkpoint::integers(std::string_view name, const Shape& shape) const {
  const HostTensor& tensor = at(name, shape);
  if (tensor.dtype == StorageType::i64) return copy_elements<std::int64_t>(tensor.bytes);
  if (tensor.dtype != StorageType::i32) wrong_type(tensor, "I64 or I32", source_);
  const std::vector<std::int32_t> values = copy_elements<std::int32_t>(tensor.bytes);
  return {values.begin(), values.end()};
}

void Checkpoint::check_finite(std::string_view name) const {
  const HostTensor& tensor = at(name);
  const std::int64_t index = detail::first_non_finite(tensor.dtype, tensor.bytes);
  MYRIAD_VALIDATE(index < 0, ErrorKind::input_corrupt, "E2113",
                  "tensor '{}' of {} holds NaN or infinity (element {} of {}); the training that "
                  "wrote it diverged",
                  name, source_, index, tensor.size());
}

void Checkpoint::check_finite() const {
  for (const HostTensor& tensor : tensors_) check_finite(tensor.name);
}

std::optional<std::string> Checkpoint::metadata(std::string_view key) const {
  const auto found = header_.metadata.find(std::string(key));
  if (found == header_.metadata.end()) return std::nullopt;
  return found->second;
}

Json Checkpoint::section(std::string_view key) const {
  const auto text = metadata(key);
  MYRIAD_VALIDATE(text.has_value(), ErrorKind::input_corrupt, "E2111",
                  "{} has no section '{}'; it is a checkpoint of another kind or version", source_,
                  key);
  return parse_section(*text, key, source_);
}

Json parse_section(std::string_view text, std::string_view key, std::string_view source) {
  try {
    return parse_json(text, key, {.max_values = detail::k_max_json_values});
  } catch (const Error& error) {
    throw Error(ErrorKind::input_corrupt, "E2111",
                fmt::format("section '{}' of {} is malformed ({}); the file was not made by Myriad",
                            key, source, error.what()));
  }
}

void check_finite(const CheckpointSummary& summary, std::string_view source) {
  std::string names;
  for (const auto& [name, count] : summary.non_finite) {
    names += fmt::format("{}'{}': {}", names.empty() ? "" : ", ", name, count);
  }
  MYRIAD_VALIDATE(names.empty(), ErrorKind::input_corrupt, "E2113",
                  "{} holds NaN or infinity ({}); the training that wrote it diverged", source,
                  names);
}

CheckpointSummary verify_checkpoint(const std::filesystem::path& path) {
  const auto bytes = detail::open_file_source(path);
  CheckpointSummary summary;
  summary.file_bytes = bytes->size();
  summary.header = detail::read_header(*bytes, path.string());
  detail::read_data(
      *bytes, summary.header, path.string(), {},
      [&](const CheckpointHeader::Tensor& tensor, std::uint64_t, std::span<const std::byte> piece) {
        const std::uint64_t count = detail::count_non_finite(tensor.dtype, piece);
        if (count != 0) summary.non_finite[tensor.name] += count;
      });
  return summary;
}

}  // namespace myriad
