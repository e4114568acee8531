#include "src/base/config.hpp"

#include <gtest/gtest.h>

#include <clocale>
#include <locale>

#include "src/base/files.hpp"
#include "tests/unit/base/expect_error.hpp"
#include "tests/unit/base/temporary_directory.hpp"

namespace myriad {
namespace {

using test::expect_error;

std::shared_ptr<const Schema> example_schema() {
  Schema s("example", "A configuration with every type");
  s.integer("seed", "Seed").default_to(7).at_least(0).on_command_line();
  s.number("spread", "Amplitude").default_to(0.35).above(0).range(0, 2).unit("K");
  s.flag("overwrite", "Replace output").default_to(false).not_hashed().on_command_line();
  s.text("title", "Title");
  s.choice("device", "Device", {"cpu", "cuda"}).default_to("cpu");
  s.duration("lead", "Length").default_to("10d").range(3600, 864000);
  s.date("start", "Start").required().on_command_line();
  s.path("out", "Output").default_to("out").not_hashed();
  s.members("members", "Members").default_to(4);
  s.number("weights", "Weights").list(2, 2);
  Schema& model = s.section("model", "Network");
  model.integer("width", "Channels").default_to(64).range(1, 4096);
  model.text("layers", "Layer names").list().default_to(Json::Array{"a", "b"});
  Schema& noise = s.optional_section("noise", "Noise");
  noise.number("amplitude", "Size").required();
  noise.integer("degree", "Largest degree").default_to(20);
  Schema& stages = s.section_list("stages", "Training stages");
  stages.integer("steps", "Roll-out steps").required();
  stages.number("rate", "Learning rate").default_to(1e-3);
  Schema& points = s.section_map("points", "Places of plumes");
  points.number("latitude", "Latitude").required().range(-90, 90);
  points.number("longitude", "Longitude").required().range(-180, 360);
  return std::make_shared<const Schema>(std::move(s));
}

Config load(std::string_view yaml, const std::vector<std::string>& sets = {}) {
  std::vector<ConfigOverride> overrides;
  for (const std::string& set : sets) overrides.push_back(parse_set(set));
  return Config::from_text(example_schema(), yaml, "run.yaml", overrides);
}

void refused(std::string_view yaml, std::string_view id, const std::vector<std::string>& words,
             const std::vector<std::string>& sets = {}) {
  SCOPED_TRACE(std::string(yaml.substr(0, 200)));
  expect_error([&] { load(yaml, sets); }, ErrorKind::config_invalid, id, words);
}

TEST(Config, ValuesOfEveryTypeAreRead) {
  const Config c = load(R"(
start: 2003-01-15T06Z   # a comment
seed: 12
spread: 1
overwrite: true
title: 'quoted: "text"'
device: cuda
lead: 36h
out: ~/run
members: 0-3,7
weights: [0.5, 2]
model: {width: 128, layers: [x, "y z"]}
noise:
  amplitude: 1.5e-2
stages:
  - steps: 1
  - {steps: 4, rate: 0.5}
points:
  Zurich: {latitude: 47.4, longitude: 8.5}
)");
  ::setenv("HOME", "/home/u", 1);
  EXPECT_EQ(c.integer("seed"), 12);
  EXPECT_EQ(c.number("spread"), 1.0);
  EXPECT_TRUE(c.flag("overwrite"));
  EXPECT_EQ(c.text("title"), "quoted: \"text\"");
  EXPECT_EQ(c.text("device"), "cuda");
  EXPECT_EQ(c.duration("lead"), Duration::hours(36));
  EXPECT_EQ(c.date("start").iso(), "2003-01-15T06:00:00Z");
  EXPECT_EQ(c.path("out"), "/home/u/run");
  EXPECT_EQ(c.members("members"), (std::vector<std::int64_t>{0, 1, 2, 3, 7}));
  EXPECT_EQ(c.numbers("weights"), (std::vector<double>{0.5, 2.0}));
  EXPECT_EQ(c.integer("model.width"), 128);
  EXPECT_EQ(c.section("model").texts("layers"), (std::vector<std::string>{"x", "y z"}));
  ASSERT_TRUE(c.has("noise"));
  EXPECT_EQ(c.number("noise.amplitude"), 0.015);
  EXPECT_EQ(c.integer("noise.degree"), 20);
  const std::vector<Config> stages = c.sections("stages");
  ASSERT_EQ(stages.size(), 2U);
  EXPECT_EQ(stages[0].number("rate"), 1e-3);
  EXPECT_EQ(stages[1].integer("steps"), 4);
  const auto points = c.named_sections("points");
  ASSERT_EQ(points.size(), 1U);
  EXPECT_EQ(points[0].first, "Zurich");
  EXPECT_EQ(points[0].second.number("latitude"), 47.4);
}

TEST(Config, DefaultsFillWhatIsNotGiven) {
  const Config c = load("start: 2003-01-15");
  EXPECT_EQ(c.integer("seed"), 7);
  EXPECT_EQ(c.duration("lead"), Duration::days(10));
  EXPECT_EQ(c.members("members").size(), 4U);
  EXPECT_FALSE(c.has("title"));
  EXPECT_FALSE(c.has("noise"));
  EXPECT_FALSE(c.has("weights"));
  EXPECT_TRUE(c.sections("stages").empty());
  EXPECT_EQ(c.texts("model.layers"), (std::vector<std::string>{"a", "b"}));
}

TEST(Config, UnknownKeysAreRefusedWithPlaceAndNearestName) {
  refused("start: 2003-01-15\nsede: 3\n", "E1004",
          {"run.yaml:2", "'sede'", "did you mean 'seed'?"});
  refused("start: 2003-01-15\nmodel:\n  widht: 3\n", "E1004",
          {"run.yaml:3", "'model'", "did you mean 'width'?"});
  refused("start: 2003-01-15\nwidth: 3\n", "E1004", {"there is 'model.width'"});
  refused("start: 2003-01-15\nzzzzzz: 3\n", "E1004", {"keys here: seed, spread"});
  refused("start: 2003-01-15\n<<: {seed: 1}\n", "E1004", {"'<<'"});
}

TEST(Config, MissingKeysAreNamedWithTheirFlag) {
  refused("", "E1005", {"'start'", "--start"});
  refused("start:\n", "E1005", {"run.yaml:1"});
  refused("start: 2003-01-15\nnoise: {}\n", "E1005", {"noise.amplitude"});
  refused("start: 2003-01-15\nstages: [{rate: 1}]\n", "E1005", {"stages[0].steps"});
}

TEST(Config, WrongTypesAndRangesAreRefusedWithTheirPlace) {
  const std::string start = "start: 2003-01-15\n";
  for (const auto& [line, words] : std::vector<std::pair<std::string, std::vector<std::string>>>{
           {"seed: many", {"run.yaml:2", "'seed'", "integer", "'many'"}},
           {"seed: 1.5", {"1.5"}},
           {"seed: '1'", {"'1'"}},
           {"seed: -1", {">= 0", "-1"}},
           {"seed: 010", {"'010'"}},
           {"seed: 0x10", {"'0x10'"}},
           {"seed: 9223372036854775808", {"integer"}},
           {"seed: [1]", {"a list"}},
           {"seed: {a: 1}", {"a section"}},
           {"spread: 0", {"> 0"}},
           {"spread: 2.5", {"<= 2", "[K]"}},
           {"spread: .nan", {"number"}},
           {"spread: .inf", {"number"}},
           {"spread: 0,5", {"'0,5'"}},
           {"overwrite: yes", {"true or false"}},
           {"overwrite: 1", {"true or false"}},
           {"device: gpu", {"cpu | cuda", "'gpu'"}},
           {"device: cudaa", {"did you mean 'cuda'?"}},
           {"lead: 240", {"240h"}},
           {"lead: 11d", {"<= 240h"}},
           {"lead: 30min", {">= 1h"}},
           {"out: ''", {"path"}},
           {"members: 0", {"at least one"}},
           {"members: 5-3", {"backwards"}},
           {"members: 1,1", {"increase"}},
           {"weights: [1]", {"2 elements"}},
           {"weights: 1", {"list of number"}},
           {"weights: [1, x]", {"element 1"}},
           {"weights: [1, [2]]", {"element 1"}},
           {"model: 3", {"'model'", "section"}},
           {"model: [1]", {"'model'", "a list"}},
           {"stages: {steps: 1}", {"list of sections"}},
           {"stages: [1]", {"stages[0]"}},
           {"points: {Z: {latitude: 91, longitude: 0}}", {"points.Z.latitude"}},
       }) {
    refused(start + line, "E1006", words);
  }
  refused("start: tomorrow", "E1006", {"'tomorrow'", "2003-01-15"});
  refused("start: 2003-01-15\npoints: {'a/b': {latitude: 1, longitude: 0}}", "E1007", {"a/b"});
  refused("- a\n- b\n", "E1006", {"no set of"});
  refused("just text", "E1006", {"no set of"});
}

TEST(Config, AllProblemsAreReportedAtOnce) {
  refused("sede: 1\nlead: 5\ndevice: gpu\n", "E1004",
          {"run.yaml:1", "run.yaml:2", "run.yaml:3", "'start' is missing"});
  std::string many = "start: 2003-01-15\n";
  for (int i = 0; i < 100; ++i) many += "unknown_" + std::to_string(i) + ": 1\n";
  refused(many, "E1004", {"and 80 more"});
}

TEST(Config, SetOverridesTheFileAndIsNamedAsOrigin) {
  const Config c =
      load("start: 2003-01-15\nseed: 1\nweights: [1, 2]\n",
           {"seed=5", "model.width=32", "weights[1]=3", "noise.amplitude=0.1", "stages[0].steps=2",
            "stages[1]={steps: 3}", "model.layers=[p, q]", "title=a b"});
  EXPECT_EQ(c.integer("seed"), 5);
  EXPECT_EQ(c.origin("seed"), "--set");
  EXPECT_EQ(c.integer("model.width"), 32);
  EXPECT_EQ(c.numbers("weights"), (std::vector<double>{1, 3}));
  EXPECT_EQ(c.number("noise.amplitude"), 0.1);
  EXPECT_EQ(c.sections("stages")[1].integer("steps"), 3);
  EXPECT_EQ(c.texts("model.layers"), (std::vector<std::string>{"p", "q"}));
  EXPECT_EQ(c.text("title"), "a b");
  EXPECT_EQ(c.origin("start"), "run.yaml:1");
  EXPECT_EQ(c.origin("device"), "default");
  EXPECT_EQ(c.origin("noise.degree"), "default");
  EXPECT_EQ(load("start: 2003-01-15").origin("title"), "absent");
}

TEST(Config, SetIsCheckedLikeTheFile) {
  const std::string start = "start: 2003-01-15\n";
  refused(start, "E1004", {"--set", "did you mean 'seed'?"}, {"sede=1"});
  refused(start, "E1006", {"--set", "'seed'"}, {"seed=x"});
  refused(start, "E1008", {"seed.a"}, {"seed=1", "seed.a=1"});
  refused(start, "E1008", {"next index is 0"}, {"weights[5]=1"});
  refused(start + "weights: [1, 2]", "E1006", {"2 elements, got 3"}, {"weights[2]=1"});
  refused(start, "E1001", {"--set"}, {"seed=[1"});
  refused(start, "E1002", {"anchor"}, {"title=&a x"});
  for (const char* bad : {"seed", "=1", ""}) {
    expect_error([&] { parse_set(bad); }, ErrorKind::usage, "E1010");
  }
  for (const char* bad :
       {"a..b=1", ".a=1", "a[=1", "a[x]=1", "a]=1", "a[1]x=1", "[0]=1", "a[-1]=1"}) {
    expect_error([&] { load(start, {bad}); }, ErrorKind::usage, "E1010");
  }
  std::string deep = "a";
  for (int i = 0; i < 40; ++i) deep += ".a";
  expect_error([&] { load(start, {deep + "=1"}); }, ErrorKind::usage, "E1010");
}

TEST(Config, HashDependsOnMeaningNotOnSpelling) {
  const std::string plain = load("start: 2003-01-15\nseed: 7\nlead: 10d\n").sha256();
  EXPECT_EQ(load("# comment\nlead: 240h\nstart: 2003-01-15T00:00:00Z\n").sha256(), plain);
  EXPECT_EQ(load("start: 2003-01-15\nspread: 3.5e-1", {"model.width=64"}).sha256(), plain);
  EXPECT_EQ(load("start: 2003-01-15\nmembers: 0-3").sha256(), plain);
  EXPECT_EQ(load("start: 2003-01-15\noverwrite: true\nout: elsewhere").sha256(), plain)
      << "not hashed";
  EXPECT_NE(load("start: 2003-01-15\nseed: 8").sha256(), plain);
  EXPECT_NE(load("start: 2003-01-15\nnoise: {amplitude: 0.1}").sha256(), plain);
  EXPECT_EQ(plain.size(), 64U);
}

TEST(Config, ASectionThatIsNotHashedLeavesTheHashWhetherItIsThereOrNot) {
  const auto sha256 = [](const std::string& yaml) {
    Schema schema("run", "Run");
    schema.integer("seed", "Seed").default_to(1);
    Schema& stop = schema.optional_section("stop", "When to stop").not_hashed();
    stop.integer("after", "Rounds").required();
    stop.section_list("events", "Events").text("name", "Name");
    return Config::from_text(std::make_shared<const Schema>(std::move(schema)), yaml, "test")
        .sha256();
  };
  const std::string plain = sha256("seed: 1");
  EXPECT_EQ(sha256("stop: {after: 2}"), plain);
  EXPECT_EQ(sha256("stop: {after: 3, events: [{name: a}, {}]}"), plain);
  EXPECT_NE(sha256("seed: 2\nstop: {after: 2}"), plain);
}

TEST(Config, ShowListsEveryKeyWithValueAndOrigin) {
  const std::string text =
      load("start: 2003-01-15\nmodel:\n  width: 5\nstages: [{steps: 2}]", {"seed=3"}).show();
  for (const char* line :
       {"seed: 3  # --set\n", "spread: 0.35  # default\n", "# title:  # absent\n",
        "start: \"2003-01-15T00:00:00Z\"  # run.yaml:1\n", "model.width: 5  # run.yaml:3\n",
        "stages[0].steps: 2  # run.yaml:4\n", "members: \"0-3\"  # default\n",
        "# noise:  # absent\n", "model.layers: [\"a\",\"b\"]  # default\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "in\n" << text;
  }
}

TEST(Config, KeysThatNobodyReadAreFound) {
  const Config c = load("start: 2003-01-15\nstages: [{steps: 2}]");
  c.integer("seed");
  c.date("start");
  c.sections("stages")[0].integer("steps");
  const std::vector<std::string> unused = c.unused_keys();
  EXPECT_EQ(unused,
            (std::vector<std::string>{"spread", "overwrite", "device", "lead", "out", "members",
                                      "model.width", "model.layers", "stages[0].rate"}));
  EXPECT_TRUE(c.unused_given_keys().empty());
  const Config other = load("start: 2003-01-15\nseed: 1\nstages: [{steps: 2}]", {"model.width=3"});
  other.date("start");
  EXPECT_EQ(other.unused_given_keys(),
            (std::vector<std::string>{"seed", "model.width", "stages[0].steps"}));
  expect_error([&] { c.assert_all_used(); }, ErrorKind::internal, "E1019", {"model.width"});
}

TEST(Config, DatesThatTheDataCalendarLacksAreRefusedWithTheirPlace) {
  const Config c = load("\nstart: 2004-02-29");
  EXPECT_EQ(c.date("start").iso(), "2004-02-29T00:00:00Z");
  expect_error([&] { c.date("start", Calendar::noleap); }, ErrorKind::config_invalid, "E1013",
               {"run.yaml:2", "noleap"});
}

TEST(ConfigDeathTest, MistakesOfTheProgramAbort) {
  const Config c = load("start: 2003-01-15");
  EXPECT_DEATH(c.integer("sede"), "'sede' is not declared");
  EXPECT_DEATH(c.number("seed"), "getter of another type");
  EXPECT_DEATH(c.text("title"), "is absent");
  EXPECT_DEATH(c.number("weights"), "list or single");
  EXPECT_DEATH(c.section("noise"), "is absent");
}

TEST(Yaml, BillionLaughsIsRefusedAtTheFirstAnchor) {
  refused("a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n", "E1002", {"run.yaml:1", "anchor"});
  refused("seed: *undefined\n", "E1001", {"run.yaml:1"});
  refused("start: &x 2003-01-15", "E1002", {"anchor"});
}

TEST(Yaml, TagsAreRefused) {
  for (const char* text : {"seed: !!int 3", "seed: !custom 3", "model: !!map {}",
                           "start: !!python/object:os.system x", "weights: !!seq [1, 2]"}) {
    refused(text, "E1002", {"tag"});
  }
}

TEST(Yaml, DeepNestingIsRefusedQuickly) {
  const auto repeated = [](std::string_view unit, int times) {
    std::string text;
    for (int i = 0; i < times; ++i) text += unit;
    return text;
  };
  for (const int depth : {33, 100000}) {
    refused("title: " + repeated("[", depth) + repeated("]", depth), "E1002", {"32 levels"});
    refused("title: " + repeated("{a: ", depth) + "1" + repeated("}", depth), "E1002",
            {"32 levels"});
    refused(repeated("- ", depth) + "1", "E1002", {"32 levels"});
  }
  refused("title: " + repeated("[", 100000), "E1001", {"bracket"});
}

TEST(Yaml, DuplicateKeysAreRefused) {
  refused("seed: 1\nlead: 1d\nseed: 2\n", "E1003", {"run.yaml:3", "'seed'"});
  refused("model: {width: 1, width: 2}", "E1003", {"'width'"});
}

TEST(Yaml, HugeFilesAndManyValuesAreRefused) {
  refused(std::string(1000001, ' '), "E1002", {"1000001 bytes"});
  std::string many = "weights: [";
  for (int i = 0; i < 200000; ++i) many += "1, ";
  refused(many + "1]", "E1002", {"more than 100000 values"});
}

TEST(Yaml, BytesThatAreNoTextAreRefused) {
  refused("title: \xFF\xFE", "E1002", {"UTF-8"});
  refused(std::string("title: a\0b", 10), "E1002", {"0x00"});
  refused("title: \x1b[2J", "E1002", {"run.yaml:1", "0x1b"});
  EXPECT_EQ(load("start: 2003-01-15\ntitle: Z\xC3\xBCrich").text("title"), "Z\xC3\xBCrich");
}

TEST(Yaml, BrokenSyntaxIsRefusedWithItsLine) {
  for (const char* text : {"a: [1, 2", "a: {b: 1", "a: 'x", "a: 1\n b: 2\n", "\ta: 1", "a: b: c",
                           "a: @x", "? [a]\n: 1"}) {
    expect_error([&] { load(text); }, ErrorKind::config_invalid, "E1001", {"run.yaml:"});
  }
  refused("seed: 1\n---\nseed: 2\n", "E1002", {"second document"});
}

TEST(Yaml, DecimalCommaOfTheLocaleChangesNothing) {
  struct DecimalComma : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    std::string do_grouping() const override { return "\1"; }
  };
  const std::locale before = std::locale::global(std::locale(std::locale(), new DecimalComma));
  const std::string old = std::setlocale(LC_ALL, nullptr);
  std::setlocale(LC_ALL, "de_DE.UTF-8");
  const Config c = load("start: 2003-01-15\nspread: 1.25\nseed: 12345\n");
  EXPECT_EQ(c.number("spread"), 1.25);
  EXPECT_NE(c.show().find("spread: 1.25 "), std::string::npos);
  EXPECT_NE(c.show().find("seed: 12345 "), std::string::npos);
  std::setlocale(LC_ALL, old.c_str());
  std::locale::global(before);
}

TEST(ConfigFile, MissingFileIsMissingInputNotWrongConfiguration) {
  const test::TemporaryDirectory dir;
  expect_error([&] { Config::from_file(example_schema(), dir / "no.yaml"); },
               ErrorKind::input_missing, "E1054");
  publish_text(dir / "run.yaml", "start: 2003-01-15\nsede: 1\n");
  expect_error([&] { Config::from_file(example_schema(), dir / "run.yaml"); },
               ErrorKind::config_invalid, "E1004", {(dir / "run.yaml").string() + ":2"});
}

TEST(Schema, TemplateIsAConfigurationOnceTheRequiredKeysAreFilled) {
  const auto schema = example_schema();
  std::string text = schema->yaml_template();
  const std::string open = "start:  # required";
  ASSERT_NE(text.find(open), std::string::npos) << text;
  expect_error([&] { Config::from_text(schema, text, "t"); }, ErrorKind::config_invalid, "E1005",
               {"start"});
  text.replace(text.find(open), open.size(), "start: 2003-01-15");
  const Config filled = Config::from_text(schema, text, "t");
  EXPECT_EQ(filled.sha256(), load("start: 2003-01-15").sha256());
  for (const auto& key : schema->keys())
    EXPECT_NE(text.find(key->name() + ":"), std::string::npos) << key->name();
}

TEST(Schema, DefaultsInTheTemplateAreWhatTheyStandFor) {
  // Uncommenting every "# key: value" line must change nothing.
  std::string text;
  std::istringstream lines(example_schema()->yaml_template());
  bool inside_comment_section = false;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t hash = line.find("# ");
    const bool is_key = hash != std::string::npos && line.find(": ", hash) != std::string::npos &&
                        line.find('(') == std::string::npos;
    if (line.find("# noise:") != std::string::npos) inside_comment_section = true;
    if (inside_comment_section || !is_key || line[hash + 2] == 'e') continue;
    text += line.substr(0, hash) + line.substr(hash + 2) + "\n";
    if (line.find("members") != std::string::npos) text += "model:\n";
  }
  text += "start: 2003-01-15\n";
  EXPECT_EQ(load(text).sha256(), load("start: 2003-01-15").sha256()) << text;
}

TEST(Schema, JsonSchemaNamesTypesRangesAndRequiredKeys) {
  const Json json = example_schema()->json_schema();
  EXPECT_EQ(json.at("additionalProperties").as_bool(), false);
  EXPECT_EQ(json.at("required").as_array(), (Json::Array{"start"}));
  const Json& properties = json.at("properties");
  EXPECT_EQ(properties.at("seed").at("type").as_string(), "integer");
  EXPECT_EQ(properties.at("seed").at("minimum").as_double(), 0.0);
  EXPECT_EQ(properties.at("device").at("enum").as_array(), (Json::Array{"cpu", "cuda"}));
  EXPECT_EQ(properties.at("weights").at("minItems").as_int(), 2);
  EXPECT_EQ(properties.at("model").at("properties").at("width").at("maximum").as_double(), 4096.0);
  EXPECT_EQ(properties.at("stages").at("items").at("required").as_array(), (Json::Array{"steps"}));
  EXPECT_EQ(properties.at("points").at("additionalProperties").at("type").as_string(), "object");
}

TEST(Members, TextFormsMeanTheSameMembers) {
  using List = std::vector<std::int64_t>;
  EXPECT_EQ(parse_members("3"), (List{0, 1, 2}));
  EXPECT_EQ(parse_members("11-11"), (List{11}));
  EXPECT_EQ(parse_members("3,7,11-13"), (List{3, 7, 11, 12, 13}));
  for (const char* text : {"3-3", "0-2", "3,7,11-13", "0-0", "1,3"}) {
    EXPECT_EQ(format_members(parse_members(text)), text);
  }
  EXPECT_EQ(load("start: 2003-01-15\nmembers: [3, 7]").members("members"), (List{3, 7}));
  EXPECT_EQ(load("start: 2003-01-15\nmembers: [7]").members("members"), (List{7}));
  for (const char* text : {"", "0", "-1", "1-", "-", "a", "1.5", "1,,2", "3-1", "2,1", "99999999",
                           "0-99999999", "+3"}) {
    expect_error([&] { parse_members(text); }, ErrorKind::config_invalid, "E1014");
  }
}

TEST(NearestName, FindsTyposAndNothingFarAway) {
  const std::vector<std::string> names = {"members", "model", "lead", "start"};
  EXPECT_EQ(nearest_name("membres", names), "members");
  EXPECT_EQ(nearest_name("memberss", names), "members");
  EXPECT_EQ(nearest_name("modle", names), "model");
  EXPECT_EQ(nearest_name("laed", names), "lead");
  EXPECT_EQ(nearest_name("xyz", names), "");
  EXPECT_EQ(nearest_name(std::string(1000, 'm'), names), "");
}

TEST(Config, SectionInPlaceOfAListIsAListOfOneWhereTheSchemaSaysSo) {
  Schema s("x", "x");
  s.section_or_list("noise", "Noise").number("size", "Size").default_to(1.0);
  const auto schema = std::make_shared<const Schema>(std::move(s));
  const auto read = [&](std::string_view yaml, const std::vector<ConfigOverride>& overrides = {}) {
    const Config config = Config::from_text(schema, yaml, "run.yaml", overrides);
    std::vector<double> sizes;
    for (const Config& section : config.sections("noise")) sizes.push_back(section.number("size"));
    return sizes;
  };
  EXPECT_EQ(read("noise: {size: 3}"), (std::vector<double>{3.0}));
  EXPECT_EQ(read("noise: [{size: 3}, {}]"), (std::vector<double>{3.0, 1.0}));
  EXPECT_EQ(read("{}"), (std::vector<double>{}));
  EXPECT_EQ(read("noise: {size: 3}", {parse_set("noise.size=4")}), (std::vector<double>{4.0}));
  const std::string either = to_json_text(schema->json_schema());
  EXPECT_NE(either.find("oneOf"), std::string::npos);
  refused("start: 2003-01-15\nstages: {steps: 1}\n", "E1006", {"list of sections"});
}

}  // namespace
}  // namespace myriad
