// Compiled like the rest of the program, but without code: the compiler's macros tell what the rest
// may use.
#include "pipelines/cpu_check.hpp"

extern "C" constinit const unsigned myriad_required_cpu = 0
#ifdef __SSE4_2__
                                                          | MYRIAD_CPU_SSE42
#endif
#ifdef __AVX__
                                                          | MYRIAD_CPU_AVX
#endif
#ifdef __AVX2__
                                                          | MYRIAD_CPU_AVX2
#endif
#ifdef __FMA__
                                                          | MYRIAD_CPU_FMA
#endif
#ifdef __BMI2__
                                                          | MYRIAD_CPU_BMI2
#endif
#ifdef __AVX512F__
                                                          | MYRIAD_CPU_AVX512F
#endif
#ifdef __AVX512DQ__
                                                          | MYRIAD_CPU_AVX512DQ
#endif
#ifdef __AVX512BW__
                                                          | MYRIAD_CPU_AVX512BW
#endif
#ifdef __AVX512VL__
                                                          | MYRIAD_CPU_AVX512VL
#endif
#ifdef __AVX512BF16__
                                                          | MYRIAD_CPU_AVX512BF16
#endif
    ;
