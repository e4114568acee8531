#include "src/io/classic_header.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>

#include "src/base/error.hpp"

namespace myriad::io::detail {
namespace {

using ::testing::HasSubstr;

std::string big_endian(std::initializer_list<std::uint32_t> numbers) {
  std::string bytes;
  for (const std::uint32_t number : numbers) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift);
  }
  return bytes;
}

/// dim_list with one dimension, no attributes, one variable x(x) of two shorts; CDF-1.
struct ClassicFile {
  std::uint32_t name_bytes = 1;
  std::string name = std::string("x\0\0\0", 4);
  std::uint32_t dimensions = 1;
  std::uint32_t length = 2;
  std::uint32_t dimension_id = 0;
  std::uint32_t type = 3;
  std::uint32_t begin = 80;
  std::string data = std::string(4, '\1');

  std::string bytes() const {
    return std::string("CDF\1", 4) + big_endian({0, 10, dimensions, name_bytes}) + name +
           big_endian({length, 0, 0, 11, 1, 1}) + std::string("x\0\0\0", 4) +
           big_endian({1, dimension_id, 0, 0, type, 4, begin}) + data;
  }
};

/// The refusal of a file with these bytes; "" when it is accepted.
std::string refusal(const std::string& bytes) {
  const std::string path = "classic_header_test.nc";
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  std::string text;
  try {
    check_classic_header(path);
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "E2005");
    text = error.what();
  }
  std::filesystem::remove(path);
  return text;
}

TEST(ClassicHeader, AValidFileAndOtherFormatsPass) {
  EXPECT_EQ(ClassicFile{}.bytes().size(), 84U);
  EXPECT_EQ(refusal(ClassicFile{}.bytes()), "");
  EXPECT_EQ(refusal("\x89HDF\r\n\x1a\n"), "");
  EXPECT_EQ(refusal(""), "");
}

TEST(ClassicHeader, NamesLongerThanTheLibrarysBuffersAreRefused) {
  ClassicFile file;
  file.name = std::string(300, 'n');
  file.name_bytes = 300;
  EXPECT_THAT(refusal(file.bytes()), HasSubstr("longer than 256 bytes"));
  file.name_bytes = 0xffffffff;
  EXPECT_THAT(refusal(file.bytes()), HasSubstr("longer than 256 bytes"));
}

TEST(ClassicHeader, CountsBeyondTheFileAreRefused) {
  ClassicFile file;
  file.dimensions = 0x7fffffff;
  EXPECT_THAT(refusal(file.bytes()), HasSubstr("more elements than the file has room for"));
}

TEST(ClassicHeader, DataThatIsNotThereIsRefused) {
  ClassicFile file;
  file.length = 3;
  EXPECT_THAT(refusal(file.bytes()), HasSubstr("beyond the end"));
  file.length = 0xffffffff;
  EXPECT_THAT(refusal(file.bytes()), HasSubstr("beyond the end"));
  ClassicFile overlapping;
  overlapping.begin = 40;
  EXPECT_THAT(refusal(overlapping.bytes()), HasSubstr("inside the header"));
  ClassicFile unknown_type;
  unknown_type.type = 7;
  EXPECT_THAT(refusal(unknown_type.bytes()), HasSubstr("type is unknown"));
  ClassicFile unknown_dimension;
  unknown_dimension.dimension_id = 1;
  EXPECT_THAT(refusal(unknown_dimension.bytes()), HasSubstr("not there"));
}

TEST(ClassicHeader, TruncationAtEveryByteIsRefused) {
  const std::string whole = ClassicFile{}.bytes();
  for (std::size_t length = 4; length < whole.size(); ++length) {
    EXPECT_NE(refusal(whole.substr(0, length)), "") << length;
  }
}

}  // namespace
}  // namespace myriad::io::detail
