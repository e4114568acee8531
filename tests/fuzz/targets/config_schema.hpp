#pragma once
/// \file
/// A schema with every type of key, for the targets that read configurations.

#include <memory>

#include "src/base/schema.hpp"

namespace myriad::fuzz {

inline std::shared_ptr<const Schema> rich_schema() {
  auto schema = std::make_shared<Schema>("fuzz", "Every type of key");
  Schema& s = *schema;
  s.integer("count", "An integer").default_to(4).range(1, 1000).on_command_line();
  s.number("amplitude", "A number").default_to(0.5).above(0).unit("1").on_command_line();
  s.flag("verbose", "A flag").default_to(false);
  s.text("title", "A text").default_to("");
  s.choice("backend", "A choice", {"kokkos", "reference"}).default_to("kokkos").on_command_line();
  s.duration("lead", "A duration").default_to("240h").on_command_line();
  s.date("start", "A date");
  s.path("out", "A path").on_command_line();
  s.members("members", "Members").default_to(8).on_command_line();
  s.integer("sizes", "A list").list(0, 8);
  s.text("channels", "A list of texts").list();
  s.date("dates", "A list of dates").list(0, 4);
  Schema& model = s.section("model", "A section");
  model.integer("width", "An integer").default_to(64).at_least(1);
  model.path("files", "A list of paths").list();
  Schema& extra = s.optional_section("extra", "An optional section");
  extra.number("weight", "A number").default_to(1.0);
  Schema& stages = s.section_list("stages", "A list of sections");
  stages.integer("steps", "An integer").required();
  stages.number("rate", "A number").default_to(1e-3).below(1);
  Schema& named = s.section_map("named", "Named sections");
  named.text("unit", "A text").default_to("1");
  return schema;
}

}  // namespace myriad::fuzz
