/*
 * The inner loops of expansion.js and display.js for WebAssembly with SIMD of 128 bits.
 *
 * ../fast.js prepares all tables and calls `expand` for a piece of a row. Sums are formed in the order of expansion.js,
 * four outputs side by side, so that both give the same bits; only the sines of `src` 1 are other ones. Nothing is
 * fused or relaxed. build.py compiles it.
 */

#include <stdint.h>
#include <wasm_simd128.h>

#define EXPORT(name) __attribute__((export_name(name)))
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
    const float *gate;     /* for each code */
    const float *linear;   /* for each code, or each number of 64ths */
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
static uint8_t opens[256];
static Plan plan;

EXPORT("plan") Plan *the_plan(void) { return &plan; }

static inline v128_t load(const float *p) { return wasm_v128_load(p); }
static inline v128_t sum(v128_t a, v128_t b) { return wasm_f32x4_add(a, b); }
static inline v128_t times(v128_t a, v128_t b) { return wasm_f32x4_mul(a, b); }
static inline v128_t splat(const float *p) { return wasm_v128_load32_splat(p); }
/* NaN passes, as -0 does. */
static inline v128_t rectified(v128_t a) { return wasm_f32x4_pmax(a, wasm_f32x4_const_splat(0)); }

/* Linear values of a piece, and which of its pixels the model may change; how many those are. */
static int32_t linearise(const uint8_t *codes, int32_t count) {
    const float *linear = plan.linear;
    int32_t found = 0;
    if (plan.ycc) {
        const int32_t *to_red = plan.shares, *of_blue = to_red + 256, *of_red = to_red + 512, *to_blue = to_red + 768;
        for (int32_t x = 0; x < count; x++, codes += 3) {
            const int32_t luma = 64 * codes[0];
            red[x] = linear[luma + to_red[codes[2]]];
            green[x] = linear[luma + of_blue[codes[1]] + of_red[codes[2]]];
            blue[x] = linear[luma + to_blue[codes[1]]];
            active[found] = x;
            found += opens[codes[0]] | opens[codes[1]] | opens[codes[2]];
        }
    } else {
        for (int32_t x = 0; x < count; x++, codes += 3) {
            red[x] = linear[codes[0]];
            green[x] = linear[codes[1]];
            blue[x] = linear[codes[2]];
            active[found] = x;
            found += opens[codes[0]] | opens[codes[1]] | opens[codes[2]];
        }
    }
    return found;
}

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

/* Adds to the linear values what the network says about pixels whose gate is open. */
static void correct(const uint8_t *codes, int32_t found) {
    for (int k = 0; k < BLOCK; k++) active[found + k] = found > 0 ? active[found - 1] : 0;
    for (int32_t k = 0; k < found; k += BLOCK) {
        const uint16_t *places = active + k;
        first(codes, places, units[0]);
        int now = 0;
        for (int32_t l = 1; l < plan.depth; l++, now ^= 1) {
            dense(plan.layers + l, units[now], units[now ^ 1], l == plan.depth - 1);
        }
        for (int p = 0; p < BLOCK && k + p < found; p++) {
            const float *o = units[now][p];
            const int32_t x = places[p];
            if (plan.head == 1) {
                more[0][x] = o[0], more[1][x] = o[1], more[2][x] = o[2];
            } else {
                const uint8_t *code = codes + 3 * x;
                red[x] += plan.gate[code[0]] * o[0];
                green[x] += plan.gate[code[1]] * o[1];
                blue[x] += plan.gate[code[2]] * o[2];
            }
        }
    }
}

/* 16-bit samples (7.10) of four values. */
static inline v128_t encode(v128_t wide) {
    const v128_t none = wasm_f32x4_const_splat(0), full = wasm_f32x4_const_splat(1);
    const v128_t low = wasm_f32x4_const_splat(0.001953125f);
    const v128_t v = wasm_f32x4_pmin(wasm_v128_and(wide, wasm_f32x4_gt(wide, none)), full);
    const v128_t bits = wasm_i32x4_sub(wasm_f32x4_pmax(v, low), low);
    const v128_t k = wasm_u32x4_shr(bits, 12), part = wasm_v128_and(bits, wasm_i32x4_const_splat(4095));
    const double *romm = plan.romm;
    const v128_t p = wasm_v128_load(romm + 2 * wasm_i32x4_extract_lane(k, 0));
    const v128_t q = wasm_v128_load(romm + 2 * wasm_i32x4_extract_lane(k, 1));
    const v128_t r = wasm_v128_load(romm + 2 * wasm_i32x4_extract_lane(k, 2));
    const v128_t s = wasm_v128_load(romm + 2 * wasm_i32x4_extract_lane(k, 3));
    const v128_t share = wasm_f64x2_convert_low_i32x4(part);
    const v128_t rest = wasm_f64x2_convert_low_i32x4(wasm_i32x4_shuffle(part, part, 2, 3, 2, 3));
    /* Behind 1.5 * 2^52 float64 has no more places: the low bits are the integer, ties to even. */
    const v128_t magic = wasm_f64x2_const_splat(6755399441055744.0);
    v128_t one = wasm_f64x2_mul(wasm_i64x2_shuffle(p, q, 1, 3), share);
    v128_t two = wasm_f64x2_mul(wasm_i64x2_shuffle(r, s, 1, 3), rest);
    one = wasm_f64x2_add(wasm_f64x2_add(wasm_i64x2_shuffle(p, q, 0, 2), one), magic);
    two = wasm_f64x2_add(wasm_f64x2_add(wasm_i64x2_shuffle(r, s, 0, 2), two), magic);
    const v128_t curve = wasm_i32x4_shuffle(one, two, 0, 2, 4, 6);
    const v128_t straight = times(times(v, wasm_f32x4_const_splat(16)), wasm_f32x4_const_splat(65535));
    const v128_t line = wasm_i32x4_trunc_sat_f32x4(wasm_f32x4_nearest(straight));
    return wasm_v128_bitselect(line, curve, wasm_f32x4_lt(v, low));
}

/* One channel of linear ROMM RGB: three products and two sums, in this order. */
static inline v128_t channel(const float *m, v128_t r, v128_t g, v128_t b) {
    return sum(sum(times(splat(m), r), times(splat(m + 1), g)), times(splat(m + 2), b));
}

/* Expands `count` pixels of a row, at most PIECE; `out` needs room for 4 more. */
EXPORT("expand") void expand(int32_t count) {
    const uint8_t *codes = plan.codes;
    uint16_t *out = plan.out;
    const int32_t found = linearise(codes, count);
    const int residual = plan.head == 1;
    if (found > 0) correct(codes, found);
    for (int32_t x = 0; x < count; x += 4, out += 12) {
        const v128_t r = load(red + x), g = load(green + x), b = load(blue + x);
        v128_t R = channel(plan.matrix, r, g, b);
        v128_t G = channel(plan.matrix + 3, r, g, b);
        v128_t B = channel(plan.matrix + 6, r, g, b);
        if (residual) {
            R = sum(R, load(more[0] + x)), G = sum(G, load(more[1] + x)), B = sum(B, load(more[2] + x));
        }
        const v128_t i = encode(R), j = encode(G), k = encode(B);
        const v128_t p = wasm_u16x8_narrow_i32x4(i, j), q = wasm_u16x8_narrow_i32x4(k, k);
        wasm_v128_store(out, wasm_i16x8_shuffle(p, q, 0, 4, 8, 1, 5, 9, 2, 6));
        wasm_v128_store64_lane(out + 8, wasm_i16x8_shuffle(p, q, 10, 3, 7, 11, 0, 0, 0, 0), 0);
    }
}

/* What `opens` a pixel for the model: codes whose gate is not 0; none without a model. */
EXPORT("open") void open_gate(void) {
    for (int32_t c = 0; c < 256; c++) opens[c] = plan.depth > 0 && plan.gate[c] > 0;
}

/* The grid between its columns, on one row of nodes: `count` pixels. */
EXPORT("between") void between(const float *grid, const int32_t *before, const float *shares, float *out, int32_t count) {
    const int32_t channels = plan.channels;
    for (int32_t x = 0; x < count; x++) {
        const float *node = grid + before[x] * channels;
        const v128_t a = wasm_f32x4_splat(shares[x]), rest = wasm_f32x4_splat(1 - shares[x]);
        for (int32_t c = 0; c < channels; c += 4, out += 4) {
            wasm_v128_store(out, sum(times(load(node + c), rest), times(load(node + channels + c), a)));
        }
    }
}
