#include "src/io/classic_header.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "src/base/error.hpp"
#include "src/base/files.hpp"

namespace myriad::io::detail {
namespace {

constexpr std::uint64_t k_max_name = 256;
constexpr std::uint64_t k_max_rank = 1024;
constexpr std::uint32_t k_tag_dimension = 10;
constexpr std::uint32_t k_tag_variable = 11;
constexpr std::uint32_t k_tag_attribute = 12;

/// Bytes of the types 1 to 11: byte, char, short, int, float, double, then those of CDF-5.
constexpr std::array<std::uint64_t, 12> k_type_bytes = {0, 1, 1, 2, 4, 4, 8, 1, 2, 4, 8, 8};

constexpr std::uint64_t padded(std::uint64_t bytes) {
  return (bytes + 3) / 4 * 4;
}

class ClassicHeader {
 public:
  explicit ClassicHeader(const std::string& path) : path_(path) {
    descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor_ < 0) fail_read(errno);
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) fail_read(errno);
    size_ = static_cast<std::uint64_t>(status.st_size);
  }
  ClassicHeader(const ClassicHeader&) = delete;
  ClassicHeader& operator=(const ClassicHeader&) = delete;
  ~ClassicHeader() { ::close(descriptor_); }

  void check() {
    if (size_ < 4) return;
    const std::uint32_t magic = number32();
    const std::uint32_t version = magic & 0xffU;
    if ((magic >> 8) != 0x434446U || (version != 1 && version != 2 && version != 5)) return;
    wide_counts_ = version == 5;
    wide_offsets_ = version >= 2;
    records_ = count();
    streaming_ = records_ == (wide_counts_ ? UINT64_MAX : UINT64_C(0xffffffff));
    read_dimensions();
    read_attributes();
    read_variables();
    check_extents();
  }

 private:
  struct Variable {
    std::uint64_t bytes = 0;  ///< of the data; of one record for a record variable
    std::uint64_t begin = 0;
    bool record = false;
  };

  [[noreturn]] void fail_read(int reason) const {
    throw Error(error_kind_of_errno(reason), "E2001",
                fmt::format("cannot read '{}' ({}); check the path and the file system", path_,
                            errno_text(reason)));
  }

  void expect(bool good, std::string_view reason) const {
    MYRIAD_VALIDATE(good, ErrorKind::input_corrupt, "E2005",
                    "header of '{}' is damaged at byte {} ({}); fetch the file again", path_,
                    position_, reason);
  }

  void take(std::byte* out, std::uint64_t bytes) {
    expect(bytes <= size_ - position_, "it ends too early");
    for (std::uint64_t i = 0; i < bytes; ++i) {
      if (position_ < buffer_begin_ || position_ >= buffer_begin_ + buffer_bytes_) fill();
      out[i] = buffer_[static_cast<std::size_t>(position_ - buffer_begin_)];
      ++position_;
    }
  }

  void fill() {
    for (;;) {
      const ssize_t got =
          ::pread(descriptor_, buffer_.data(), buffer_.size(), static_cast<off_t>(position_));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail_read(errno);
      expect(got > 0, "it ends too early");
      buffer_begin_ = position_;
      buffer_bytes_ = static_cast<std::uint64_t>(got);
      return;
    }
  }

  void skip(std::uint64_t bytes) {
    expect(bytes <= size_ - position_, "it ends too early");
    position_ += bytes;
  }

  std::uint32_t number32() {
    std::array<std::byte, 4> raw{};
    take(raw.data(), raw.size());
    std::uint32_t value = 0;
    for (const std::byte byte : raw) value = (value << 8) | std::to_integer<std::uint32_t>(byte);
    return value;
  }

  std::uint64_t number64() {
    const std::uint64_t high = number32();
    return (high << 32) | number32();
  }

  std::uint64_t count() { return wide_counts_ ? number64() : number32(); }
  std::uint64_t offset() { return wide_offsets_ ? number64() : number32(); }

  /// Number of elements of a list, each of which takes at least \p least_bytes of the file.
  std::uint64_t list(std::uint32_t expected_tag, std::uint64_t least_bytes) {
    const std::uint32_t tag = number32();
    const std::uint64_t elements = count();
    expect((tag == 0 && elements == 0) || tag == expected_tag, "a list has the wrong tag");
    expect(elements <= (size_ - position_) / least_bytes,
           "a list has more elements than the file has room for");
    return elements;
  }

  void name() {
    const std::uint64_t bytes = count();
    expect(bytes >= 1 && bytes <= k_max_name, "a name is empty or longer than 256 bytes");
    skip(padded(bytes));
  }

  std::uint64_t type_bytes() {
    const std::uint32_t type = number32();
    expect(type >= 1 && type <= (wide_counts_ ? 11U : 6U), "a type is unknown");
    return k_type_bytes[type];
  }

  void read_dimensions() {
    // A dimension without a name does not exist, so each takes at least 12 bytes.
    const std::uint64_t elements = list(k_tag_dimension, 12);
    for (std::uint64_t i = 0; i < elements; ++i) {
      name();
      lengths_.push_back(count());
    }
  }

  void read_attributes() {
    const std::uint64_t elements = list(k_tag_attribute, 16);
    for (std::uint64_t i = 0; i < elements; ++i) {
      name();
      const std::uint64_t bytes = type_bytes();
      const std::uint64_t values = count();
      expect(values <= (size_ - position_) / bytes, "an attribute is longer than the file");
      skip(padded(values * bytes));
    }
  }

  void read_variables() {
    const std::uint64_t elements = list(k_tag_variable, 32);
    for (std::uint64_t i = 0; i < elements; ++i) {
      name();
      const std::uint64_t rank = count();
      expect(rank <= k_max_rank && rank <= (size_ - position_) / 4,
             "a variable has too many dimensions");
      Variable variable;
      std::uint64_t values = 1;
      bool too_large = false;
      for (std::uint64_t d = 0; d < rank; ++d) {
        const std::uint64_t id = count();
        expect(id < lengths_.size(), "a variable uses a dimension that is not there");
        const std::uint64_t length = lengths_[static_cast<std::size_t>(id)];
        if (length == 0) {
          expect(d == 0, "the record dimension is not the first one of a variable");
          variable.record = true;
        } else {
          too_large = __builtin_mul_overflow(values, length, &values) || too_large;
        }
      }
      read_attributes();
      const std::uint64_t bytes = type_bytes();
      static_cast<void>(count());  // vsize: redundant, and too small a field for large variables
      variable.begin = offset();
      too_large = __builtin_mul_overflow(values, bytes, &variable.bytes) || too_large;
      // Padding and the sum of a record must not wrap either.
      expect(!too_large && variable.bytes <= (std::uint64_t{1} << 62), "a variable is too large");
      variables_.push_back(variable);
    }
  }

  /// All data must lie behind the header and within the file.
  void check_extents() {
    std::uint64_t record_bytes = 0;
    std::uint64_t record_variables = 0;
    std::uint64_t last_bytes = 0;
    for (const Variable& variable : variables_) {
      if (variable.record) {
        ++record_variables;
        last_bytes = variable.bytes;
        expect(!__builtin_add_overflow(record_bytes, padded(variable.bytes), &record_bytes),
               "a record is too large");
      }
    }
    // A single record variable is stored without padding.
    if (record_variables == 1) record_bytes = last_bytes;
    for (const Variable& variable : variables_) {
      std::uint64_t end = variable.begin;
      bool too_large = variable.begin < position_ && variable.bytes > 0;
      expect(!too_large, "data lies inside the header");
      if (!variable.record || (!streaming_ && records_ > 0)) {
        std::uint64_t before = 0;
        if (variable.record)
          too_large = __builtin_mul_overflow(records_ - 1, record_bytes, &before);
        too_large = __builtin_add_overflow(end, before, &end) || too_large;
        too_large = __builtin_add_overflow(end, variable.bytes, &end) || too_large;
      }
      expect(!too_large && (end <= size_ || end == variable.begin),
             "data reaches beyond the end of the file");
    }
  }

  std::string path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
  std::uint64_t position_ = 0;
  std::array<std::byte, 65536> buffer_{};
  std::uint64_t buffer_begin_ = 0;
  std::uint64_t buffer_bytes_ = 0;
  bool wide_counts_ = false;
  bool wide_offsets_ = false;
  bool streaming_ = false;
  std::uint64_t records_ = 0;
  std::vector<std::uint64_t> lengths_;
  std::vector<Variable> variables_;
};

}  // namespace

void check_classic_header(const std::string& path) {
  ClassicHeader(path).check();
}

}  // namespace myriad::io::detail
