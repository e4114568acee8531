#include "tests/unit/state/checkpoint_fixtures.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <complex>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "src/base/hash.hpp"

namespace myriad::test {

namespace fs = std::filesystem;

CheckpointWriter small_writer() {
  CheckpointWriter writer(CheckpointKind::model);
  std::vector<float> weight;
  for (int i = 0; i < 12; ++i) weight.push_back(0.125F * static_cast<float>(i) - 0.7F);
  writer.add("block0/weight", {3, 4}, weight);
  writer.add("block0/bias.f16", {5}, std::vector<float>{1.F, -2.5F, 0.1F, 65504.F, 6e-8F},
             FloatStorage::f16);
  writer.add("block0/bias.bf16", {3}, std::vector<float>{1.F, -2.5F, 0.1F}, FloatStorage::bf16);
  writer.add("normalisation.mean", {2}, std::vector<double>{273.15, 5.4e4});
  writer.add("lead.hours", {3}, std::vector<std::int64_t>{6, -12, std::int64_t{1} << 40});
  writer.add("index", {2}, std::vector<std::int32_t>{7, -8});
  writer.add("mask", {7}, std::vector<std::uint8_t>{0, 1, 0, 1, 1, 0, 255});
  writer.add("filter", {2}, std::vector<std::complex<float>>{{1.F, -1.F}, {0.5F, 2.F}});
  writer.add("scale", {}, std::vector<float>{0.25F});
  writer.add("statics", {0, 4}, std::vector<float>{});
  writer.set_section(
      section::k_grid,
      Json(Json::Object{{"type", Json("legendre-gauss")}, {"nlat", Json(48)}, {"nlon", Json(96)}}));
  writer.set_metadata("title", "a \"small\" one: \xc3\xa9");
  return writer;
}

Bytes sealed_file(std::string json, std::span<const std::byte> data) {
  std::string head(8, '\0');
  head += json;
  head.resize((head.size() + 63) / 64 * 64, ' ');
  const std::uint64_t json_bytes = head.size() - 8;
  std::memcpy(head.data(), &json_bytes, sizeof json_bytes);
  const auto position = head.find(std::string(32, '#'));
  if (position != std::string::npos) {
    head.replace(position, 32, std::string(32, '0'));
    head.replace(position, 32, xxh3_128(bytes_of(head)).hex());
  }
  const auto bytes = bytes_of(head);
  Bytes file(bytes.begin(), bytes.end());
  file.insert(file.end(), data.begin(), data.end());
  return file;
}

std::string minimal_metadata(std::uint64_t data_bytes, std::string_view weights_sha256) {
  return fmt::format(R"("myriad.data_bytes":"{}","myriad.format":"1","myriad.header_xxh3":"{}",)"
                     R"("myriad.kind":"model","myriad.weights_sha256":"{}")",
                     data_bytes, std::string(32, '#'), weights_sha256);
}

void write_bytes(const fs::path& path, std::span<const std::byte> bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
}

Bytes read_bytes(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const auto bytes = bytes_of(text);
  return {bytes.begin(), bytes.end()};
}

TemporaryFolder::TemporaryFolder(std::string_view name)
    : path_(fs::current_path() / fmt::format("{}.{}", name, ::getpid())) {
  fs::remove_all(path_);
  fs::create_directories(path_);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace myriad::test
