#include "src/base/hash.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <xxhash.h>

#include <new>
#include <utility>

#include "src/base/error.hpp"
#include "src/base/file_descriptor.hpp"

namespace myriad {

namespace {

constexpr std::uint32_t k_castagnoli_reflected = 0x82F63B78U;

/// Eight tables, so that eight bytes are folded per step (Kounavis and Berry 2008, "slicing-by-8").
constexpr std::array<std::array<std::uint32_t, 256>, 8> make_crc_tables() {
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? k_castagnoli_reflected : 0U);
    }
    tables[0][i] = crc;
  }
  for (std::size_t t = 1; t < 8; ++t) {
    for (std::size_t i = 0; i < 256; ++i) {
      const std::uint32_t previous = tables[t - 1][i];
      tables[t][i] = (previous >> 8U) ^ tables[0][previous & 0xFFU];
    }
  }
  return tables;
}

constexpr auto k_crc_tables = make_crc_tables();

template <class Hasher>
void hash_file(Hasher& hasher, const std::filesystem::path& path) {
  const detail::FileDescriptor file = detail::open_for_reading(path);
  std::vector<std::byte> buffer(std::size_t{1} << 20);
  while (const std::size_t count = file.read_some(buffer)) {
    hasher.update(std::span<const std::byte>(buffer.data(), count));
  }
}

}  // namespace

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  if (state_->context == nullptr) throw std::bad_alloc();
  const bool ready = EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1;
  if (!ready && ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE) throw std::bad_alloc();
  MYRIAD_VALIDATE(
      ready, ErrorKind::unavailable, "E1031",
      "SHA-256 cannot be started (the crypto library refuses it); check the OpenSSL configuration");
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::update(std::span<const std::byte> data) {
  const bool good = EVP_DigestUpdate(state_->context, data.data(), data.size()) == 1;
  MYRIAD_EXPECT(good);
  return *this;
}

Sha256Digest Sha256::finish() {
  Sha256Digest digest{};
  unsigned int length = 0;
  const bool good = EVP_DigestFinal_ex(state_->context, digest.data(), &length) == 1;
  MYRIAD_ENSURE(good && length == digest.size());
  return digest;
}

std::string Sha256::finish_hex() {
  return to_hex(finish());
}

std::string sha256_hex(std::span<const std::byte> data) {
  return Sha256().update(data).finish_hex();
}

std::string sha256_file(const std::filesystem::path& path) {
  Sha256 hasher;
  hash_file(hasher, path);
  return hasher.finish_hex();
}

std::string Hash128::hex() const {
  return fmt::format("{:016x}{:016x}", high, low);
}

struct Xxh3::State {
  XXH3_state_t* state = XXH3_createState();
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { XXH3_freeState(state); }
};

Xxh3::Xxh3() : state_(std::make_unique<State>()) {
  if (state_->state == nullptr) throw std::bad_alloc();
  XXH3_128bits_reset(state_->state);
}
Xxh3::~Xxh3() = default;
Xxh3::Xxh3(Xxh3&&) noexcept = default;
Xxh3& Xxh3::operator=(Xxh3&&) noexcept = default;

Xxh3& Xxh3::update(std::span<const std::byte> data) {
  if (!data.empty()) XXH3_128bits_update(state_->state, data.data(), data.size());
  return *this;
}

Hash128 Xxh3::finish() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(state_->state);
  return {hash.high64, hash.low64};
}

Hash128 xxh3_128(std::span<const std::byte> data) {
  const XXH128_hash_t hash = XXH3_128bits(data.data(), data.size());
  return {hash.high64, hash.low64};
}

Hash128 xxh3_128_file(const std::filesystem::path& path) {
  Xxh3 hasher;
  hash_file(hasher, path);
  return hasher.finish();
}

std::uint32_t crc32c(std::span<const std::byte> data, std::uint32_t previous) {
  std::uint32_t crc = ~previous;
  std::size_t i = 0;
  const auto byte = [&](std::size_t at) { return static_cast<std::uint32_t>(data[at]); };
  for (; i + 8 <= data.size(); i += 8) {
    crc ^= byte(i) | byte(i + 1) << 8U | byte(i + 2) << 16U | byte(i + 3) << 24U;
    crc = k_crc_tables[7][crc & 0xFFU] ^ k_crc_tables[6][(crc >> 8U) & 0xFFU] ^
          k_crc_tables[5][(crc >> 16U) & 0xFFU] ^ k_crc_tables[4][crc >> 24U] ^
          k_crc_tables[3][byte(i + 4)] ^ k_crc_tables[2][byte(i + 5)] ^
          k_crc_tables[1][byte(i + 6)] ^ k_crc_tables[0][byte(i + 7)];
  }
  for (; i < data.size(); ++i) {
    crc = (crc >> 8U) ^ k_crc_tables[0][(crc ^ byte(i)) & 0xFFU];
  }
  return ~crc;
}

std::string to_hex(std::span<const std::uint8_t> data) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * data.size());
  for (const std::uint8_t byte : data) {
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

std::vector<std::uint8_t> from_hex(std::string_view text) {
  const auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::vector<std::uint8_t> data;
  data.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]);
    const int low = i + 1 < text.size() ? digit(text[i + 1]) : -1;
    MYRIAD_VALIDATE(
        high >= 0 && low >= 0, ErrorKind::input_corrupt, "E1030",
        "'{}' is no hexadecimal text (pairs of 0-9, a-f are expected); the value is damaged",
        text.substr(0, 80));
    data.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return data;
}

}  // namespace myriad
