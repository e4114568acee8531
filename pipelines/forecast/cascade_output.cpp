// What a cascade leaves: products/cascade.nc and facts for the manifest.
#include <algorithm>
#include <limits>
#include <set>

#include "pipelines/forecast/attributes.hpp"
#include "pipelines/forecast/cascade_run.hpp"
#include "pipelines/forecast/member_output.hpp"
#include "src/io/product_writer.hpp"

namespace myriad::pipelines {
namespace {

/// In integers, of a lead at which an event is not asked for.
constexpr std::int32_t k_not_asked = -1;

io::ProductVariable variable(const std::string& name, io::NcType type,
                             std::vector<std::string> dimensions, const std::string& long_name) {
  io::ProductVariable v;
  v.name = name;
  v.type = type;
  v.dimensions = std::move(dimensions);
  v.attributes = {{"long_name", long_name}, {"units", std::string("1")}};
  return v;
}

void define_event(io::ProductWriter& writer, const CascadeEvent& event, double error) {
  const std::string what = fmt::format("P({}) >= {:g}", event.text, event.plan.threshold);
  const std::vector<std::string> rounds{"time", "round", "latitude", "longitude"},
      maps{"time", "latitude", "longitude"};
  io::ProductVariable decision = variable(event.name + "_decision", io::NcType::int32, rounds,
                                          "decision whether " + what + ", after each round");
  decision.attributes.insert(
      decision.attributes.end(),
      {{"flag_values", std::vector<std::int32_t>{k_not_asked, 0, 1, 2}},
       {"flag_meanings", std::string("not_asked_at_this_time no open yes")},
       {"threshold", event.plan.threshold},
       {"error_bound", error},
       {"comment",
        std::string("no and yes stand as decided first, except after the full ensemble, which "
                    "decides by its share; an early decision differs from that one with a "
                    "probability of at most error_bound at a point")}});
  writer.define_variable(decision);
  io::ProductVariable count =
      variable(event.name + "_count", io::NcType::int32, rounds,
               "members that count and show " + event.text + ", after each round");
  count.attributes.emplace_back("comment", std::string("-1: not asked at this time"));
  writer.define_variable(count);
  io::ProductVariable posterior = variable(event.name + "_posterior", io::NcType::f32, maps,
                                           "posterior mean of the probability of " + event.text);
  posterior.missing = io::MissingValues::allow;
  posterior.attributes.insert(
      posterior.attributes.end(),
      {{"prior_mean", event.prior.mean},
       {"prior_strength", event.prior.strength},
       {"MYRIAD_estimator",
        std::string("(count + prior_mean * prior_strength) / (members + prior_strength); the plain "
                    "share is "
                    "biased where members stopped early because it was extreme")}});
  writer.define_variable(posterior);
  io::ProductVariable flip = variable(
      event.name + "_flip", io::NcType::f32, maps,
      "probability that the full ensemble decides otherwise than the share of the members run");
  flip.missing = io::MissingValues::allow;
  flip.attributes.emplace_back("MYRIAD_estimator",
                               std::string("beta-binomial given the count and the prior"));
  writer.define_variable(flip);
  writer.define_variable(
      variable(event.name + "_weight", io::NcType::f64, {"latitude", "longitude"},
               "area of the points at which it is decided, as share of their sum"));
  io::ProductVariable open =
      variable(event.name + "_open_share", io::NcType::f64, {"time", "round"},
               "share of the weight that is open after each round");
  open.missing = io::MissingValues::allow;
  writer.define_variable(open);
  writer.define_variable(variable(event.name + "_no_at_most", io::NcType::int32, {"round"},
                                  "counts up to this decide no; -1: none"));
  writer.define_variable(variable(event.name + "_yes_at_least", io::NcType::int32, {"round"},
                                  "counts from this on decide yes"));
}

}  // namespace

std::vector<std::string> CascadeRun::write() const {
  std::vector<std::string> written;
  for (std::size_t date = 0; date < dates_.size(); ++date) written.push_back(write_date(date));
  return written;
}

std::string CascadeRun::write_date(std::size_t d) const {
  const Date& date = dates_[d];
  const std::size_t rounds = date.rounds.size(), points = layout_.field_points();
  const std::string folder = setup_.dates()[d].folder + "products/";
  make_directory(setup_.out() / folder);
  std::set<std::size_t> leads;
  for (const Decision& decision : date.decisions) leads.insert(decision.lead);
  std::vector<Duration> times;
  for (std::size_t lead : leads) times.push_back(setup_.statistics().leads[lead]);

  io::NcAttributes attributes =
      product_attributes(setup_.config().section("output"), facts_of(setup_, d), members(d),
                         "decisions of an ensemble in rounds",
                         "limits of the counts: hypergeometric tails (centred pairs: Hoeffding's "
                         "inequality) and the union bound over rounds");
  io::ProductWriter writer(setup_.out() / (folder + "cascade.nc"), attributes, Existing::replace);
  writer.define_grid(setup_.description().grid);
  writer.define_forecast_times(setup_.dates()[d].time, times);
  std::vector<std::int32_t> run, counted, lost;
  for (std::size_t r = 0; r < rounds; ++r) {
    run.push_back(static_cast<std::int32_t>(settings_.rounds[r]));
    counted.push_back(static_cast<std::int32_t>(date.rounds[r].counted));
    lost.push_back(static_cast<std::int32_t>(date.rounds[r].lost));
  }
  writer.define_axis("round", run,
                     {{"long_name", std::string("members that have run after the round")},
                      {"units", std::string("1")}});
  writer.define_variable(variable("members_counted", io::NcType::int32, {"round"},
                                  "sound members that count: without the control and its pair"));
  writer.define_variable(variable("members_lost", io::NcType::int32, {"round"},
                                  "members that became unstable and would have counted"));
  const io::NcAttributes number{{"units", std::string("1")}};
  const auto scalar = [&](const std::string& name, auto value, const std::string& long_name) {
    io::NcAttributes all = number;
    all.emplace_back("long_name", long_name);
    writer.define_scalar(name, value, all);
  };
  scalar("members", run.back(), "members that have run");
  scalar("members_full", static_cast<std::int32_t>(settings_.rounds.back()),
         "members of the full ensemble");
  scalar(
      "error_bound", settings_.error,
      "largest probability of an early decision that the full ensemble would not make, at a point");
  scalar("accepted_open_share", settings_.accept, "share of the weight that may stay open");
  for (const CascadeEvent& event : settings_.events) define_event(writer, event, settings_.error);

  writer.write("members_counted", std::span<const std::int32_t>(counted));
  writer.write("members_lost", std::span<const std::int32_t>(lost));
  constexpr float k_missing = std::numeric_limits<float>::quiet_NaN();
  for (std::size_t e = 0; e < settings_.events.size(); ++e) {
    const CascadeEvent& event = settings_.events[e];
    writer.write(event.name + "_weight", std::span<const double>(event.weights));
    std::vector<std::int32_t> no, yes;
    for (const Round& round : date.rounds) {
      no.push_back(static_cast<std::int32_t>(round.limits[e].no_at_most));
      yes.push_back(static_cast<std::int32_t>(round.limits[e].yes_at_least));
    }
    writer.write(event.name + "_no_at_most", std::span<const std::int32_t>(no));
    writer.write(event.name + "_yes_at_least", std::span<const std::int32_t>(yes));
    // Flips are those of the plan, or none once all have run. Members that were lost are left out
    // of the count.
    const std::vector<double> flips =
        rounds == settings_.rounds.size()
            ? std::vector<double>()
            : diag::flip_probabilities(event.plan, rounds - 1, event.prior);
    std::int64_t time = 0;
    for (std::size_t lead : leads) {
      std::vector<std::int32_t> decisions(rounds * points, k_not_asked),
          counts(rounds * points, k_not_asked);
      std::vector<float> posterior(points, k_missing), flip(points, k_missing);
      std::vector<double> open(rounds, std::numeric_limits<double>::quiet_NaN());
      const auto found =
          std::find_if(date.decisions.begin(), date.decisions.end(),
                       [&](const Decision& x) { return x.event == e && x.lead == lead; });
      if (found != date.decisions.end()) {
        const auto k = static_cast<std::size_t>(found - date.decisions.begin());
        for (std::size_t r = 0; r < rounds; ++r) {
          const Round& round = date.rounds[r];
          std::copy(round.counts[k].begin(), round.counts[k].end(),
                    counts.begin() + static_cast<std::ptrdiff_t>(r * points));
          for (std::size_t p = 0; p < points; ++p) {
            decisions[r * points + p] = static_cast<std::int32_t>(round.decisions[k][p]);
          }
          open[r] = round.open_share[k];
        }
        const double n = static_cast<double>(date.rounds.back().counted);
        for (std::size_t p = 0; p < points; ++p) {
          const double count = static_cast<double>(found->counts[p]);
          posterior[p] = static_cast<float>((count + event.prior.mean * event.prior.strength) /
                                            (n + event.prior.strength));
          flip[p] = flips.empty()
                        ? 0.0F
                        : static_cast<float>(flips[static_cast<std::size_t>(found->counts[p])]);
        }
      }
      writer.write_slab(event.name + "_decision", time, std::span<const std::int32_t>(decisions));
      writer.write_slab(event.name + "_count", time, std::span<const std::int32_t>(counts));
      writer.write_slab(event.name + "_posterior", time, std::span<const float>(posterior));
      writer.write_slab(event.name + "_flip", time, std::span<const float>(flip));
      writer.write_slab(event.name + "_open_share", time, std::span<const double>(open));
      ++time;
    }
  }
  writer.finish();
  return folder + "cascade.nc";
}

Json CascadeRun::facts() const {
  Json dates(Json::Array{});
  for (std::size_t d = 0; d < dates_.size(); ++d) {
    Json date;
    date.set("start", setup_.dates()[d].time.iso());
    date.set("members_run", members(d));
    date.set("members_full", settings_.rounds.back());
    date.set("members_saved", settings_.rounds.back() - members(d));
    date.set("error_bound", settings_.error);
    date.set("accepted_open_share", settings_.accept);
    Json rounds(Json::Array{});
    for (std::size_t r = 0; r < dates_[d].rounds.size(); ++r) {
      Json round, open(Json::Array{});
      round.set("members", settings_.rounds[r]);
      for (std::size_t k = 0; k < dates_[d].decisions.size(); ++k) {
        const Decision& decision = dates_[d].decisions[k];
        Json share;
        share.set("event", settings_.events[decision.event].name);
        share.set("lead_hours", setup_.statistics().leads[decision.lead].in_hours());
        share.set("open_share", dates_[d].rounds[r].open_share[k]);
        open.push_back(share);
      }
      round.set("open", open);
      rounds.push_back(round);
    }
    date.set("rounds", rounds);
    dates.push_back(date);
  }
  return dates;
}

}  // namespace myriad::pipelines
