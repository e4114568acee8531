#pragma once
/// \file
/// Ownership of HDF5 handles. Private to src/io.

#include <hdf5.h>

#include <utility>

namespace myriad::io::detail {

/// Closes an HDF5 handle of any kind at the end of a scope. The caller holds the LibraryLock.
class Hdf5Handle {
 public:
  Hdf5Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  ~Hdf5Handle() {
    if (id_ >= 0) close_(id_);
  }
  Hdf5Handle(const Hdf5Handle&) = delete;
  Hdf5Handle& operator=(const Hdf5Handle&) = delete;
  hid_t get() const { return id_; }
  hid_t release() { return std::exchange(id_, -1); }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

}  // namespace myriad::io::detail
