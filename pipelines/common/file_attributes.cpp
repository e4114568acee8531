#include "pipelines/common/file_attributes.hpp"

#include <algorithm>
#include <variant>

#include "src/base/build_info.hpp"

namespace myriad::pipelines {

void add_attribution_keys(Schema& section) {
  section.text("institution", "Global attribute: where the data were made")
      .default_to("unspecified");
  section.text("license", "Global attribute: terms of use").default_to("unspecified");
  section.text("creator_name", "Global attribute: person or group responsible").default_to("");
  section.text("creator_email", "Global attribute: their address").default_to("");
  section.text("creator_url", "Global attribute: their page").default_to("");
  section.text("references", "Global attribute: publications that describe the method")
      .default_to(
          "spherical Fourier neural operators: arXiv 2306.03838; huge ensembles: arXiv 2408.03100");
  section.date(
      "date_created",
      "Global attribute; absent: the later of the program's source date and the newest input time");
}

Instant creation_date(const Config& section, const Instant& newest_input) {
  if (section.has("date_created")) return section.date("date_created");
  const Instant source = Instant::from_seconds_since_1970(build_info().source_epoch);
  return std::max(source, newest_input.in_calendar(Calendar::standard));
}

io::NcAttributes file_attributes(const Config& section, const FileFacts& facts) {
  const BuildInfo& build = build_info();
  const std::string date = creation_date(section, facts.newest_input).iso();
  io::NcAttributes attributes = {{"title", facts.title},
                                 {"summary", facts.summary},
                                 {"source", facts.source},
                                 {"institution", section.text("institution")},
                                 {"creator_name", section.text("creator_name")},
                                 {"creator_email", section.text("creator_email")},
                                 {"creator_url", section.text("creator_url")},
                                 {"license", section.text("license")},
                                 {"date_created", date},
                                 {"history", fmt::format("{} myriad {} {}: {}", date, build.version,
                                                         facts.verb, facts.history)},
                                 {"id", facts.id},
                                 {"product_version", build.version},
                                 {"processing_level", facts.processing_level},
                                 {"keywords", facts.keywords},
                                 {"references", section.text("references")},
                                 {"MYRIAD_git_describe", build.git_describe}};
  std::erase_if(attributes, [](const auto& attribute) {
    const auto* text = std::get_if<std::string>(&attribute.second);
    return text != nullptr && text->empty();
  });
  return attributes;
}

}  // namespace myriad::pipelines
