/* What this library is, and what the processor can run. */
#include "vectors.h"

#define INTERFACE 6 /* counted up whenever a function or a structure changes: gamutmeta/native/library.py has the same */

EXPORT int64_t gamutmeta_interface(void) { return INTERFACE; }

/* 1 if the processor has AVX2 and FMA, and the system lets programs use them. */
EXPORT int64_t gamutmeta_has_avx2(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return 0;
#endif
}
