# Installation: bin/myriad, bin/myriad-launch, recipes and templates, documents. The tree may be moved as a whole.
include(GNUInstallDirs)

# Libraries that scripts/package.sh puts beside the program are found from wherever it lies, also by each other: RPATH, which
# unlike RUNPATH holds for the libraries of libraries.
set_target_properties(myriad PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}" INSTALL_RPATH_USE_LINK_PATH ON)
target_link_options(myriad PRIVATE -Wl,--disable-new-dtags)

install(TARGETS myriad RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
if(MYRIAD_CUDA)
  set_target_properties(myriad PROPERTIES BUILD_RPATH $<TARGET_FILE_DIR:myriad_cuda>)
  install(TARGETS myriad_cuda LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
install(PROGRAMS scripts/launch.sh DESTINATION ${CMAKE_INSTALL_BINDIR} RENAME myriad-launch)
install(DIRECTORY configs DESTINATION ${CMAKE_INSTALL_DATADIR}/myriad USE_SOURCE_PERMISSIONS)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES README.md LICENSE SECURITY.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_GENERATOR TGZ)
set(CPACK_PACKAGE_NAME myriad)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_FILE_NAME "myriad-${PROJECT_VERSION}-${CMAKE_SYSTEM_NAME}-${MYRIAD_ARCH}")
set(CPACK_INCLUDE_TOPLEVEL_DIRECTORY ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
include(CPack)
