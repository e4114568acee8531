#include "pipelines/config/config.hpp"

#include "src/base/error.hpp"
#include "src/base/json.hpp"
#include "src/comm/agree.hpp"

namespace myriad::pipelines {

namespace {

std::shared_ptr<const Schema> schema_of(const VerbContext& context) {
  const std::string name = context.argument("VERB");
  MYRIAD_VALIDATE(
      !name.empty(), ErrorKind::usage, "E2603",
      "argument VERB is missing (whose configuration is meant?); e.g. 'myriad config {} forecast'",
      context.argument("ACTION"));
  return std::make_shared<const Schema>(complete_schema(verb_with_config(name)));
}

/// The schema as a document of its own, which names its dialect for editors.
Json editor_schema(const Schema& schema) {
  Json document;
  document.set("$schema", "https://json-schema.org/draft/2020-12/schema");
  document.set("title", "myriad " + schema.name());
  const Json body = schema.json_schema();
  for (const auto& [name, value] : body.as_object()) document.set(name, value);
  return document;
}

void refuse_file(const VerbContext& context) {
  MYRIAD_VALIDATE(
      context.argument("FILE").empty() && !context.has_option("set"), ErrorKind::usage, "E2603",
      "'config {}' takes neither a file nor --set (it describes the verb); leave them out",
      context.argument("ACTION"));
}

void show(const VerbContext& context) {
  const auto schema = schema_of(context);
  std::vector<ConfigOverride> overrides;
  for (const std::string& set : context.option_values("set")) overrides.push_back(parse_set(set));
  const std::string file = context.argument("FILE");
  const Config config = file.empty() ? Config::from_text(schema, "", "command line", overrides)
                                     : Config::from_file(schema, file, overrides);
  if (context.has_option("json")) {
    Json json;
    json.set("verb", schema->name());
    json.set("sha256", config.sha256());
    json.set("values", config.effective());
    context.print(to_json_text(json, JsonStyle::indented) + "\n");
  } else {
    context.print(config.show() + fmt::format("# sha256: {}\n", config.sha256()));
  }
}

int run_config(const VerbContext& context) {
  const std::string action = context.argument("ACTION");
  // Only rank 0 prints; the others would repeat its work and its errors.
  run_agreed(context.comm, [&] {
    if (!context.root()) return;
    if (action == "show") {
      show(context);
    } else if (action == "schema") {
      refuse_file(context);
      context.print(to_json_text(editor_schema(*schema_of(context)), JsonStyle::indented) + "\n");
    } else if (action == "init") {
      refuse_file(context);
      context.print(schema_of(context)->yaml_template());
    } else if (action == "completion") {
      context.print(bash_completion(cli_verbs()));
    } else if (action == "verbs") {
      for (const Verb& verb : all_verbs()) {
        if (verb.schema) context.print(verb.name + "\n");
      }
    } else {
      const std::vector<std::string> actions = {"show", "schema", "init", "verbs", "completion"};
      const std::string near = nearest_name(action, actions);
      throw Error(
          ErrorKind::usage, "E2603",
          fmt::format("unknown action '{}' (config knows show, schema, init, verbs and completion); {}",
                      action,
                      near.empty() ? "give one of them" : fmt::format("did you mean '{}'?", near)));
    }
  });
  return 0;
}

}  // namespace

Verb config_verb() {
  Verb verb;
  verb.name = "config";
  verb.summary = "Show, describe or start the configuration of a verb";
  verb.example =
      "  myriad config show forecast run.yaml --set members=8\n"
      "  myriad config schema forecast > forecast.schema.json\n"
      "  myriad config init forecast > run.yaml\n"
      "  myriad config completion > myriad.bash";
  verb.positionals = {
      {"ACTION",
       "show (effective values and their origin), schema (JSON Schema), init (template), "
       "verbs (that take a configuration), completion (bash)",
       CliPositional::Count::one},
      {"VERB", "whose configuration", CliPositional::Count::optional},
      {"FILE", "configuration file to show", CliPositional::Count::optional},
  };
  verb.options = {
      {"set", "KEY=VALUE: override a key (repeatable)", CliOption::Kind::values},
      {"json", "show as one JSON object", CliOption::Kind::flag},
  };
  verb.run = run_config;
  return verb;
}

}  // namespace myriad::pipelines
