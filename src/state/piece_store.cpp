#include "src/state/piece_store.hpp"

#include <fcntl.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <optional>

#include "src/base/error.hpp"
#include "src/base/hash.hpp"
#include "src/base/random_access_file.hpp"

namespace myriad {

namespace {

constexpr std::size_t k_header_bytes = 64;

/// 64 bits that are never zero, which stands for "absent".
std::uint64_t check_sum(std::span<const std::byte> piece) {
  const std::uint64_t sum = xxh3_128(piece).low;
  return sum == 0 ? 1 : sum;
}

[[noreturn]] void refuse(const std::string& where, std::size_t group, std::size_t index) {
  throw Error(ErrorKind::input_corrupt, "E2150",
              fmt::format("piece {} of group {} in {} is missing or damaged (check sum) remove the scratch folder and run "
                          "again",
                          index, group, where));
}

class FileStore final : public PieceStore {
 public:
  FileStore(const std::filesystem::path& path, const PieceLayout& layout, std::string_view identity, bool create)
      : path_(path),
        layout_(layout),
        data_(path, create ? RandomAccessFile::Open::create : RandomAccessFile::Open::existing),
        index_(path.string() + ".index", create ? RandomAccessFile::Open::create : RandomAccessFile::Open::existing),
        sums_(layout.pieces()) {
    const std::string header = sha256_hex(fmt::format("{} {} {} {}", identity, layout.groups, layout.group_size,
                                                      layout.piece_bytes));
    MYRIAD_EXPECT(header.size() == k_header_bytes);
    const std::uint64_t index_bytes = k_header_bytes + layout.pieces() * sizeof(std::uint64_t);
    bool same = false;
    if (index_.size() == index_bytes && data_.size() == layout.bytes()) {
      std::string found(k_header_bytes, ' ');
      index_.read(0, std::as_writable_bytes(std::span(found)));
      same = found == header;
    }
    if (!same) {
      MYRIAD_VALIDATE(create, ErrorKind::input_corrupt, "E2150", "{} changed while the run started; run again", path.string());
      index_.resize(0);
      data_.resize(0);
      data_.resize(layout.bytes());
      index_.resize(index_bytes);
      index_.write(0, bytes_of(header));
    }
    refresh();
  }

  const PieceLayout& layout() const override { return layout_; }
  bool has(std::size_t group, std::size_t index) const override { return sums_[number(group, index)] != 0; }

  void write(std::size_t group, std::size_t index, std::span<const std::byte> piece) override {
    MYRIAD_EXPECT(piece.size() <= layout_.piece_bytes);
    const std::size_t n = number(group, index);
    data_.write(static_cast<std::uint64_t>(n) * layout_.piece_bytes, piece);
    const std::uint64_t sum = check_sum(piece);
    index_.write(k_header_bytes + n * sizeof(sum), std::as_bytes(std::span(&sum, 1)));
    sums_[n] = sum;
  }

  void read(std::size_t group, std::size_t index, std::span<std::byte> piece) const override {
    MYRIAD_EXPECT(piece.size() <= layout_.piece_bytes);
    const std::size_t n = number(group, index);
    if (sums_[n] == 0) refuse(path_.string(), group, index);
    data_.read(static_cast<std::uint64_t>(n) * layout_.piece_bytes, piece);
    if (check_sum(piece) != sums_[n]) refuse(path_.string(), group, index);
  }

  void drop(std::size_t group) override {
    const std::vector<std::uint64_t> none(layout_.group_size, 0);
    const std::size_t first = number(group, 0);
    index_.write(k_header_bytes + first * sizeof(std::uint64_t), std::as_bytes(std::span(none)));
    std::fill_n(sums_.begin() + static_cast<std::ptrdiff_t>(first), layout_.group_size, 0);
    data_.discard(static_cast<std::uint64_t>(first) * layout_.piece_bytes,
                  static_cast<std::uint64_t>(layout_.group_size) * layout_.piece_bytes);
  }

  void refresh() override { index_.read(k_header_bytes, std::as_writable_bytes(std::span(sums_))); }

  std::uint64_t used_bytes() const override { return data_.allocated() + index_.allocated(); }

 private:
  std::size_t number(std::size_t group, std::size_t index) const {
    MYRIAD_EXPECT(group < layout_.groups && index < layout_.group_size);
    return group * layout_.group_size + index;
  }

  std::filesystem::path path_;
  PieceLayout layout_;
  RandomAccessFile data_, index_;
  std::vector<std::uint64_t> sums_;
};

class MemoryStore final : public PieceStore {
 public:
  explicit MemoryStore(const PieceLayout& layout) : layout_(layout), groups_(layout.groups) {}

  const PieceLayout& layout() const override { return layout_; }
  bool has(std::size_t group, std::size_t index) const override {
    return !groups_[group].present.empty() && groups_[group].present[index] != 0;
  }

  void write(std::size_t group, std::size_t index, std::span<const std::byte> piece) override {
    MYRIAD_EXPECT(piece.size() <= layout_.piece_bytes && index < layout_.group_size);
    Group& g = groups_[group];
    if (g.present.empty()) {
      g.present.assign(layout_.group_size, 0);
      g.data.resize(layout_.group_size * layout_.piece_bytes);
      used_ += g.data.size();
    }
    std::memcpy(g.data.data() + index * layout_.piece_bytes, piece.data(), piece.size());
    g.present[index] = 1;
  }

  void read(std::size_t group, std::size_t index, std::span<std::byte> piece) const override {
    if (!has(group, index)) refuse("memory", group, index);
    std::memcpy(piece.data(), groups_[group].data.data() + index * layout_.piece_bytes, piece.size());
  }

  void drop(std::size_t group) override {
    used_ -= groups_[group].data.size();
    groups_[group] = Group{};
  }
  void refresh() override {}
  std::uint64_t used_bytes() const override { return used_; }

 private:
  struct Group {
    std::vector<std::byte> data;
    std::vector<std::uint8_t> present;
  };
  PieceLayout layout_;
  std::vector<Group> groups_;
  std::atomic<std::uint64_t> used_{0};
};

}  // namespace

std::unique_ptr<PieceStore> make_file_store(const std::filesystem::path& path, const PieceLayout& layout,
                                            std::string_view identity, bool create) {
  return std::make_unique<FileStore>(path, layout, identity, create);
}

std::unique_ptr<PieceStore> make_memory_store(const PieceLayout& layout) { return std::make_unique<MemoryStore>(layout); }

}  // namespace myriad
