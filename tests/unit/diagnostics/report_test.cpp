#include "diagnostics/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <regex>
#include <stack>

#include "diagnostics/case_runner.hpp"
#include "diagnostics/report_text.hpp"
#include "tests/unit/diagnostics/fields.hpp"

namespace myriad::diag {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A small verification and report from Gaussian cases; spread_factor below 1 is overconfident.
struct Sample {
  explicit Sample(double spread_factor = 1.0, std::int64_t members = 5)
      : results({Grid(GridType::legendre_gauss, 16, 32),
                 standard_regions(),
                 {{"t850", "air temperature <850 hPa> & co", "K", "air_temperature"}},
                 {24.0, 48.0},
                 static_cast<int>(members),
                 static_cast<int>(members) + 1,
                 16}) {
    report.results = &results;
    CaseRunner runner(test::backend(), results.shape(), {});
    for (std::uint64_t start = 0; start < 6; ++start) {
      StartRecord record(results.shape());
      for (std::size_t t = 0; t < 2; ++t) {
        const test::Case c = test::gaussian_case(16, 32, members, 10 * start + t, spread_factor);
        runner.begin(0, t, static_cast<std::uint32_t>(start * 2 + t));
        runner.add_rows(c.view(), 0);
        runner.add_spectrum(record, SpectrumOf::truth, c.truth, 1);
        runner.add_spectrum(record, SpectrumOf::members, c.ensemble, members);
        runner.finish(record);
        if (start == 0) {
          MapPanel panel{0, 24.0 * static_cast<double>(t + 1), c.control, c.climate_std, c.truth};
          if (members == 1) panel.spread.clear();
          report.maps.push_back(panel);
        }
      }
      results.add(record);
      report.starts.push_back(Instant::parse("2004-01-15") +
                              Duration::days(static_cast<std::int64_t>(30 * start)));
    }
    report.title = "Test & <verification>";
    report.forecast = "a Gaussian machine";
    report.truth = "draws of the same machine";
    report.shown_start = report.starts[0];
    Plume plume{"Oslo <N>", 60.0, 348.75, 0, {}, {1, 2}, {1.5, std::nan("")}, {0, 0}};
    for (int i = 0; i < members; ++i) plume.members.push_back({1.0 + i, 2.0 + i});
    report.plumes.push_back(plume);
    report.provenance = {{"configuration", "sha256 <abc>"}};
  }
  Verification results;
  Report report;
};

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

TEST(Report, IsOneWellFormedPageThatNeedsNothingElse) {
  const Sample sample;
  const std::string html = render_report(sample.report);
  EXPECT_EQ(first_nesting_error(html), "");
  EXPECT_THAT(html, Not(HasSubstr("<script")));
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

TEST(Report, OfASingleForecastSpeaksOfNoEnsemble) {
  const Sample sample(1.0, 1);
  const std::string html = render_report(sample.report);
  EXPECT_THAT(html, HasSubstr("A single forecast"));
  EXPECT_THAT(html, Not(HasSubstr("Spread over error")));
  EXPECT_THAT(html, Not(HasSubstr("among the members")));
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
