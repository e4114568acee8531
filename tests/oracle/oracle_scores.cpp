/// \file
/// Our scores for the scripts of this folder: `oracle_scores CALCULATOR < arrays > arrays`.

#include <exception>
#include <iostream>

#include "tests/oracle/calculators.hpp"

int main(int argc, char** argv) {
  using namespace myriad::oracle;
  try {
    const auto found = argc == 2 ? calculators().find(argv[1]) : calculators().end();
    if (found == calculators().end()) {
      std::cerr << "usage: oracle_scores CALCULATOR < arrays; known:";
      for (const auto& [name, calculator] : calculators()) std::cerr << ' ' << name;
      std::cerr << '\n';
      return 64;
    }
    write_arrays(std::cout, found->second(read_arrays(std::cin)));
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "oracle_scores: " << error.what() << '\n';
    return 65;
  }
}
