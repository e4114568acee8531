#include "src/comm/gather.hpp"

#include <algorithm>

namespace myriad {

std::vector<std::vector<std::byte>> gather_bytes(Comm& comm, std::span<const std::byte> mine) {
  const std::uint64_t size = mine.size();
  std::vector<std::uint64_t> sizes(static_cast<std::size_t>(comm.size()));
  comm.all_gather(std::as_bytes(std::span(&size, 1)), std::as_writable_bytes(std::span(sizes)),
                  std::vector<std::size_t>(sizes.size(), sizeof(size)));
  const std::vector<std::size_t> counts(sizes.begin(), sizes.end());
  std::size_t total = 0;
  for (std::size_t n : counts) total += n;
  std::vector<std::byte> all(total);
  comm.all_gather(mine, all, counts);
  std::vector<std::vector<std::byte>> by_rank;
  auto next = all.cbegin();
  for (std::size_t n : counts) {
    by_rank.emplace_back(next, next + static_cast<std::ptrdiff_t>(n));
    next += static_cast<std::ptrdiff_t>(n);
  }
  return by_rank;
}

std::vector<std::int64_t> gather_sorted(Comm& comm, const std::vector<std::int64_t>& mine) {
  std::vector<std::int64_t> all;
  for (const auto& list : gather_lists(comm, mine)) all.insert(all.end(), list.begin(), list.end());
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<std::string> gather_texts(Comm& comm, const std::vector<std::string>& mine) {
  std::vector<char> characters;
  std::vector<std::uint64_t> lengths;
  for (const std::string& text : mine) {
    lengths.push_back(text.size());
    characters.insert(characters.end(), text.begin(), text.end());
  }
  const auto all_lengths = gather_lists(comm, lengths);
  const auto all = gather_lists(comm, characters);
  std::vector<std::string> texts;
  for (std::size_t rank = 0; rank < all.size(); ++rank) {
    const char* next = all[rank].data();
    for (std::uint64_t length : all_lengths[rank]) {
      texts.emplace_back(next, length);
      next += length;
    }
  }
  return texts;
}

}  // namespace myriad
