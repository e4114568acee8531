#include "src/base/manifest.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "src/base/files.hpp"
#include "src/base/hash.hpp"
#include "tests/unit/base/expect_error.hpp"
#include "tests/unit/base/temporary_directory.hpp"

namespace myriad {
namespace {

using test::expect_error;
using test::TemporaryDirectory;

/// A run of two files and one run line.
void make_run(const TemporaryDirectory& dir) {
  publish_text(dir / "a.nc", "content of a");
  make_directory(dir / "members");
  publish_text(dir / "members/b.nc", "content of b");
  Manifest manifest(dir.path());
  Json facts;
  facts.set("run", "0123abcd");
  facts.set("version", "0.1.0");
  manifest.add_run(facts);
  manifest.add_file("a.nc");
  manifest.add_file("members/b.nc", 3, {0, 1, 2});
}

void overwrite(const std::filesystem::path& file, std::string_view text) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

/// Change one byte in place: rewriting whole files would make some file systems flush each time.
void put_byte(const std::filesystem::path& file, std::size_t at, char byte) {
  std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
  stream.seekp(static_cast<std::streamoff>(at));
  stream.put(byte);
}

TEST(Manifest, IsReadAsItWasWritten) {
  const TemporaryDirectory dir;
  make_run(dir);
  const Manifest manifest(dir.path());
  ASSERT_EQ(manifest.files().size(), 2U);
  ASSERT_EQ(manifest.runs().size(), 1U);
  EXPECT_EQ(manifest.runs()[0].at("run").as_string(), "0123abcd");
  const ManifestFile* b = manifest.find("members/b.nc");
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(b->bytes, 12U);
  EXPECT_EQ(b->member, 3);
  EXPECT_EQ(b->steps, (std::vector<std::int64_t>{0, 1, 2}));
  EXPECT_EQ(b->sha256, sha256_hex("content of b"));
  EXPECT_EQ(manifest.find("c.nc"), nullptr);
  EXPECT_TRUE(manifest.verify().empty());
}

TEST(Manifest, EveryLineIsJsonThatEndsWithItsCheckSum) {
  const TemporaryDirectory dir;
  make_run(dir);
  std::ifstream in(dir / "run.manifest");
  std::string line;
  int lines = 0;
  while (std::getline(in, line)) {
    ++lines;
    EXPECT_EQ(parse_json(line, "line").at("crc32c").as_string().size(), 8U);
  }
  EXPECT_EQ(lines, 3);
}

TEST(Manifest, LaterLinesOfAFileReplaceEarlierOnes) {
  const TemporaryDirectory dir;
  make_run(dir);
  publish_text(dir / "a.nc", "longer content of a", Existing::replace);
  Manifest(dir.path()).add_file("a.nc");
  const Manifest manifest(dir.path());
  EXPECT_EQ(manifest.files().size(), 2U);
  EXPECT_TRUE(manifest.verify().empty());
}

TEST(Manifest, EverySingleBitFlipIsNoticed) {
  const TemporaryDirectory dir;
  make_run(dir);
  const std::string good = read_text_file(dir / "run.manifest");
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    const char byte = good[bit / 8];
    put_byte(dir / "run.manifest", bit / 8,
             static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << bit % 8)));
    if (bit / 8 + 1 == good.size()) {
      // Without its line break the last line is torn: dropped, as after a crash.
      EXPECT_EQ(Manifest(dir.path()).files().size(), 1U);
    } else {
      expect_error([&] { Manifest manifest(dir.path()); }, ErrorKind::input_corrupt, "E1060",
                   {"run.manifest:"});
    }
    put_byte(dir / "run.manifest", bit / 8, byte);
  }
}

TEST(Manifest, TruncationAtEveryByteLeavesTheCompleteLines) {
  const TemporaryDirectory dir;
  make_run(dir);
  const std::string good = read_text_file(dir / "run.manifest");
  for (std::size_t length = good.size(); length-- > 0;) {
    std::filesystem::resize_file(dir / "run.manifest", length);
    const auto lines = static_cast<std::size_t>(
        std::count(good.begin(), good.begin() + static_cast<long>(length), '\n'));
    const Manifest manifest(dir.path());
    ASSERT_EQ(manifest.files().size() + manifest.runs().size(), lines) << length;
  }
}

TEST(Manifest, AppendingAfterATornLineRestoresIt) {
  const TemporaryDirectory dir;
  make_run(dir);
  const std::string good = read_text_file(dir / "run.manifest");
  overwrite(dir / "run.manifest", std::string_view(good).substr(0, good.size() - 5));
  Manifest(dir.path()).add_file("members/b.nc", 3, {0, 1, 2});
  EXPECT_EQ(read_text_file(dir / "run.manifest"), good);
}

TEST(Manifest, RemovedRepeatedOrSwappedLinesAreNoticed) {
  const TemporaryDirectory dir;
  make_run(dir);
  const std::string good = read_text_file(dir / "run.manifest");
  const std::size_t first = good.find('\n') + 1;
  const std::size_t second = good.find('\n', first) + 1;
  const std::string a = good.substr(0, first);
  const std::string b = good.substr(first, second - first);
  const std::string c = good.substr(second);
  for (const std::string& text : {a + c, b + c, a + c + b, a + a + b + c, b + a + c}) {
    overwrite(dir / "run.manifest", text);
    expect_error([&] { Manifest manifest(dir.path()); }, ErrorKind::input_corrupt, "E1060");
  }
}

TEST(Manifest, DamagedAndMissingFilesAreNamed) {
  const TemporaryDirectory dir;
  make_run(dir);
  overwrite(dir / "a.nc", "content of A");
  std::filesystem::remove(dir / "members/b.nc");
  const std::vector<std::string> problems = Manifest(dir.path()).verify();
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_NE(problems[0].find("a.nc: content differs"), std::string::npos) << problems[0];
  EXPECT_NE(problems[1].find("members/b.nc"), std::string::npos) << problems[1];
}

TEST(Manifest, FilesOutsideTheRunAreRefused) {
  const TemporaryDirectory dir;
  Manifest manifest(dir.path());
  expect_error([&] { manifest.add_file("../x"); }, ErrorKind::input_corrupt, "E1058");
  expect_error([&] { manifest.add_file("/etc/passwd"); }, ErrorKind::input_corrupt, "E1058");
}

TEST(Manifest, AFileThatWasDeletedOnPurposeIsNoLongerListed) {
  const TemporaryDirectory dir;
  publish_text(dir / "a", "1");
  publish_text(dir / "b", "2");
  {
    Manifest manifest(dir.path());
    manifest.add_file("a");
    manifest.add_file("b");
    manifest.add_removed("a", "retention");
    EXPECT_EQ(manifest.find("a"), nullptr);
  }
  std::filesystem::remove(dir / "a");
  Manifest again(dir.path());
  EXPECT_EQ(again.files().size(), 1U);
  EXPECT_TRUE(again.verify().empty());
  publish_text(dir / "a", "3");
  again.add_file("a");
  EXPECT_NE(Manifest(dir.path()).find("a"), nullptr) << "made again";
}

}  // namespace
}  // namespace myriad
