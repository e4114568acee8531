#!/usr/bin/env bash
# Install what Myriad needs on Debian 12, as root or with sudo. Safe to run again: does nothing when all is there.
# Usage: scripts/setup.sh [--build-only]   (--build-only leaves out what only the tests need)
set -eu

build_packages="g++ cmake ninja-build pkg-config ccache git ca-certificates
  libopenmpi-dev openmpi-bin libnetcdf-dev libhdf5-dev libfftw3-dev libopenblas-dev libtrilinos-kokkos-dev
  librandom123-dev libyaml-cpp-dev libcli11-dev libfmt-dev nlohmann-json3-dev libxxhash-dev libssl-dev
  libeccodes-dev"
test_packages="xz-utils libgtest-dev libgmock-dev netcdf-bin cdo python3 python3-pip python3-numpy python3-xarray python3-netcdf4
  python3-jsonschema python3-yaml faketime locales
  libsharp-dev libectrans-dev ectrans-utils slurm-wlm libeccodes-tools chromium"

case "${1:-}" in
  --build-only) packages=$build_packages ;;
  "") packages="$build_packages $test_packages" ;;
  *) echo "setup.sh: unknown option '$1' (known: --build-only)" >&2; exit 64 ;;
esac

missing=""
for package in $packages; do
  status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing="$missing $package"
done
if [ -z "$missing" ]; then
  echo "setup: every package is installed"
  exit 0
fi

as_root=""
if [ "$(id -u)" != 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "setup.sh: packages are missing and neither root nor sudo is available; ask an administrator for:$missing" >&2
    exit 77
  fi
  as_root=sudo
fi
echo "setup: installing$missing"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get -o DPkg::Lock::Timeout=600 -qq update
# shellcheck disable=SC2086
$as_root apt-get -o DPkg::Lock::Timeout=600 -qq install -y --no-install-recommends $missing >/dev/null
echo "setup: done"
