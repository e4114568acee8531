#pragma once
/// \file
/// Small lists that every rank gets to know.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "src/comm/comm.hpp"

namespace myriad {

/// Collective: what each rank hands in, by rank, on every rank.
std::vector<std::vector<std::byte>> gather_bytes(Comm& comm, std::span<const std::byte> mine);

/// Collective: the lists of all ranks, by rank, on every rank.
template <class T>
std::vector<std::vector<T>> gather_lists(Comm& comm, const std::vector<T>& mine) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::vector<std::vector<T>> lists;
  for (const std::vector<std::byte>& bytes : gather_bytes(comm, std::as_bytes(std::span(mine)))) {
    std::vector<T> list(bytes.size() / sizeof(T));
    if (!list.empty()) std::memcpy(list.data(), bytes.data(), bytes.size());
    lists.push_back(std::move(list));
  }
  return lists;
}

/// Collective: the numbers of all ranks, sorted, on every rank.
std::vector<std::int64_t> gather_sorted(Comm& comm, const std::vector<std::int64_t>& mine);

/// Collective: the texts of all ranks in rank order, on every rank.
std::vector<std::string> gather_texts(Comm& comm, const std::vector<std::string>& mine);

}  // namespace myriad
