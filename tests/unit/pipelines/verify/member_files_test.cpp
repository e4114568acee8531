#include "pipelines/verify/member_files.hpp"

#include <gtest/gtest.h>

#include "src/base/error.hpp"
#include "tests/unit/pipelines/verify/verify_world.hpp"

namespace myriad::pipelines {
namespace {

using test::VerifyWorld;

std::string error_id(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.id();
  }
  return "none";
}

TEST(MemberFiles, OfSeveralStartsAreFoundSortedAndRead) {
  const VerifyWorld world;
  const auto source = open_member_files({world.path() / "forecasts"}, {});
  ASSERT_EQ(source->starts().size(), 3U);
  EXPECT_EQ(source->starts()[1], world.start(1));
  EXPECT_EQ(source->leads(), VerifyWorld::leads());
  EXPECT_EQ(source->members(), 4);
  EXPECT_TRUE(source->has_control());
  EXPECT_EQ(source->description(), "a random number generator");
  std::vector<float> field(VerifyWorld::k_points);
  source->open(2);
  source->read_member(1, 0, 1, field);
  EXPECT_EQ(field, world.member(2, 2, Duration::hours(24)));
  source->read_control(0, 2, field);
  EXPECT_EQ(field, world.member(2, 0, Duration::hours(48)));
}

TEST(MemberFiles, ControlIsAMemberOnlyWhenAskedFor) {
  const VerifyWorld world(1, 5);
  std::vector<float> field(VerifyWorld::k_points);
  for (const auto& [policy, members, control] :
       {std::tuple{ControlPolicy::exclude, 4, true}, std::tuple{ControlPolicy::include, 5, true},
        std::tuple{ControlPolicy::none, 5, false}}) {
    const auto source = open_member_files({world.start_directory(0)}, {{}, {}, policy});
    EXPECT_EQ(source->members(), members);
    EXPECT_EQ(source->has_control(), control);
    source->open(0);
    source->read_member(0, 0, 0, field);
    EXPECT_EQ(field, world.member(0, policy == ControlPolicy::exclude ? 1 : 0, Duration::hours(0)));
  }
}

TEST(MemberFiles, ASingleFileIsASingleForecast) {
  const VerifyWorld world(1, 1);
  const auto source = open_member_files({world.start_directory(0)}, {});
  EXPECT_EQ(source->members(), 1);
  EXPECT_FALSE(source->has_control());
}

TEST(MemberFiles, ThatDoNotFitTogetherAreRefused) {
  const VerifyWorld world;
  const std::vector<std::filesystem::path> all{world.path() / "forecasts"};
  EXPECT_EQ(error_id([&] { open_member_files({world.path() / "nothing"}, {}); }), "E2660");
  EXPECT_EQ(error_id([&] {
              open_member_files({world.start_directory(0), world.start_directory(0)}, {});
            }),
            "E2661");
  EXPECT_EQ(error_id([&] {
              open_member_files(all, {{}, {Duration::hours(30)}, ControlPolicy::exclude});
            }),
            "E2662");
  EXPECT_EQ(error_id([&] {
              open_member_files(all, {{"z500"}, {}, ControlPolicy::exclude});
            }),
            "E2037");
  std::filesystem::remove(world.member_file(1, 3));
  std::filesystem::remove(world.member_file(1, 3).string() + ".sha256");
  EXPECT_EQ(error_id([&] { open_member_files(all, {}); }), "E2662");
  // A member of another start in the wrong directory.
  std::filesystem::copy_file(world.member_file(0, 3), world.member_file(1, 3));
  EXPECT_EQ(error_id([&] { open_member_files(all, {})->open(1); }), "E2661");
}

TEST(Analysis, ATimeThatIsNotThereIsNoError) {
  const VerifyWorld world(2, 2);
  world.write_analysis({world.start(1) + Duration::hours(24)});
  const auto source = open_member_files({world.path() / "forecasts"}, {});
  const auto truth = open_analysis({(world.path() / "analysis.nc").string()}, *source);
  std::vector<float> field(VerifyWorld::k_points);
  EXPECT_TRUE(truth->read_truth(0, 0, 1, field));
  EXPECT_EQ(field, world.truth(world.start(0) + Duration::hours(24)));
  EXPECT_FALSE(truth->read_truth(1, 0, 1, field));
  EXPECT_TRUE(truth->read_analysis(1, 0, field));
  EXPECT_EQ(truth->description(), "analyses of the small world");
}

}  // namespace
}  // namespace myriad::pipelines
