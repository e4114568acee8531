#include "src/io/netcdf_match.hpp"

#include <algorithm>
#include <cmath>

#include "src/base/error.hpp"

namespace myriad::io::detail {

namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_field(const NetcdfAxes& axes, const NcVariable& variable) {
  if (variable.type == NcType::text || variable.type == NcType::string ||
      variable.type == NcType::other) {
    return false;
  }
  int horizontal = 0;
  for (int d : variable.dimensions) {
    horizontal += axes.role(d) == AxisRole::latitude || axes.role(d) == AxisRole::longitude ? 1 : 0;
  }
  return horizontal == 2;
}

int level_position(const NetcdfAxes& axes, const NcVariable& variable) {
  for (std::size_t p = 0; p < variable.dimensions.size(); ++p) {
    if (axes.levels(variable.dimensions[p]) != nullptr) return static_cast<int>(p);
  }
  return -1;
}

bool same_level(const Level& a, const Level& b) {
  return a.kind == b.kind && std::abs(a.value - b.value) <= 0.01 + 1e-6 * std::abs(b.value);
}

std::string list_levels(const LevelAxis& axis) {
  std::string text;
  for (double pressure : axis.pressure)
    text += fmt::format("{}{:g}", text.empty() ? "" : ", ", pressure / 100.0);
  return text;
}

/// ERA5 files call the winds at 10 m and 100 m "u10" and "u100", the archives of learned models the
/// winds at 10 and 100 hPa.
bool is_ambiguous_name(const std::string& name) {
  return name == "u10" || name == "v10" || name == "u100" || name == "v100";
}

/// Whether \p variable lies on the channel's level; fills the level index.
bool level_fits(const NetcdfFile& file, const NetcdfAxes& axes, const NcVariable& variable,
                const Channel& channel, bool name_says_level, ChannelMatch& match,
                MatchResult& result) {
  const int position = level_position(axes, variable);
  if (position >= 0) {
    const LevelAxis& axis = *axes.levels(variable.dimensions[static_cast<std::size_t>(position)]);
    if (channel.level.kind != LevelKind::pressure) return false;
    for (std::size_t k = 0; k < axis.pressure.size(); ++k) {
      if (same_level({LevelKind::pressure, axis.pressure[k]}, channel.level)) {
        match.level_position = position;
        match.level_index = static_cast<std::int64_t>(k);
        return true;
      }
    }
    result.other_levels = true;
    result.explanation =
        fmt::format("'{}' has the levels {} hPa only", variable.name, list_levels(axis));
    return false;
  }
  const std::optional<Level> declared = axes.declared_level(file, variable);
  if (declared) {
    if (same_level(*declared, channel.level)) return true;
    if (channel.level.kind == LevelKind::surface)
      return declared->kind == LevelKind::height && declared->value == 0.0;
    result.explanation =
        fmt::format("'{}' says it lies at {}", variable.name, level_text(*declared));
    return false;
  }
  if (!name_says_level) return false;
  MYRIAD_VALIDATE(!is_ambiguous_name(variable.name), ErrorKind::input_corrupt, "E2039",
                  "variable '{}' of '{}' may be a wind at a height or at a pressure (it does not "
                  "say which); add a scalar "
                  "coordinate with standard_name height or air_pressure",
                  variable.name, file.path());
  return true;
}

/// Units and standard name of a located variable: decides the delivered channel and the conversion.
void settle_units(const NetcdfFile& file, const ChannelRequest& request, ChannelMatch& match) {
  const NcVariable& variable = *match.variable;
  std::optional<std::string> units = file.text_attribute(&variable, "units");
  Channel channel = make_channel(request.name, request.units);
  if (!units && channel.units == "1")
    units = "1";  // CF 1.12, 3.1: dimensionless quantities may leave it out
  MYRIAD_VALIDATE(units.has_value(), ErrorKind::input_corrupt, "E2040",
                  "variable '{}' of '{}' has no units attribute ({} is expected for channel '{}'); "
                  "add it, e.g. with ncatted",
                  variable.name, file.path(), channel.units, channel.name);
  const std::optional<Unit> found = parse_unit(*units);
  if (request.units.empty() && found) {
    if (channel.standard_name == "geopotential" && found->same_dimension(*parse_unit("m"))) {
      channel = make_channel(request.name, "m");
    } else if (channel.sum_hours > 0 && found->same_dimension(*parse_unit("kg m-2"))) {
      channel = make_channel(request.name, "kg m-2");
    }
  }
  const std::optional<UnitConversion> conversion =
      unit_conversion(*units, channel.units, channel.standard_name);
  MYRIAD_VALIDATE(conversion.has_value(), ErrorKind::input_corrupt, "E2041",
                  "variable '{}' of '{}' has the unit '{}' (channel '{}' needs '{}' and there is "
                  "no exact conversion); "
                  "convert the file or correct its units attribute",
                  variable.name, file.path(), *units, channel.name, channel.units);
  const std::string standard_name = file.text_attribute(&variable, "standard_name").value_or("");
  MYRIAD_VALIDATE(standard_name.empty() || contains(channel.standard_names, standard_name),
                  ErrorKind::input_corrupt, "E2042",
                  "variable '{}' of '{}' has the standard_name '{}' (channel '{}' is {}); correct "
                  "the attribute or name the "
                  "right variable under variable_names",
                  variable.name, file.path(), standard_name, channel.name, channel.standard_name);
  match.channel = std::move(channel);
  match.conversion = *conversion;
}

}  // namespace

MatchResult match_channel(const NetcdfFile& file, const NetcdfAxes& axes,
                          const ChannelRequest& request, const std::string& variable_name) {
  MatchResult result;
  const Channel wanted = make_channel(request.name, request.units);
  ChannelMatch match;
  const auto accept = [&](const NcVariable& variable, bool name_says_level) {
    if (!is_field(axes, variable)) return false;
    if (!level_fits(file, axes, variable, wanted, name_says_level, match, result)) return false;
    match.variable = &variable;
    return true;
  };
  const auto finish = [&] {
    settle_units(file, request, match);
    result.match = match;
    return result;
  };
  if (!variable_name.empty()) {
    const NcVariable& variable = file.require(variable_name);
    MYRIAD_VALIDATE(is_field(axes, variable), ErrorKind::input_corrupt, "E2043",
                    "variable '{}' of '{}' has no latitude and longitude (it is to hold channel "
                    "'{}'); name another one",
                    variable_name, file.path(), wanted.name);
    match.variable = &variable;
    const int position = level_position(axes, variable);
    if (position < 0 || accept(variable, true)) return finish();
    return result;
  }
  // 1. A variable of its own: u850, t2m, 2t.
  std::vector<std::string> own_names{wanted.name};
  own_names.insert(own_names.end(), wanted.aliases.begin(), wanted.aliases.end());
  if (wanted.level.kind != LevelKind::pressure) own_names.push_back(wanted.variable);
  for (const std::string& name : own_names) {
    const NcVariable* variable = file.find(name);
    if (variable != nullptr && accept(*variable, true)) return finish();
  }
  // 2. A level of a variable with a pressure axis or a scalar pressure: u, ua, u_component_of_wind.
  std::vector<std::string> group_names{wanted.variable};
  group_names.insert(group_names.end(), wanted.variable_aliases.begin(),
                     wanted.variable_aliases.end());
  if (wanted.standard_name == "geopotential" && request.units.empty()) {
    const Channel height =
        make_channel(request.name, "m");  // zNNN of a file that holds heights (gh)
    group_names.push_back(height.variable);
    group_names.insert(group_names.end(), height.variable_aliases.begin(),
                       height.variable_aliases.end());
  }
  if (wanted.level.kind == LevelKind::pressure) {
    for (const std::string& name : group_names) {
      const NcVariable* variable = file.find(name);
      if (variable != nullptr && accept(*variable, false)) return finish();
    }
  }
  // 3. The standard name with a level that fits; only if nothing else would do.
  std::vector<const NcVariable*> found;
  for (const NcVariable& variable : file.variables()) {
    const std::string standard_name = file.text_attribute(&variable, "standard_name").value_or("");
    if (standard_name.empty() || !contains(wanted.standard_names, standard_name)) continue;
    if (contains(own_names, variable.name) || contains(group_names, variable.name)) continue;
    if (accept(variable, wanted.level.kind == LevelKind::surface)) found.push_back(&variable);
  }
  if (found.empty()) return result;
  MYRIAD_VALIDATE(found.size() == 1, ErrorKind::input_corrupt, "E2039",
                  "channel '{}' may be '{}' or '{}' of '{}' (both have its standard name and "
                  "level); choose one under "
                  "variable_names",
                  wanted.name, found[0]->name, found[1]->name, file.path());
  static_cast<void>(accept(*found.front(), true));
  return finish();
}

std::vector<ChannelRequest> discover_channels(const NetcdfFile& file, const NetcdfAxes& axes) {
  std::vector<ChannelRequest> requests;
  const auto offer = [&](const std::string& name) {
    const std::optional<Channel> channel = find_channel(name);
    if (!channel) return;
    for (const ChannelRequest& request : requests) {
      if (request.name == channel->name) return;
    }
    if (match_channel(file, axes, {channel->name, ""}, "").match)
      requests.push_back({channel->name, ""});
  };
  for (const NcVariable& variable : file.variables()) {
    if (!is_field(axes, variable)) continue;
    const int position = level_position(axes, variable);
    if (position < 0) {
      if (is_ambiguous_name(variable.name)) {
        const std::optional<Level> declared = axes.declared_level(file, variable);
        if (declared)
          offer(declared->kind == LevelKind::height ? variable.name + "m" : variable.name);
      } else {
        offer(variable.name);
      }
      continue;
    }
    for (double pressure :
         axes.levels(variable.dimensions[static_cast<std::size_t>(position)])->pressure) {
      const double hpa = pressure / 100.0;
      if (hpa < 1.0 || std::abs(hpa - std::round(hpa)) > 1e-4) continue;
      const std::string suffix = fmt::format("{:.0f}", hpa);
      for (const char* prefix : {"u", "v", "z", "gh", "t", "q", "r", "w"}) {
        const std::optional<Channel> channel = find_channel(prefix + suffix);
        if (!channel) continue;
        if (channel->variable == variable.name ||
            contains(channel->variable_aliases, variable.name)) {
          offer(channel->name);
        }
      }
    }
  }
  return requests;
}

}  // namespace myriad::io::detail
