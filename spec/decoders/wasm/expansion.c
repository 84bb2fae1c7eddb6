/*
 * The inner loops of expansion.js for WebAssembly with SIMD of 128 bits.
 *
 * ../fast.js prepares all tables and calls `expand` for a piece of a row. Sums are formed in the order of expansion.js,
 * four outputs side by side, so that both give the same bits; only the sines of `src` 1 are other ones. Nothing is
 * fused or relaxed. build.py compiles it.
 */

#include "network.h"

#define EXPORT(name) __attribute__((export_name(name)))

EXPORT("plan") Plan *the_plan(void) { return &plan; }

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
            found += opens[0][codes[0]] | opens[1][codes[1]] | opens[2][codes[2]];
        }
    } else {
        for (int32_t x = 0; x < count; x++, codes += 3) {
            red[x] = linear[codes[0]];
            green[x] = linear[256 + codes[1]];
            blue[x] = linear[512 + codes[2]];
            active[found] = x;
            found += opens[0][codes[0]] | opens[1][codes[1]] | opens[2][codes[2]];
        }
    }
    return found;
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
                green[x] += plan.gate[256 + code[1]] * o[1];
                blue[x] += plan.gate[512 + code[2]] * o[2];
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
    for (int32_t k = 0; k < 3; k++) {
        for (int32_t c = 0; c < 256; c++) opens[k][c] = plan.depth > 0 && plan.gate[256 * k + c] > 0;
    }
}

/* The grid between its columns, on one row of nodes: `count` pixels. */
EXPORT("between")
void between(const float *grid, const int32_t *before, const float *shares, float *out, int32_t count) {
    const int32_t channels = plan.channels;
    for (int32_t x = 0; x < count; x++) {
        const float *node = grid + before[x] * channels;
        const v128_t a = wasm_f32x4_splat(shares[x]), rest = wasm_f32x4_splat(1 - shares[x]);
        for (int32_t c = 0; c < channels; c += 4, out += 4) {
            wasm_v128_store(out, sum(times(load(node + c), rest), times(load(node + channels + c), a)));
        }
    }
}
