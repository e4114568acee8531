// Refuses a processor that lacks what the program was compiled for, with a sentence instead of an
// illegal instruction.
//
// This file is compiled for the oldest x86-64 and includes no C++ header: the linker may take an
// inlined function from any object, also from one that uses newer instructions. It runs before the
// constructors of all other files.
#include "pipelines/cpu_check.hpp"

#if defined(__x86_64__) && __has_include(<sys/platform/x86.h>)
#include <sys/platform/x86.h>
#include <unistd.h>

namespace {

// What glibc calls active is what the processor has and the system has not switched off
// (GLIBC_TUNABLES does so in tests).
unsigned active_features() {
  unsigned found = 0;
  if (CPU_FEATURE_ACTIVE(SSE4_2)) found |= MYRIAD_CPU_SSE42;
  if (CPU_FEATURE_ACTIVE(AVX)) found |= MYRIAD_CPU_AVX;
  if (CPU_FEATURE_ACTIVE(AVX2)) found |= MYRIAD_CPU_AVX2;
  if (CPU_FEATURE_ACTIVE(FMA)) found |= MYRIAD_CPU_FMA;
  if (CPU_FEATURE_ACTIVE(BMI2)) found |= MYRIAD_CPU_BMI2;
  if (CPU_FEATURE_ACTIVE(AVX512F)) found |= MYRIAD_CPU_AVX512F;
  if (CPU_FEATURE_ACTIVE(AVX512DQ)) found |= MYRIAD_CPU_AVX512DQ;
  if (CPU_FEATURE_ACTIVE(AVX512BW)) found |= MYRIAD_CPU_AVX512BW;
  if (CPU_FEATURE_ACTIVE(AVX512VL)) found |= MYRIAD_CPU_AVX512VL;
  if (CPU_FEATURE_ACTIVE(AVX512_BF16)) found |= MYRIAD_CPU_AVX512BF16;
  return found;
}

const struct {
  unsigned bit;
  const char* name;
} k_names[] = {{MYRIAD_CPU_SSE42, " sse4.2"},      {MYRIAD_CPU_AVX, " avx"},
               {MYRIAD_CPU_AVX2, " avx2"},         {MYRIAD_CPU_FMA, " fma"},
               {MYRIAD_CPU_BMI2, " bmi2"},         {MYRIAD_CPU_AVX512F, " avx512f"},
               {MYRIAD_CPU_AVX512DQ, " avx512dq"}, {MYRIAD_CPU_AVX512BW, " avx512bw"},
               {MYRIAD_CPU_AVX512VL, " avx512vl"}, {MYRIAD_CPU_AVX512BF16, " avx512_bf16"}};

void say(const char* text) {
  unsigned long length = 0;
  while (text[length] != '\0') ++length;
  if (::write(2, text, length) < 0) return;  // nowhere to say it; the exit code stands
}

__attribute__((constructor(101))) void check_processor() {
  const unsigned missing = myriad_required_cpu & ~active_features();
  if (missing == 0) return;
  say("error ");
  say("E2693");
  say(": this processor lacks");
  for (const auto& feature : k_names) {
    if ((missing & feature.bit) != 0) say(feature.name);
  }
  say(" (the program was compiled for a newer one and would end with an illegal instruction); run "
      "it on another node, or build "
      "with the preset portable (x86-64-v3) or on this machine\n");
  ::_exit(69);
}

}  // namespace
#endif
