#include "pipelines/verify/scored_fields.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <utility>

#include "src/base/error.hpp"
#include "src/io/units.hpp"

namespace myriad::pipelines {
namespace {

/// A field that is scored: a channel as it is, or a function of several.
struct ScoredVariable {
  struct Input {
    std::size_t channel = 0;  ///< of the source
    double scale = 1.0, offset = 0.0;
  };
  io::Channel channel;
  std::vector<Input> inputs;
  void (*compute)(diag::DerivedInputs inputs, std::span<float> out) = nullptr;  ///< null: as it is
};

/// What both sides of the comparison share.
struct Scored {
  std::vector<ScoredVariable> variables;
  std::vector<std::size_t> starts;  ///< of the source
  std::vector<std::pair<std::string, std::string>> provenance;

  /// Make a field from those of the source. \p read fills one of them, or tells that there is none.
  template <class Read>
  bool make(std::size_t variable, std::span<float> out, const Read& read) {
    const ScoredVariable& v = variables[variable];
    if (v.compute == nullptr) return read(v.inputs.front().channel, out);
    std::vector<std::span<const float>> fields;
    buffers_.resize(std::max(buffers_.size(), v.inputs.size()));
    for (std::size_t i = 0; i < v.inputs.size(); ++i) {
      const ScoredVariable::Input& input = v.inputs[i];
      buffers_[i].resize(out.size());
      if (!read(input.channel, std::span<float>(buffers_[i]))) return false;
      if (input.scale != 1.0 || input.offset != 0.0) {
        for (float& x : buffers_[i])
          x = static_cast<float>(input.scale * static_cast<double>(x) + input.offset);
      }
      fields.emplace_back(buffers_[i]);
    }
    v.compute(fields, out);
    return true;
  }

 private:
  std::vector<std::vector<float>> buffers_;
};

class ScoredForecasts final : public ForecastSource {
 public:
  ScoredForecasts(std::unique_ptr<ForecastSource> source, std::shared_ptr<Scored> scored)
      : source_(std::move(source)), scored_(std::move(scored)) {
    grid_ = std::make_unique<Grid>(source_->grid());
    for (std::size_t s : scored_->starts) starts_.push_back(source_->starts()[s]);
    leads_ = source_->leads();
    for (const ScoredVariable& v : scored_->variables) channels_.push_back(v.channel);
    members_ = source_->members();
    has_control_ = source_->has_control();
    checkpoints_ = source_->checkpoints();
    description_ = source_->description();
    provenance_ = source_->provenance();
    provenance_.insert(provenance_.end(), scored_->provenance.begin(), scored_->provenance.end());
  }

  std::string place(std::size_t start) const override {
    return source_->place(scored_->starts[start]);
  }
  void open(std::size_t start) override {
    source_->open(scored_->starts[start]);
    checkpoints_ = source_->checkpoints();
  }
  void read_member(std::int64_t member, std::size_t channel, std::size_t lead,
                   std::span<float> out) override {
    scored_->make(channel, out, [&](std::size_t input, std::span<float> field) {
      source_->read_member(member, input, lead, field);
      return true;
    });
  }
  void read_control(std::size_t channel, std::size_t lead, std::span<float> out) override {
    scored_->make(channel, out, [&](std::size_t input, std::span<float> field) {
      source_->read_control(input, lead, field);
      return true;
    });
  }

 private:
  std::unique_ptr<ForecastSource> source_;
  std::shared_ptr<Scored> scored_;
};

class ScoredTruth final : public TruthSource {
 public:
  ScoredTruth(std::unique_ptr<TruthSource> source, std::shared_ptr<Scored> scored)
      : source_(std::move(source)), scored_(std::move(scored)) {
    description_ = source_->description();
    provenance_ = source_->provenance();
  }

  bool read_truth(std::size_t start, std::size_t channel, std::size_t lead,
                  std::span<float> out) override {
    return scored_->make(channel, out, [&](std::size_t input, std::span<float> field) {
      return source_->read_truth(scored_->starts[start], input, lead, field);
    });
  }
  bool read_analysis(std::size_t start, std::size_t channel, std::span<float> out) override {
    return scored_->make(channel, out, [&](std::size_t input, std::span<float> field) {
      return source_->read_analysis(scored_->starts[start], input, field);
    });
  }

 private:
  std::unique_ptr<TruthSource> source_;
  std::shared_ptr<Scored> scored_;
};

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The same with the names of the channel table in place of aliases ("2t").
std::vector<std::string> canonical(std::vector<std::string> names) {
  for (std::string& name : names) {
    if (const auto channel = io::find_channel(name)) name = channel->name;
  }
  return names;
}

/// Months of a season by their initials.
std::vector<int> months_of_season(const std::string& season) {
  static const std::map<std::string, std::vector<int>> seasons{
      {"DJF", {12, 1, 2}}, {"MAM", {3, 4, 5}}, {"JJA", {6, 7, 8}}, {"SON", {9, 10, 11}}};
  return seasons.at(season);
}

std::vector<std::string> names_of(const std::vector<io::Channel>& channels) {
  std::vector<std::string> names;
  for (const io::Channel& c : channels) names.push_back(c.name);
  return names;
}

ScoredVariable as_it_is(const std::vector<io::Channel>& channels, std::size_t number) {
  return {channels[number], {{number, 1.0, 0.0}}, nullptr};
}

ScoredVariable computed(const diag::DerivedVariable& derived, const ForecastSource& source) {
  const std::vector<std::string> names = names_of(source.channels());
  ScoredVariable v{derived.channel, {}, derived.compute};
  for (const io::Channel& input : derived.inputs) {
    const auto found = std::find(names.begin(), names.end(), input.name);
    MYRIAD_VALIDATE(found != names.end(), ErrorKind::input_missing, "E2731",
                    "{} needs the channel {} ({} has {}) add it to the forecasts or drop {} from "
                    "derived",
                    derived.channel.name, input.name, source.place(0), fmt::join(names, ", "),
                    derived.channel.name);
    const auto number = static_cast<std::size_t>(found - names.begin());
    const io::Channel& given = source.channels()[number];
    const auto conversion = io::unit_conversion(given.units, input.units, input.standard_name);
    MYRIAD_VALIDATE(conversion.has_value(), ErrorKind::config_invalid, "E2732",
                    "{} cannot be computed of {} (it is in '{}', '{}' is needed) convert the files "
                    "or drop {} from derived",
                    derived.channel.name, input.name, given.units, input.units,
                    derived.channel.name);
    v.inputs.push_back({number, conversion->scale, conversion->offset});
  }
  return v;
}

}  // namespace

void add_scored_field_keys(Schema& schema) {
  schema
      .text("derived",
            "Variables computed of channels and scored like them: wind<level>, "
            "thickness_<lower>_<upper>, relative_humidity_2m, heat_index, apparent_temperature")
      .list(1);
  Schema& select = schema.section("select", "Which of the forecasts are scored");
  select.integer("months", "Calendar months of the starts; absent: all").list(1, 12).range(1, 12);
  select.choice("season", "Instead of months: their initials", {"DJF", "MAM", "JJA", "SON"});
}

ScoredFields::ScoredFields(const Config& config) : all_channels_(!config.has("channels")) {
  if (!all_channels_) channels_ = config.texts("channels");
  if (config.has("derived")) {
    for (const std::string& name : config.texts("derived")) {
      const bool twice = std::any_of(derived_.begin(), derived_.end(),
                                     [&](const auto& d) { return d.channel.name == name; });
      if (twice || contains(channels_, name)) {
        throw config.complaint("derived", "E2730",
                               fmt::format("'{}' is asked for twice (its scores would exist twice) "
                                           "drop one",
                                           name));
      }
      derived_.push_back(diag::make_derived(name));
    }
  }
  if (!all_channels_ && channels_.empty() && derived_.empty()) {
    throw config.complaint("channels", "E2730",
                           "no channel and no derived variable is asked for (nothing can be "
                           "scored) name some, or leave out channels to score all");
  }
  to_open_ = channels_;
  for (const diag::DerivedVariable& d : derived_) {
    if (all_channels_) break;
    for (const io::Channel& input : d.inputs) {
      if (!contains(canonical(to_open_), input.name)) to_open_.push_back(input.name);
    }
  }
  const Config select = config.section("select");
  if (select.has("months") && select.has("season")) {
    throw select.complaint("season", "E2733",
                           "months and a season are given (both say which starts count) keep one");
  }
  if (select.has("months")) {
    for (std::int64_t month : select.integers("months")) months_.push_back(static_cast<int>(month));
  }
  if (select.has("season")) months_ = months_of_season(select.text("season"));
}

void ScoredFields::open(const std::function<void()>& open) const {
  try {
    open();
  } catch (const Error& error) {
    const std::string text = error.what();
    for (const diag::DerivedVariable& d : derived_) {
      for (const io::Channel& input : d.inputs) {
        const bool named = text.find("'" + input.name + "'") != std::string::npos;
        if (!named || all_channels_ || contains(canonical(channels_), input.name)) continue;
        throw Error(error.kind(), "E2731",
                    fmt::format("{} needs the channel {}: {}, or drop {} from derived",
                                d.channel.name, input.name, text, d.channel.name));
      }
    }
    throw;
  }
}

void ScoredFields::apply(std::unique_ptr<ForecastSource>& forecasts,
                         std::unique_ptr<TruthSource>& truth) const {
  if (derived_.empty() && months_.empty()) return;
  auto scored = std::make_shared<Scored>();
  const std::vector<io::Channel>& channels = forecasts->channels();
  // The channels asked for were opened first.
  const std::size_t plain = all_channels_ ? channels.size() : channels_.size();
  for (std::size_t c = 0; c < plain; ++c) scored->variables.push_back(as_it_is(channels, c));
  for (const diag::DerivedVariable& d : derived_) {
    for (std::size_t c = 0; c < plain; ++c) {
      MYRIAD_VALIDATE(channels[c].name != d.channel.name, ErrorKind::config_invalid, "E2730",
                      "{} has a channel {} of its own (its scores would exist twice) drop it from "
                      "derived, or name the channels to score",
                      forecasts->place(0), d.channel.name);
    }
    scored->variables.push_back(computed(d, *forecasts));
    scored->provenance.emplace_back("Definition of " + d.channel.name, d.definition);
  }
  for (std::size_t s = 0; s < forecasts->starts().size(); ++s) {
    const int month = forecasts->starts()[s].civil().month;
    if (months_.empty() || std::find(months_.begin(), months_.end(), month) != months_.end())
      scored->starts.push_back(s);
  }
  MYRIAD_VALIDATE(!scored->starts.empty(), ErrorKind::input_missing, "E2734",
                  "no forecast starts in the months {} ({} from {} to {}) change select",
                  fmt::join(months_, ", "), forecasts->starts().size(),
                  forecasts->starts().front().iso(), forecasts->starts().back().iso());
  if (!months_.empty())
    scored->provenance.emplace_back("Months of the starts",
                                    fmt::format("{}", fmt::join(months_, ", ")));
  forecasts = std::make_unique<ScoredForecasts>(std::move(forecasts), scored);
  truth = std::make_unique<ScoredTruth>(std::move(truth), scored);
}

}  // namespace myriad::pipelines
