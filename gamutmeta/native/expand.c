/* Expansion of strips of rows: the twin of gamutmeta/model/expand_numpy.py, bit for bit.
 *
 * Every operation rounds to float, none is fused with the next one (this file is compiled so), and sums are in the order of
 * gamutmeta.model.numpy_passes.product. */
#include "products.h"

enum { BLOCK = 1024 }; /* pixels whose gates are looked at before the model acts on some of them */
enum { ROW = 8 };      /* rows of the first layer's tables hold a multiple of it; 0 behind its units */
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
    const float *code_rows, *column_rows, *row_rows; /* (3, 256, H1), (width, H1), (height, H1), as ROW says */
    const float *cells;    /* (rows, columns, 4 * channels) */
    const int64_t *column, *row;
    const float *column_fraction, *row_fraction;
    const float *grid_weight, *bias; /* (H1, channels), (H1) as ROW says */
    const int64_t *widths;           /* of the layers' outputs */
    const float *weights, *biases;   /* (outputs, inputs) of each further layer, end to end */
    const float *curve, *rise;
} Model;

typedef struct {
    float *colours, *residual; /* (3, BLOCK), linear sRGB; what the model adds to linear ProPhoto */
    int32_t *active;           /* (BLOCK) */
    int32_t *cell;             /* that each lane lies in, (LANES) */
    float *right, *down;       /* where in it, (LANES) */
    vec *values, *others;      /* (widest, LANES) */
    char *end;
} Memory;

static Memory memory_of(const Model *m, void *start)
{
    long widest = m->channels > 3 ? m->channels : 3;
    for (long k = 0; k < m->layers; k++) widest = m->widths[k] > widest ? m->widths[k] : widest;
    widest = (widest + ROW - 1) / ROW * ROW;
    char *at = start;
    Memory s;
    s.values = (vec *)at, at += widest * LANES * sizeof(float);
    s.others = (vec *)at, at += widest * LANES * sizeof(float);
    s.right = (float *)at, at += LANES * sizeof(float);
    s.down = (float *)at, at += LANES * sizeof(float);
    s.cell = (int32_t *)at, at += LANES * sizeof(int32_t);
    s.colours = (float *)at, at += 3 * BLOCK * sizeof(float);
    s.residual = (float *)at, at += 3 * BLOCK * sizeof(float);
    s.active = (int32_t *)at, at += BLOCK * sizeof(int32_t);
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
        /* Without branches, which processors would often guess wrongly. */
        acting += (m->gate[codes[0]] > 0) | (m->gate[256 + codes[1]] > 0) | (m->gate[512 + codes[2]] > 0);
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
                        vec *values)
{
    long units = m->widths[0], padded = (units + ROW - 1) / ROW * ROW;
    for (long lane = 0; lane < lanes; lane += W) {
        const float *red[W], *green[W], *blue[W], *across[W], *down[W];
        for (long k = 0; k < W; k++) {
            int64_t at = active[lane + k < lanes ? lane + k : lanes - 1];
            const uint8_t *code = codes + 3 * at;
            red[k] = m->code_rows + code[0] * padded;
            green[k] = m->code_rows + (256 + code[1]) * padded;
            blue[k] = m->code_rows + (512 + code[2]) * padded;
            if (!m->column_rows) continue;
            across[k] = m->column_rows + column_of(m, start + at, &place) * padded;
            down[k] = m->row_rows + place.row * padded;
        }
        for (long unit = 0; unit < padded; unit += W) {
            vec sums[W], bias = load(m->bias + unit);
            UNROLL for (long k = 0; k < W; k++)
                sums[k] = (load(red[k] + unit) + load(green[k] + unit)) + load(blue[k] + unit);
            if (m->column_rows)
                UNROLL for (long k = 0; k < W; k++) sums[k] += load(across[k] + unit) + load(down[k] + unit);
            UNROLL for (long k = 0; k < W; k++) sums[k] += bias;
            transpose_all(sums);
            UNROLL for (long k = 0; k < W; k++) store((float *)(values + (unit + k) * VECS) + lane, sums[k]);
        }
    }
}

/* The grid's features, (channels, LANES). */
static void interpolate(const Model *m, int64_t start, const int32_t *active, long lanes, Place place, const Memory *s,
                        vec *features)
{
    long channels = m->channels;
    for (long lane = 0; lane < lanes; lane++) {
        int64_t x = column_of(m, start + active[lane], &place);
        s->right[lane] = m->column_fraction[x], s->down[lane] = m->row_fraction[place.row];
        s->cell[lane] = (int32_t)(m->row[place.row] * m->cells_across + m->column[x]);
    }
    for (long l = 0; l < VECS; l++) {
        const int32_t *cells = s->cell + l * W;
        vec right = load(s->right + l * W), down = load(s->down + l * W), both = right * down;
        int32_t differ = 0;
        for (long k = 1; k < W; k++) differ |= cells[k] ^ cells[0];
        if (!differ) { /* as mostly */
            const float *cell = m->cells + (int64_t)cells[0] * 4 * channels;
            for (long c = 0; c < channels; c++) {
                vec sides = right * splat(cell[channels + c]) + down * splat(cell[2 * channels + c]);
                features[c * VECS + l] = (splat(cell[c]) + both * splat(cell[3 * channels + c])) + sides;
            }
            continue;
        }
        for (long k = 0; k < W; k++) {
            const float *cell = m->cells + (int64_t)cells[k] * 4 * channels;
            float *feature = (float *)(features + l) + k;
            for (long c = 0; c < channels; c++) {
                float sides = right[k] * cell[channels + c] + down[k] * cell[2 * channels + c];
                feature[c * LANES] = (cell[c] + both[k] * cell[3 * channels + c]) + sides;
            }
        }
    }
}

/* The further layers; gives where the outputs are. */
static const float *further_layers(const Model *m, vec *values, vec *others)
{
    const float *weight = m->weights, *bias = m->biases;
    for (long k = 1; k < m->layers; k++) {
        long inputs = m->widths[k - 1], outputs = m->widths[k];
        if (k + 1 < m->layers) rows_of(weight, inputs, 1, inputs, outputs, values, bias, LATER_RELU, NULL, others);
        else rows_of(weight, inputs, 1, inputs, outputs, values, bias, LATER, NULL, others);
        weight += inputs * outputs, bias += outputs;
        vec *swapped = values;
        values = others, others = swapped;
    }
    return (const float *)values;
}

static void act(const Model *m, int gated, const uint8_t *codes, int64_t start, const int32_t *active, long lanes,
                Place place, const Memory *s)
{
    long units = m->widths[0], channels = m->channels, last = m->layers == 1;
    first_layer(m, codes, start, active, lanes, place, s->values);
    if (channels) {
        interpolate(m, start, active, lanes, place, s, s->others);
        if (last) rows_of(m->grid_weight, channels, 1, channels, units, s->others, NULL, ADDED, NULL, s->values);
        else rows_of(m->grid_weight, channels, 1, channels, units, s->others, NULL, ADDED_RELU, NULL, s->values);
    } else if (!last)
        for (long n = 0; n < units * VECS; n++) s->values[n] = where(~(s->values[n] < 0), s->values[n]);
    const float *outputs = further_layers(m, s->values, s->others);
    for (long c = 0; c < 3; c++, outputs += LANES) {
        float *colour = s->colours + c * BLOCK, *residual = s->residual + c * BLOCK;
        const float *gate = m->gate + 256 * c;
        if (m->head == WIDE_RESIDUAL)
            for (long lane = 0; lane < lanes; lane++) residual[active[lane]] = outputs[lane];
        else if (gated)
            for (long lane = 0; lane < lanes; lane++) {
                long at = active[lane];
                colour[at] += gate[codes[3 * at + c]] * outputs[lane];
            }
        else /* on all pixels, one after the other */
            for (long lane = 0; lane < lanes; lane++) colour[active[0] + lane] += outputs[lane];
    }
}

/* Linear sRGB, and what the model adds to linear ProPhoto, to 16-bit ROMM RGB. */
static void encode(const Model *m, long count, int has_residual, const Memory *s, uint16_t *out)
{
    const float *red = s->colours, *green = red + BLOCK, *blue = green + BLOCK;
    int bits = (int)m->segment_bits;
    int32_t low = (1 << bits) - 1, toe = (int32_t)m->toe, last = (0x3f800000 - toe) >> bits;
    vec scale = splat(1.0f / (float)(1 << bits)), magic = splat(0x1.8p23f);
    ivec most = (ivec){0} + last;
    enum { PART = LANES };
    int32_t *parts = (int32_t *)s->values; /* no longer needed; (3, PART) */
    for (long begin = 0; begin < count; begin += PART) {
        for (long c = 0; c < 3; c++) {
            vec m0 = splat(m->matrix[3 * c]), m1 = splat(m->matrix[3 * c + 1]), m2 = splat(m->matrix[3 * c + 2]);
            for (long at = begin; at < begin + PART; at += W) {
                vec value = (load(red + at) * m0 + load(green + at) * m1) + load(blue + at) * m2;
                if (has_residual) value += load(s->residual + c * BLOCK + at);
                value = where(value > 0, value); /* a not-a-number becomes 0 */
                value = either(value < 1, value, splat(1));
                ivec pattern = (ivec)value - toe, segment = pattern >> bits;
                segment = either_whole(segment < most, segment & ~(segment < 0), most);
                vec curve, rise;
                for (long k = 0; k < W; k++) curve[k] = m->curve[segment[k]], rise[k] = m->rise[segment[k]];
                vec curved = curve + (__builtin_convertvector(pattern & low, vec) * scale) * rise;
                vec code = either(pattern < 0, value * splat(16 * 65535.0f), curved);
                /* Rounds to even, which rintf() does as a call where the processor has no instruction for it. */
                *(ivec *)(parts + c * PART + at - begin) = __builtin_convertvector((code + magic) - magic, ivec);
            }
        }
        long here = count - begin < PART ? count - begin : PART;
        for (long k = 0; k < here; k++)
            for (long c = 0; c < 3; c++) *out++ = (uint16_t)parts[c * PART + k];
    }
}

/* Whether a model acts less on some codes than on others. */
static int is_gated(const Model *m)
{
    int gated = 0;
    for (long k = 0; m->head == SRGB_EXCESS && k < 3 * 256; k++) gated |= m->gate[k] != 1;
    return gated;
}

/* Expand `count` pixels, which are whole rows of the picture from row `top` on: sRGB codes or YCbCr samples (count, 3) to
 * 16-bit ROMM RGB (count, 3). */
EXPORT void expand_strip(const Model *m, const uint8_t *codes, int64_t count, int64_t top, void *memory, uint16_t *out)
{
    Memory s = memory_of(m, memory);
    int gated = is_gated(m), has_residual = m->head == WIDE_RESIDUAL;
    memset(s.cell, 0, LANES * sizeof(int32_t)); /* lanes without a pixel are computed, too */
    Place place = {0, top};
    for (int64_t start = 0; start < count; start += BLOCK, codes += 3 * BLOCK, out += 3 * BLOCK) {
        long here = count - start < BLOCK ? count - start : BLOCK;
        long acting = linearise(m, codes, here, &s);
        if (has_residual) memset(s.residual, 0, 3 * BLOCK * sizeof(float));
        for (long begin = 0; begin < acting; begin += LANES) {
            long lanes = acting - begin < LANES ? acting - begin : LANES;
            column_of(m, start + s.active[begin], &place);
            act(m, gated, codes, start, s.active + begin, lanes, place, &s);
        }
        encode(m, here, has_residual, &s, out);
    }
}
