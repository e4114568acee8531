/// `--set key=value`: each line of the input is one override.

#include <string_view>
#include <vector>

#include "src/base/config.hpp"
#include "src/base/error.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/fuzz/targets/config_schema.hpp"

namespace myriad::fuzz {

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  static const auto schema = rich_schema();
  std::string_view rest = text_of(data, size);
  std::vector<ConfigOverride> overrides;
  try {
    while (!rest.empty()) {
      const auto end = rest.find('\n');
      overrides.push_back(parse_set(rest.substr(0, end)));
      rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    }
    const Config config =
        Config::from_text(schema, "stages:\n  - steps: 2\n", "base.yaml", overrides);
    static_cast<void>(config.sha256());
  } catch (const Error&) {
  }
  return 0;
}

}  // namespace myriad::fuzz
