#pragma once
/* What the program was compiled for, as bits; read by code that runs before anything newer may. No
 * C++ in here. */

#define MYRIAD_CPU_SSE42 0x001u
#define MYRIAD_CPU_AVX 0x002u
#define MYRIAD_CPU_AVX2 0x004u
#define MYRIAD_CPU_FMA 0x008u
#define MYRIAD_CPU_BMI2 0x010u
#define MYRIAD_CPU_AVX512F 0x020u
#define MYRIAD_CPU_AVX512DQ 0x040u
#define MYRIAD_CPU_AVX512BW 0x080u
#define MYRIAD_CPU_AVX512VL 0x100u
#define MYRIAD_CPU_AVX512BF16 0x200u

extern "C" const unsigned myriad_required_cpu;
