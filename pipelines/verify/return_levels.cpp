#include "pipelines/verify/return_levels.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "diagnostics/families/regional_values.hpp"
#include "diagnostics/inferences/return_levels.hpp"

namespace myriad::pipelines {
namespace {

std::vector<std::size_t> channels_of(const Config& section, const diag::VerificationShape& shape) {
  std::vector<std::size_t> numbers(shape.channels.size());
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  if (!section.has("channels")) return numbers;
  numbers.clear();
  for (const std::string& name : section.texts("channels")) {
    const auto found = std::find_if(shape.channels.begin(), shape.channels.end(),
                                    [&](const auto& channel) { return channel.name == name; });
    const auto number = static_cast<std::size_t>(found - shape.channels.begin());
    const bool twice = std::find(numbers.begin(), numbers.end(), number) != numbers.end();
    if (found == shape.channels.end() || twice) {
      throw section.complaint("channels", "E2740",
                              fmt::format("no return levels of {} ({}) name channels that are "
                                          "verified, each once",
                                          name, twice ? "it is named twice" : "it is not verified"));
    }
    numbers.push_back(number);
  }
  return numbers;
}

}  // namespace

void add_return_level_keys(Schema& verify) {
  Schema& s = verify.optional_section(
      "return_levels", "Distribution of extremes: return levels of members and truth, by region");
  s.text("channels", "Channels; absent: all that are verified").list(1);
  s.choice("extreme", "Largest or smallest value of a window", {"largest", "smallest"})
      .default_to("largest");
  s.duration("window", "Length of the windows of leads; absent: all leads are one window")
      .above(0.0);
  s.duration("after", "Leads up to this one are left out").default_to("0h").at_least(0.0);
  s.number("periods", "Return periods, increasing")
      .unit("windows")
      .above(1.0)
      .list(1, 100)
      .default_to(Json(Json::Array{2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0}));
  s.choice("distribution", "Generalised extreme value distribution, or the one of shape 0",
           {"gev", "gumbel"})
      .default_to("gev");
  s.integer("members", "Members whose extremes are pooled; the first ones")
      .default_to(1000)
      .range(1, 100000);
}

void add_return_levels(const Config& verify, diag::VerificationShape& shape) {
  if (!verify.has("return_levels")) return;
  const Config section = verify.section("return_levels");
  diag::LeadWindows windows;
  windows.after_hours = section.duration("after").in_hours();
  const double last = *std::max_element(shape.lead_hours.begin(), shape.lead_hours.end());
  windows.window_hours =
      section.has("window") ? section.duration("window").in_hours() : last - windows.after_hours;
  bool any = false;
  for (std::size_t t = 0; t < shape.lead_hours.size() && windows.window_hours > 0.0; ++t)
    any = any || !windows.leads_of(shape.lead_hours, t).empty();
  if (!any) {
    throw section.complaint(
        section.has("window") ? "window" : "after", "E2740",
        fmt::format("no return levels in windows of {:g} h after {:g} h (no lead ends one: {:g} h) "
                    "choose a window that ends with a lead",
                    windows.window_hours, windows.after_hours, fmt::join(shape.lead_hours, ", ")));
  }
  diag::ReturnLevelOptions options;
  options.periods = section.numbers("periods");
  if (std::adjacent_find(options.periods.begin(), options.periods.end(),
                         [](double a, double b) { return a >= b; }) != options.periods.end()) {
    throw section.complaint("periods", "E2740",
                            fmt::format("no return levels of periods {:g} (they do not increase) "
                                        "sort them, each once",
                                        fmt::join(options.periods, ", ")));
  }
  if (section.text("distribution") == "gumbel") options.family = diag::ExtremeFamily::gumbel;
  if (section.text("extreme") == "smallest") options.extreme = diag::Extreme::smallest;
  const auto channels = channels_of(section, shape);
  const auto values = diag::make_regional_values_family(
      channels, std::min<std::int64_t>(shape.members, section.integer("members")));
  shape.families.push_back(values);
  shape.inferences.push_back(diag::make_return_levels(values, channels, windows, options));
}

}  // namespace myriad::pipelines
