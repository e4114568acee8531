#include "kernels/collective.hpp"

#include <cstdio>
#include <memory>
#include <vector>

#include "kernels/backend.hpp"

namespace myriad::kernels {

void Reason::set(const char* words) { std::snprintf(text.data(), text.size(), "%s", words); }

Reason agree(Bootstrap& bootstrap, const Reason& mine) {
  const std::vector<Reason> send(static_cast<std::size_t>(bootstrap.size()), mine);
  std::vector<Reason> receive(send.size());
  const std::vector<std::size_t> counts(send.size(), sizeof(Reason));
  bootstrap.all_to_all(std::as_bytes(std::span(send)), counts, std::as_writable_bytes(std::span(receive)), counts);
  for (const Reason& reason : receive) {
    if (!reason.empty()) return reason;
  }
  return {};
}

std::unique_ptr<Collective> Backend::make_collective(Bootstrap& /*bootstrap*/, Reason& why) {
  why.set("its backend keeps its data in the memory of the host");
  return nullptr;
}

}  // namespace myriad::kernels
