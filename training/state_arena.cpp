#include "training/state_arena.hpp"

namespace myriad::train {

std::size_t StateArena::add(std::string name, Owner owner, std::int64_t size, bool kept) {
  Entry entry{std::move(name), owner, kept, {}};
  const std::size_t count = owner == Owner::worker ? workers_.size() : 1;
  for (std::size_t slot = 0; slot < count; ++slot) {
    entry.vectors.emplace_back(backend_, dtype_, std::initializer_list<std::int64_t>{size});
    if (size > 0) backend_.fill(entry.vectors.back(), 0.0);
  }
  entries_.push_back(std::move(entry));
  return entries_.size() - 1;
}

TensorView StateArena::view(std::size_t number, std::size_t slot) {
  Entry& entry = entries_[number];
  return entry.vectors[entry.owner == Owner::worker ? slot : 0].view();
}

std::int64_t StateArena::bytes() const {
  std::int64_t sum = 0;
  for (const Entry& entry : entries_) {
    for (const Tensor& vector : entry.vectors) sum += vector.bytes();
  }
  return sum;
}

}  // namespace myriad::train
