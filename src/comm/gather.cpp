#include "src/comm/gather.hpp"

#include <algorithm>
#include <span>

namespace myriad {

namespace {

/// Concatenation over ranks of lists of different length.
template <class T>
std::vector<T> concatenate(Comm& comm, const std::vector<T>& mine) {
  const std::uint64_t count = mine.size();
  std::vector<std::uint64_t> counts(static_cast<std::size_t>(comm.size()));
  comm.all_gather(std::as_bytes(std::span(&count, 1)), std::as_writable_bytes(std::span(counts)),
                  std::vector<std::size_t>(counts.size(), sizeof(count)));
  std::vector<std::size_t> bytes;
  std::size_t total = 0;
  for (std::uint64_t n : counts) {
    bytes.push_back(n * sizeof(T));
    total += n;
  }
  std::vector<T> all(total);
  comm.all_gather(std::as_bytes(std::span(mine)), std::as_writable_bytes(std::span(all)), bytes);
  return all;
}

}  // namespace

std::vector<std::int64_t> gather_sorted(Comm& comm, const std::vector<std::int64_t>& mine) {
  std::vector<std::int64_t> all = concatenate(comm, mine);
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
  const std::vector<std::uint64_t> all_lengths = concatenate(comm, lengths);
  const std::vector<char> all = concatenate(comm, characters);
  std::vector<std::string> texts;
  std::size_t begin = 0;
  for (std::uint64_t length : all_lengths) {
    texts.emplace_back(all.data() + begin, length);
    begin += length;
  }
  return texts;
}

}  // namespace myriad
