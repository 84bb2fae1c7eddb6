/* Vectors of floats, as the processor has them: GCC's and clang's vector extension makes SSE, AVX2 or NEON code of them.
 *
 * A loop over pixels or samples takes LANES of them at a time: VECS vectors of W. */
#ifndef GAMUTMETA_VECTORS_H
#define GAMUTMETA_VECTORS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif
#define ALWAYS static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 8")

#if defined(__AVX2__)
enum { W = 8 };
#else
enum { W = 4 };
#endif
enum { LANES = 128, VECS = LANES / W };

typedef float vec __attribute__((vector_size(4 * W)));
typedef int32_t ivec __attribute__((vector_size(4 * W)));
typedef float loose __attribute__((vector_size(4 * W), aligned(4), may_alias)); /* at any float's address */
typedef float four __attribute__((vector_size(16)));
typedef int32_t ifour __attribute__((vector_size(16)));
typedef float loose_four __attribute__((vector_size(16), aligned(4), may_alias));

/* Elements of two vectors of four: 0..3 are the first one's, 4..7 the second's. */
#if defined(__clang__)
#define PICK(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#define PICK_EIGHT(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define PICK(a, b, ...) __builtin_shuffle(a, b, (ifour){__VA_ARGS__})
#define PICK_EIGHT(a, b, ...) __builtin_shuffle(a, b, (ivec){__VA_ARGS__})
#endif

ALWAYS vec splat(float x) { return x - (vec){0}; }
ALWAYS four splat_four(float x) { return x - (four){0}; }
ALWAYS vec load(const float *p) { return *(const loose *)p; }
ALWAYS void store(float *p, vec x) { *(loose *)p = x; }
ALWAYS four load_four(const float *p) { return *(const loose_four *)p; }
ALWAYS void store_four(float *p, four x) { *(loose_four *)p = x; }
ALWAYS vec where(ivec mask, vec x) { return (vec)((ivec)x & mask); } /* x, or 0 where the mask is */
ALWAYS vec either(ivec mask, vec x, vec y) { return (vec)(((ivec)x & mask) | ((ivec)y & ~mask)); }
ALWAYS ivec signs(vec x) { return (ivec)x & (ivec)splat(-0.0f); }
ALWAYS vec absolute(vec x) { return (vec)((ivec)x & ~(ivec)splat(-0.0f)); }

ALWAYS vec root(vec x)
{
    vec r;
    for (int k = 0; k < W; k++) r[k] = __builtin_sqrtf(x[k]);
    return r;
}

/* The sum of a vector's elements, always in the same order. */
ALWAYS float total(vec x)
{
    four sum = load_four((const float *)&x);
    for (int k = 4; k < W; k += 4) sum += load_four((const float *)&x + k);
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

/* The first vector's elements where the mask is, else the second's. */
ALWAYS ivec either_whole(ivec mask, ivec x, ivec y) { return (x & mask) | (y & ~mask); }

/* Rows become columns. */
ALWAYS void transpose(four *r)
{
    four a = PICK(r[0], r[1], 0, 4, 1, 5), b = PICK(r[0], r[1], 2, 6, 3, 7);
    four c = PICK(r[2], r[3], 0, 4, 1, 5), d = PICK(r[2], r[3], 2, 6, 3, 7);
    r[0] = PICK(a, c, 0, 1, 4, 5), r[1] = PICK(a, c, 2, 3, 6, 7);
    r[2] = PICK(b, d, 0, 1, 4, 5), r[3] = PICK(b, d, 2, 3, 6, 7);
}

/* The same of W vectors. */
ALWAYS void transpose_all(vec *r)
{
#if defined(__AVX2__)
    vec s[8], t[8];
    UNROLL for (int k = 0; k < 8; k += 2) {
        s[k] = PICK_EIGHT(r[k], r[k + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        s[k + 1] = PICK_EIGHT(r[k], r[k + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
    UNROLL for (int k = 0; k < 8; k += 4)
        UNROLL for (int j = 0; j < 2; j++) {
            t[k + 2 * j] = PICK_EIGHT(s[k + j], s[k + j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
            t[k + 2 * j + 1] = PICK_EIGHT(s[k + j], s[k + j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        }
    UNROLL for (int k = 0; k < 4; k++) {
        r[k] = PICK_EIGHT(t[k], t[k + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        r[k + 4] = PICK_EIGHT(t[k], t[k + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
#else
    transpose(r);
#endif
}

#endif
