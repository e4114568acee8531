#pragma once
/// \file
/// SHA-256 (identity, sidecars), XXH3-128 (fast integrity), CRC-32C (lines), hexadecimal text.

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace myriad {

/// Bytes of text, for the functions below.
inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span<const char>(text.data(), text.size()));
}

using Sha256Digest = std::array<std::uint8_t, 32>;

/// Incremental SHA-256 (FIPS 180-4).
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  Sha256& update(std::span<const std::byte> data);
  Sha256& update(std::string_view text) { return update(bytes_of(text)); }
  /// The digest; the object must not be updated afterwards.
  Sha256Digest finish();
  std::string finish_hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_hex(std::span<const std::byte> data);
inline std::string sha256_hex(std::string_view text) {
  return sha256_hex(bytes_of(text));
}
/// Errors: as read_text_file (files.hpp).
std::string sha256_file(const std::filesystem::path& path);

struct Hash128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  bool operator==(const Hash128&) const = default;
  std::string hex() const;  ///< 32 digits, high half first (canonical XXH128 form)
};

/// Incremental XXH3-128, seed 0.
class Xxh3 {
 public:
  Xxh3();
  ~Xxh3();
  Xxh3(Xxh3&&) noexcept;
  Xxh3& operator=(Xxh3&&) noexcept;
  Xxh3& update(std::span<const std::byte> data);
  Hash128 finish() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Hash128 xxh3_128(std::span<const std::byte> data);
/// Errors: as read_text_file (files.hpp).
Hash128 xxh3_128_file(const std::filesystem::path& path);

/// CRC-32C (Castagnoli, reflected, as in iSCSI RFC 3720); chain with \p previous = result so far.
std::uint32_t crc32c(std::span<const std::byte> data, std::uint32_t previous = 0);
inline std::uint32_t crc32c(std::string_view text, std::uint32_t previous = 0) {
  return crc32c(bytes_of(text), previous);
}

/// Lower-case hexadecimal.
std::string to_hex(std::span<const std::uint8_t> data);
/// Errors: ErrorKind::input_corrupt (E1030) for odd length or a character that is no hexadecimal
/// digit.
std::vector<std::uint8_t> from_hex(std::string_view text);

}  // namespace myriad
