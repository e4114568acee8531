#include "pipelines/forecast/cascade_settings.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include "pipelines/common/score_families.hpp"
#include "pipelines/forecast/forecast_schema.hpp"
#include "src/io/netcdf_file.hpp"

namespace myriad::pipelines {
namespace {

/// Which members are exchangeable with each other.
std::vector<bool> counting_members(const ForecastSetup& setup) {
  const auto& members = setup.members();
  const MemberRules& rules = setup.rules();
  std::vector<bool> counts;
  for (std::int64_t number : members) {
    const Member member = make_member(number, rules);
    bool alone = false;
    if (rules.centred_pairs) {
      const std::int64_t partner =
          number - (number / rules.checkpoints % 2 == 1 ? 1 : -1) * rules.checkpoints;
      alone = partner == 0 || !std::binary_search(members.begin(), members.end(), partner);
    }
    counts.push_back(!member.control() && !alone);
  }
  return counts;
}

/// Why the first \p size members are no fair sample of all; empty: they are.
std::string unfair(const ForecastSetup& setup, const std::vector<bool>& counts, std::size_t size) {
  const MemberRules& rules = setup.rules();
  std::map<std::pair<std::int64_t, std::int64_t>, std::size_t> shares;
  std::map<std::pair<std::int64_t, std::uint32_t>, int> pairs;
  for (std::size_t slot = 0; slot < size; ++slot) {
    const Member member = make_member(setup.members()[slot], rules);
    ++shares[{member.checkpoint, member.lag}];
    if (rules.centred_pairs && counts[slot]) ++pairs[{member.checkpoint, member.draw}];
  }
  const auto groups = static_cast<std::size_t>(rules.checkpoints * rules.lags);
  const bool fair = shares.size() == groups &&
                    std::all_of(shares.begin(), shares.end(),
                                [&](const auto& s) { return s.second == shares.begin()->second; });
  if (!fair) {
    return fmt::format("{} members are no equal shares of {} checkpoint(s) and {} lag(s)", size,
                       rules.checkpoints, rules.lags);
  }
  const bool whole =
      std::all_of(pairs.begin(), pairs.end(), [](const auto& p) { return p.second == 2; });
  return whole ? std::string() : fmt::format("a round of {} members cuts centred pairs", size);
}

void read_rounds(const ForecastSetup& setup, const Config& cascade, CascadeSettings& settings) {
  const auto refuse = [&](const std::string& why) {
    const MemberRules& rules = setup.rules();
    throw cascade.complaint(
        "rounds", "E2674",
        fmt::format("{} give rising multiples of {}, the last one with all {} members", why,
                    rules.checkpoints * rules.lags * (rules.centred_pairs ? 2 : 1),
                    setup.members().size()));
  };
  const std::vector<std::int64_t> rounds = cascade.integers("rounds");
  if (std::adjacent_find(rounds.begin(), rounds.end(), std::greater_equal<>()) != rounds.end()) {
    refuse(fmt::format("the rounds {} do not rise (each says how many members have run)",
                       fmt::join(rounds, ", ")));
  }
  const auto all = static_cast<std::int64_t>(setup.members().size());
  if (rounds.back() != all) {
    refuse(fmt::format("the last round has {} members, the ensemble {}", rounds.back(), all));
  }
  settings.counts = counting_members(setup);
  settings.unit = setup.rules().centred_pairs ? diag::CascadeUnit::pair : diag::CascadeUnit::member;
  for (std::int64_t size : rounds) {
    settings.rounds.push_back(static_cast<std::size_t>(size));
    const std::string why = unfair(setup, settings.counts, settings.rounds.back());
    if (!why.empty()) refuse(why + " (they would not stand for the members to come)");
    settings.counted.push_back(
        std::count(settings.counts.begin(), settings.counts.begin() + size, true));
  }
  // The control alone, or a pair that the control has broken, decides nothing.
  if (settings.counted.front() == 0 ||
      std::adjacent_find(settings.counted.begin(), settings.counted.end()) !=
          settings.counted.end()) {
    refuse("a round adds no member that counts (the control does not)");
  }
}

double read_threshold(const Config& event) {
  const bool costs = event.has("cost") && event.has("loss"),
             any = event.has("cost") || event.has("loss");
  if (event.has("threshold") ? any : !costs) {
    throw event.complaint(
        "threshold", "E2676",
        "a decision needs a threshold, or cost and loss (and not both) give one of the two");
  }
  if (event.has("threshold")) return event.number("threshold");
  const double cost = event.number("cost"), loss = event.number("loss");
  if (cost > loss) {
    throw event.complaint(
        "cost", "E2676",
        fmt::format("a cost of {} above the loss of {} (protection never pays) correct them", cost,
                    loss));
  }
  return cost / loss;
}

std::vector<std::size_t> read_leads(const Selection& selection, const Config& event) {
  std::vector<std::size_t> leads;
  for (Duration lead : event.durations("leads")) {
    const auto found = std::find_if(selection.leads.begin(), selection.leads.end(),
                                    [&](Duration d) { return d.seconds == lead.seconds; });
    if (found == selection.leads.end()) {
      throw event.complaint(
          "leads", "E2675",
          fmt::format("{} is no lead of the statistics (events are counted in what they keep) "
                      "add it to statistics.leads, or change it",
                      to_string(lead)));
    }
    leads.push_back(static_cast<std::size_t>(found - selection.leads.begin()));
  }
  std::sort(leads.begin(), leads.end());
  leads.erase(std::unique(leads.begin(), leads.end()), leads.end());
  return leads;
}

/// Area of each point of the region, sum 1, else zero.
std::vector<double> area_weights(const Grid& grid, const std::optional<io::MapBox>& box) {
  const io::MapWindow window = box ? io::MapWindow(grid, *box) : io::MapWindow(grid);
  const std::vector<double> rows = grid.row_weights();
  std::vector<double> weights(static_cast<std::size_t>(grid.points()), 0.0);
  double sum = 0.0;
  for (std::size_t p : window.indices()) {
    weights[p] = rows[p / static_cast<std::size_t>(grid.nlon())];
    sum += weights[p];
  }
  for (double& weight : weights) weight /= sum;
  return weights;
}

CascadeEvent read_event(const ForecastSetup& setup, const CascadeSettings& settings,
                        const Config& section) {
  const Selection& selection = setup.statistics();
  const diag::Threshold threshold = read_thresholds({section}).front();
  CascadeEvent event;
  const auto found =
      std::find_if(selection.channels.begin(), selection.channels.end(),
                   [&](const io::Channel& c) { return c.name == threshold.channel; });
  if (found == selection.channels.end()) {
    throw section.complaint(
        "channel", "E2675",
        fmt::format("there are no statistics of '{}' (events are counted in what they keep) "
                    "add it to statistics.channels",
                    threshold.channel));
  }
  event.channel = static_cast<std::size_t>(found - selection.channels.begin());
  event.event = diag::resolve_thresholds(diag::units_of(selection.channels),
                                         std::span(&threshold, 1))[event.channel]
                    .front();
  event.name =
      section.has("name") ? section.text("name") : threshold.channel + "_" + event.event.name;
  event.text = threshold.channel + " " + event.event.text;
  event.leads = read_leads(selection, section);
  event.plan =
      diag::plan_cascade(settings.counted, read_threshold(section), settings.error, settings.unit);
  const auto box =
      section.has("region") ? std::optional(read_box(section.section("region"))) : std::nullopt;
  event.weights = area_weights(setup.description().grid, box);
  event.prior = {section.number("prior_mean"), section.number("prior_strength")};
  const bool named = std::all_of(event.name.begin(), event.name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
  const bool taken =
      std::any_of(settings.events.begin(), settings.events.end(),
                  [&](const CascadeEvent& other) { return other.name == event.name; });
  if (!named || taken || event.name.empty()) {
    throw section.complaint(
        "name", "E2676",
        fmt::format("'{}' cannot name the variables of an event ({}) give another name", event.name,
                    taken ? "another one has it" : "only letters, digits and _ may"));
  }
  return event;
}

}  // namespace

void add_cascade_keys(Schema& forecast) {
  Schema& s = forecast
                  .optional_section("cascade",
                                    "Run members in rounds and stop when decisions are clear "
                                    "(docs/forecast.md)")
                  .not_hashed();
  s.integer("rounds",
            "Members that have run after each round, rising; the last is the full ensemble")
      .list(2)
      .at_least(1)
      .required();
  s.number("error",
           "Largest probability, at a point, of an early decision that the full ensemble would not "
           "make")
      .default_to(0.05)
      .above(0)
      .below(1);
  s.number("accept", "Share of the weight of an event that may stay open")
      .default_to(0.02)
      .at_least(0)
      .below(1);
  s.path("outlook",
         "cascade.nc of an earlier forecast: --dry-run tells what to expect if its probabilities "
         "hold");
  Schema& events = s.section_list(
      "events", "Decisions: act where the probability of an event reaches a threshold");
  events.text("name", "Starts the names of its variables; absent: made of channel and value");
  add_threshold_keys(events, Hashed::no);
  events.duration("leads", "Leads of the statistics at which to decide").list(1).required();
  events.number("threshold", "Probability from which on to act; or give cost and loss")
      .range(0, 1)
      .above(0);
  events.number("cost", "Cost of acting, in the unit of loss").above(0);
  events.number("loss", "Loss if the event comes and nothing was done").above(0);
  add_box_keys(events.optional_section("region", "The decision is made in this box only"));
  events.number("prior_mean", "Frequency of the event before any member is known")
      .default_to(0.5)
      .above(0)
      .below(1);
  events.number("prior_strength", "Members that this frequency weighs as much as")
      .default_to(2.0)
      .above(0);
}

std::vector<std::int64_t> configured_members(const Config& config) {
  if (!config.has("cascade") || config.origin("members") != "default")
    return config.members("members");
  static_cast<void>(config.members("members"));  // the rounds say it
  std::vector<std::int64_t> members(
      static_cast<std::size_t>(config.section("cascade").integers("rounds").back()));
  std::iota(members.begin(), members.end(), 0);
  return members;
}

CascadeSettings read_cascade(const ForecastSetup& setup) {
  const Config cascade = setup.config().section("cascade");
  CascadeSettings settings;
  if (!setup.has_statistics()) {
    throw cascade.complaint(
        "events", "E2675",
        "there are no statistics (events are counted in what they keep) set statistics.enabled");
  }
  if (setup.order() == StepOrder::lead) {
    throw cascade.complaint("rounds", "E2675",
                            "order: lead steps all members at once (no round would end before the "
                            "others) use order: member");
  }
  read_rounds(setup, cascade, settings);
  settings.error = cascade.number("error");
  settings.accept = cascade.number("accept");
  for (const Config& section : cascade.sections("events"))
    settings.events.push_back(read_event(setup, settings, section));
  if (settings.events.empty()) {
    throw cascade.complaint("events", "E2676", "no events (nothing would be decided) give one");
  }
  return settings;
}

std::vector<CascadeOutlookMap> read_outlook(const ForecastSetup& setup,
                                            const CascadeSettings& settings) {
  const Config cascade = setup.config().section("cascade");
  std::vector<CascadeOutlookMap> maps;
  if (!cascade.has("outlook")) return maps;
  const std::string path = cascade.path("outlook").string();
  const auto file = io::NetcdfFile::open(path);
  const Grid& grid = setup.description().grid;
  const std::vector<double> periods = file.read_values(file.require("forecast_period"));
  for (std::size_t e = 0; e < settings.events.size(); ++e) {
    const CascadeEvent& event = settings.events[e];
    const std::string name = event.name + "_posterior";
    const io::NcVariable& variable = file.require(name);
    const std::vector<std::int64_t> wanted{static_cast<std::int64_t>(periods.size()), grid.nlat(),
                                           grid.nlon()};
    MYRIAD_VALIDATE(file.shape(variable) == wanted, ErrorKind::input_corrupt, "E2677",
                    "{} of {} is no map on {} at its {} times (expected the cascade.nc of a "
                    "forecast like this one) "
                    "change cascade.outlook",
                    name, path, grid.describe(), periods.size());
    for (std::size_t k = 0; k < event.leads.size(); ++k) {
      const double hours = setup.statistics().leads[event.leads[k]].in_hours();
      const auto found = std::find(periods.begin(), periods.end(), hours);
      MYRIAD_VALIDATE(
          found != periods.end(), ErrorKind::input_corrupt, "E2677",
          "{} does not hold the lead of {:g} h (the cascade decides at it) change cascade.outlook",
          path, hours);
      const std::vector<std::int64_t> start{found - periods.begin(), 0, 0},
          count{1, grid.nlat(), grid.nlon()};
      const std::vector<double> map = file.read_values(variable, start, count);
      MYRIAD_VALIDATE(
          std::all_of(map.begin(), map.end(), [](double p) { return p >= 0.0 && p <= 1.0; }),
          ErrorKind::input_corrupt, "E2677",
          "{} of {} holds no probabilities at {:g} h (it was not decided there) change "
          "cascade.outlook",
          name, path, hours);
      maps.push_back({e, k, diag::cascade_saving(event.plan, map, event.weights, settings.accept)});
    }
  }
  return maps;
}

std::string cascade_text(const ForecastSetup& setup, const CascadeSettings& settings) {
  std::string text = fmt::format(
      "cascade          rounds of {} members, {} of which count; an early decision is wrong with "
      "probability {:g} at "
      "most at a point; stops when at most {:g} of every event's weight is open\n",
      fmt::join(settings.rounds, ", "), fmt::join(settings.counted, ", "), settings.error,
      settings.accept);
  for (const CascadeEvent& event : settings.events) {
    std::vector<std::string> hours, limits;
    for (std::size_t lead : event.leads) hours.push_back(to_string(setup.statistics().leads[lead]));
    for (const diag::CascadeRound& round : event.plan.rounds) {
      const std::string no = round.no_at_most < 0 ? "-" : fmt::format("{}", round.no_at_most);
      const std::string yes =
          round.yes_at_least > round.members ? "-" : fmt::format("{}", round.yes_at_least);
      limits.push_back(fmt::format("{}/{} of {}", no, yes, round.members));
    }
    text += fmt::format("  {:<15}{} at {}, threshold {:g}: no at most/yes at least {}\n",
                        event.name + " ", event.text, fmt::join(hours, ", "), event.plan.threshold,
                        fmt::join(limits, ", "));
  }
  std::int64_t most = 0;
  const std::vector<CascadeOutlookMap> outlook = read_outlook(setup, settings);
  for (const CascadeOutlookMap& map : outlook) {
    const CascadeEvent& event = settings.events[map.event];
    std::vector<std::string> open;
    for (double share : map.saving.open_share) open.push_back(fmt::format("{:.3f}", share));
    text += fmt::format("  expected       {} at {}: open after each round {}, {} members\n",
                        event.name, to_string(setup.statistics().leads[event.leads[map.lead]]),
                        fmt::join(open, " "), map.saving.members);
    most = std::max(most, map.saving.members);
  }
  if (!outlook.empty()) {
    text += fmt::format(
        "  expected       in all {} of {} members that count: {:.0f} % saved\n", most,
        settings.counted.back(),
        100.0 * (1.0 - static_cast<double>(most) / static_cast<double>(settings.counted.back())));
  }
  return text;
}

}  // namespace myriad::pipelines
