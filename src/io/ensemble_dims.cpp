#include "src/io/ensemble_dims.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "src/base/error.hpp"

namespace myriad::io::detail {
namespace {

constexpr std::array k_conventions{DimNames::cf, DimNames::cfgrib, DimNames::wb2};

unsigned bit_of(DimNames names) {
  return names == DimNames::cf ? 1U : names == DimNames::cfgrib ? 2U : 4U;
}

/// Which names mean what, and in which conventions: those of CF examples and xarray (cf), of
/// cfgrib's NetCDF export, of WeatherBench 2's data sets, and S, L, M of the IRI data library. The
/// same name twice: conventions differ.
struct NameRule {
  std::string_view name;
  EnsembleRole role;
  unsigned conventions;
};
constexpr NameRule k_names[] = {
    {"realization", EnsembleRole::member, 5},
    {"member", EnsembleRole::member, 5},
    {"members", EnsembleRole::member, 1},
    {"ensemble", EnsembleRole::member, 5},
    {"ensemble_member", EnsembleRole::member, 1},
    {"ens", EnsembleRole::member, 1},
    {"sample", EnsembleRole::member, 4},
    {"number", EnsembleRole::member, 7},
    {"M", EnsembleRole::member, 1},
    {"forecast_reference_time", EnsembleRole::start, 1},
    {"reference_time", EnsembleRole::start, 1},
    {"init_time", EnsembleRole::start, 5},
    {"initial_time", EnsembleRole::start, 1},
    {"start", EnsembleRole::start, 1},
    {"start_time", EnsembleRole::start, 1},
    {"S", EnsembleRole::start, 1},
    {"forecast_period", EnsembleRole::lead, 1},
    {"lead_time", EnsembleRole::lead, 5},
    {"leadtime", EnsembleRole::lead, 1},
    {"lead", EnsembleRole::lead, 1},
    {"step", EnsembleRole::lead, 3},
    {"prediction_timedelta", EnsembleRole::lead, 5},
    {"L", EnsembleRole::lead, 1},
    {"time", EnsembleRole::valid, 1},
    {"time", EnsembleRole::start, 6},
    {"valid_time", EnsembleRole::valid, 7},
};

EnsembleRole role_by_name(std::string_view name, DimNames names) {
  for (const NameRule& rule : k_names) {
    if (rule.name == name && (rule.conventions & bit_of(names)) != 0) return rule.role;
  }
  return EnsembleRole::unknown;
}

EnsembleRole role_by_standard_name(std::string_view standard_name) {
  if (standard_name == "realization") return EnsembleRole::member;
  if (standard_name == "forecast_reference_time") return EnsembleRole::start;
  if (standard_name == "forecast_period") return EnsembleRole::lead;
  if (standard_name == "time") return EnsembleRole::valid;
  return EnsembleRole::unknown;
}

std::string_view word(EnsembleRole role) {
  switch (role) {
    case EnsembleRole::member:
      return "member";
    case EnsembleRole::start:
      return "start";
    case EnsembleRole::lead:
      return "lead";
    case EnsembleRole::valid:
      return "valid time";
    case EnsembleRole::place:
      return "place";
    case EnsembleRole::unknown:
      break;
  }
  return "unknown";
}

/// One file and how one convention would read it.
class Reader {
 public:
  Reader(const NetcdfFile& file, const NetcdfAxes& axes, const std::vector<int>& used)
      : file_(file), axes_(axes), used_(used) {}

  EnsembleRole role(int dimension, DimNames names) const {
    const AxisRole known = axes_.role(dimension);
    if (known != AxisRole::time && known != AxisRole::other) return EnsembleRole::place;
    const NcDimension& d = dimension_at(dimension);
    const NcVariable* coordinate = coordinate_of(dimension);
    // Only CF lets attributes speak; the other two are conventions about names.
    if (names != DimNames::cf) return role_by_name(d.name, names);
    const EnsembleRole stated =
        role_by_standard_name(coordinate == nullptr ? "" : standard_name(*coordinate));
    if (stated == EnsembleRole::valid && is_start_beside_valid(dimension))
      return EnsembleRole::start;
    return stated == EnsembleRole::unknown ? role_by_name(d.name, names) : stated;
  }

  /// The reading of a convention; \p problem says why there is none.
  EnsembleDims read(DimNames names, std::string& problem) const {
    EnsembleDims dims;
    dims.names = names;
    for (const int d : used_) {
      const EnsembleRole r = role(d, names);
      const std::string& name = dimension_at(d).name;
      int* const place = place_of(dims, r);
      if (r == EnsembleRole::unknown && dimension_at(d).length > 1 && problem.empty())
        problem = fmt::format("'{}' has no meaning in it", name);
      if (place == nullptr) continue;
      if (*place >= 0 && problem.empty())
        problem = fmt::format("'{}' and '{}' would both be the {}", dimension_at(*place).name, name,
                              word(r));
      *place = d;
    }
    if (dims.start >= 0 && dims.valid >= 0 && problem.empty())
      problem = fmt::format("'{}' would be the start and '{}' the valid time of the same field",
                            dimension_at(dims.start).name, dimension_at(dims.valid).name);
    for (const NcVariable& variable : file_.variables()) {
      if (!is_scalar(variable)) continue;
      const EnsembleRole stated = names == DimNames::cf
                                      ? role_by_standard_name(standard_name(variable))
                                      : EnsembleRole::unknown;
      const EnsembleRole r =
          stated == EnsembleRole::unknown ? role_by_name(variable.name, names) : stated;
      const NcVariable** const place = r == EnsembleRole::member  ? &dims.scalar_member
                                       : r == EnsembleRole::start ? &dims.scalar_start
                                       : r == EnsembleRole::lead  ? &dims.scalar_lead
                                       : r == EnsembleRole::valid ? &dims.scalar_valid
                                                                  : nullptr;
      if (place != nullptr && *place == nullptr) *place = &variable;
    }
    if (names == DimNames::cfgrib && !has("step") && !has("number") && problem.empty())
      problem = "there is neither 'step' nor 'number'";
    if (names == DimNames::wb2 && !has("prediction_timedelta") && !has("lead_time") &&
        !has("init_time") && problem.empty())
      problem = "there is none of 'prediction_timedelta', 'lead_time' and 'init_time'";
    return dims;
  }

  /// Whether `time` is the valid time by name alone, which the other conventions read as the start.
  bool valid_by_name_only(const EnsembleDims& dims) const {
    const NcVariable* coordinate = dims.valid >= 0 ? coordinate_of(dims.valid) : dims.scalar_valid;
    if (coordinate != nullptr)
      return coordinate->name == "time" && standard_name(*coordinate).empty();
    return dims.valid >= 0;
  }

  std::string found() const {
    std::string text;
    for (const int d : used_) {
      std::string meanings;
      if (role(d, DimNames::cf) == EnsembleRole::place) {
        meanings = "place";
      } else {
        for (const DimNames names : k_conventions) {
          const EnsembleRole r = role(d, names);
          if (r == EnsembleRole::unknown) continue;
          meanings +=
              fmt::format("{}{}: {}", meanings.empty() ? "" : ", ", to_string(names), word(r));
        }
      }
      text += fmt::format("{}{} {} [{}]", text.empty() ? "" : "; ", dimension_at(d).name,
                          dimension_at(d).length, meanings.empty() ? "no meaning" : meanings);
    }
    return text.empty() ? "no dimensions" : text;
  }

 private:
  const NcDimension& dimension_at(int d) const {
    return file_.dimensions()[static_cast<std::size_t>(d)];
  }
  std::string standard_name(const NcVariable& variable) const {
    return file_.text_attribute(&variable, "standard_name").value_or("");
  }
  bool has(std::string_view name) const {
    for (const int d : used_) {
      if (dimension_at(d).name == name) return true;
    }
    const NcVariable* scalar = file_.find(name);
    return scalar != nullptr && is_scalar(*scalar);
  }
  /// A number without dimensions, or along a dimension of length 1 that the field does not have.
  bool is_scalar(const NcVariable& variable) const {
    if (variable.type == NcType::text || variable.type == NcType::string ||
        variable.type == NcType::other)
      return false;
    return std::all_of(variable.dimensions.begin(), variable.dimensions.end(), [&](int d) {
      return dimension_at(d).length == 1 && std::find(used_.begin(), used_.end(), d) == used_.end();
    });
  }
  const NcVariable* coordinate_of(int d) const {
    const NcVariable* variable = file_.find(dimension_at(d).name);
    return variable != nullptr && variable->dimensions == std::vector<int>{d} ? variable : nullptr;
  }
  /// A valid time of several dimensions beside a one-dimensional time says that the latter is the
  /// start.
  bool is_start_beside_valid(int d) const {
    for (const NcVariable& variable : file_.variables()) {
      const bool several = variable.dimensions.size() > 1 &&
                           std::find(variable.dimensions.begin(), variable.dimensions.end(), d) !=
                               variable.dimensions.end();
      if (several && (variable.name == "valid_time" || standard_name(variable) == "time"))
        return true;
    }
    return false;
  }
  static int* place_of(EnsembleDims& dims, EnsembleRole role) {
    switch (role) {
      case EnsembleRole::member:
        return &dims.member;
      case EnsembleRole::start:
        return &dims.start;
      case EnsembleRole::lead:
        return &dims.lead;
      case EnsembleRole::valid:
        return &dims.valid;
      default:
        return nullptr;
    }
  }

  const NetcdfFile& file_;
  const NetcdfAxes& axes_;
  const std::vector<int>& used_;
};

}  // namespace

EnsembleDims recognise_dims(const NetcdfFile& file, const NetcdfAxes& axes,
                            const std::vector<int>& used, DimNames wanted) {
  const Reader reader(file, axes, used);
  std::vector<EnsembleDims> fits;
  std::string fitting, problems;
  std::string wanted_problem;
  for (const DimNames names : k_conventions) {
    std::string problem;
    const EnsembleDims dims = reader.read(names, problem);
    if (names == wanted) {
      if (problem.empty()) return dims;
      wanted_problem = problem;
    }
    if (problem.empty()) {
      fits.push_back(dims);
      fitting += fmt::format("{}{}", fitting.empty() ? "" : " or ", to_string(names));
    } else {
      problems += fmt::format("{}{}: {}", problems.empty() ? "" : "; ", to_string(names), problem);
    }
  }
  MYRIAD_VALIDATE(wanted == DimNames::automatic, ErrorKind::input_corrupt, "E2046",
                  "'{}' does not have the dimensions of dim_names {} ({}; found {}); {}",
                  file.path(), to_string(wanted), wanted_problem, reader.found(),
                  fitting.empty() ? std::string("rename the dimensions, e.g. with ncrename")
                                  : fmt::format("set dim_names to {}, or to auto", fitting));
  MYRIAD_VALIDATE(!fits.empty(), ErrorKind::input_corrupt, "E2046",
                  "the dimensions of '{}' fit no convention ({}; found {}); rename them, e.g. with "
                  "ncrename, or give "
                  "them standard names",
                  file.path(), problems, reader.found());
  if (fits.size() > 1 && reader.valid_by_name_only(fits.front()) &&
      !fits[1].same_reading(fits.front()))
    fits.erase(fits.begin());
  const EnsembleDims& chosen = fits.front();
  const auto other = std::find_if(
      fits.begin(), fits.end(), [&](const EnsembleDims& fit) { return !fit.same_reading(chosen); });
  // A valid time beside a lead dimension is what CF says and almost never what is meant.
  const bool doubtful = chosen.valid >= 0 && chosen.lead >= 0;
  if (other == fits.end() && !doubtful) return chosen;
  const std::string time =
      chosen.valid >= 0 ? file.dimensions()[static_cast<std::size_t>(chosen.valid)].name : "time";
  const std::string as_start =
      other == fits.end() ? "" : fmt::format(" (dim_names: {})", to_string(other->names));
  throw Error(
      ErrorKind::input_corrupt, "E2047",
      fmt::format(
          "the dimensions of '{}' can be read in two ways ('{}' may be the valid time (dim_names: "
          "{}) or "
          "the start{}; found {}); {}",
          file.path(), time, to_string(chosen.names), as_start, reader.found(),
          other == fits.end()
              ? fmt::format(
                    "set dim_names to cf, or give '{}' the standard_name forecast_reference_time",
                    time)
              : std::string("set dim_names to the one that is meant")));
}

}  // namespace myriad::io::detail
