#include "kernels/device_emulation.hpp"

#include <ucontext.h>

#include <memory>
#include <vector>

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

void run_block(std::size_t threads) {
  if (fibres.size() < threads) fibres.resize(threads);
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

void synchronise_block() { swapcontext(&fibres[running].context, &scheduler); }

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
