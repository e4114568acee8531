#include "src/state/piece_store.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "src/base/error.hpp"
#include "src/base/hash.hpp"
#include "src/base/random_access_file.hpp"
#include "tests/unit/base/expect_error.hpp"
#include "tests/unit/base/temporary_directory.hpp"

namespace myriad {
namespace {

using test::expect_error;
using test::TemporaryDirectory;

constexpr PieceLayout k_layout{3, 4, 100};

std::string content(std::size_t group, std::size_t index) {
  return std::string(100, static_cast<char>('a' + group * 4 + index));
}

std::string read(const PieceStore& store, std::size_t group, std::size_t index) {
  std::string text(100, ' ');
  store.read(group, index, std::as_writable_bytes(std::span(text)));
  return text;
}

TEST(PieceStore, FileAndMemoryGiveBackWhatWasWritten) {
  const TemporaryDirectory dir;
  for (const auto& store : {make_file_store(dir / "s", k_layout, "id", true), make_memory_store(k_layout)}) {
    for (std::size_t i : {2U, 0U}) store->write(1, i, bytes_of(content(1, i)));
    EXPECT_TRUE(store->has(1, 0));
    EXPECT_FALSE(store->has(1, 1));
    EXPECT_FALSE(store->has(0, 0));
    EXPECT_EQ(read(*store, 1, 2), content(1, 2));
    expect_error([&] { read(*store, 1, 1); }, ErrorKind::input_corrupt, "E2150");
    EXPECT_GT(store->used_bytes(), 0U);
    store->drop(1);
    EXPECT_FALSE(store->has(1, 0));
  }
}

TEST(PieceStore, AnotherProcessFindsThePiecesAndAnotherIdentityDoesNot) {
  const TemporaryDirectory dir;
  { make_file_store(dir / "s", k_layout, "run 1", true)->write(2, 3, bytes_of(content(2, 3))); }
  {
    const auto again = make_file_store(dir / "s", k_layout, "run 1", true);
    EXPECT_EQ(read(*again, 2, 3), content(2, 3));
    const auto other = make_file_store(dir / "s", k_layout, "run 1", false);
    again->write(0, 0, bytes_of(content(0, 0)));
    EXPECT_FALSE(other->has(0, 0));
    other->refresh();
    EXPECT_EQ(read(*other, 0, 0), content(0, 0));
  }
  const auto fresh = make_file_store(dir / "s", k_layout, "run 2", true);
  EXPECT_FALSE(fresh->has(2, 3));
  EXPECT_FALSE(make_file_store(dir / "s", {4, 4, 100}, "run 2", true)->has(2, 3));
}

TEST(PieceStore, EveryFlippedBitOfAPieceIsRefused) {
  const TemporaryDirectory dir;
  { make_file_store(dir / "s", k_layout, "id", true)->write(1, 1, bytes_of(content(1, 1))); }
  const RandomAccessFile raw(dir / "s", RandomAccessFile::Open::existing);
  for (std::size_t bit = 0; bit < 800; ++bit) {
    std::byte original{};
    const std::uint64_t offset = 5 * 100 + bit / 8;
    raw.read(offset, std::span(&original, 1));
    const std::byte flipped = original ^ static_cast<std::byte>(1U << (bit % 8));
    raw.write(offset, std::span(&flipped, 1));
    const auto store = make_file_store(dir / "s", k_layout, "id", true);
    expect_error([&] { read(*store, 1, 1); }, ErrorKind::input_corrupt, "E2150");
    raw.write(offset, std::span(&original, 1));
  }
}

}  // namespace
}  // namespace myriad
