/* Which pixels a fit uses, and what it takes from them: the twins of gamutmeta/fit/samples.py, bit for bit. */
#include "sample.h"

/* A picture, and what takes its values to linear light. */
typedef struct {
    const uint8_t *codes;     /* (height, width, 3) */
    const uint16_t *wide;     /* ROMM RGB, the same shape */
    int64_t width, code_row, wide_row; /* pixels in a row; from one row to the next, in elements */
    const float *srgb, *romm; /* linear value of each 8-bit code of each channel (3, 256), of each 16-bit code */
    const int32_t *chroma;    /* with `sycc` those of gamutmeta.color.sycc.SyccTables; NULL where the codes are sRGB */
    const float *sycc;
    int64_t fractions;
    const float *expansion, *reduction; /* linear sRGB to linear ProPhoto, and back; (3, 3) */
} Picture;

/* What the codes stand for in linear ProPhoto without a model. */
ALWAYS void base_of(const Picture *p, const uint8_t *code, float *base)
{
    const float *m = p->expansion;
    float held[3];
    if (p->chroma) {
        int32_t luma = code[0] * (int32_t)p->fractions;
        const int32_t *c = p->chroma;
        held[0] = p->sycc[luma + c[code[2]]];
        held[1] = p->sycc[luma + c[256 + code[1]] + c[512 + code[2]]];
        held[2] = p->sycc[luma + c[768 + code[1]]];
    } else
        for (int c = 0; c < 3; c++) held[c] = p->srgb[256 * c + code[c]];
    for (int c = 0; c < 3; c++) base[c] = (held[0] * m[3 * c] + held[1] * m[3 * c + 1]) + held[2] * m[3 * c + 2];
}

/* Whether a colour, linear ProPhoto, lies inside sRGB: gamutmeta.color.gamut.out_of_gamut, denied. */
ALWAYS int is_in_gamut(const float *m, const float *linear)
{
    int below = 0, above = 0;
    for (int c = 0; c < 3; c++) {
        float value = (linear[0] * m[3 * c] + linear[1] * m[3 * c + 1]) + linear[2] * m[3 * c + 2];
        below += value < 0, above += value > 1;
    }
    return !(below + above && below < 3 && above < 3);
}

/* Densities of the pixels of `rows` rows from `first` on: the error of clipping times `factor`, from 1 to `densest`; 1
 * where `factor` is 0; and 0 where the gate is not `active` (3, 256) on any channel. Out is uint8 (rows, width); `counts` (256)
 * is how many pixels have each density. */
EXPORT void samples_densities(const Picture *p, const uint8_t *active, int64_t first, int64_t rows, float factor,
                              float densest, uint8_t *out, int64_t *counts)
{
    memset(counts, 0, 256 * sizeof *counts);
    for (int64_t row = first; row < first + rows; row++) {
        const uint8_t *code = p->codes + row * p->code_row;
        const uint16_t *wide = p->wide + row * p->wide_row;
        for (int64_t n = 0; n < p->width; n++, code += 3, wide += 3) {
            uint8_t density = 0;
            if (active[code[0]] | active[256 + code[1]] | active[512 + code[2]]) {
                float base[3], square = 0;
                base_of(p, code, base);
                for (int c = 0; c < 3; c++) {
                    float difference = base[c] - p->romm[wide[c]];
                    square += difference * difference;
                }
                float wanted = __builtin_rintf(__builtin_sqrtf(square) * factor);
                wanted = wanted < 1 ? 1 : wanted;
                density = (uint8_t)(wanted < densest ? wanted : densest);
            }
            *out++ = density;
            counts[density]++;
        }
    }
}

/* Where pixels lie in the grid: the node before each column, and the share of the way to the next; the same for rows. */
typedef struct {
    const int64_t *column, *row;
    const float *column_fraction, *row_fraction;
    int64_t across, every; /* nodes in a row; rows of the whole picture to one of Picture */
} Places;

/* Samples of the pixels `at`, which are numbered row by row: number n becomes samples[place[n]]. */
EXPORT void samples_gather(const Picture *p, const Places *g, const int64_t *at, const int64_t *place, const float *weights,
                           int64_t count, Sample *samples)
{
    const float *m = p->reduction;
    for (int64_t n = 0; n < count; n++) {
        int64_t row = at[n] / p->width, column = at[n] % p->width;
        const uint8_t *code = p->codes + row * p->code_row + 3 * column;
        const uint16_t *wide = p->wide + row * p->wide_row + 3 * column;
        Sample s;
        s.corner = (int32_t)(g->row[row * g->every] * g->across + g->column[column]);
        s.fx = g->column_fraction[column], s.fy = g->row_fraction[row * g->every];
        float base[3], linear[3];
        base_of(p, code, base);
        for (int c = 0; c < 3; c++)
            s.code[c] = code[c], linear[c] = p->romm[wide[c]], s.target[c] = linear[c] - base[c];
        s.in_gamut = (uint8_t)is_in_gamut(m, linear);
        s.weight = weights[n];
        samples[place[n]] = s;
    }
}

/* Sums over every `every`th pixel of `pixels`: squared errors without a model where the gate is `active` on some channel,
 * how many those are, and squared errors of in-gamut pixels. */
EXPORT void samples_survey(const Picture *p, const uint8_t *active, int64_t pixels, int64_t every, double *sums)
{
    const float *m = p->reduction;
    for (int64_t at = 0; at < pixels; at += every) {
        const uint8_t *code = p->codes + at / p->width * p->code_row + 3 * (at % p->width);
        const uint16_t *wide = p->wide + at / p->width * p->wide_row + 3 * (at % p->width);
        float base[3], linear[3], square = 0;
        base_of(p, code, base);
        for (int c = 0; c < 3; c++) {
            linear[c] = p->romm[wide[c]];
            square += (base[c] - linear[c]) * (base[c] - linear[c]);
        }
        if (active[code[0]] | active[256 + code[1]] | active[512 + code[2]]) sums[0] += square, sums[1] += 1;
        if (is_in_gamut(m, linear)) sums[2] += square;
    }
}

/* The pixels first .. first + count - 1 that a draw takes: those whose random number is below the chance of their
 * density. Writes their numbers and densities, and gives how many they are. The random number of a pixel follows from its
 * number and the `key`, as in gamutmeta.fit.samples.randoms. */
EXPORT int64_t samples_pick(const uint8_t *density, int64_t first, int64_t count, const float *chances, uint64_t key,
                            int64_t *at, uint8_t *densities)
{
    int64_t taken = 0;
    for (int64_t n = first; n < first + count; n++) {
        uint8_t d = density[n];
        uint64_t x = ((uint64_t)n + key) * 0x9E3779B97F4A7C15u;
        x = (x ^ x >> 32) * 0xD6E8FEB86659FD93u;
        x ^= x >> 32;
        at[taken] = n, densities[taken] = d;
        taken += (float)(int32_t)(x >> 40) * 0x1p-24f < chances[d];
    }
    return taken;
}

/* Draw `drawn` of `count` samples by their errors: number k is drawn[k], with weight new_weights[k]. The draw is spaced
 * evenly by the cumulated roots of errors and weights, each of which is raised by `floor` of their mean; `place` is a
 * permutation. The twin of gamutmeta/fit/cpu/draw.py. `likely` (count) is memory to work in. */
EXPORT void samples_draw(const float *errors, const float *weights, int64_t count, int64_t draws, double floor,
                         double offset, const int64_t *place, double *likely, int64_t *drawn, float *new_weights)
{
    double sum = 0;
    for (int64_t n = 0; n < count; n++) sum += likely[n] = __builtin_sqrt((double)(errors[n] * weights[n]));
    double more = floor * sum / count + 1e-30, all = sum + count * more, reached = 0;
    int64_t done = 0;
    for (int64_t n = 0; n < count; n++) {
        reached += likely[n] + more;
        int64_t end = n + 1 == count ? draws : (int64_t)__builtin_ceil(reached * (draws / all) - offset);
        float weight = (float)(weights[n] * (all / count) / (likely[n] + more));
        for (; done < end && done < draws; done++) drawn[place[done]] = n, new_weights[place[done]] = weight;
    }
}
