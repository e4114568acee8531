#include "src/ensemble/weight_perturbation.hpp"

#include "src/base/error.hpp"

namespace myriad {

BlockWeightNoise::BlockWeightNoise(const WeightPerturbation& perturbation,
                                   std::span<const BlockElement> elements)
    : refresh_steps_(perturbation.refresh_steps) {
  MYRIAD_EXPECT(perturbation.degrees > 0 && perturbation.seed_of);
  if (perturbation.stddev == 0.0) return;
  for (const BlockElement& element : elements) {
    elements_.push_back({perturbation.seed_of(static_cast<std::size_t>(element.start)),
                         element.member.draw, element.member.sign * perturbation.stddev});
  }
  noise_.degrees = perturbation.degrees;
}

const WeightNoise* BlockWeightNoise::at(std::int64_t step) {
  if (elements_.empty()) return nullptr;
  noise_.elements = elements_;
  noise_.period = refresh_steps_ > 0 ? static_cast<std::uint32_t>(step / refresh_steps_) : 0;
  return &noise_;
}

}  // namespace myriad
