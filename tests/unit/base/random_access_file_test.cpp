#include "src/base/random_access_file.hpp"

#include <gtest/gtest.h>

#include <string>

#include "src/base/files.hpp"
#include "src/base/hash.hpp"
#include "tests/unit/base/expect_error.hpp"
#include "tests/unit/base/temporary_directory.hpp"

namespace myriad {
namespace {

using test::expect_error;
using test::TemporaryDirectory;

TEST(RandomAccessFile, KeepsWhatWasWrittenAndReadsHolesAsZero) {
  const TemporaryDirectory dir;
  {
    const RandomAccessFile file(dir / "scratch", RandomAccessFile::Open::create);
    file.resize(10000);
    file.write(5000, bytes_of("hello"));
  }
  const RandomAccessFile again(dir / "scratch", RandomAccessFile::Open::create);
  EXPECT_EQ(again.size(), 10000U);
  std::string text(7, 'x');
  again.read(4999, std::as_writable_bytes(std::span(text)));
  EXPECT_EQ(text, std::string("\0hello\0", 7));
  expect_error([&] { again.read(9998, std::as_writable_bytes(std::span(text))); }, ErrorKind::io, "E1055");
}

TEST(RandomAccessFile, MissingAndLinkedFilesAreRefused) {
  const TemporaryDirectory dir;
  EXPECT_THROW(RandomAccessFile(dir / "none", RandomAccessFile::Open::existing), Error);
  std::filesystem::create_symlink(dir / "elsewhere", dir / "link");
  EXPECT_THROW(RandomAccessFile(dir / "link", RandomAccessFile::Open::create), Error);
  EXPECT_FALSE(std::filesystem::exists(dir / "elsewhere"));
}

TEST(RandomAccessFile, DiscardedSpaceIsGivenBack) {
  const TemporaryDirectory dir;
  const RandomAccessFile file(dir / "scratch", RandomAccessFile::Open::create);
  const std::string block(1 << 20, 'a');
  file.write(0, bytes_of(block));
  file.sync();
  const auto before = file.allocated();
  file.discard(0, block.size());
  EXPECT_EQ(file.size(), block.size());
  EXPECT_LE(file.allocated(), before);
}

}  // namespace
}  // namespace myriad
