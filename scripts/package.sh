#!/usr/bin/env bash
# Make a tarball that runs wherever it is unpacked: program, libraries, recipes, documents.
# Usage: scripts/package.sh [BUILD]     BUILD: a build tree; default: build/portable, which is built first (x86-64-v3)
# Writes myriad-VERSION-Linux-ARCH.tar.gz into the working directory and prints its name.
# Not inside: the C library, the C++ and Fortran runtimes and MPI, which belong to the machine (Open MPI 4.1 is needed, mpirun with it).
set -eu
start=$PWD
cd "$(dirname "$0")/.."
if [ $# -ge 1 ]; then
  build=$(cd "$start" && cd "$1" && pwd)
else
  scripts/build.sh portable -DMYRIAD_TESTS=OFF
  build=$PWD/build/portable
fi
value() { sed -nE "s/^$1:[A-Z]+=(.*)/\1/p" "$build/CMakeCache.txt"; }
name=$(sed -nE 's/^set\(CPACK_PACKAGE_FILE_NAME "(.*)"\)/\1/p' "$build/CPackConfig.cmake")
libdir=$(value CMAKE_INSTALL_LIBDIR)
libdir=${libdir:-lib}
staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT
cmake --install "$build" --prefix "$staging/$name" --strip >/dev/null
mkdir -p "$staging/$name/$libdir"
# What the machine provides: loader and C library, compiler runtimes, MPI with its run-time system.
theirs='^(linux-vdso|ld-linux|libc|libm|libdl|librt|libpthread|libresolv|libutil|libgcc_s|libstdc\+\+|libgfortran|libquadmath|libgomp)[-.]'
mpi='^(libmpi|libmpi_cxx|libopen-rte|libopen-pal|libhwloc|libevent.*|libpmix|libmunge|libudev|libltdl)[-.]'
ldd "$build/pipelines/myriad" | sed -nE 's/^\s*(\S+) => (\/\S+).*/\1 \2/p' | while read -r soname path; do
  if printf '%s\n' "$soname" | grep -qE "$theirs|$mpi"; then continue; fi
  cp --dereference "$path" "$staging/$name/$libdir/$soname"
done
chmod 644 "$staging/$name/$libdir"/*
# The same bytes for the same content: names in order, one owner, the time of the source.
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
tar --create --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$epoch" --directory "$staging" "$name" |
  gzip --no-name >"$start/$name.tar.gz"
echo "$name.tar.gz"
