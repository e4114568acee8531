#include "diagnostics/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <regex>
#include <stack>

#include "diagnostics/report_overview.hpp"
#include "diagnostics/report_text.hpp"
#include "tests/unit/diagnostics/report_sample.hpp"

namespace myriad::diag {
namespace {

using test::Sample;
using testing::HasSubstr;
using testing::Not;

/// Tags that are opened and not closed in order, as text; empty when the page is well formed.
std::string first_nesting_error(const std::string& html) {
  const std::vector<std::string> void_elements{"meta", "br", "link", "img"};
  std::stack<std::string> open;
  // By hand: a regular expression recurses once per character of a long tag.
  for (std::size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    const std::size_t end = html.find('>', at);
    if (end == std::string::npos) return "unclosed tag";
    std::string inside = html.substr(at + 1, end - at - 1);
    const bool closing = inside.starts_with('/'), empty = inside.ends_with('/');
    if (closing) inside.erase(0, 1);
    const auto letters = std::find_if_not(inside.begin(), inside.end(),
                                          [](unsigned char c) { return std::isalnum(c) != 0; });
    const std::string name(inside.begin(), letters);
    if (name.empty() || empty ||
        std::find(void_elements.begin(), void_elements.end(), name) != void_elements.end())
      continue;
    if (!closing) {
      open.push(name);
    } else {
      if (open.empty() || open.top() != name)
        return "unexpected </" + name + "> inside <" + (open.empty() ? "" : open.top()) + ">";
      open.pop();
    }
  }
  return open.empty() ? "" : "unclosed <" + open.top() + ">";
}

/// The page without its script, whose comparisons look like tags.
std::string without_script(const std::string& html) {
  const std::size_t begin = html.find("<script>"), end = html.find("</script>");
  return html.substr(0, begin) + html.substr(end + 9);
}

TEST(Report, IsOneWellFormedPageThatNeedsNothingElse) {
  const Sample sample;
  const std::string whole = render_report(sample.report);
  const std::string html = without_script(whole);
  EXPECT_EQ(first_nesting_error(html), "");
  EXPECT_EQ(whole.find("<script"), whole.rfind("<script")) << "one script, inside the page";
  EXPECT_THAT(whole, HasSubstr("default-src 'none'")) << "nothing can be loaded";
  EXPECT_THAT(html, Not(HasSubstr("<link")));
  EXPECT_THAT(html, Not(HasSubstr("@import")));
  EXPECT_THAT(html, Not(HasSubstr("url(")));
  const std::regex outside(R"((src|href)=\"(?!#)[^\"]*\")");
  EXPECT_FALSE(std::regex_search(html, outside));
  EXPECT_FALSE(std::regex_search(html, std::regex("[^a-z](nan|inf)[^a-z]")));
  EXPECT_THAT(html, HasSubstr("prefers-color-scheme:dark"));
}

TEST(Report, EscapesEveryTextFromOutside) {
  const Sample sample;
  const std::string html = render_report(sample.report);
  EXPECT_THAT(html, HasSubstr("<h1>Test &amp; &lt;verification&gt;</h1>"));
  EXPECT_THAT(html, HasSubstr("Oslo &lt;N&gt;"));
  EXPECT_THAT(html, HasSubstr("sha256 &lt;abc&gt;"));
  EXPECT_THAT(html, Not(HasSubstr("<abc>")));
  EXPECT_THAT(html, Not(HasSubstr("<850")));
}

TEST(Report, EveryDrawingHasATitleAndEveryLinkATarget) {
  const Sample sample;
  const std::string html = render_report(sample.report);
  std::size_t drawings = 0;
  for (std::size_t at = html.find("role=\"img\""); at != std::string::npos;
       at = html.find("role=\"img\"", at + 1)) {
    const std::size_t close = html.find('>', at);
    EXPECT_EQ(html.substr(close + 1, 7), "<title>");
    ++drawings;
  }
  EXPECT_GE(drawings, 15U);
  const std::regex link("href=\"#([^\"]+)\"");
  for (std::sregex_iterator it(html.begin(), html.end(), link), end; it != end; ++it) {
    EXPECT_THAT(html, HasSubstr("id=\"" + (*it)[1].str() + "\""));
  }
}

TEST(Report, IsTheSameTextEveryTime) {
  EXPECT_EQ(render_report(Sample().report), render_report(Sample().report));
}

TEST(Report, SaysThatAReliableEnsembleIsReliableAndANarrowOneIsNot) {
  const auto text = [](const Sample& sample) {
    std::string all;
    for (const auto& sentence : describe_channel(sample.results, 0)) all += sentence + "\n";
    return all;
  };
  EXPECT_THAT(text(Sample(1.0)), HasSubstr("Spread and error agree"));
  EXPECT_THAT(text(Sample(0.5)), HasSubstr("overconfident"));
  EXPECT_THAT(text(Sample(2.0)), HasSubstr("underconfident"));
  EXPECT_THAT(text(Sample(1.0)), HasSubstr("beats persistence and climatology at every lead"));
  EXPECT_THAT(text(Sample(1.0)), HasSubstr("33.3\u202f% would be expected"));
}

TEST(Report, SaysWhetherRankHistogramsAreFlat) {
  const test::Sample narrow(0.5), good(1.0, 9);
  EXPECT_NE(render_report(narrow.report).find("not flat (p"), std::string::npos);
  EXPECT_NE(render_report(narrow.report).find("too little spread"), std::string::npos);
  EXPECT_NE(render_report(good.report).find("flat within chance (p = "), std::string::npos);
}

TEST(Report, OfASingleForecastSpeaksOfNoEnsemble) {
  const Sample sample(1.0, 1);
  const std::string html = render_report(sample.report);
  EXPECT_THAT(html, HasSubstr("A single forecast"));
  EXPECT_THAT(html, Not(HasSubstr("Spread over error")));
  EXPECT_THAT(html, Not(HasSubstr("among the members")));
  EXPECT_EQ(headline_verdicts(sample.report)[2].kind, HeadlineVerdict::Kind::unknown);
}

TEST(Report, EveryFigureSaysUnitMembersDatesAndEstimator) {
  Sample sample;
  sample.add_events();
  const std::string html = render_report(sample.report);
  std::size_t figures = 0;
  for (std::size_t at = html.find("<figure"); at != std::string::npos;
       at = html.find("<figure", at + 1), ++figures) {
    const std::size_t begin = html.find("<small>", at) + 7;
    const std::string facts = html.substr(begin, html.find("</small>", begin) - begin);
    EXPECT_THAT(facts, HasSubstr(" 2004")) << facts;
    EXPECT_THAT(facts, testing::ContainsRegex("[0-9]+ members?")) << facts;
    std::size_t parts = 1;
    for (std::size_t dot = facts.find(" · "); dot != std::string::npos;
         dot = facts.find(" · ", dot + 1))
      ++parts;
    EXPECT_GE(parts, 4U) << facts;
  }
  EXPECT_GT(figures, 20U);
}

TEST(Report, DrawsEveryFigureThatItIsGiven) {
  Sample sample;
  sample.add_events();
  const std::string html = render_report(sample.report);
  EXPECT_THAT(html, HasSubstr("Reliability: above 281"));
  EXPECT_THAT(html, HasSubstr("Area under the curve 0.812"));
  EXPECT_THAT(html,
              HasSubstr("data-name=\"observed\" data-x=\"0.1 0.5 0.9\" data-y=\"0.12 0.4 -\""));
  EXPECT_THAT(html,
              HasSubstr("data-name=\"share of cases\" data-x=\"1 2 3\" data-y=\"0.5 0.5 0\""));
  EXPECT_THAT(html, HasSubstr("data-name=\"hits\" data-x=\"0 0.2 1\" data-y=\"0 0.7 1\""));
  EXPECT_THAT(html, HasSubstr("Extreme forecast index"));
  EXPECT_THAT(html, HasSubstr("data-range=\"0.5 to 0.8\""));
  EXPECT_THAT(html, HasSubstr("The line of 281\u202fK"));
  EXPECT_THAT(html, HasSubstr("<path class=\"strand\" d=\"M0 900L3600 880\"/>"));
  EXPECT_THAT(html, HasSubstr("One line for each of 2 members"));
  EXPECT_THAT(html, HasSubstr("Oslo &lt;N&gt;, boxes"));
}

TEST(Report, BoxesHoldTheQuantilesOfTheMembers) {
  const Sample sample;  // members 1..5 at day 1: quartiles 2 and 4, tenths 1.4 and 4.6
  const std::string html = render_report(sample.report);
  EXPECT_THAT(html, HasSubstr("data-name=\"median\" data-x=\"24 48\" data-y=\"3 4\""));
  EXPECT_THAT(
      html,
      HasSubstr(
          "data-name=\"half of the members\" data-x=\"24 48\" data-low=\"2 3\" data-high=\"4 5\""));
  EXPECT_THAT(html, HasSubstr("data-name=\"8 of 10 members\" data-x=\"24 48\" data-low=\"1.4 2.4\" "
                              "data-high=\"4.6 5.6\""));
  EXPECT_THAT(
      html,
      HasSubstr("data-name=\"all members\" data-x=\"24 48\" data-low=\"1 2\" data-high=\"5 6\""));
}

TEST(Headline, FollowsTheScores) {
  using Kind = HeadlineVerdict::Kind;
  const auto good = headline_verdicts(Sample(1.0).report);
  ASSERT_EQ(good.size(), 3U);
  EXPECT_EQ(good[1].question, "Is it better than climatology?");
  EXPECT_EQ(good[1].kind, Kind::good);
  EXPECT_EQ(good[1].answer, "Yes, everywhere");
  EXPECT_THAT(good[1].evidence, HasSubstr("better in 2 and worse in 0"));
  EXPECT_EQ(good[2].kind, Kind::good);
  EXPECT_EQ(headline_verdicts(Sample(0.5).report)[2].answer, "No, overconfident");
  EXPECT_EQ(headline_verdicts(Sample(2.0).report)[2].answer, "No, underconfident");
}

TEST(HoldsUntil, FindsTheFirstFailureLinearly) {
  const std::vector<double> hours{0, 24, 48, 72};
  EXPECT_EQ(holds_until(hours, {-1, 1, 1, 1}).kind,
            HoldsUntil::Kind::always);  // lead 0 does not count
  EXPECT_EQ(holds_until(hours, {1, -1, 1, 1}).kind, HoldsUntil::Kind::never);
  const HoldsUntil until = holds_until(hours, {1, 3, 1, -1});
  EXPECT_EQ(until.kind, HoldsUntil::Kind::until);
  EXPECT_DOUBLE_EQ(until.day, 2.5);
  EXPECT_EQ(holds_until(hours, {1, std::nan(""), std::nan(""), std::nan("")}).kind,
            HoldsUntil::Kind::unknown);
}

TEST(ReportText, WritesNumbersUnitsAndPlacesForPeople) {
  using namespace detail;
  EXPECT_EQ(number_text(14.83), "14.8");
  EXPECT_EQ(number_text(5663.2), "5,663");
  EXPECT_EQ(number_text(-0.02734), "−0.0273");
  EXPECT_EQ(number_text(0.000346), "3.46·10⁻⁴");
  EXPECT_EQ(number_text(std::nan("")), "–");
  EXPECT_EQ(fixed_text(-0.0001, 2), "0.00");
  EXPECT_EQ(prose_number(6.782), "6.8");
  EXPECT_EQ(prose_number(51.04), "51");
  EXPECT_EQ(prose_number(0.3027), "0.30");
  EXPECT_EQ(prose_number(617.3), "620");
  EXPECT_EQ(prose_number(-9.98), "−10");
  EXPECT_EQ(unit_text("m s-1"), "m s⁻¹");
  EXPECT_EQ(unit_text("m2 s-2"), "m² s⁻²");
  EXPECT_EQ(unit_text("1"), "");
  EXPECT_EQ(quantity_text(2.5, "K"), "2.50\u202fK");
  EXPECT_EQ(lead_text(36.0), "day 1.5");
  EXPECT_EQ(lead_text(6.0), "hour 6");
  EXPECT_EQ(place_text(-33.5, 289.5), "33.5°S 70.5°W");
  EXPECT_EQ(date_text(Instant::parse("2004-03-05T12:00:00Z")), "5 March 2004, 12 UTC");
}

}  // namespace
}  // namespace myriad::diag
