/// `fuzz_X_replay TARGET CORPUS_FOLDER MUTATIONS SEED`: every file of the corpus, then seeded
/// mutations of them. `fuzz_X_replay TARGET FILE`: one input, to look at a finding.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz_target.hpp"
#include "tests/fuzz/mutate.hpp"
#include "tests/fuzz/watch.hpp"

namespace myriad::fuzz {
namespace {

namespace fs = std::filesystem;

Input read_input(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  return {text.begin(), text.end()};
}

void run(const Input& input) {
  // A copy of exactly the right size, so that sanitizers see a read past the end.
  const auto copy = std::make_unique<std::uint8_t[]>(input.size());
  std::copy(input.begin(), input.end(), copy.get());
  begin_input(copy.get(), input.size());
  fuzz_one(copy.get(), input.size());
  end_input();
}

int replay(int argc, char** argv) {
  const std::string libraries = argc > 2 ? argv[2] : "";
  if ((argc != 4 && argc != 6) || (libraries != "own" && libraries != "foreign")) {
    std::fputs("usage: fuzz_X_replay TARGET own|foreign (FILE | CORPUS_FOLDER MUTATIONS SEED)\n",
               stderr);
    return 64;
  }
  const auto excessive = libraries == "foreign" ? ExcessiveRequest::of_c_libraries_is_refused
                                                : ExcessiveRequest::is_a_finding;
  if (argc == 4) {
    const Input input = read_input(argv[3]);
    start_watching(argv[1], excessive);
    run(input);
    std::printf("no finding\n");
    return 0;
  }
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(argv[3])) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<Input> corpus;
  for (const fs::path& file : files) corpus.push_back(read_input(file));
  if (corpus.empty()) {
    std::fprintf(stderr, "the corpus %s is empty\n", argv[3]);
    return 66;
  }

  start_watching(argv[1], excessive);
  for (std::size_t i = 0; i < corpus.size(); ++i) run(corpus[i]);
  const std::size_t live_after_corpus = live_bytes();

  const long mutations = std::strtol(argv[4], nullptr, 10);
  std::mt19937_64 random(static_cast<std::uint64_t>(std::strtoll(argv[5], nullptr, 10)));
  for (long i = 0; i < mutations; ++i) {
    const Input& base = corpus[static_cast<std::size_t>(random() % corpus.size())];
    const Input& other = corpus[static_cast<std::size_t>(random() % corpus.size())];
    run(mutate(base, other, random));
  }
  if (forget_caches != nullptr) forget_caches();
  const std::size_t grown = live_bytes() > live_after_corpus ? live_bytes() - live_after_corpus : 0;
  std::printf("%s: %zu files, %ld mutations, at most %zu kB for one input, %zu kB kept\n", argv[1],
              corpus.size(), mutations, peak_growth() / 1024, grown / 1024);
  // Caches of libraries may stay; a leak per input would be far more.
  constexpr std::size_t k_allowed_growth = std::size_t{4} << 20;
  if (grown > k_allowed_growth) {
    std::fprintf(stderr, "finding: memory grows from input to input\n");
    return 70;
  }
  return 0;
}

}  // namespace
}  // namespace myriad::fuzz

int main(int argc, char** argv) {
  try {
    return myriad::fuzz::replay(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 70;
  }
}
