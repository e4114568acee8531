#pragma once
/// \file
/// Whether a file that was just written holds its chunks as it should. Internal to src/io.

#include <string>

namespace myriad::io::detail {

/// Check that every filter (compression, check sum) of every dataset in the root group of the
/// NetCDF-4 file \p path was applied to each of its chunks. HDF5 treats compression as optional:
/// where zlib gets no memory the chunk is stored without it and no call fails, so that the bytes of
/// a file would depend on the memory of the node. \param shown how the file is called in a message
/// *Errors* ErrorKind::resources (E2071) naming the dataset; ErrorKind::io (E2061) when the file
/// cannot be examined. *Cost* one look-up per chunk; nothing is read but the index.
void check_stored_filters(const std::string& path, const std::string& shown);

}  // namespace myriad::io::detail
