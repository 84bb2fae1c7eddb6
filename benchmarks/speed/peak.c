/* Multiply-adds of float32 as fast as the processor computes them: nothing is loaded or stored. Compiled twice, with
 * -ffp-contract=fast and =off: one instruction for both where the processor has it, or two, as equal samples need. */
#include <stdint.h>

#if defined(__AVX2__)
enum { W = 8 };
#else
enum { W = 4 };
#endif
enum { CHAINS = 12 }; /* each waits for itself alone: enough to hide how long one takes, and all stay in registers */

typedef float vec __attribute__((vector_size(4 * W)));

/* Compute `rounds` times CHAINS vectors, and give the number of multiply-adds. */
int64_t peak(int64_t rounds, float factor, float term, float *out)
{
    vec f = factor - (vec){0}, t = term - (vec){0}, a[CHAINS];
    for (int c = 0; c < CHAINS; c++) a[c] = t * (float)c;
    for (int64_t round = 0; round < rounds; round++)
        _Pragma("GCC unroll 12") for (int c = 0; c < CHAINS; c++) a[c] = a[c] * f + t;
    for (int c = 1; c < CHAINS; c++) a[0] += a[c];
    for (int k = 0; k < W; k++) out[k] = a[0][k];
    return rounds * CHAINS * W;
}
