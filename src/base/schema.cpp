#include "src/base/schema.hpp"

#include <algorithm>
#include <cmath>

#include "src/base/config.hpp"
#include "src/base/error.hpp"
#include "src/base/time.hpp"

namespace myriad {

namespace {

/// How a user's value is quoted in a complaint.
std::string shown(const Json& value) {
  if (value.is_string()) return "'" + value.as_string().substr(0, 80) + "'";
  if (value.is_array()) return "a list";
  if (value.is_object()) return "a section";
  return to_json_text(value);
}

bool is_textual(KeyType type) {
  return type == KeyType::text || type == KeyType::choice || type == KeyType::duration ||
         type == KeyType::date || type == KeyType::path || type == KeyType::members;
}

std::string joined(const std::vector<std::string>& names, std::string_view separator) {
  return fmt::format("{}", fmt::join(names, separator));
}

/// A default as it would stand in a YAML file. JSON text is YAML flow text; plain words lose their
/// quotes.
std::string yaml_text(const Json& value) {
  if (value.is_array()) {
    std::vector<std::string> items;
    for (const Json& item : value.as_array()) items.push_back(yaml_text(item));
    return "[" + joined(items, ", ") + "]";
  }
  if (!value.is_string()) return to_json_text(value);
  const std::string& text = value.as_string();
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '/' || c == '.';
  };
  const bool word = !text.empty() && text.front() != '-' &&
                    std::all_of(text.begin(), text.end(), plain) && text != "null" &&
                    text != "true" && text != "false";
  return word ? text : to_json_text(value);
}

}  // namespace

std::string_view to_string(KeyType type) {
  switch (type) {
    case KeyType::integer:
      return "integer";
    case KeyType::number:
      return "number";
    case KeyType::flag:
      return "true or false";
    case KeyType::text:
      return "text";
    case KeyType::choice:
      return "one of";
    case KeyType::duration:
      return "length of time";
    case KeyType::date:
      return "date";
    case KeyType::path:
      return "path";
    case KeyType::members:
      return "members";
    case KeyType::section:
      return "section";
    case KeyType::section_list:
      return "list of sections";
    case KeyType::section_map:
      return "named sections";
  }
  return "unknown";
}

Key::Key(std::string name, KeyType type, std::string doc)
    : name_(std::move(name)), type_(type), doc_(std::move(doc)) {}
Key::~Key() = default;

Key& Key::required() {
  required_ = true;
  return *this;
}
Key& Key::default_to(Json value) {
  default_ = std::move(value);
  return *this;
}
Key& Key::range(double least, double greatest) {
  least_ = least;
  greatest_ = greatest;
  return *this;
}
Key& Key::at_least(double least) {
  least_ = least;
  return *this;
}
Key& Key::above(double bound) {
  least_ = bound;
  exclusive_least_ = true;
  return *this;
}
Key& Key::below(double bound) {
  greatest_ = bound;
  exclusive_greatest_ = true;
  return *this;
}
Key& Key::unit(std::string unit) {
  unit_ = std::move(unit);
  return *this;
}
Key& Key::choices(std::vector<std::string> names) {
  choices_ = std::move(names);
  return *this;
}
Key& Key::list(std::size_t least, std::size_t most) {
  list_ = true;
  least_count_ = least;
  most_count_ = most;
  return *this;
}
Key& Key::on_command_line() {
  flag_ = true;
  return *this;
}
Key& Key::not_hashed() {
  hashed_ = false;
  return *this;
}

bool Key::is_hashed() const { return hashed_ && (child_ == nullptr || child_->is_hashed()); }

std::string Key::describe_type() const {
  std::string text(to_string(type_));
  if (type_ == KeyType::choice) text += " " + joined(choices_, " | ");
  if (type_ == KeyType::duration) text += " (10d, 240h, 90min, 45s)";
  if (type_ == KeyType::date) text += " (2003-01-15T00Z)";
  if (type_ == KeyType::members) text += " (64 or 0-49 or 3,7,11-13)";
  const bool time = type_ == KeyType::duration;
  const auto bound = [&](double b) {
    return time ? to_string(Duration{static_cast<std::int64_t>(b)}) : shortest(b);
  };
  if (std::isfinite(least_))
    text += fmt::format(" {} {}", exclusive_least_ ? ">" : ">=", bound(least_));
  if (std::isfinite(greatest_))
    text += fmt::format(" {} {}", exclusive_greatest_ ? "<" : "<=", bound(greatest_));
  if (!unit_.empty()) text += fmt::format(" [{}]", unit_);
  if (list_) text = "list of " + text;
  return text;
}

std::optional<Json> Key::canonical_scalar(const Json& value, std::string& problem) const {
  const auto wrong = [&]() -> std::optional<Json> {
    problem = fmt::format("expected {}, got {}", describe_type(), shown(value));
    return std::nullopt;
  };
  const auto in_range = [&](double v) {
    const bool low = exclusive_least_ ? v > least_ : v >= least_;
    const bool high = exclusive_greatest_ ? v < greatest_ : v <= greatest_;
    return low && high;
  };
  if (is_textual(type_) && !value.is_string() && !(type_ == KeyType::members && value.is_integer()))
    return wrong();
  try {
    switch (type_) {
      case KeyType::integer:
        if (!value.is_integer() || !value.fits_int() ||
            !in_range(static_cast<double>(value.as_int())))
          return wrong();
        return value;
      case KeyType::number:
        if (!value.is_number() || !std::isfinite(value.as_double()) || !in_range(value.as_double()))
          return wrong();
        return Json(value.as_double() + 0.0);  // -0 is 0: the hash must not see the difference
      case KeyType::flag:
        return value.is_bool() ? std::optional<Json>(value) : wrong();
      case KeyType::text:
        return value;
      case KeyType::path:
        return value.as_string().empty() ? wrong() : std::optional<Json>(value);
      case KeyType::choice:
        if (std::find(choices_.begin(), choices_.end(), value.as_string()) == choices_.end()) {
          wrong();
          const std::string near = nearest_name(value.as_string(), choices_);
          if (!near.empty()) problem += fmt::format("; did you mean '{}'?", near);
          return std::nullopt;
        }
        return value;
      case KeyType::duration: {
        const Duration duration = parse_duration(value.as_string());
        if (!in_range(static_cast<double>(duration.seconds))) return wrong();
        return Json(to_string(duration));
      }
      case KeyType::date:
        // Any calendar may follow; 29 February of a leap year is refused later if the data have
        // none.
        return Json(Instant::parse(value.as_string(), Calendar::proleptic_gregorian).iso());
      case KeyType::members: {
        const std::string text = value.is_integer() ? to_json_text(value) : value.as_string();
        const std::vector<std::int64_t> members = parse_members(text);
        return Json(format_members(members));
      }
      default:
        break;
    }
  } catch (const Error& error) {
    problem = error.what();
    return std::nullopt;
  }
  return wrong();
}

std::optional<Json> Key::canonical(const Json& value, std::string& problem) const {
  MYRIAD_EXPECT(!is_section());
  if (!list_) return canonical_scalar(value, problem);
  if (!value.is_array()) {
    problem = fmt::format("expected {}, got {}", describe_type(), shown(value));
    return std::nullopt;
  }
  const std::size_t count = value.as_array().size();
  if (count < least_count_ || count > most_count_) {
    problem =
        least_count_ == most_count_
            ? fmt::format("expected {} elements, got {}", least_count_, count)
            : fmt::format("expected {} to {} elements, got {}", least_count_, most_count_, count);
    return std::nullopt;
  }
  Json::Array result;
  for (const Json& item : value.as_array()) {
    auto element = canonical_scalar(item, problem);
    if (!element) {
      problem = fmt::format("element {}: {}", result.size(), problem);
      return std::nullopt;
    }
    result.push_back(std::move(*element));
  }
  return Json(std::move(result));
}

Json Key::json_schema() const {
  Json schema;
  if (type_ == KeyType::section) {
    schema = child_->json_schema();
  } else if (type_ == KeyType::section_list) {
    schema.set("type", "array");
    schema.set("items", child_->json_schema());
    if (accepts_one_) {
      Json either;
      either.set("oneOf", Json::Array{std::move(schema), child_->json_schema()});
      schema = std::move(either);
    }
  } else if (type_ == KeyType::section_map) {
    schema.set("type", "object");
    schema.set("additionalProperties", child_->json_schema());
  } else {
    switch (type_) {
      case KeyType::integer:
        schema.set("type", "integer");
        break;
      case KeyType::number:
        schema.set("type", "number");
        break;
      case KeyType::flag:
        schema.set("type", "boolean");
        break;
      case KeyType::choice: {
        Json::Array names(choices_.begin(), choices_.end());
        schema.set("enum", std::move(names));
        break;
      }
      case KeyType::members:
        schema.set("type", Json::Array{"integer", "string"});
        break;
      default:
        schema.set("type", "string");
        break;
    }
    if (type_ == KeyType::duration)
      schema.set("pattern", "^([0-9]+(d|h|min|s))+$|^[0-9]+:[0-5][0-9]:[0-5][0-9]$");
    if (type_ == KeyType::integer || type_ == KeyType::number) {
      if (std::isfinite(least_))
        schema.set(exclusive_least_ ? "exclusiveMinimum" : "minimum", least_);
      if (std::isfinite(greatest_))
        schema.set(exclusive_greatest_ ? "exclusiveMaximum" : "maximum", greatest_);
    }
    if (list_) {
      Json array;
      array.set("type", "array");
      array.set("items", std::move(schema));
      array.set("minItems", least_count_);
      array.set("maxItems", most_count_);
      schema = std::move(array);
    }
  }
  schema.set("description", unit_.empty() ? doc_ : fmt::format("{} [{}]", doc_, unit_));
  if (default_) {
    std::string problem;
    const auto value = canonical(*default_, problem);
    MYRIAD_EXPECT(value.has_value());
    schema.set("default", *value);
  }
  return schema;
}

Schema::Schema(std::string name, std::string doc) : name_(std::move(name)), doc_(std::move(doc)) {}

Key& Schema::add(std::string name, KeyType type, std::string doc) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  MYRIAD_EXPECT(!name.empty() && std::all_of(name.begin(), name.end(), good));
  MYRIAD_EXPECT(find(name) == nullptr);
  return *keys_.emplace_back(std::make_unique<Key>(std::move(name), type, std::move(doc)));
}

Key& Schema::integer(std::string name, std::string doc) {
  return add(std::move(name), KeyType::integer, std::move(doc));
}
Key& Schema::number(std::string name, std::string doc) {
  return add(std::move(name), KeyType::number, std::move(doc));
}
Key& Schema::flag(std::string name, std::string doc) {
  return add(std::move(name), KeyType::flag, std::move(doc));
}
Key& Schema::text(std::string name, std::string doc) {
  return add(std::move(name), KeyType::text, std::move(doc));
}
Key& Schema::choice(std::string name, std::string doc, std::vector<std::string> names) {
  return add(std::move(name), KeyType::choice, std::move(doc)).choices(std::move(names));
}
Key& Schema::duration(std::string name, std::string doc) {
  return add(std::move(name), KeyType::duration, std::move(doc));
}
Key& Schema::date(std::string name, std::string doc) {
  return add(std::move(name), KeyType::date, std::move(doc));
}
Key& Schema::path(std::string name, std::string doc) {
  return add(std::move(name), KeyType::path, std::move(doc));
}
Key& Schema::members(std::string name, std::string doc) {
  return add(std::move(name), KeyType::members, std::move(doc));
}

Schema& Schema::add_child(std::string name, KeyType type, std::string doc) {
  Key& key = add(name, type, doc);
  key.child_ = std::make_unique<Schema>(std::move(name), std::move(doc));
  return *key.child_;
}

Schema& Schema::section(std::string name, std::string doc) {
  return add_child(std::move(name), KeyType::section, std::move(doc));
}
Schema& Schema::optional_section(std::string name, std::string doc) {
  Schema& child = section(std::move(name), std::move(doc));
  child.optional_ = true;
  return child;
}
Schema& Schema::section_list(std::string name, std::string doc) {
  return add_child(std::move(name), KeyType::section_list, std::move(doc));
}
Schema& Schema::section_or_list(std::string name, std::string doc) {
  Schema& child = section_list(std::move(name), std::move(doc));
  keys_.back()->accepts_one_ = true;
  return child;
}
Schema& Schema::section_map(std::string name, std::string doc) {
  return add_child(std::move(name), KeyType::section_map, std::move(doc));
}

Schema& Schema::not_hashed() {
  hashed_ = false;
  return *this;
}

const Key* Schema::find(std::string_view name) const {
  const auto found = std::find_if(keys_.begin(), keys_.end(),
                                  [&](const auto& key) { return key->name() == name; });
  return found == keys_.end() ? nullptr : found->get();
}

Json Schema::json_schema() const {
  Json schema;
  schema.set("type", "object");
  schema.set("description", doc_);
  schema.set("additionalProperties", false);
  Json properties{Json::Object{}};
  Json::Array required;
  for (const auto& key : keys_) {
    properties.set(key->name(), key->json_schema());
    if (key->is_required()) required.emplace_back(key->name());
  }
  schema.set("properties", std::move(properties));
  if (!required.empty()) schema.set("required", std::move(required));
  return schema;
}

std::string Schema::yaml_template() const {
  std::string out = fmt::format("# {}: {}\n", name_, doc_);
  write_template(out, "", "");
  return out;
}

void Schema::write_template(std::string& out, const std::string& indent,
                            const std::string& mark) const {
  for (const auto& key : keys_) {
    out += fmt::format("{}# {}", indent, key->doc());
    if (!key->is_section()) out += fmt::format(" ({})", key->describe_type());
    out += '\n';
    if (!key->is_section()) {
      if (key->is_required()) {
        out += fmt::format("{}{}{}:  # required\n", indent, mark, key->name());
      } else {
        const std::string value = key->default_value() ? yaml_text(*key->default_value()) : "";
        out += fmt::format("{}# {}:{}{}\n", indent, key->name(), value.empty() ? "" : " ", value);
      }
      continue;
    }
    const bool always = key->type() == KeyType::section && !key->child().is_optional();
    const std::string inner_mark = always ? mark : "# ";
    out += fmt::format("{}{}{}:\n", indent, inner_mark, key->name());
    if (key->type() == KeyType::section) {
      key->child().write_template(out, indent + "  ", inner_mark);
    } else if (key->type() == KeyType::section_list) {
      out += fmt::format("{}#   -\n", indent);
      key->child().write_template(out, indent + "    ", inner_mark);
    } else {
      out += fmt::format("{}#   NAME:\n", indent);
      key->child().write_template(out, indent + "    ", inner_mark);
    }
  }
}

}  // namespace myriad
