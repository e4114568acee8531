#include "src/state/checkpoint_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <utility>

#include "src/base/error.hpp"
#include "src/base/file_wait.hpp"
#include "src/base/hash.hpp"
#include "src/state/checkpoint_header.hpp"

namespace myriad {
namespace {

/// A new file that is written front to back; every call is checked.
class OutputFile {
 public:
  OutputFile(const std::filesystem::path& path, std::uint64_t size) : name_(path.string()) {
    const FileWait wait(FileAction::open, name_);
    descriptor_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (descriptor_ < 0) fail("open", errno);
    // Reserving the space first turns most full disks into an error before any byte is written.
    const int reason = ::posix_fallocate(descriptor_, 0, static_cast<off_t>(size));
    if (reason != 0 && reason != EOPNOTSUPP && reason != EINVAL && reason != EINTR) {
      ::close(descriptor_);
      descriptor_ = -1;
      fail("reserve space for", reason);
    }
  }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  void write(std::span<const std::byte> bytes) {
    const FileWait wait(FileAction::write, name_);
    while (!bytes.empty()) {
      const ssize_t put = ::write(descriptor_, bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) fail("write", errno);
      bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
  }

  void close() {
    const FileWait wait(FileAction::close, name_);
    const int descriptor = std::exchange(descriptor_, -1);
    if (::close(descriptor) != 0) fail("close", errno);
  }

 private:
  [[noreturn]] void fail(std::string_view call, int reason) const {
    throw Error(error_kind_of_errno(reason), "E2116",
                fmt::format("cannot {} checkpoint {} ({}); free space or choose another folder",
                            call, name_, errno_text(reason)));
  }

  std::string name_;
  int descriptor_ = -1;
};

std::vector<std::byte> reduced(std::string_view name, std::span<const float> values,
                               FloatStorage storage) {
  std::vector<std::uint16_t> bits(values.size());
  std::transform(values.begin(), values.end(), bits.begin(),
                 storage == FloatStorage::f16 ? f16_from_float : bf16_from_float);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const float back =
        storage == FloatStorage::f16 ? float_from_f16(bits[i]) : float_from_bf16(bits[i]);
    MYRIAD_VALIDATE(!std::isinf(back) || std::isinf(values[i]), ErrorKind::quality, "E2115",
                    "tensor '{}' cannot be stored with 16 bits (element {} is {}, beyond the "
                    "range); store it exactly",
                    name, i, values[i]);
  }
  const auto bytes = std::as_bytes(std::span<const std::uint16_t>(bits));
  return {bytes.begin(), bytes.end()};
}

Shape with_complex_extent(Shape shape) {
  shape.push_back(2);
  return shape;
}

}  // namespace

CheckpointWriter::Entry& CheckpointWriter::insert(std::string_view name, StorageType dtype,
                                                  const Shape& shape, std::size_t count) {
  MYRIAD_VALIDATE(
      detail::is_valid_name(name), ErrorKind::internal, "E2114",
      "checkpoint tensor cannot be named '{}' (1 to 256 characters of [A-Za-z0-9_.-/]); rename it",
      name);
  const auto bytes = detail::tensor_bytes(dtype, shape);
  MYRIAD_VALIDATE(
      shape.size() <= detail::k_max_rank && bytes.has_value() && *bytes == count * size_of(dtype),
      ErrorKind::internal, "E2114",
      "checkpoint tensor '{}' does not fit its shape ({} values for {}); correct the caller", name,
      count, detail::describe(shape));
  const auto [entry, is_new] = entries_.try_emplace(std::string(name));
  MYRIAD_VALIDATE(is_new, ErrorKind::internal, "E2114",
                  "checkpoint tensor '{}' was added twice (names are unique); rename one", name);
  entry->second.dtype = dtype;
  entry->second.shape = shape;
  return entry->second;
}

void CheckpointWriter::add_copy(std::string_view name, StorageType dtype, const Shape& shape,
                                std::size_t count, std::span<const std::byte> bytes) {
  insert(name, dtype, shape, count).owned.assign(bytes.begin(), bytes.end());
}

void CheckpointWriter::add(std::string_view name, const Shape& shape, std::span<const float> values,
                           FloatStorage storage) {
  if (storage == FloatStorage::exact) {
    add_copy(name, StorageType::f32, shape, values.size(), std::as_bytes(values));
    return;
  }
  std::vector<std::byte> bytes = reduced(name, values, storage);
  const StorageType dtype = storage == FloatStorage::f16 ? StorageType::f16 : StorageType::bf16;
  insert(name, dtype, shape, values.size()).owned = std::move(bytes);
}

void CheckpointWriter::add(std::string_view name, const Shape& shape,
                           std::span<const double> values) {
  add_copy(name, StorageType::f64, shape, values.size(), std::as_bytes(values));
}

void CheckpointWriter::add(std::string_view name, const Shape& shape,
                           std::span<const std::int32_t> values) {
  add_copy(name, StorageType::i32, shape, values.size(), std::as_bytes(values));
}

void CheckpointWriter::add(std::string_view name, const Shape& shape,
                           std::span<const std::int64_t> values) {
  add_copy(name, StorageType::i64, shape, values.size(), std::as_bytes(values));
}

void CheckpointWriter::add(std::string_view name, const Shape& shape,
                           std::span<const std::uint8_t> values) {
  add_copy(name, StorageType::u8, shape, values.size(), std::as_bytes(values));
}

void CheckpointWriter::add(std::string_view name, const Shape& shape,
                           std::span<const std::complex<float>> values, FloatStorage storage) {
  // std::complex<T> is two consecutive T by definition ([complex.numbers.general]).
  add(name, with_complex_extent(shape),
      std::span<const float>(reinterpret_cast<const float*>(values.data()), values.size() * 2),
      storage);
}

void CheckpointWriter::add(std::string_view name, const Shape& shape,
                           std::span<const std::complex<double>> values) {
  add(name, with_complex_extent(shape),
      std::span<const double>(reinterpret_cast<const double*>(values.data()), values.size() * 2));
}

void CheckpointWriter::add_view(std::string_view name, const Shape& shape,
                                std::span<const float> values) {
  insert(name, StorageType::f32, shape, values.size()).view = std::as_bytes(values);
}

void CheckpointWriter::add_view(std::string_view name, const Shape& shape,
                                std::span<const double> values) {
  insert(name, StorageType::f64, shape, values.size()).view = std::as_bytes(values);
}

void CheckpointWriter::set_metadata(std::string_view key, std::string value) {
  MYRIAD_VALIDATE(detail::is_valid_name(key) && !detail::is_reserved_key(key), ErrorKind::internal,
                  "E2114",
                  "checkpoint entry cannot be named '{}' (reserved, or not 1 to 256 characters of "
                  "[A-Za-z0-9_.-/])",
                  key);
  metadata_.insert_or_assign(std::string(key), std::move(value));
}

void CheckpointWriter::set_section(std::string_view key, const Json& value) {
  set_metadata(key, to_json_text(value));
}

CheckpointWriter::Plan CheckpointWriter::plan() const {
  Plan plan;
  plan.header.kind = kind_;
  plan.header.metadata.insert(metadata_.begin(), metadata_.end());

  // Wide elements first: then every tensor is aligned to its element size although the format
  // allows no gaps.
  std::vector<const std::pair<const std::string, Entry>*> order;
  for (const auto& item : entries_) order.push_back(&item);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return size_of(a->second.dtype) > size_of(b->second.dtype);
  });

  detail::WeightsDigest weights;
  std::uint64_t begin = 0;
  for (const auto* item : order) {
    const Entry& entry = item->second;
    const auto bytes = entry.view.empty() ? std::span<const std::byte>(entry.owned) : entry.view;
    plan.header.tensors.push_back(
        {item->first, entry.dtype, entry.shape, begin, bytes.size(), xxh3_128(bytes).hex()});
    weights.add(item->first, entry.dtype, entry.shape, sha256_hex(bytes));
    plan.order.push_back(&entry);
    begin += bytes.size();
  }
  plan.header.data_bytes = begin;
  plan.header.weights_sha256 = weights.finish();
  plan.head = detail::encode_header(plan.header);
  return plan;
}

CheckpointHeader CheckpointWriter::publish(const std::filesystem::path& path,
                                           Existing existing) const {
  Plan plan = this->plan();
  AtomicFile file(path, existing);
  OutputFile out(file.temporary(), plan.header.header_bytes + plan.header.data_bytes);
  out.write(bytes_of(plan.head));
  for (const Entry* entry : plan.order) {
    out.write(entry->view.empty() ? std::span<const std::byte>(entry->owned) : entry->view);
  }
  out.close();
  try {
    const CheckpointSummary written = verify_checkpoint(file.temporary());
    MYRIAD_VALIDATE(written.header.header_hash == plan.header.header_hash, ErrorKind::io, "E2117",
                    "another header than the one written");
  } catch (const Error& error) {
    throw Error(ErrorKind::io, "E2117",
                fmt::format("checkpoint {} was not stored correctly ({}); check the file system",
                            path.string(), error.what()));
  }
  file.commit();
  return std::move(plan.header);
}

std::vector<std::byte> CheckpointWriter::encode() const {
  const Plan plan = this->plan();
  const auto head = bytes_of(plan.head);
  std::vector<std::byte> bytes(head.begin(), head.end());
  bytes.reserve(bytes.size() + static_cast<std::size_t>(plan.header.data_bytes));
  for (const Entry* entry : plan.order) {
    const auto data = entry->view.empty() ? std::span<const std::byte>(entry->owned) : entry->view;
    bytes.insert(bytes.end(), data.begin(), data.end());
  }
  return bytes;
}

}  // namespace myriad
