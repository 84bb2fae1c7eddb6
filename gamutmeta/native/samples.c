/* Which pixels a fit uses, and what it takes from them: the twins of gamutmeta/fit/samples.py, bit for bit. */
#include "sample.h"

/* A picture, and what takes its values to linear light. */
typedef struct {
    const uint8_t *codes;     /* (height, width, 3) */
    const uint16_t *wide;     /* ROMM RGB, the same shape */
    int64_t width, code_row, wide_row; /* pixels in a row; from one row to the next, in elements */
    const float *srgb, *romm; /* linear value of each 8-bit code, of each 16-bit one */
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
        for (int c = 0; c < 3; c++) held[c] = p->srgb[code[c]];
    for (int c = 0; c < 3; c++) base[c] = (held[0] * m[3 * c] + held[1] * m[3 * c + 1]) + held[2] * m[3 * c + 2];
}

/* Densities of the pixels of `rows` rows from `first` on: the error of clipping times `factor`, from 1 to `densest`; 1
 * where `factor` is 0; and 0 where the gate is not `active` on any channel. Out is uint8 (rows, width); `counts` (256)
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
            if (active[code[0]] | active[code[1]] | active[code[2]]) {
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
        int below = 0, above = 0;
        for (int c = 0; c < 3; c++) {
            float value = (linear[0] * m[3 * c] + linear[1] * m[3 * c + 1]) + linear[2] * m[3 * c + 2];
            below += value < 0, above += value > 1;
        }
        s.in_gamut = !(below + above && below < 3 && above < 3);
        s.weight = weights[n];
        samples[place[n]] = s;
    }
}
