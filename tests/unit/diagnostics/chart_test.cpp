#include "diagnostics/chart.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace myriad::diag {
namespace {

using testing::HasSubstr;
using testing::Not;

LineChart two_lines() {
  LineChart chart;
  chart.title = "Error <of> z500 & \"more\"";
  chart.x_title = "lead, days";
  chart.y_title = "m";
  chart.series = {{"forecast", "s-mean", {0, 1, 2}, {0, 10, 20}},
                  {"truth", "s-truth", {0, 1, 2}, {1, 11, 21}}};
  return chart;
}

TEST(LineChart, TextIsEscapedAndTitled) {
  const std::string svg = render(two_lines());
  EXPECT_THAT(svg, HasSubstr("<title>Error &lt;of&gt; z500 &amp; &quot;more&quot;</title>"));
  EXPECT_THAT(svg, HasSubstr("role=\"img\""));
  EXPECT_THAT(svg, HasSubstr(">forecast</text>"));
}

TEST(LineChart, AbsentValuesInterruptTheLine) {
  LineChart chart = two_lines();
  chart.series = {
      {"", "s-mean", {0, 1, 2, 3, 4}, {0, 1, std::numeric_limits<double>::quiet_NaN(), 3, 4}}};
  const std::string svg = render(chart);
  const std::size_t begin = svg.find(" d=\"", svg.find("line s-mean")) + 4;
  const std::string path = svg.substr(begin, svg.find('"', begin) - begin);
  EXPECT_EQ(std::count(path.begin(), path.end(), 'M'), 2);
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
}

TEST(LineChart, WithoutDataSaysSo) {
  LineChart chart = two_lines();
  for (Series& s : chart.series) s.y = {std::nan(""), std::nan(""), std::nan("")};
  EXPECT_THAT(render(chart), HasSubstr("no data"));
}

TEST(LineChart, LogarithmicAxesTakePositiveValuesOnly) {
  LineChart chart = two_lines();
  chart.x_scale = chart.y_scale = Scale::logarithmic;
  chart.series = {{"power", "s-truth", {1, 10, 100}, {1e6, 0.0, 1e-2}}};
  const std::string svg = render(chart);
  EXPECT_THAT(svg, HasSubstr(">10⁶</text>"));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
}

TEST(LineChart, LabelsOfMeetingLinesDoNotOverlap) {
  LineChart chart = two_lines();
  chart.series = {{"one", "s-a", {0, 1}, {0, 5.00}},
                  {"two", "s-b", {0, 1}, {0, 5.01}},
                  {"three", "s-c", {0, 1}, {0, 5.02}}};
  const std::string svg = render(chart);
  std::vector<double> heights;
  for (std::size_t at = svg.find("class=\"end"); at != std::string::npos;
       at = svg.find("class=\"end", at + 1)) {
    const std::size_t y = svg.find(" y=\"", at) + 4;
    heights.push_back(std::stod(svg.substr(y)));
  }
  ASSERT_EQ(heights.size(), 3U);
  for (std::size_t i = 1; i < 3; ++i) EXPECT_GE(heights[i] - heights[i - 1], 11.9);
}

TEST(BarChart, DrawsABarForEveryRank) {
  BarChart chart{"Ranks", "", {1, 2, 0.5, 0.5}, "lowest", "highest"};
  const std::string svg = render(chart);
  const std::size_t begin = svg.find(" d=\"") + 4;
  const std::string path = svg.substr(begin, svg.find('"', begin) - begin);
  EXPECT_EQ(std::count(path.begin(), path.end(), 'z'), 4);
}

TEST(AxisNumbers, AreWrittenForPeople) {
  EXPECT_EQ(axis_number(5600), "5,600");
  EXPECT_EQ(axis_number(-2.5), "−2.5");
  EXPECT_EQ(axis_number(0.0), "0");
  EXPECT_EQ(axis_number(1e-4), "10⁻⁴");
  EXPECT_EQ(axis_number(2e7), "2·10⁷");
  EXPECT_EQ(axis_number(0.05), "0.05");
}

}  // namespace
}  // namespace myriad::diag
