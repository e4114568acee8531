#include "src/io/library_lock.hpp"

#include <hdf5.h>

#include <mutex>

namespace myriad::io::detail {

namespace {

std::recursive_mutex& mutex() {
  static std::recursive_mutex instance;
  return instance;
}

}  // namespace

LibraryLock::LibraryLock() {
  mutex().lock();
  thread_local bool silenced = false;
  if (!silenced) {
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    silenced = true;
  }
}

LibraryLock::~LibraryLock() {
  mutex().unlock();
}

}  // namespace myriad::io::detail
