/* Expansion of strips of rows: the twin of gamutmeta/model/expand_numpy.py, bit for bit.
 *
 * Every operation rounds to float, none is fused with the next one (this file is compiled so), and sums are in the order of
 * gamutmeta.model.numpy_passes.product. */
#include "products.h"

enum { BLOCK = 4096 }; /* pixels whose gates are looked at before the model acts on some of them */
enum { CLIP, WIDE_RESIDUAL, SRGB_EXCESS };

/* gamutmeta.model.tables.Tables. What a model lacks is NULL. */
typedef struct {
    int64_t width, head, layers; /* pixels in a row; enum above; layers with weights, the first one included */
    int64_t channels, cells_across; /* of the grid */
    int64_t fractions, segment_bits, toe;
    const float *linear;   /* (3, 256), or of YCbCr samples (n) */
    const int32_t *chroma; /* (4, 256) */
    const float *matrix;   /* linear sRGB to linear ProPhoto, (3, 3) */
    const float *gate;     /* (3, 256) */
    const float *code_rows, *column_rows, *row_rows; /* (3, 256, H1), (width, H1), (height, H1) */
    const float *cells;    /* (rows, columns, 4 * channels) */
    const int64_t *column, *row;
    const float *column_fraction, *row_fraction;
    const float *grid_weight, *bias; /* (H1, channels), (H1) */
    const int64_t *widths;           /* of the layers' outputs */
    const float *weights, *biases;   /* (outputs, inputs) of each further layer, end to end */
    const float *curve, *rise;
} Model;

typedef struct {
    float *colours, *added; /* (3, BLOCK) */
    int32_t *active;        /* (BLOCK) */
    float *sums;            /* (LANES, H1), rows of `padded` */
    vec *values, *others, *share; /* (widest, LANES) */
    long padded;
    char *end;
} Memory;

static Memory memory_of(const Model *m, void *start)
{
    long widest = m->channels > 3 ? m->channels : 3;
    for (long k = 0; k < m->layers; k++) widest = m->widths[k] > widest ? m->widths[k] : widest;
    widest = (widest + 3) / 4 * 4;
    long padded = ((m->layers ? m->widths[0] : 0) + 3) / 4 * 4;
    char *at = start;
    Memory s = {.padded = padded};
    s.values = (vec *)at, at += widest * LANES * sizeof(float);
    s.others = (vec *)at, at += widest * LANES * sizeof(float);
    s.share = (vec *)at, at += widest * LANES * sizeof(float);
    s.colours = (float *)at, at += 3 * BLOCK * sizeof(float);
    s.added = (float *)at, at += 3 * BLOCK * sizeof(float);
    s.active = (int32_t *)at, at += BLOCK * sizeof(int32_t);
    s.sums = (float *)at, at += LANES * padded * sizeof(float);
    s.end = at;
    return s;
}

/* Bytes of memory that expand_strip needs, at a multiple of 64. */
EXPORT int64_t expand_memory(const Model *m) { return (int64_t)(uintptr_t)memory_of(m, NULL).end; }

/* Linear sRGB of a block, and on how many and which of its pixels the model acts. */
static long linearise(const Model *m, const uint8_t *codes, long count, const Memory *s)
{
    float *red = s->colours, *green = red + BLOCK, *blue = green + BLOCK;
    if (m->chroma) {
        const int32_t *c = m->chroma;
        for (long at = 0; at < count; at++, codes += 3) {
            int32_t luma = codes[0] * (int32_t)m->fractions;
            red[at] = m->linear[luma + c[codes[2]]];
            green[at] = m->linear[luma + c[256 + codes[1]] + c[512 + codes[2]]];
            blue[at] = m->linear[luma + c[768 + codes[1]]];
            s->active[at] = (int32_t)at;
        }
        return m->head == CLIP ? 0 : count;
    }
    long acting = 0;
    for (long at = 0; at < count; at++, codes += 3) {
        red[at] = m->linear[codes[0]], green[at] = m->linear[256 + codes[1]], blue[at] = m->linear[512 + codes[2]];
        s->active[acting] = (int32_t)at;
        acting += m->gate[codes[0]] > 0 || m->gate[256 + codes[1]] > 0 || m->gate[512 + codes[2]] > 0;
    }
    return m->head == CLIP ? 0 : acting;
}

/* Where pixels lie in the picture: they come in order. */
typedef struct {
    int64_t begin, row; /* number of the first pixel in the row, and the row's */
} Place;

ALWAYS int64_t column_of(const Model *m, int64_t pixel, Place *p)
{
    while (pixel - p->begin >= m->width) p->begin += m->width, p->row++;
    return pixel - p->begin;
}

/* The first layer's shares of the code and of column and row, and its bias. */
static void first_layer(const Model *m, const uint8_t *codes, int64_t start, const int32_t *active, long lanes, Place place,
                        const Memory *s)
{
    long units = m->widths[0], padded = s->padded;
    for (long lane = 0; lane < lanes; lane++) {
        float *sum = s->sums + lane * padded;
        const uint8_t *code = codes + 3 * active[lane];
        if (m->code_rows) {
            const float *r = m->code_rows + code[0] * units, *g = m->code_rows + (256 + code[1]) * units,
                        *b = m->code_rows + (512 + code[2]) * units;
            for (long unit = 0; unit < units; unit++) sum[unit] = (r[unit] + g[unit]) + b[unit];
        } else
            for (long unit = 0; unit < units; unit++) sum[unit] = 0;
        if (m->column_rows) {
            int64_t x = column_of(m, start + active[lane], &place);
            const float *across = m->column_rows + x * units, *down = m->row_rows + place.row * units;
            for (long unit = 0; unit < units; unit++) {
                float both = across[unit] + down[unit];
                sum[unit] = m->code_rows ? sum[unit] + both : both;
            }
        }
    }
    float *values = (float *)s->values;
    for (long unit = 0; unit < units; unit += 4) {
        float bias[4] = {0};
        for (long k = 0; k < 4 && unit + k < units; k++) bias[k] = m->bias[unit + k];
        four added = load_four(bias);
        for (long lane = 0; lane < LANES; lane += 4) {
            four r[4];
            for (long k = 0; k < 4; k++) r[k] = load_four(s->sums + (lane + k) * padded + unit) + added;
            transpose(r);
            for (long k = 0; k < 4; k++) store_four(values + (unit + k) * LANES + lane, r[k]);
        }
    }
}

/* The grid's features, (channels, LANES), to `others`. */
static void interpolate(const Model *m, int64_t start, const int32_t *active, long lanes, Place place, const Memory *s)
{
    long channels = m->channels;
    float *features = (float *)s->others;
    for (long lane = 0; lane < lanes; lane++) {
        int64_t x = column_of(m, start + active[lane], &place);
        float fx = m->column_fraction[x], fy = m->row_fraction[place.row], both = fx * fy;
        const float *cell = m->cells + (m->row[place.row] * m->cells_across + m->column[x]) * 4 * channels;
        for (long c = 0; c < channels; c++) {
            float sides = fx * cell[channels + c] + fy * cell[2 * channels + c];
            features[c * LANES + lane] = (cell[c] + both * cell[3 * channels + c]) + sides;
        }
    }
}

/* The further layers; gives where the outputs are. */
static const float *further_layers(const Model *m, vec *values, vec *others)
{
    const float *weight = m->weights, *bias = m->biases;
    for (long k = 1; k < m->layers; k++) {
        long inputs = m->widths[k - 1], outputs = m->widths[k];
        for (long n = 0; n < inputs * VECS; n++) values[n] = where(~(values[n] < 0), values[n]); /* not-a-numbers stay */
        rows_of(weight, inputs, 1, inputs, outputs, values, NULL, PLAIN, NULL, others);
        for (long o = 0; o < outputs; o++)
            for (long l = 0; l < VECS; l++) others[o * VECS + l] += splat(bias[o]);
        weight += inputs * outputs, bias += outputs;
        vec *swapped = values;
        values = others, others = swapped;
    }
    return (const float *)values;
}

static void act(const Model *m, const uint8_t *codes, int64_t start, const int32_t *active, long lanes, Place place,
                const Memory *s)
{
    first_layer(m, codes, start, active, lanes, place, s);
    if (m->channels) {
        interpolate(m, start, active, lanes, place, s);
        long units = m->widths[0];
        rows_of(m->grid_weight, m->channels, 1, m->channels, units, s->others, NULL, PLAIN, NULL, s->share);
        for (long n = 0; n < units * VECS; n++) s->values[n] += s->share[n];
    }
    const float *outputs = further_layers(m, s->values, s->others);
    for (long lane = 0; lane < lanes; lane++) {
        long at = active[lane];
        for (long c = 0; c < 3; c++) {
            float weight = m->head == SRGB_EXCESS ? m->gate[256 * c + codes[3 * at + c]] : 1;
            s->added[c * BLOCK + at] = weight * outputs[c * LANES + lane];
        }
    }
}

/* Linear sRGB and what the model adds to it, or to linear ProPhoto, to 16-bit ROMM RGB. */
static void encode(const Model *m, long count, int acts, const Memory *s, uint16_t *out)
{
    float *red = s->colours, *green = red + BLOCK, *blue = green + BLOCK;
    if (acts && m->head == SRGB_EXCESS)
        for (long c = 0; c < 3; c++)
            for (long at = 0; at < count; at++) s->colours[c * BLOCK + at] += s->added[c * BLOCK + at];
    float *bits = (float *)s->values; /* no longer needed */
    enum { PART = 256 };
    int32_t low = (1 << m->segment_bits) - 1, toe = (int32_t)m->toe, last = (0x3f800000 - toe) >> m->segment_bits;
    float scale = 1.0f / (float)(1 << m->segment_bits);
    for (long begin = 0; begin < count; begin += PART) {
        long end = begin + PART < count ? begin + PART : count;
        for (long c = 0; c < 3; c++) {
            float m0 = m->matrix[3 * c], m1 = m->matrix[3 * c + 1], m2 = m->matrix[3 * c + 2];
            for (long at = begin; at < end; at++) bits[at - begin] = (red[at] * m0 + green[at] * m1) + blue[at] * m2;
            if (acts && m->head == WIDE_RESIDUAL)
                for (long at = begin; at < end; at++) bits[at - begin] += s->added[c * BLOCK + at];
            for (long k = 0; k < end - begin; k++) {
                /* Written so that a not-a-number becomes 0. */
                float value = bits[k] > 0 ? bits[k] : 0;
                value = value < 1 ? value : 1;
                int32_t pattern;
                memcpy(&pattern, &value, sizeof value);
                pattern -= toe;
                int32_t segment = pattern >> m->segment_bits;
                segment = segment < 0 ? 0 : segment > last ? last : segment;
                float curved = m->curve[segment] + ((float)(pattern & low) * scale) * m->rise[segment];
                float code = pattern < 0 ? value * (16 * 65535.0f) : curved;
                /* Rounds to even, which rintf() does as a call where the processor has no instruction for it. */
                out[3 * (begin + k) + c] = (uint16_t)(int32_t)((code + 0x1.8p23f) - 0x1.8p23f);
            }
        }
    }
}

/* Expand `count` pixels, which are whole rows of the picture from row `top` on: sRGB codes or YCbCr samples (count, 3) to
 * 16-bit ROMM RGB (count, 3). */
EXPORT void expand_strip(const Model *m, const uint8_t *codes, int64_t count, int64_t top, void *memory, uint16_t *out)
{
    Memory s = memory_of(m, memory);
    memset(s.sums, 0, LANES * s.padded * sizeof(float));
    if (m->channels) memset(s.others, 0, m->channels * LANES * sizeof(float));
    Place place = {0, top};
    for (int64_t start = 0; start < count; start += BLOCK, codes += 3 * BLOCK, out += 3 * BLOCK) {
        long here = count - start < BLOCK ? count - start : BLOCK;
        long acting = linearise(m, codes, here, &s);
        if (acting) memset(s.added, 0, 3 * BLOCK * sizeof(float));
        for (long begin = 0; begin < acting; begin += LANES) {
            long lanes = acting - begin < LANES ? acting - begin : LANES;
            column_of(m, start + s.active[begin], &place);
            act(m, codes, start, s.active + begin, lanes, place, &s);
        }
        encode(m, here, acting > 0, &s, out);
    }
}
