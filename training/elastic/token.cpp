#include "training/elastic/token.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "src/base/error.hpp"
#include "src/base/files.hpp"
#include "src/base/hash.hpp"

namespace myriad::train::elastic {

namespace {

constexpr const char* k_variable = "MYRIAD_ELASTIC_TOKEN";

}  // namespace

std::string make_token() {
  std::array<std::uint8_t, 32> bytes{};
  MYRIAD_ENSURE(::getrandom(bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  return to_hex(bytes);
}

void write_token(const std::filesystem::path& file, std::string_view token) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  const bool good = descriptor >= 0 && ::write(descriptor, token.data(), token.size()) == static_cast<ssize_t>(token.size());
  const int problem = errno;
  const bool closed = descriptor >= 0 && ::close(descriptor) == 0;
  MYRIAD_VALIDATE(good && closed, ErrorKind::cannot_create, "E2454",
                  "cannot write the token of the run to {} ({}) give a new file in a folder of your own", file.string(),
                  errno_text(problem));
}

std::string load_token(const std::filesystem::path& file) {
  std::string token;
  if (file.empty()) {
    if (const char* value = std::getenv(k_variable)) token = value;
  } else {
    token = read_text_file(file, 4096);
    struct stat status {};
    MYRIAD_VALIDATE(::stat(file.c_str(), &status) == 0 && status.st_uid == ::geteuid() && (status.st_mode & 077U) == 0,
                    ErrorKind::permission, "E2455",
                    "the token file {} is not private (it must belong to you, with mode 0600) chmod 600 and make a new token",
                    file.string());
    while (!token.empty() && token.back() == '\n') token.pop_back();
  }
  MYRIAD_VALIDATE(token.size() >= 32, ErrorKind::config_invalid, "E2456",
                  "no token of at least 32 characters in {} (processes of the run prove with it that they belong together) "
                  "give elastic.token_file or set the variable in the launcher",
                  file.empty() ? k_variable : file.string());
  return token;
}

Proof hmac_sha256(std::string_view key, std::span<const std::byte> text) {
  std::array<std::byte, 64> block{};
  if (key.size() > block.size()) {
    Sha256 hash;
    const Sha256Digest digest = hash.update(key).finish();
    std::copy_n(std::as_bytes(std::span(digest)).begin(), digest.size(), block.begin());
  } else {
    std::copy_n(bytes_of(key).begin(), key.size(), block.begin());
  }
  const auto padded = [&](unsigned char pad) {
    std::array<std::byte, 64> out = block;
    for (std::byte& b : out) b ^= static_cast<std::byte>(pad);
    return out;
  };
  Sha256 inner, outer;
  const Sha256Digest digest = inner.update(padded(0x36)).update(text).finish();
  return outer.update(padded(0x5c)).update(std::as_bytes(std::span(digest))).finish();
}

bool equal_in_constant_time(const Proof& a, const Proof& b) {
  volatile std::uint8_t difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference = static_cast<std::uint8_t>(difference | (a[i] ^ b[i]));
  return difference == 0;
}

}  // namespace myriad::train::elastic
