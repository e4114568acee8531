#include "src/state/checkpoint_reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <vector>

#include "src/base/error.hpp"
#include "src/base/file_wait.hpp"
#include "src/base/files.hpp"
#include "src/base/hash.hpp"
#include "src/state/checkpoint_header.hpp"

namespace myriad::detail {
namespace {

constexpr std::uint64_t k_piece_bytes = std::uint64_t{4} << 20;

class FileSource final : public ByteSource {
 public:
  explicit FileSource(const std::filesystem::path& path) : name_(path.string()) {
    const FileWait wait(FileAction::open, name_);
    // O_NONBLOCK: opening a named pipe would otherwise wait for a writer.
    descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor_ < 0) {
      const int reason = errno;
      MYRIAD_VALIDATE(reason != ENOENT && reason != ENOTDIR, ErrorKind::input_missing, "E2101",
                      "checkpoint {} is not there ({}); check the path", name_, errno_text(reason));
      throw Error(
          error_kind_of_errno(reason), "E2102",
          fmt::format("cannot open checkpoint {} ({}); check the permissions and the file system",
                      name_, errno_text(reason)));
    }
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
      ::close(descriptor_);
      throw Error(
          ErrorKind::input_corrupt, "E2103",
          fmt::format("{} is no checkpoint (it is no regular file); name the file itself", name_));
    }
    size_ = static_cast<std::uint64_t>(status.st_size);
  }
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  ~FileSource() override { ::close(descriptor_); }

  std::uint64_t size() const override { return size_; }

  void read(std::uint64_t offset, std::span<std::byte> out) override {
    const FileWait wait(FileAction::read, name_);
    while (!out.empty()) {
      const ssize_t got = ::pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) {
        const int reason = errno;
        throw Error(error_kind_of_errno(reason), "E2102",
                    fmt::format("cannot read checkpoint {} at byte {} ({}); check the file system",
                                name_, offset, errno_text(reason)));
      }
      MYRIAD_VALIDATE(
          got > 0, ErrorKind::input_corrupt, "E2103",
          "{} became shorter while it was read (it ends at byte {}); another program writes to it",
          name_, offset);
      offset += static_cast<std::uint64_t>(got);
      out = out.subspan(static_cast<std::size_t>(got));
    }
  }

 private:
  std::string name_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::uint64_t size() const override { return bytes_.size(); }
  void read(std::uint64_t offset, std::span<std::byte> out) override {
    MYRIAD_EXPECT(offset <= bytes_.size() && out.size() <= bytes_.size() - offset);
    if (!out.empty()) std::memcpy(out.data(), bytes_.data() + offset, out.size());
  }

 private:
  std::span<const std::byte> bytes_;
};

template <class T>
T load_element(std::span<const std::byte> bytes, std::size_t index) {
  T value;
  std::memcpy(&value, bytes.data() + index * sizeof(T), sizeof(T));
  return value;
}

/// Whether element \p index is NaN or infinite: all exponent bits set. Looks at bits, so that no
/// compiler flag about finite arithmetic can remove it.
bool is_non_finite(StorageType dtype, std::span<const std::byte> bytes, std::size_t index) {
  switch (dtype) {
    case StorageType::f64: {
      constexpr std::uint64_t k_exponent = 0x7ff0000000000000U;
      return (load_element<std::uint64_t>(bytes, index) & k_exponent) == k_exponent;
    }
    case StorageType::f32: {
      constexpr std::uint32_t k_exponent = 0x7f800000U;
      return (load_element<std::uint32_t>(bytes, index) & k_exponent) == k_exponent;
    }
    case StorageType::f16:
      return (load_element<std::uint16_t>(bytes, index) & 0x7c00U) == 0x7c00U;
    case StorageType::bf16:
      return (load_element<std::uint16_t>(bytes, index) & 0x7f80U) == 0x7f80U;
    case StorageType::i64:
    case StorageType::i32:
    case StorageType::u8:
      return false;
  }
  return false;
}

}  // namespace

std::unique_ptr<ByteSource> open_file_source(const std::filesystem::path& path) {
  return std::make_unique<FileSource>(path);
}

std::unique_ptr<ByteSource> make_memory_source(std::span<const std::byte> bytes) {
  return std::make_unique<MemorySource>(bytes);
}

CheckpointHeader read_header(ByteSource& source, std::string_view name) {
  std::array<std::byte, k_prefix_bytes> prefix{};
  const std::uint64_t available = std::min<std::uint64_t>(source.size(), k_prefix_bytes);
  source.read(0, std::span(prefix).first(static_cast<std::size_t>(available)));
  const std::uint64_t length = header_length(
      std::span(prefix).first(static_cast<std::size_t>(available)), source.size(), name);
  std::string head(static_cast<std::size_t>(length), '\0');
  source.read(0, std::as_writable_bytes(std::span(head)));
  return decode_header(head, source.size(), name);
}

void read_data(ByteSource& source, const CheckpointHeader& header, std::string_view name,
               std::span<std::byte> destination, const PieceSink& sink) {
  MYRIAD_EXPECT(destination.empty() || destination.size() == header.data_bytes);
  std::vector<std::byte> buffer;
  if (destination.empty()) {
    buffer.resize(static_cast<std::size_t>(std::min(header.data_bytes, k_piece_bytes)));
  }
  WeightsDigest weights;
  for (const auto& tensor : header.tensors) {
    Xxh3 hash;
    Sha256 digest;
    for (std::uint64_t done = 0; done < tensor.bytes;) {
      const auto count = static_cast<std::size_t>(std::min(tensor.bytes - done, k_piece_bytes));
      const auto piece =
          destination.empty()
              ? std::span(buffer).first(count)
              : destination.subspan(static_cast<std::size_t>(tensor.begin + done), count);
      source.read(header.header_bytes + tensor.begin + done, piece);
      hash.update(piece);
      digest.update(piece);
      if (sink) sink(tensor, done, piece);
      done += count;
    }
    const std::string actual = hash.finish().hex();
    MYRIAD_VALIDATE(actual == tensor.hash, ErrorKind::input_corrupt, "E2109",
                    "tensor '{}' of {} is damaged (hash {} instead of {}); fetch the file again",
                    tensor.name, name, actual, tensor.hash);
    weights.add(tensor.name, tensor.dtype, tensor.shape, digest.finish_hex());
  }
  const std::string actual = weights.finish();
  MYRIAD_VALIDATE(
      actual == header.weights_sha256, ErrorKind::input_corrupt, "E2110",
      "weights of {} are not those it names (SHA-256 {} instead of {}); do not use the file", name,
      actual, header.weights_sha256);
}

std::int64_t first_non_finite(StorageType dtype, std::span<const std::byte> bytes) {
  if (!is_floating(dtype)) return -1;
  const std::size_t count = bytes.size() / size_of(dtype);
  for (std::size_t i = 0; i < count; ++i) {
    if (is_non_finite(dtype, bytes, i)) return static_cast<std::int64_t>(i);
  }
  return -1;
}

std::uint64_t count_non_finite(StorageType dtype, std::span<const std::byte> bytes) {
  if (!is_floating(dtype)) return 0;
  const std::size_t count = bytes.size() / size_of(dtype);
  std::uint64_t found = 0;
  for (std::size_t i = 0; i < count; ++i) found += is_non_finite(dtype, bytes, i) ? 1U : 0U;
  return found;
}

}  // namespace myriad::detail
