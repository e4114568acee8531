#pragma once
/// \file
/// A look at the header of a classic NetCDF file before the library parses it. Internal to src/io.

#include <string>

namespace myriad::io::detail {

/// Check the header of a classic file (CDF-1, CDF-2, CDF-5); a file of any other format passes.
///
/// netCDF-C 4.9 copies names of any length into the caller's buffer of NC_MAX_NAME + 1 bytes and
/// allocates what counts claim, so a damaged classic file could overwrite the stack (tests/fuzz
/// found it). Checked here: every name at most 256 bytes, every count against the bytes that
/// remain, types, dimension numbers, and that all data lies within the file (a truncated classic
/// file otherwise reads as zeros). *Errors* ErrorKind::input_corrupt E2005 naming what is wrong and
/// where; input_missing or by errno E2001. *Cost* one pass over the header, 64 KiB at a time.
/// *Source* NetCDF Users Guide, appendix "File format specifications" (classic, 64-bit offset,
/// 64-bit data).
void check_classic_header(const std::string& path);

}  // namespace myriad::io::detail
