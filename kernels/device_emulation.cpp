#include "kernels/device_emulation.hpp"

#include <ucontext.h>

#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "kernels/contract.hpp"
#include "kernels/half.hpp"

namespace myriad::kernels::emulation {

Extent block_index, thread_index, block_extent, grid_extent;

namespace {

constexpr std::size_t k_stack_bytes = 64 * 1024;

/// A thread of the running block.
struct Fibre {
  ucontext_t context{};
  std::unique_ptr<char[]> stack = std::make_unique_for_overwrite<char[]>(k_stack_bytes);
  bool finished = false;
};

ucontext_t scheduler;
std::vector<Fibre> fibres;
std::size_t running = 0;
const std::function<void()>* body_of_grid = nullptr;

void run_fibre() {
  (*body_of_grid)();
  fibres[running].finished = true;
}

/// Out of the function that returns twice (getcontext): what is inlined there must not live in registers.
[[gnu::noinline]] void need_fibres(std::size_t threads) {
  if (fibres.size() < threads) fibres.resize(threads);
}

void run_block(std::size_t threads) {
  need_fibres(threads);
  for (std::size_t t = 0; t < threads; ++t) {
    Fibre& fibre = fibres[t];
    fibre.finished = false;
    getcontext(&fibre.context);
    fibre.context.uc_stack.ss_sp = fibre.stack.get();
    fibre.context.uc_stack.ss_size = k_stack_bytes;
    fibre.context.uc_link = &scheduler;
    makecontext(&fibre.context, run_fibre, 0);
  }
  for (bool alive = true; alive;) {
    alive = false;
    for (running = 0; running < threads; ++running) {
      if (fibres[running].finished) continue;
      const auto t = static_cast<unsigned>(running);
      thread_index = {t % block_extent.x, t / block_extent.x % block_extent.y, t / block_extent.x / block_extent.y};
      swapcontext(&scheduler, &fibres[running].context);
      alive = alive || !fibres[running].finished;
    }
  }
}

}  // namespace

namespace {
Recording* current = nullptr;
Recording postponed;
}  // namespace

void issue(std::function<void()> work) {
  if (current != nullptr) {
    current->push_back(std::move(work));
  } else {
    settle();
    work();
  }
}
void postpone(std::function<void()> work) { postponed.push_back(std::move(work)); }
void settle() {
  for (const auto& work : std::exchange(postponed, {})) work();
}
void record(Recording* recording) { current = recording; }
bool recording() { return current != nullptr; }

void synchronise_block() { swapcontext(&fibres[running].context, &scheduler); }

void multiply_tf32(float (&d)[4], const float (&a)[4], const float (&b)[2]) {
  constexpr unsigned k_warp = 32;
  struct Lane {
    float a[4], b[2];
  };
  static std::vector<Lane> lanes;
  const unsigned thread = thread_index.x, lane = thread % k_warp, first = thread - lane;
  if (lanes.size() < block_extent.x) lanes.resize(block_extent.x);
  for (int e = 0; e < 4; ++e) {
    MYRIAD_KERNEL_EXPECT(tf32_from_float(a[e]) == a[e] || a[e] != a[e]);
    lanes[thread].a[e] = a[e];
  }
  for (int e = 0; e < 2; ++e) {
    MYRIAD_KERNEL_EXPECT(tf32_from_float(b[e]) == b[e] || b[e] != b[e]);
    lanes[thread].b[e] = b[e];
  }
  synchronise_block();
  const auto a_at = [&](unsigned row, unsigned depth) {
    return lanes[first + row % 8 * 4 + depth % 4].a[row / 8 + depth / 4 * 2];
  };
  const auto b_at = [&](unsigned depth, unsigned column) { return lanes[first + column * 4 + depth % 4].b[depth / 4]; };
  for (unsigned e = 0; e < 4; ++e) {
    const unsigned row = lane / 4 + e / 2 * 8, column = 2 * (lane % 4) + e % 2;
    for (unsigned depth = 0; depth < 8; ++depth) d[e] = std::fma(a_at(row, depth), b_at(depth, column), d[e]);
  }
  synchronise_block();
}

void run_grid(Extent grid, Extent block, const std::function<void()>& body) {
  grid_extent = grid;
  block_extent = block;
  body_of_grid = &body;
  for (unsigned z = 0; z < grid.z; ++z) {
    for (unsigned y = 0; y < grid.y; ++y) {
      for (unsigned x = 0; x < grid.x; ++x) {
        block_index = {x, y, z};
        run_block(static_cast<std::size_t>(block.x) * block.y * block.z);
      }
    }
  }
}

}  // namespace myriad::kernels::emulation
