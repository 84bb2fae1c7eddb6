/* Reduction of pixels and their errors: twins of gamutmeta/color/gamut.py, gamutmeta/color/sycc.py,
 * gamutmeta/color/jfif.py and gamutmeta/measure/quality.py. The codes are the same, bit for bit. */
#include "vectors.h"

enum { BLOCK = 1024 };

ALWAYS int32_t pattern_of(float x)
{
    int32_t bits;
    memcpy(&bits, &x, sizeof x);
    return bits;
}

/* To even, for magnitudes below 2^22: rintf() is a call where the processor has no instruction for it. */
ALWAYS float rounded(float x) { return (x + 0x1.8p23f) - 0x1.8p23f; }

/* gamutmeta.color.gamut.outside, of one pixel, by its smallest and largest channel. */
ALWAYS int is_outside(float lowest, float highest, const float *tolerance)
{
    float light = highest > 0 ? highest : 0;
    float margin = tolerance[0] + tolerance[1] * (light < 1 ? light : 1), far = 1 + margin;
    return (lowest < -margin || highest > far) && highest >= -margin && lowest <= far;
}

/* Linear light of BLOCK pixels at most, multiplied by a matrix: `linear` is (3, BLOCK). */
ALWAYS void linear_of(const uint16_t *wide, const float *table, const float *m, long count, float *linear)
{
    for (long at = 0; at < count; at++, wide += 3) {
        float r = table[wide[0]], g = table[wide[1]], b = table[wide[2]];
        for (long c = 0; c < 3; c++) linear[c * BLOCK + at] = (r * m[3 * c] + g * m[3 * c + 1]) + b * m[3 * c + 2];
    }
}

/* Reduce 16-bit ROMM pixels (count, 3) to sRGB `codes` and give how many lie outside sRGB. `table` is the linear value of
 * each 16-bit code; `guesses` and `nexts` come from gamutmeta.color.srgb_codes.code_tables, whose pieces begin at the
 * pattern `first`. */
EXPORT int64_t pixels_reduce(const uint16_t *wide, int64_t count, const float *table, const float *matrix,
                             const float *tolerance, const uint8_t *guesses, const float *nexts, int64_t first, int64_t segment_bits,
                             uint8_t *codes)
{
    float linear[3 * BLOCK], smallest;
    int32_t start_pattern = (int32_t)first;
    memcpy(&smallest, &start_pattern, sizeof smallest);
    int64_t found = 0;
    for (int64_t start = 0; start < count; start += BLOCK) {
        long here = count - start < BLOCK ? count - start : BLOCK;
        linear_of(wide + 3 * start, table, matrix, here, linear);
        for (long at = 0; at < here; at++) {
            float r = linear[at], g = linear[BLOCK + at], b = linear[2 * BLOCK + at];
            float lowest = r < g ? r : g, highest = r > g ? r : g;
            found += is_outside(lowest < b ? lowest : b, highest > b ? highest : b, tolerance);
        }
        for (long c = 0; c < 3; c++)
            for (long at = 0; at < here; at++) {
                float value = linear[c * BLOCK + at];
                value = value > smallest ? value : smallest;
                value = value < 1 ? value : 1;
                uint8_t code = guesses[(pattern_of(value) - start_pattern) >> segment_bits];
                codes[3 * (start + at) + c] = (uint8_t)(code + (value >= nexts[code]));
            }
    }
    return found;
}

/* Squared errors of 16-bit ROMM pixels (count, 3): `sums` are pixels and sum of all, then of those outside sRGB. */
EXPORT void pixels_errors(const uint16_t *original, const uint16_t *restored, int64_t count, const float *table, const float *m,
                          const float *tolerance, double *sums)
{
    double squares = 0, outside_squares = 0;
    int64_t found = 0;
    for (int64_t at = 0; at < count; at++, original += 3, restored += 3) {
        float r = table[original[0]], g = table[original[1]], b = table[original[2]];
        float dr = table[restored[0]] - r, dg = table[restored[1]] - g, db = table[restored[2]] - b;
        double square = (dr * dr + dg * dg) + db * db;
        float lowest = (r * m[0] + g * m[1]) + b * m[2], highest = lowest;
        for (long c = 1; c < 3; c++) {
            float value = (r * m[3 * c] + g * m[3 * c + 1]) + b * m[3 * c + 2];
            lowest = value < lowest ? value : lowest, highest = value > highest ? value : highest;
        }
        squares += square;
        if (is_outside(lowest, highest, tolerance)) found++, outside_squares += square;
    }
    sums[0] = (double)count, sums[1] = squares, sums[2] = (double)found, sums[3] = outside_squares;
}

/* What takes colours to YCbCr: gamutmeta.color.sycc. */
typedef struct {
    const float *table, *matrix; /* linear value of each 16-bit code, linear ProPhoto to linear sRGB */
    const float *curve, *rise;   /* the curve of sRGB, in pieces from pattern `first` to `last` */
    int64_t first, last, segment_bits;
    float linear_end, luma[3], chroma[2];
} Sycc;

ALWAYS float clipped(float x) { return x > 0 ? x < 1 ? x : 1 : 0; }

ALWAYS void one(const Sycc *s, float red, float green, float blue, uint8_t *codes)
{
    float r = clipped(red), g = clipped(green), b = clipped(blue);
    float y = (r * s->luma[0] + g * s->luma[1]) + b * s->luma[2];
    float starts[3] = {y * 255, (b - y) * s->chroma[0] + 128, (r - y) * s->chroma[1] + 128};
    r = red - r, g = green - g, b = blue - b;
    y = (r * s->luma[0] + g * s->luma[1]) + b * s->luma[2];
    float ways[3] = {y * 255, (b - y) * s->chroma[0], (r - y) * s->chroma[1]}, share = 1;
    for (int k = 0; k < 3; k++) {
        float room = ways[k] > 0 ? (255 - starts[k]) / ways[k] : ways[k] < 0 ? -starts[k] / ways[k] : 1;
        share = room < share ? room : share;
    }
    share = share > 0 ? share : 0;
    for (int k = 0; k < 3; k++) {
        float value = rounded(starts[k] + share * ways[k]);
        value = value > 0 ? value : 0;
        codes[k] = (uint8_t)(int32_t)(value < 255 ? value : 255);
    }
}

/* Reduce 16-bit ROMM pixels (count, 3) to YCbCr samples `codes`. */
EXPORT void pixels_sycc(const Sycc *s, const uint16_t *wide, int64_t count, uint8_t *codes)
{
    float linear[3 * BLOCK], scale = 1.0f / (float)(1 << s->segment_bits);
    int32_t first = (int32_t)s->first, most = (int32_t)s->last - 1, low = (1 << s->segment_bits) - 1;
    for (int64_t start = 0; start < count; start += BLOCK) {
        long here = count - start < BLOCK ? count - start : BLOCK;
        linear_of(wide + 3 * start, s->table, s->matrix, here, linear);
        for (long c = 0; c < 3; c++)
            for (long at = 0; at < here; at++) {
                float value = linear[c * BLOCK + at], size = __builtin_fabsf(value), code = size * 12.92f;
                if (size > s->linear_end) {
                    int32_t pattern = pattern_of(size);
                    pattern = (pattern < most ? pattern : most) - first;
                    int32_t segment = pattern >> s->segment_bits;
                    code = s->curve[segment] + ((float)(pattern & low) * scale) * s->rise[segment];
                }
                linear[c * BLOCK + at] = value < 0 ? -code : code;
            }
        for (long at = 0; at < here; at++)
            one(s, linear[at], linear[BLOCK + at], linear[2 * BLOCK + at], codes + 3 * (start + at));
    }
}

ALWAYS uint8_t code_of(int32_t value) { return (uint8_t)(value > 0 ? value < 255 ? value : 255 : 0); }

/* Take YCbCr samples (count, 3) to the RGB codes that viewers show; `factors` are those of gamutmeta.color.jfif. */
EXPORT void pixels_shown(const uint8_t *samples, int64_t count, const int32_t *factors, int64_t bits, uint8_t *codes)
{
    int32_t f[4] = {factors[0], factors[1], factors[2], factors[3]}, half = 1 << (bits - 1), shift = (int32_t)bits;
    uint8_t planes[3][BLOCK];
    for (int64_t start = 0; start < count; start += BLOCK, samples += 3 * BLOCK, codes += 3 * BLOCK) {
        long here = count - start < BLOCK ? count - start : BLOCK;
        for (long at = 0; at < here; at++)
            for (long c = 0; c < 3; c++) planes[c][at] = samples[3 * at + c];
        for (long at = 0; at < here; at++) {
            int32_t y = planes[0][at], blue = planes[1][at] - 128, red = planes[2][at] - 128;
            planes[0][at] = code_of(y + ((f[0] * red + half) >> shift));
            planes[1][at] = code_of(y + ((f[1] * blue + f[2] * red + half) >> shift));
            planes[2][at] = code_of(y + ((f[3] * blue + half) >> shift));
        }
        for (long at = 0; at < here; at++)
            for (long c = 0; c < 3; c++) codes[3 * at + c] = planes[c][at];
    }
}
