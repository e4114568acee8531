# Options and helpers shared by every folder.
include_guard(GLOBAL)

set(MYRIAD_ARCH "native" CACHE STRING "Value of -march (native, x86-64-v3, ...)")
set(MYRIAD_SANITIZE "" CACHE STRING "Sanitizers for all targets, comma separated (address,undefined | thread)")
find_program(MYRIAD_NVCC nvcc HINTS ENV CUDA_HOME ENV CUDA_PATH PATHS /usr/local/cuda/bin)
set(MYRIAD_HAVE_CUDA OFF)
if(MYRIAD_NVCC)
  # A part of a toolkit, or one without C++20 (before 12), must not stop a build that nobody asked a GPU of.
  get_filename_component(nvcc_folder ${MYRIAD_NVCC} DIRECTORY)
  find_path(MYRIAD_CUFFT_INCLUDE_DIR cufft.h HINTS ${nvcc_folder}/../include)
  find_path(MYRIAD_CUBLASLT_INCLUDE_DIR cublasLt.h HINTS ${nvcc_folder}/../include)
  execute_process(COMMAND ${MYRIAD_NVCC} --version OUTPUT_VARIABLE nvcc_says ERROR_QUIET)
  string(REGEX MATCH "release ([0-9]+)" nvcc_release "${nvcc_says}")
  if(NOT nvcc_release OR CMAKE_MATCH_1 LESS 12)
    message(STATUS "${MYRIAD_NVCC} is older than CUDA 12: no CUDA backend")
  elseif(NOT MYRIAD_CUFFT_INCLUDE_DIR OR NOT MYRIAD_CUBLASLT_INCLUDE_DIR)
    message(STATUS "${MYRIAD_NVCC} comes without cuFFT or cuBLASLt: no CUDA backend")
  else()
    set(MYRIAD_HAVE_CUDA ON)
  endif()
endif()
option(MYRIAD_CUDA "Compile the CUDA backend (on where CUDA 12 or newer with cuFFT and cuBLASLt is found)" ${MYRIAD_HAVE_CUDA})
option(MYRIAD_FUZZ "Build libFuzzer targets (needs clang)" OFF)
option(MYRIAD_TESTS "Build the tests" ON)

add_library(myriad_options INTERFACE)
target_compile_features(myriad_options INTERFACE cxx_std_20)
# Contraction is pinned so that every build of one architecture rounds alike (docs/adr/0002).
target_compile_options(myriad_options INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wshadow -Wconversion -Werror -ffp-contract=fast -fno-math-errno
  -fno-trapping-math -fstack-protector-strong -march=${MYRIAD_ARCH}>)
# -O3 of g++ 12 reports false positives of these three inside std::vector, fmt and std::string.
target_compile_options(myriad_options INTERFACE
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-Wno-error=array-bounds -Wno-error=stringop-overflow -Wno-error=restrict>)
target_compile_definitions(myriad_options INTERFACE $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
target_include_directories(myriad_options INTERFACE ${PROJECT_SOURCE_DIR})
target_link_options(myriad_options INTERFACE -Wl,-z,relro,-z,now)
if(MYRIAD_SANITIZE)
  # Instrumented code makes g++ 12 see uninitialised members in std::variant and std::optional.
  target_compile_options(myriad_options INTERFACE -fsanitize=${MYRIAD_SANITIZE} -fno-omit-frame-pointer
                                                  -fno-sanitize-recover=all -Wno-error=maybe-uninitialized)
  target_compile_definitions(myriad_options INTERFACE _GLIBCXX_ASSERTIONS)
  target_link_options(myriad_options INTERFACE -fsanitize=${MYRIAD_SANITIZE})
endif()

# myriad_add_library(<name> SOURCES ... [PUBLIC libs...] [PRIVATE libs...]) makes static library myriad_<name>, alias myriad::<name>.
function(myriad_add_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(myriad_${name} STATIC ${ARG_SOURCES})
  add_library(myriad::${name} ALIAS myriad_${name})
  target_link_libraries(myriad_${name} PUBLIC myriad_options ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()

set(MYRIAD_MPI_ENVIRONMENT
    "OMPI_ALLOW_RUN_AS_ROOT=1;OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1;OMPI_MCA_rmaps_base_oversubscribe=1"
    "OMPI_MCA_hwloc_base_binding_policy=none;OMPI_MCA_mpi_yield_when_idle=1;OMPI_MCA_btl=self,vader"
    "OMP_NUM_THREADS=1;OPENBLAS_NUM_THREADS=1;OMP_PROC_BIND=false")

# myriad_add_test_objects(<name> SOURCES ... [LIBS ...]): sources of several tests, compiled once. The headers that every test reads are
# precompiled, once for all tests: they are a third of the time of a small one.
function(myriad_add_test_objects name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_library(${name} OBJECT ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC myriad_options ${ARG_LIBS} GTest::gtest GTest::gmock)
  target_precompile_headers(${name} REUSE_FROM myriad_test_headers)
endfunction()

# myriad_add_test(<name> [SOURCES ...] [OBJECTS <test objects...>] [LIBS ...] [LABELS ...] [TIMEOUT s] [ARGS ...])
# One GoogleTest binary, one CTest test; label `unit` unless LABELS says otherwise.
function(myriad_add_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;OBJECTS;LIBS;LABELS;ARGS" ${ARGN})
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  foreach(objects IN LISTS ARG_OBJECTS)
    list(APPEND ARG_SOURCES $<TARGET_OBJECTS:${objects}>)
  endforeach()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE myriad_options ${ARG_LIBS} GTest::gtest GTest::gmock GTest::gtest_main)
  target_precompile_headers(${name} REUSE_FROM myriad_test_headers)
  add_test(NAME ${name} COMMAND ${name} ${ARG_ARGS} WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT}
                       ENVIRONMENT "MYRIAD_SOURCE_DIR=${PROJECT_SOURCE_DIR};${MYRIAD_MPI_ENVIRONMENT}")
endfunction()

# myriad_add_gpu_test(<name> [SOURCES ...] [OBJECTS ...] [LIBS ...]): a test of the backend "cuda" on a real device, label `gpu`; skipped where there is
# none. The names of its cases hold "cuda".
function(myriad_add_gpu_test name)
  myriad_add_test(${name} ${ARGN} LABELS gpu TIMEOUT 300 ARGS --gtest_filter=*cuda*)
  target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/support/add_cuda_library.cpp)
  add_dependencies(${name} myriad_cuda)
  set_target_properties(${name} PROPERTIES BUILD_RPATH $<TARGET_FILE_DIR:myriad_cuda>)
  set_tests_properties(${name} PROPERTIES SKIP_REGULAR_EXPRESSION "no GPU can be used|backend .cuda. is not available")
endfunction()

# myriad_add_mpi_test(<name> SOURCES ... [LIBS ...] [RANKS 1 2 3 4]): one CTest test per rank count, label `mpi`.
function(myriad_add_mpi_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LIBS;RANKS" ${ARGN})
  if(NOT ARG_RANKS)
    set(ARG_RANKS 1 2 3 4)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE myriad_options ${ARG_LIBS} myriad_mpi_test_main GTest::gtest MPI::MPI_CXX)
  foreach(ranks IN LISTS ARG_RANKS)
    add_test(NAME ${name}.np${ranks}
             COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} ${ranks} ${MPIEXEC_PREFLAGS} $<TARGET_FILE:${name}>
             WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
    set_tests_properties(${name}.np${ranks} PROPERTIES LABELS mpi TIMEOUT ${ARG_TIMEOUT} PROCESSORS ${ranks}
                         ENVIRONMENT "MYRIAD_SOURCE_DIR=${PROJECT_SOURCE_DIR};${MYRIAD_MPI_ENVIRONMENT}")
  endforeach()
endfunction()
