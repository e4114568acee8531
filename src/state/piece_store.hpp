#pragma once
/// \file
/// Many pieces of equal size, kept in a scratch file or in memory, each with a check sum.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace myriad {

/// Extents of a store.
struct PieceLayout {
  std::size_t groups = 0;       ///< groups of pieces that are read together
  std::size_t group_size = 0;   ///< pieces per group
  std::size_t piece_bytes = 0;  ///< largest size of a piece

  std::size_t pieces() const { return groups * group_size; }
  std::uint64_t bytes() const { return static_cast<std::uint64_t>(pieces()) * piece_bytes; }
};

/// Pieces are written once or again with the same content, in any order, by any process; a piece exists when all of it is
/// there and its check sum fits, so that the death of a writer at any moment leaves a store that can be used.
///
/// Threads may work on different pieces at the same time.
class PieceStore {
 public:
  virtual ~PieceStore() = default;
  virtual const PieceLayout& layout() const = 0;
  virtual bool has(std::size_t group, std::size_t index) const = 0;
  /// Errors: ErrorKind::io (E1053) when the disk is full.
  virtual void write(std::size_t group, std::size_t index, std::span<const std::byte> piece) = 0;
  /// Read a piece of piece.size() bytes, as written. Errors: ErrorKind::input_corrupt (E2150) when it is missing or does
  /// not fit its check sum.
  virtual void read(std::size_t group, std::size_t index, std::span<std::byte> piece) const = 0;
  /// Forget a group and its memory or disk space.
  virtual void drop(std::size_t group) = 0;
  /// See what other processes have written (after a barrier).
  virtual void refresh() = 0;
  /// Bytes of memory or disk in use now.
  virtual std::uint64_t used_bytes() const = 0;
};

/// In `path` and `path`.index. What an earlier store of the same \p identity and layout holds is kept; anything else is
/// replaced. Make it on one process first (\p create), then on the others.
/// Errors: cannot_create, permission, io.
std::unique_ptr<PieceStore> make_file_store(const std::filesystem::path& path, const PieceLayout& layout,
                                            std::string_view identity, bool create);

/// In the memory of this process.
std::unique_ptr<PieceStore> make_memory_store(const PieceLayout& layout);

}  // namespace myriad
