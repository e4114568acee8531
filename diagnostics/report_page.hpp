#pragma once
/// \file
/// The frame of every page we write: head, style sheet, coastlines, script.

#include <string>

namespace myriad::diag::detail {

/// A complete page around \p body (markup, with a <nav class="tabs"> and sections of class
/// `panel`). The title is escaped. A content security policy keeps the page from ever loading
/// anything.
std::string page(const std::string& title, const std::string& body);

}  // namespace myriad::diag::detail
