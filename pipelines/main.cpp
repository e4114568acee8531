#include <cstdio>
#include <string>
#include <vector>

#include "pipelines/common/report_bundle.hpp"
#include "pipelines/common/verb.hpp"
#include "src/base/error.hpp"
#include "src/comm/comm.hpp"

int main(int argc, char** argv) {
  try {
    myriad::pipelines::install_crash_handler();
    myriad::MpiScope mpi(&argc, &argv);
    const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    return myriad::pipelines::run_program(arguments, mpi.world());
  } catch (const myriad::Error& error) {
    std::fprintf(stderr, "error %s: %s\n", error.id().c_str(), error.what());
    return myriad::exit_code(error.kind());
  } catch (const std::bad_alloc& error) {
    const myriad::MemorySentence sentence(error, -1);
    myriad::write_bare_error("E2697", sentence.text());
    return myriad::exit_code(myriad::ErrorKind::resources);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error E2698: unexpected failure (%s); this is a bug, please report it\n",
                 error.what());
    return myriad::exit_code(myriad::ErrorKind::internal);
  }
}
