#include "training/elastic/elastic_config.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "training/elastic/token.hpp"

namespace myriad::test {
namespace {

using namespace myriad::train::elastic;

Config config_of(const std::string& yaml) {
  auto schema = std::make_shared<Schema>("train", "test");
  Schema& section = schema->optional_section("elastic", "Elastic training");
  add_elastic_keys(section);
  section.not_hashed();
  return Config::from_text(schema, yaml, "run.yaml");
}

class ElasticConfigKeys : public ::testing::Test {
 protected:
  void SetUp() override { ::setenv("MYRIAD_ELASTIC_TOKEN", token_.c_str(), 1); }
  void TearDown() override { ::unsetenv("MYRIAD_ELASTIC_TOKEN"); }
  std::string token_ = make_token();
};

TEST_F(ElasticConfigKeys, IsOffUnlessAskedForAndChangesNoHash) {
  EXPECT_FALSE(config_of("{}").has("elastic"));
  EXPECT_EQ(config_of("{}").sha256(), config_of("elastic: {workers: 4}").sha256());
}

TEST_F(ElasticConfigKeys, HasTheDocumentedDefaults) {
  const Config c = config_of("elastic: {workers: 4}").section("elastic");
  const LighthouseConfig l = lighthouse_config(c, "journal.json");
  EXPECT_EQ(l.transport.interface, "lo");
  EXPECT_EQ(l.transport.token, token_);
  EXPECT_DOUBLE_EQ(l.transport.heartbeat_seconds, 0.1);
  EXPECT_DOUBLE_EQ(l.transport.silence_seconds, 0.5);
  EXPECT_EQ(l.workers, 4U);
  EXPECT_EQ(l.min_members, 1U);
  EXPECT_EQ(l.most_aborts, 20U);
  EXPECT_EQ(l.journal, "journal.json");
  const ElasticConfig e = elastic_config(c, "10.0.0.1:7000");
  EXPECT_EQ(e.lighthouse, "10.0.0.1:7000");
  EXPECT_EQ(e.copies, 1U);
  EXPECT_EQ(e.hash_every, 1U);
  EXPECT_DOUBLE_EQ(e.lighthouse_seconds, 10.0);
  EXPECT_TRUE(c.unused_keys().empty());
}

TEST_F(ElasticConfigKeys, EveryKeyArrives) {
  const Config c = config_of(
                       "elastic: {workers: 8, min_members: 6, interface: any, port: 7000, heartbeat_ms: 50, "
                       "missed_heartbeats: 4, least_deadline: 3,"
                       " deadline_factor: 5, first_deadline: 30, start_time_out: 20, lighthouse_time_out: 7, copies: 2, "
                       "hash_every: 10, max_aborts: 3}")
                       .section("elastic");
  const LighthouseConfig l = lighthouse_config(c, {});
  EXPECT_EQ(l.transport.interface, "any");
  EXPECT_EQ(l.transport.port, 7000);
  EXPECT_DOUBLE_EQ(l.transport.silence_seconds, 0.2);
  EXPECT_EQ(l.min_members, 6U);
  EXPECT_DOUBLE_EQ(l.least_deadline_seconds, 3);
  EXPECT_DOUBLE_EQ(l.deadline_factor, 5);
  EXPECT_DOUBLE_EQ(l.first_deadline_seconds, 30);
  EXPECT_DOUBLE_EQ(l.start_seconds, 20);
  EXPECT_EQ(l.most_aborts, 3U);
  const ElasticConfig e = elastic_config(c, "");
  EXPECT_EQ(e.transport.port, 0) << "workers listen on free ports";
  EXPECT_EQ(e.copies, 2U);
  EXPECT_EQ(e.hash_every, 10U);
  EXPECT_DOUBLE_EQ(e.lighthouse_seconds, 7);
}

TEST_F(ElasticConfigKeys, RefusesWhatCannotBe) {
  for (const char* yaml :
       {"{}", "{workers: 0}", "{workers: 2, copies: 4}", "{workers: 2, heartbeat_ms: 10}", "{workers: 2, port: 65536}",
        "{workers: 2, missed_heartbeats: 1}", "{workers: 2, heartbeat: 5}"}) {
    EXPECT_THROW(config_of(std::string("elastic: ") + yaml), Error) << yaml;
  }
  try {
    lighthouse_config(config_of("elastic: {workers: 2, min_members: 3}").section("elastic"), {});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "E2471");
    EXPECT_EQ(error.kind(), ErrorKind::config_invalid);
  }
}

}  // namespace
}  // namespace myriad::test
