# Find Kokkos: an installed Kokkos >= 4 is preferred, Debian's 3.4 (inside Trilinos, Serial only) is repaired.
find_package(Kokkos QUIET CONFIG)
if(NOT Kokkos_FOUND)
  message(FATAL_ERROR "Kokkos not found (looked for KokkosConfig.cmake). "
                      "On Debian 12: apt-get install libtrilinos-kokkos-dev; elsewhere set Kokkos_ROOT.")
endif()
if(Kokkos_INCLUDE_DIRS MATCHES "include/trilinos")
  # Debian's package names the include folder /usr/lib/include, which does not exist.
  set_target_properties(Kokkos::kokkos PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${Kokkos_INCLUDE_DIRS}")
endif()
message(STATUS "Kokkos ${Kokkos_VERSION} with ${Kokkos_DEVICES}")
