// The program's table of verbs, which the library of common parts asks for; these tests run none.
#include "pipelines/common/verb.hpp"

namespace myriad::pipelines {

const std::vector<Verb>& all_verbs() {
  static const std::vector<Verb> verbs;
  return verbs;
}

}  // namespace myriad::pipelines
