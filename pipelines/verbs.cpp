// The verbs of `myriad`. A new verb is one include and one line here, and one library in
// pipelines/CMakeLists.txt.
#include "pipelines/bench/bench.hpp"
#include "pipelines/common/verb.hpp"
#include "pipelines/config/config.hpp"
#include "pipelines/daily/daily.hpp"
#include "pipelines/exit_codes/exit_codes.hpp"
#include "pipelines/forecast/forecast.hpp"
#include "pipelines/inspect/inspect.hpp"
#include "pipelines/report/report.hpp"
#include "pipelines/status/status.hpp"
#include "pipelines/train/train.hpp"
#include "pipelines/validate/validate.hpp"
#include "pipelines/verify/verify.hpp"
#include "pipelines/version/version.hpp"

namespace myriad::pipelines {

const std::vector<Verb>& all_verbs() {
  static const std::vector<Verb> verbs = {
      train_verb(),   forecast_verb(), verify_verb(),     report_verb(),
      daily_verb(),   status_verb(),   validate_verb(),   bench_verb(),
      inspect_verb(), config_verb(),   exit_codes_verb(), version_verb(),
  };
  return verbs;
}

}  // namespace myriad::pipelines
