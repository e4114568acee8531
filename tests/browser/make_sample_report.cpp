/// \file
/// Writes a report of synthetic cases with every kind of figure, for the tests in a browser.
/// Usage: make_sample_report FILE

#include <fstream>
#include <iostream>

#include "tests/unit/diagnostics/report_sample.hpp"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: make_sample_report FILE\n";
    return 64;
  }
  myriad::diag::test::Sample sample(1.0, 9);
  sample.add_events();
  std::ofstream out(argv[1], std::ios::binary);
  out << myriad::diag::render_report(sample.report);
  return out.good() ? 0 : 74;
}
