/* The network of section 7.7 for WebAssembly, and what is known of a picture: a part of expansion.c. */

#include <stdint.h>
#include <wasm_simd128.h>

#define WIDEST 256  /* units of a layer and features at most (section 4.4) */
#define PIECE 1024  /* pixels of a row that are expanded at a time */
#define BLOCK 8     /* pixels that go through the network together */

typedef struct {
    int32_t inputs;
    int32_t padded;       /* outputs, a multiple of 4 */
    const float *weight;  /* inputs x padded */
    const float *bias;    /* padded */
} Layer;

/* What fast.js writes, all of 4 bytes; places are those of its FIELDS. */
typedef struct {
    const uint8_t *codes;  /* R, G, B or Y, Cb, Cr of each pixel */
    uint16_t *out;         /* R, G, B */
    int32_t head;
    int32_t ycc;           /* whether codes are Y, Cb, Cr */
    const float *gate;     /* for each code of each channel */
    const float *linear;   /* for each code of each channel, or each number of 64ths */
    const int32_t *shares; /* 4 x 256: red, green of blue, green of red, blue */
    const float *matrix;   /* 9 */
    const double *romm;    /* value, and a 4096th of the step to the next one */
    const Layer *layers;
    int32_t depth;
    const float *rows;     /* what bias and row contribute to the first layer */
    const float *columns;  /* pixels x padded: what columns contribute */
    int32_t channels;      /* of the grid, padded to a multiple of 4 */
    const float *above;    /* pixels x channels: the grid on the node row above, between its columns */
    const float *below;
    float share;           /* how far the row is behind the node row above */
    const float *tints;    /* 3 x 256 x padded: what colours contribute; null without, or if features are computed */
    int32_t octaves;       /* of the colour, if its features are computed; else -1 */
    int32_t plain;         /* 1 if the value itself is one of the features */
    const float *source;   /* matrix of features, 9 */
    int32_t first;         /* feature of the first layer with which the colour begins */
    const float *coded;    /* linear values of codes, for features */
} Plan;

static float red[PIECE + 4], green[PIECE + 4], blue[PIECE + 4];
static float more[3][PIECE + 4];
static uint16_t active[PIECE + BLOCK];
static float units[2][BLOCK][WIDEST];
static float nodes[BLOCK][WIDEST];
static uint8_t opens[3][256];
static Plan plan;

static inline v128_t load(const float *p) { return wasm_v128_load(p); }
static inline v128_t sum(v128_t a, v128_t b) { return wasm_f32x4_add(a, b); }
static inline v128_t times(v128_t a, v128_t b) { return wasm_f32x4_mul(a, b); }
static inline v128_t splat(const float *p) { return wasm_v128_load32_splat(p); }
/* NaN passes, as -0 does. */
static inline v128_t rectified(v128_t a) { return wasm_f32x4_pmax(a, wasm_f32x4_const_splat(0)); }

/* Adds products of `count` inputs from the first one on, for 4 pixels and 8 outputs. */
#define ACCUMULATE_8(w, x, count, padded)                                                  \
    for (int32_t i = 0; i < (count); i++) {                                                \
        const v128_t u = load((w) + i * (padded)), v = load((w) + i * (padded) + 4);       \
        for (int p = 0; p < 4; p++) {                                                      \
            const v128_t value = splat(&(x)[p][i]);                                        \
            a[p] = sum(a[p], times(u, value));                                             \
            b[p] = sum(b[p], times(v, value));                                             \
        }                                                                                  \
    }

#define ACCUMULATE_4(w, x, count, padded, pixels)                                          \
    for (int32_t i = 0; i < (count); i++) {                                                \
        const v128_t u = load((w) + i * (padded));                                         \
        for (int p = 0; p < (pixels); p++) a[p] = sum(a[p], times(u, splat(&(x)[p][i])));  \
    }

/* A layer behind the first. */
static void dense(const Layer *layer, const float (*x)[WIDEST], float (*y)[WIDEST], int last) {
    const int32_t padded = layer->padded, inputs = layer->inputs;
    const float *weight = layer->weight, *bias = layer->bias;
    int32_t j = 0;
    for (; j + 8 <= padded; j += 8) {
        for (int q = 0; q < BLOCK; q += 4) {
            v128_t a[4], b[4];
            for (int p = 0; p < 4; p++) a[p] = load(bias + j), b[p] = load(bias + j + 4);
            ACCUMULATE_8(weight + j, x + q, inputs, padded)
            for (int p = 0; p < 4; p++) {
                wasm_v128_store(&y[q + p][j], last ? a[p] : rectified(a[p]));
                wasm_v128_store(&y[q + p][j + 4], last ? b[p] : rectified(b[p]));
            }
        }
    }
    if (j < padded) {
        v128_t a[BLOCK];
        for (int p = 0; p < BLOCK; p++) a[p] = load(bias + j);
        ACCUMULATE_4(weight + j, x, inputs, padded, BLOCK)
        for (int p = 0; p < BLOCK; p++) wasm_v128_store(&y[p][j], last ? a[p] : rectified(a[p]));
    }
}

/* Channels of the grid at the pixels of a block. */
static void interpolate(const uint16_t *places) {
    const v128_t b = wasm_f32x4_splat(plan.share), rest = wasm_f32x4_splat(1 - plan.share);
    for (int p = 0; p < BLOCK; p++) {
        const int32_t from = places[p] * plan.channels;
        for (int32_t c = 0; c < plan.channels; c += 4) {
            const v128_t above = load(plan.above + from + c), below = load(plan.below + from + c);
            wasm_v128_store(&nodes[p][c], sum(times(above, rest), times(below, b)));
        }
    }
}

/* Sine and cosine of 2 pi r for r from -0.5 to 0.5: Taylor's series about the nearest quarter, to 1e-7. */
static inline void circular(v128_t r, v128_t *sine, v128_t *cosine) {
    const v128_t quarter = wasm_f32x4_nearest(times(r, wasm_f32x4_const_splat(4)));
    const v128_t t = wasm_f32x4_sub(r, times(quarter, wasm_f32x4_const_splat(0.25f)));
    const v128_t z = times(t, wasm_f32x4_const_splat(6.2831855f)), s = times(z, z);
    v128_t odd = wasm_f32x4_const_splat(2.7557319e-6f), even = wasm_f32x4_const_splat(2.4801587e-5f);
    odd = sum(times(odd, s), wasm_f32x4_const_splat(-1.9841270e-4f));
    odd = sum(times(odd, s), wasm_f32x4_const_splat(8.3333333e-3f));
    odd = sum(times(odd, s), wasm_f32x4_const_splat(-1.6666667e-1f));
    odd = sum(times(times(odd, s), z), z);
    even = sum(times(even, s), wasm_f32x4_const_splat(-1.3888889e-3f));
    even = sum(times(even, s), wasm_f32x4_const_splat(4.1666667e-2f));
    even = sum(times(even, s), wasm_f32x4_const_splat(-0.5f));
    even = sum(times(even, s), wasm_f32x4_const_splat(1));
    const v128_t turns = wasm_i32x4_trunc_sat_f32x4(quarter);
    const v128_t swap = wasm_i32x4_ne(wasm_v128_and(turns, wasm_i32x4_const_splat(1)), wasm_i32x4_const_splat(0));
    const v128_t minus = wasm_i32x4_shl(wasm_v128_and(turns, wasm_i32x4_const_splat(2)), 30);
    const v128_t next = wasm_i32x4_add(turns, wasm_i32x4_const_splat(1));
    const v128_t other = wasm_i32x4_shl(wasm_v128_and(next, wasm_i32x4_const_splat(2)), 30);
    *sine = wasm_v128_xor(wasm_v128_bitselect(even, odd, swap), minus);
    *cosine = wasm_v128_xor(wasm_v128_bitselect(odd, even, swap), other);
}

/* Features of the colours of a block, one channel (7.6), whose codes are in `codes`. */
static void features(int32_t k, const uint8_t *codes, const uint16_t *places) {
    const float *m = plan.source + 3 * k;
    const int32_t octaves = plan.octaves, plain = plan.plain;
    float values[BLOCK];
    for (int p = 0; p < BLOCK; p++) {
        const uint8_t *code = codes + 3 * places[p];
        const float r = plan.coded[code[0]], g = plan.coded[code[1]], b = plan.coded[code[2]];
        const float wide = (m[0] * r + m[1] * g) + m[2] * b;
        values[p] = 2 * wide - 1;
        if (plain) nodes[p][0] = values[p];
    }
    for (int q = 0; q < BLOCK; q += 4) {
        const v128_t t = load(values + q);
        float scale = 0.5f;
        for (int32_t o = 0; o < octaves; o++, scale *= 2) {
            const v128_t turns = times(t, wasm_f32x4_splat(scale));
            v128_t sine, cosine;
            circular(wasm_f32x4_sub(turns, wasm_f32x4_nearest(turns)), &sine, &cosine);
            float parts[8];
            wasm_v128_store(parts, sine);
            wasm_v128_store(parts + 4, cosine);
            for (int p = 0; p < 4; p++) {
                nodes[q + p][plain + o] = parts[p];
                nodes[q + p][plain + octaves + o] = parts[4 + p];
            }
        }
    }
}

/* The first layer: what row, column, grid and colour contribute, in this order. */
static void first(const uint8_t *codes, const uint16_t *places, float (*y)[WIDEST]) {
    const Layer *layer = plan.layers;
    const int32_t padded = layer->padded, channels = plan.channels;
    const int last = plan.depth == 1, computed = plan.octaves >= 0;
    const float *columns = plan.columns, *tints = plan.tints;
    if (channels > 0) interpolate(places);
    for (int q = 0; q < BLOCK; q += 4) {
        const float *at[4], *r[4], *g[4], *b_[4];
        for (int p = 0; p < 4; p++) {
            const int32_t x = places[q + p];
            const uint8_t *code = codes + 3 * x;
            at[p] = columns + x * padded;
            r[p] = tints + code[0] * padded;
            g[p] = tints + (256 + code[1]) * padded;
            b_[p] = tints + (512 + code[2]) * padded;
        }
        int32_t j = 0;
        for (; j + 8 <= padded; j += 8) {
            v128_t a[4], b[4];
            for (int p = 0; p < 4; p++) {
                a[p] = sum(load(plan.rows + j), load(at[p] + j));
                b[p] = sum(load(plan.rows + j + 4), load(at[p] + j + 4));
            }
            ACCUMULATE_8(layer->weight + j, nodes + q, channels, padded)
            for (int p = 0; p < 4; p++) {
                if (tints) {
                    a[p] = sum(a[p], sum(sum(load(r[p] + j), load(g[p] + j)), load(b_[p] + j)));
                    b[p] = sum(b[p], sum(sum(load(r[p] + j + 4), load(g[p] + j + 4)), load(b_[p] + j + 4)));
                }
                wasm_v128_store(&y[q + p][j], last || computed ? a[p] : rectified(a[p]));
                wasm_v128_store(&y[q + p][j + 4], last || computed ? b[p] : rectified(b[p]));
            }
        }
        if (j < padded) {
            v128_t a[4];
            for (int p = 0; p < 4; p++) a[p] = sum(load(plan.rows + j), load(at[p] + j));
            ACCUMULATE_4(layer->weight + j, nodes + q, channels, padded, 4)
            for (int p = 0; p < 4; p++) {
                if (tints) a[p] = sum(a[p], sum(sum(load(r[p] + j), load(g[p] + j)), load(b_[p] + j)));
                wasm_v128_store(&y[q + p][j], last || computed ? a[p] : rectified(a[p]));
            }
        }
    }
    if (!computed) return;
    const int32_t each = plan.plain + 2 * plan.octaves;
    for (int32_t k = 0; k < 3; k++) {
        features(k, codes, places);
        const float *weight = layer->weight + (plan.first + k * each) * padded;
        for (int32_t j = 0; j < padded; j += 4) {
            v128_t a[BLOCK];
            for (int p = 0; p < BLOCK; p++) a[p] = load(&y[p][j]);
            ACCUMULATE_4(weight + j, nodes, each, padded, BLOCK)
            for (int p = 0; p < BLOCK; p++) {
                wasm_v128_store(&y[p][j], last || k < 2 ? a[p] : rectified(a[p]));
            }
        }
    }
}
