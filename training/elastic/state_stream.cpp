#include "training/elastic/state_stream.hpp"

#include <algorithm>
#include <cstring>

#include "src/base/error.hpp"

namespace myriad::train::elastic {

void send_state(std::span<const ElasticProblem::Vector> state,
                const std::function<void(std::uint32_t number, std::span<const float> values)>& send) {
  std::vector<float> part;
  std::uint32_t number = 0;
  for (const ElasticProblem::Vector& vector : state) {
    std::span<const float> rest = vector.values;
    while (!rest.empty()) {
      const std::size_t count = std::min(rest.size(), k_state_part - part.size());
      part.insert(part.end(), rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(count));
      rest = rest.subspan(count);
      if (part.size() < k_state_part) continue;
      send(number++, part);
      part.clear();
    }
  }
  send(number, part);
}

bool StateReceiver::take(std::uint32_t number, std::span<const std::byte> values) {
  MYRIAD_VALIDATE(number == parts_, ErrorKind::input_corrupt, "E2453",
                  "part {} of the state where part {} was due (the donor began again) the worker joins again", number, parts_);
  std::size_t at = parts_++ * k_state_part;
  std::span<const std::byte> rest = values;
  for (const ElasticProblem::Vector& vector : state_) {
    if (at >= vector.values.size()) {
      at -= vector.values.size();
      continue;
    }
    const std::size_t count = std::min(vector.values.size() - at, rest.size() / sizeof(float));
    if (count > 0) std::memcpy(vector.values.data() + at, rest.data(), count * sizeof(float));
    rest = rest.subspan(count * sizeof(float));
    at = 0;
  }
  MYRIAD_VALIDATE(rest.empty(), ErrorKind::input_corrupt, "E2453",
                  "the state of the donor is {} bytes too long (it trains another network) run the same configuration everywhere", rest.size());
  return values.size() < k_state_part * sizeof(float);
}

}  // namespace myriad::train::elastic
