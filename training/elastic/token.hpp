#pragma once
/// \file
/// The secret that the processes of one run share, and proofs of knowing it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace myriad::train::elastic {

/// A new secret: 32 random bytes as 64 hexadecimal digits.
std::string make_token();
/// Write \p token to a new file of mode 0600. Errors: ErrorKind::cannot_create (E2454).
void write_token(const std::filesystem::path& file, std::string_view token);
/// The token in \p file or, when that is empty, in the environment variable MYRIAD_ELASTIC_TOKEN.
/// Errors: ErrorKind::permission (E2455) when the file belongs to somebody else or others may read it;
/// ErrorKind::config_invalid (E2456) when there is none or it has fewer than 32 characters.
std::string load_token(const std::filesystem::path& file);

using Proof = std::array<std::uint8_t, 32>;
/// HMAC-SHA-256 of \p text under \p key (RFC 2104, FIPS 198-1).
Proof hmac_sha256(std::string_view key, std::span<const std::byte> text);
/// Comparison whose time does not depend on where the arrays differ.
bool equal_in_constant_time(const Proof& a, const Proof& b);

}  // namespace myriad::train::elastic
