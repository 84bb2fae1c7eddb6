/* The model of a fit, and its forward pass on LANES samples: grid + 8-bit code -> ReLU MLP -> gated sRGB excess. */
#ifndef GAMUTMETA_NETWORK_H
#define GAMUTMETA_NETWORK_H

#include "products.h"
#include "sample.h"

enum { MOST_LAYERS = 16, OUTPUTS = 3 };

/* LANES samples along the vectors. */
typedef struct {
    vec target[3][VECS], gate[3][VECS], weight[VECS];
    float fx[LANES], fy[LANES];
    int32_t corner[LANES];
    uint8_t code[3][LANES];
} __attribute__((aligned(64))) Block;

/* Everything about one fit; numpy owns all memory. gamutmeta/fit/cpu/machine.py has the same fields. */
typedef struct {
    int64_t layers, widths[MOST_LAYERS + 1]; /* features, then units of each layer */
    int64_t channels, across, nodes;         /* of the grid; nodes in a row, and all of them */
    int64_t per_code, padded;                /* features of a code; the table's row, in floats, a multiple of 4 */
    int64_t batch;                           /* samples of a step */
    const float *matrix, *gates, *table;     /* (3, 3) linear sRGB to linear ProPhoto for row vectors; (3, 256); (256, padded) */
    float *parameters, *gradient;            /* of each layer: weight (outputs, inputs), bias (outputs) */
    float *grid, *mean, *square, *slope;     /* (nodes, channels) in steps, and Adam's state; room for 16 floats behind */
    float *slopes[2];                        /* the grid's gradient by each half of a batch */
    const float *pool;                       /* of noise */
    float *soap;                             /* state, see soap.h */
    Block *blocks;                           /* of the loaded samples */
    void *work[2];                           /* of each half, see `scratch` */
    float step, scale;                       /* of the grid's values; of the last layer's outputs */
} Fit;

/* What LANES samples pass through. */
typedef struct {
    vec *x[MOST_LAYERS + 1]; /* features, then values of each layer */
    vec *e[MOST_LAYERS + 1]; /* the derivative of the loss by them */
    vec *sums;               /* of each parameter's gradient, still one per lane of a vector */
    Block *block;
    char *end;
} Scratch;

ALWAYS long parameter_count(const Fit *f)
{
    long count = 0;
    for (long k = 0; k < f->layers; k++) count += (f->widths[k] + 1) * f->widths[k + 1];
    return count;
}

/* Lay out the memory at `work`, which is aligned to 64 bytes. Features are written four rows at a time. */
ALWAYS Scratch scratch(const Fit *f, void *work)
{
    Scratch s;
    char *at = work;
    for (long k = 0; k <= f->layers; k++) {
        long bytes = (f->widths[k] + 8) * VECS * (long)sizeof(vec);
        s.x[k] = (vec *)at, at += bytes;
        s.e[k] = (vec *)at, at += bytes;
    }
    s.block = (Block *)at, at += sizeof(Block);
    s.sums = (vec *)at, at += (parameter_count(f) + 1) * sizeof(vec);
    s.end = at + (64 - (uintptr_t)at % 64) % 64;
    return s;
}

/* Put a sample into a lane. */
ALWAYS void put(const Fit *f, Block *b, int l, const Sample *s, float weight)
{
    b->corner[l] = s->corner, b->fx[l] = s->fx, b->fy[l] = s->fy;
    for (int c = 0; c < 3; c++) {
        b->code[c][l] = s->code[c];
        ((float *)b->target[c])[l] = s->target[c];
        ((float *)b->gate[c])[l] = f->gates[256 * c + s->code[c]];
    }
    ((float *)b->weight)[l] = weight;
}

/* A lane that counts for nothing. */
ALWAYS void put_nothing(const Fit *f, Block *b, int l)
{
    static const Sample nothing;
    put(f, b, l, &nothing, 0);
}

/* Features of the codes, from the row `first` of x on. */
ALWAYS void colour_features(const Fit *f, const Block *b, vec *x)
{
    long padded = f->padded;
    for (int c = 0; c < 3; c++)
        for (long k = 0; k < padded; k += 4) {
            float *row = (float *)(x + (c * f->per_code + k) * VECS);
            for (int l = 0; l < LANES; l += 4) {
                four r[4];
                UNROLL for (int j = 0; j < 4; j++) r[j] = load_four(f->table + b->code[c][l + j] * padded + k);
                transpose(r);
                UNROLL for (int j = 0; j < 4; j++) *(four *)(row + j * LANES + l) = r[j];
            }
        }
}

/* The grid's features in the first rows of x, bilinear; `noise` may be NULL. */
ALWAYS void grid_features(const Fit *f, const float *noise, const Block *b, vec *x)
{
    long channels = f->channels, below = channels * f->across;
    four step = splat_four(f->step);
    for (long k = 0; k < channels; k += 4) {
        float *row = (float *)(x + k * VECS);
        for (int l = 0; l < LANES; l += 4) {
            four r[4];
            UNROLL for (int j = 0; j < 4; j++) {
                long at = channels * b->corner[l + j] + k;
                const float *p = f->grid + at;
                four a = load_four(p), c = load_four(p + channels);
                four d = load_four(p + below), e = load_four(p + below + channels);
                if (noise) {
                    const float *n = noise + at;
                    a += load_four(n), c += load_four(n + channels);
                    d += load_four(n + below), e += load_four(n + below + channels);
                }
                four y = splat_four(b->fy[l + j]), left = a + y * (d - a), right = c + y * (e - c);
                r[j] = (left + splat_four(b->fx[l + j]) * (right - left)) * step;
            }
            transpose(r);
            UNROLL for (int j = 0; j < 4; j++) *(four *)(row + j * LANES + l) = r[j];
        }
    }
}

/* Up to the last hidden layer. */
static const float *hidden(const Fit *f, const Scratch *s, const Block *b, const float *noise)
{
    const float *p = f->parameters;
    grid_features(f, noise, b, s->x[0]); /* first: its last four rows may reach into the colour's */
    colour_features(f, b, s->x[0] + f->channels * VECS);
    for (long k = 0; k + 1 < f->layers; k++) {
        long in = f->widths[k], out = f->widths[k + 1];
        layer(p, in, out, s->x[k], RELU, s->x[k + 1]);
        p += (in + 1) * out;
    }
    return p;
}

static void forward(const Fit *f, const Scratch *s, const Block *b, const float *noise)
{
    const float *p = hidden(f, s, b, noise);
    long last = f->layers - 1, in = f->widths[last];
    layer(p, in, OUTPUTS, s->x[last], PLAIN, s->x[last + 1]);
}

#endif
