#pragma once
/// \file
/// The input as a file, for parsers that take a path.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace myriad::fuzz {

/// A file in memory; its path works for any reader of this process.
class ScratchFile {
 public:
  ScratchFile(const char* name, const std::uint8_t* data, std::size_t size)
      : descriptor_(::memfd_create(name, MFD_CLOEXEC)) {
    if (descriptor_ < 0) std::abort();
    for (std::size_t done = 0; done < size;) {
      const ssize_t put = ::write(descriptor_, data + done, size - done);
      if (put <= 0) std::abort();
      done += static_cast<std::size_t>(put);
    }
  }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  ~ScratchFile() { ::close(descriptor_); }
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

}  // namespace myriad::fuzz
