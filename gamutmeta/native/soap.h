/* SOAP for the MLP: Adam in the eigenbasis of Shampoo's preconditioner, layer by layer (gamutmeta/fit/soap.py).
 *
 * Matrices are rows of `side` floats, a multiple of 32, with zeros where there is nothing. */
#ifndef GAMUTMETA_SOAP_H
#define GAMUTMETA_SOAP_H

#include "network.h"

enum { BASIS_EVERY = 10, CHUNK = 32, CHUNKS = CHUNK / W };

/* State of a layer, and what a step works on. */
typedef struct {
    float *left, *right, *left_basis, *left_basis_t, *right_basis, *right_basis_t, *mean, *square;
} Soap;

enum { SOAP_STATE = 8, SOAP_TEMPORARIES = 5 };

ALWAYS long soap_side(const Fit *f)
{
    long side = 0;
    for (long k = 0; k <= f->layers; k++) side = f->widths[k] + 1 > side ? f->widths[k] + 1 : side;
    return (side + CHUNK - 1) / CHUNK * CHUNK;
}

/* Floats of one matrix; rows are taken by threes. */
ALWAYS long soap_matrix(long side) { return (side + 3) * side; }

ALWAYS Soap soap_of(float *memory, long side, long layer)
{
    float *m = memory + layer * SOAP_STATE * soap_matrix(side);
    long n = soap_matrix(side);
    return (Soap){m, m + n, m + 2 * n, m + 3 * n, m + 4 * n, m + 5 * n, m + 6 * n, m + 7 * n};
}

/* c = a b; a is (rows, terms). */
static void product(long side, long rows, long terms, const float *a, const float *b, float *c)
{
    for (long k = 0; k < side; k += CHUNK)
        for (long i = 0; i < rows; i += 3) {
            vec p[3][CHUNKS];
            UNROLL for (int r = 0; r < 3; r++)
                UNROLL for (int j = 0; j < CHUNKS; j++) p[r][j] = splat(0);
            for (long t = 0; t < terms; t++) {
                const float *y = b + t * side + k, *x = a + i * side + t;
                UNROLL for (int r = 0; r < 3; r++) {
                    vec g = splat(x[r * side]);
                    UNROLL for (int j = 0; j < CHUNKS; j++) p[r][j] += g * load(y + j * W);
                }
            }
            UNROLL for (int r = 0; r < 3; r++)
                UNROLL for (int j = 0; j < CHUNKS; j++) store(c + (i + r) * side + k + j * W, p[r][j]);
        }
}

ALWAYS void blend(long count, float *kept, float beta, const float *with)
{
    for (long k = 0; k < count; k += W)
        store(kept + k, splat(beta) * load(kept + k) + splat(1 - beta) * load(with + k));
}

ALWAYS void turn(long side, long rows, long columns, const float *a, float *b)
{
    for (long i = 0; i < rows; i++)
        for (long k = 0; k < columns; k++) b[k * side + i] = a[i * side + k];
}

ALWAYS float dot(long side, const float *a, const float *b)
{
    vec sum = splat(0);
    for (long k = 0; k < side; k += W) sum += load(a + k) * load(b + k);
    return total(sum);
}

/* The rows made orthonormal, each by all before it, twice: what rounding leaves after the first pass goes then. */
static void orthonormal(long side, long n, float *q)
{
    for (long j = 0; j < n; j++) {
        float *row = q + j * side, largest = 1e-37f;
        for (long k = 0; k < side; k++) largest = __builtin_fabsf(row[k]) > largest ? __builtin_fabsf(row[k]) : largest;
        for (long k = 0; k < side; k += W) store(row + k, load(row + k) / splat(largest));
        for (int pass = 0; pass < 2; pass++) {
            for (long i = 0; i < j; i++) {
                vec share = splat(dot(side, row, q + i * side));
                for (long k = 0; k < side; k += W) store(row + k, load(row + k) - share * load(q + i * side + k));
            }
            float norm = dot(side, row, row);
            vec by = splat(1 / __builtin_sqrtf(norm > 1e-37f ? norm : 1e-37f));
            for (long k = 0; k < side; k += W) store(row + k, load(row + k) * by);
        }
    }
}

/* One step of the power method; the basis' vectors are the rows of `basis_t`. A little of the old basis is added, so
 * that directions without any gradient stay as they are. */
ALWAYS void turned_basis(long side, long n, const float *symmetric, const float *basis_t, float *new_t)
{
    float largest = symmetric[0];
    for (long k = 1; k < n; k++) largest = symmetric[k * side + k] > largest ? symmetric[k * side + k] : largest;
    vec kept = splat(largest * 1e-6f + 1e-30f);
    product(side, n, n, basis_t, symmetric, new_t);
    for (long k = 0; k < n * side; k += W) store(new_t + k, load(new_t + k) + kept * load(basis_t + k));
    orthonormal(side, n, new_t);
}

/* One update of a layer. `parameters` and `gradient` are those of the layer. */
static void soap_layer(Soap s, float *t, long side, long rows, long inputs, int renews, float rate, float *parameters,
                       const float *gradient)
{
    long columns = inputs + 1, size = soap_matrix(side);
    float *g = t, *gt = t + size, *a = t + 2 * size, *b = t + 3 * size, *c = t + 4 * size;
    memset(t, 0, SOAP_TEMPORARIES * size * sizeof *t);
    for (long o = 0; o < rows; o++) {
        memcpy(g + o * side, gradient + o * inputs, inputs * sizeof *g);
        g[o * side + inputs] = gradient[rows * inputs + o]; /* the bias is one more column */
    }
    turn(side, rows, columns, g, gt);
    product(side, rows, columns, g, gt, a);
    blend(rows * side, s.left, 0.95f, a);
    product(side, columns, rows, gt, g, a);
    blend(columns * side, s.right, 0.95f, a);
    if (renews) {
        memset(a, 0, size * sizeof *a);
        turned_basis(side, rows, s.left, s.left_basis_t, a);
        product(side, rows, rows, a, s.left_basis, c); /* new^T old */
        product(side, rows, rows, c, s.mean, b);
        memcpy(s.left_basis_t, a, size * sizeof *a);
        turn(side, rows, rows, a, s.left_basis);
        memset(a, 0, size * sizeof *a);
        turned_basis(side, columns, s.right, s.right_basis_t, a);
        turn(side, columns, columns, a, s.right_basis);
        product(side, columns, columns, s.right_basis_t, s.right_basis, gt); /* old^T new */
        product(side, rows, columns, b, gt, s.mean);
        memcpy(s.right_basis_t, a, size * sizeof *a);
    }
    product(side, rows, rows, s.left_basis_t, g, a);
    product(side, rows, columns, a, s.right_basis, b); /* the gradient in the eigenbasis */
    for (long k = 0; k < rows * side; k += W) {
        vec turned = load(b + k), m = load(s.mean + k), q = load(s.square + k);
        m += splat(0.1f) * (turned - m);
        q = splat(0.99f) * q + splat(0.01f) * turned * turned;
        store(s.mean + k, m), store(s.square + k, q);
        vec change = m / (root(q) + splat(1e-8f));
        change = either(change > 1, splat(1), change);
        store(b + k, either(change < -1, splat(-1), change));
    }
    product(side, rows, rows, s.left_basis, b, a);
    product(side, rows, columns, a, s.right_basis_t, b);
    for (long o = 0; o < rows; o++) {
        for (long i = 0; i < inputs; i++) parameters[o * inputs + i] -= rate * b[o * side + i];
        parameters[rows * inputs + o] -= rate * b[o * side + inputs];
    }
}

/* One update of the whole MLP. */
static void soap_step(Fit *f, long step, float rate)
{
    long side = soap_side(f), at = 0;
    float *temporaries = f->soap + f->layers * SOAP_STATE * soap_matrix(side);
    for (long k = 0; k < f->layers; k++) {
        long in = f->widths[k], out = f->widths[k + 1];
        soap_layer(soap_of(f->soap, side, k), temporaries, side, out, in, step % BASIS_EVERY == 0, rate,
                   f->parameters + at, f->gradient + at);
        at += (in + 1) * out;
    }
}

/* Before the first step: no state, and the axes as bases. */
static void soap_begin(Fit *f)
{
    long side = soap_side(f);
    memset(f->soap, 0, (f->layers * SOAP_STATE + SOAP_TEMPORARIES) * soap_matrix(side) * sizeof(float));
    for (long k = 0; k < f->layers; k++) {
        Soap s = soap_of(f->soap, side, k);
        for (long i = 0; i < f->widths[k + 1]; i++) s.left_basis[i * side + i] = s.left_basis_t[i * side + i] = 1;
        for (long i = 0; i <= f->widths[k]; i++) s.right_basis[i * side + i] = s.right_basis_t[i * side + i] = 1;
    }
}

#endif
