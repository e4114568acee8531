/// YAML configurations. What is accepted must give the same hash when its effective form is read
/// again.

#include "src/base/config.hpp"

#include "src/base/error.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/fuzz/targets/config_schema.hpp"

namespace myriad::fuzz {

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  static const auto schema = rich_schema();
  try {
    const Config config = Config::from_text(schema, text_of(data, size), "input.yaml");
    static_cast<void>(config.show());
    // JSON is YAML, so the effective values are a configuration themselves.
    const std::string effective = to_json_text(config.effective());
    const Config again = Config::from_text(schema, effective, "effective.yaml");
    require(again.sha256() == config.sha256(), "effective configuration has the same hash");
  } catch (const Error&) {
  }
  return 0;
}

}  // namespace myriad::fuzz
