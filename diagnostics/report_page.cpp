#include "diagnostics/report_page.hpp"

#include <fmt/format.h>

#include "diagnostics/map.hpp"
#include "diagnostics/report_script.hpp"
#include "diagnostics/report_style.hpp"
#include "diagnostics/svg.hpp"

namespace myriad::diag::detail {

std::string page(const std::string& title, const std::string& body) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'; script-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<meta "
      "name=\"color-scheme\" content=\"light dark\">\n";
  html += fmt::format("<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n",
                      escape_markup(title), report_style());
  html += coastline_symbol();
  html += body;
  html += "<script>";
  html += report_script();
  return html + "</script>\n</body>\n</html>\n";
}

}  // namespace myriad::diag::detail
