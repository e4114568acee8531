#pragma once
/// \file
/// A small world to verify: forecasts of a few starts, an analysis and a climatology, as files.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "src/base/config.hpp"
#include "src/base/time.hpp"
#include "src/grid/grid.hpp"
#include "tests/unit/base/temporary_directory.hpp"

namespace myriad::test {

/// Writes what `myriad verify` reads. Fields are reproducible: every value is a function of (kind,
/// time, member, point).
class VerifyWorld {
 public:
  static constexpr std::int64_t k_nlat = 8;
  static constexpr std::int64_t k_nlon = 16;
  static constexpr std::int64_t k_points = k_nlat * k_nlon;

  /// \p members files per start, member 0 the control; \p starts starts, ten days apart; leads 0,
  /// 24, 48 h.
  explicit VerifyWorld(int starts = 3, int members = 5);

  const std::filesystem::path& path() const { return directory_.path(); }
  std::filesystem::path start_directory(int start) const;
  std::filesystem::path member_file(int start, int member) const;
  Instant start(int index) const;
  static std::vector<Duration> leads() {
    return {Duration::hours(0), Duration::hours(24), Duration::hours(48)};
  }
  Grid grid() const { return Grid(GridType::legendre_gauss, k_nlat, k_nlon); }

  /// What the files hold for t850, K, after rounding to single precision.
  std::vector<float> truth(const Instant& valid) const;
  std::vector<float> member(int start, int member, Duration lead) const;
  std::vector<float> climate(const Instant& valid) const;
  static constexpr double k_climate_std = 3.0;

  /// \param content member whose fields are written; negative: its own
  /// \param checkpoint its MYRIAD_weights_sha256; empty: none
  void write_member(int start, int member, int content = -1, const std::string& checkpoint = {}) const;
  /// Analysis at the valid times of every start but those in \p without.
  void write_analysis(const std::vector<Instant>& without = {}) const;

  /// YAML of a verification of everything; \p more lines are appended.
  std::string yaml(const std::string& more = {}) const;
  Config config(const std::string& more = {}) const;

 private:
  TemporaryDirectory directory_;
  int starts_;
  int members_;
};

}  // namespace myriad::test
