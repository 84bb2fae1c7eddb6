/* Products of small matrices and LANES samples, which lie along the vectors: row k of a matrix x is x[k * VECS].
 *
 * Each function takes a tile of results that stays in registers: R rows and C vectors, known when it is compiled. */
#ifndef GAMUTMETA_PRODUCTS_H
#define GAMUTMETA_PRODUCTS_H

#include "vectors.h"

/* What happens to the results: nothing, ReLU, or 0 where ReLU gave 0 (`mask` is not positive). Expansion adds the start
 * last (LATER) or what is in `y` (ADDED), as numpy does, and its ReLU keeps not-a-numbers. */
typedef enum { PLAIN, RELU, MASKED, LATER, LATER_RELU, ADDED, ADDED_RELU } After;

ALWAYS void rows_tile(const int R, const int C, const float *w, long across, long along, long terms, const vec *x,
                      const float *start, const After after, const vec *mask, vec *y)
{
    for (int l = 0; l < VECS; l += C) {
        vec a[6][4];
        UNROLL for (int r = 0; r < R; r++)
            UNROLL for (int c = 0; c < C; c++) a[r][c] = start && after < LATER ? splat(start[r]) : splat(0);
        for (long t = 0; t < terms; t++) {
            const vec *p = x + t * VECS + l;
            const float *f = w + t * along;
            UNROLL for (int r = 0; r < R; r++) {
                vec g = splat(f[r * across]);
                UNROLL for (int c = 0; c < C; c++) a[r][c] += g * p[c];
            }
        }
        UNROLL for (int r = 0; r < R; r++)
            UNROLL for (int c = 0; c < C; c++) {
                vec v = a[r][c];
                if (after == RELU) v = where(v > 0, v);
                if (after == LATER || after == LATER_RELU) v += splat(start[r]);
                if (after == ADDED || after == ADDED_RELU) v += y[r * VECS + l + c];
                if (after == LATER_RELU || after == ADDED_RELU) v = where(~(v < 0), v);
                if (after == MASKED) v = where(mask[r * VECS + l + c] > 0, v);
                y[r * VECS + l + c] = v;
            }
    }
}

/* y[k] = start[k] + sum over t of w[k * across + t * along] * x[t], for `rows` rows; `start` may be NULL for 0.
 * `after` is known when it is compiled. */
ALWAYS void rows_of(const float *w, long across, long along, long terms, long rows, const vec *x, const float *start,
                    const After after, const vec *mask, vec *y)
{
#define TILE(R, C)                                                                                                     \
    rows_tile(R, C, w + k * across, across, along, terms, x, start ? start + k : NULL, after,                          \
              mask ? mask + k * VECS : NULL, y + k * VECS), k += R
    long k = 0;
    while (rows - k >= 6) TILE(6, 2);
    if (rows - k >= 4) TILE(4, 2);
    if (rows - k == 3) TILE(3, 4);
    if (rows - k == 2) TILE(2, 4);
    if (rows - k == 1) TILE(1, 4);
#undef TILE
}

/* A layer's values of its inputs. */
static inline void layer(const float *p, long in, long out, const vec *x, const After after, vec *y)
{
    if (after == RELU) rows_of(p, in, 1, in, out, x, p + in * out, RELU, NULL, y);
    else rows_of(p, in, 1, in, out, x, p + in * out, PLAIN, NULL, y);
}

/* The derivative by the first `wanted` inputs of a layer, from that by its outputs; 0 where `mask` is, if there is one. */
static inline void layer_back(const float *p, long in, long out, long wanted, const vec *e, const vec *mask, vec *y)
{
    if (mask) rows_of(p, 1, in, out, wanted, e, NULL, MASKED, mask, y);
    else rows_of(p, 1, in, out, wanted, e, NULL, PLAIN, NULL, y);
}

ALWAYS void outer_tile(const int R, const int C, long inputs, const vec *e, const vec *x, vec *sums)
{
    vec a[6][4];
    UNROLL for (int r = 0; r < R; r++)
        UNROLL for (int c = 0; c < C; c++) a[r][c] = sums[r * inputs + c];
    for (int l = 0; l < VECS; l++) {
        vec p[4];
        UNROLL for (int c = 0; c < C; c++) p[c] = x[c * VECS + l];
        UNROLL for (int r = 0; r < R; r++) {
            vec g = e[r * VECS + l];
            UNROLL for (int c = 0; c < C; c++) a[r][c] += g * p[c];
        }
    }
    UNROLL for (int r = 0; r < R; r++)
        UNROLL for (int c = 0; c < C; c++) sums[r * inputs + c] = a[r][c];
}

/* sums[o * inputs + i] += e[o] * x[i] for all outputs and inputs, lane by lane. */
static inline void add_outer(long outputs, long inputs, const vec *e, const vec *x, vec *sums)
{
#define TILES(R, C)                                                                                                    \
    do {                                                                                                               \
        long i = 0;                                                                                                    \
        for (; i + C <= inputs; i += C) outer_tile(R, C, inputs, e + o * VECS, x + i * VECS, sums + o * inputs + i);   \
        for (; i < inputs; i++) outer_tile(R, 1, inputs, e + o * VECS, x + i * VECS, sums + o * inputs + i);           \
        o += R;                                                                                                        \
    } while (0)
    long o = 0;
    while (outputs - o >= 6) TILES(6, 2);
    if (outputs - o >= 4) TILES(4, 2);
    if (outputs - o == 3) TILES(3, 4);
    if (outputs - o == 2) TILES(2, 4);
    if (outputs - o == 1) TILES(1, 4);
#undef TILES
}

/* sums[o] += e[o], lane by lane. */
static inline void add_rows(long rows, const vec *e, vec *sums)
{
    for (long o = 0; o < rows; o++) {
        vec sum = sums[o];
        for (int l = 0; l < VECS; l++) sum += e[o * VECS + l];
        sums[o] = sum;
    }
}

#endif
