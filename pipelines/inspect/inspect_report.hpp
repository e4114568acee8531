#pragma once
/// \file
/// Content of a checkpoint as text for people and as JSON for programs.

#include <string>
#include <string_view>

#include "src/base/json.hpp"
#include "src/state/checkpoint.hpp"

namespace myriad::pipelines {

/// The facts of a verified checkpoint. Stable keys: file, kind, format, verified, file_bytes,
/// header_bytes, data_bytes, header_xxh3, weights_sha256, parameters (elements of floating type),
/// non_finite (of all tensors), metadata (sections as JSON values), tensors [name, dtype, shape,
/// bytes, xxh3, non_finite].
Json inspect_json(const CheckpointSummary& summary, std::string_view file);

/// The same as text. Control characters of the file are shown as \\u00XX, so that no file can steer
/// the terminal.
std::string inspect_text(const CheckpointSummary& summary, std::string_view file);

namespace detail {
/// \p text with control characters (C0, DEL, C1) written as \\u00XX.
std::string printable(std::string_view text);
}  // namespace detail

}  // namespace myriad::pipelines
