#include "src/base/random_streams.hpp"

#include <gtest/gtest.h>

namespace myriad {
namespace {

// The numbers enter every random number that was ever published: a change here changes results.
TEST(RandomStreams, NumbersNeverChange) {
  EXPECT_EQ(stream_number(StreamId::initial_noise), 1U);
  EXPECT_EQ(stream_number(StreamId::weight_init), 2U);
  EXPECT_EQ(stream_number(StreamId::data_shuffle), 3U);
  EXPECT_EQ(stream_number(StreamId::loss_members), 4U);
  EXPECT_EQ(stream_number(StreamId::model_noise), 5U);
  EXPECT_EQ(stream_number(StreamId::checkpoint_choice), 6U);
  EXPECT_EQ(stream_number(StreamId::bootstrap), 7U);
  EXPECT_EQ(stream_number(StreamId::breeding), 8U);
  EXPECT_EQ(stream_number(StreamId::dropout), 9U);
  EXPECT_EQ(stream_number(StreamId::compression), 10U);
  EXPECT_EQ(stream_number(StreamId::gossip), 11U);
  EXPECT_EQ(stream_number(StreamId::test), 1000U);
}

}  // namespace
}  // namespace myriad
