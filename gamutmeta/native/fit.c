/* The steps of a fit: noise, gradient by hand, SOAP for the MLP, Adam for the grid (gamutmeta/fit/cpu/machine.py).
 *
 * A batch is always cut into two halves with sums of their own, which are added in one order. So a seed gives the same
 * bits on one thread and on two. */
#include "network.h"
#include "soap.h"

enum { SLOPE_EVERY = 4 };

ALWAYS long blocks_of(const Fit *f) { return (f->batch + LANES - 1) / LANES; }

/* ---- memory ---- */

EXPORT int64_t fit_block_bytes(void) { return sizeof(Block); }
EXPORT int64_t fit_lanes(void) { return LANES; }
EXPORT int64_t fit_work_bytes(const Fit *f) { return (int64_t)(uintptr_t)scratch(f, NULL).end; }
EXPORT int64_t fit_soap_floats(const Fit *f)
{
    return (f->layers * SOAP_STATE + SOAP_TEMPORARIES) * soap_matrix(soap_side(f));
}

EXPORT void fit_begin(Fit *f) { soap_begin(f); }

/* Take `batches` whole batches of samples; number n of them is samples[order[n]], with weights[n] times `factor`, the
 * constant factors of the derivative. `order` may be NULL for one after the other, `weights` for the samples' own. */
EXPORT void fit_load(Fit *f, const Sample *samples, const int64_t *order, const float *weights, int64_t batches, float factor)
{
    long per_batch = blocks_of(f);
    for (long n = 0, batch = 0; batch < batches; batch++)
        for (long lane = 0; lane < per_batch * LANES; lane++) {
            Block *b = f->blocks + batch * per_batch + lane / LANES;
            if (lane >= f->batch) {
                put_nothing(f, b, lane % LANES);
                continue;
            }
            const Sample *s = samples + (order ? order[n] : n);
            put(f, b, lane % LANES, s, (weights ? weights[n] : s->weight) * factor);
            n++;
        }
}

/* ---- the gradient ---- */

static void backward(const Fit *f, const Scratch *s, const Block *b, float *slopes)
{
    const float *m = f->matrix, *p = f->parameters;
    vec scale = splat(f->scale), *y = s->x[f->layers], *e = s->e[f->layers];
    for (int l = 0; l < VECS; l++) {
        vec g0 = b->gate[0][l], g1 = b->gate[1][l], g2 = b->gate[2][l], weight = b->weight[l];
        vec y0 = y[l] * g0 * scale, y1 = y[VECS + l] * g1 * scale, y2 = y[2 * VECS + l] * g2 * scale;
        vec d0 = (y0 * splat(m[0]) + y1 * splat(m[3]) + y2 * splat(m[6]) - b->target[0][l]) * weight;
        vec d1 = (y0 * splat(m[1]) + y1 * splat(m[4]) + y2 * splat(m[7]) - b->target[1][l]) * weight;
        vec d2 = (y0 * splat(m[2]) + y1 * splat(m[5]) + y2 * splat(m[8]) - b->target[2][l]) * weight;
        e[l] = (d0 * splat(m[0]) + d1 * splat(m[1]) + d2 * splat(m[2])) * g0;
        e[VECS + l] = (d0 * splat(m[3]) + d1 * splat(m[4]) + d2 * splat(m[5])) * g1;
        e[2 * VECS + l] = (d0 * splat(m[6]) + d1 * splat(m[7]) + d2 * splat(m[8])) * g2;
    }
    long at = parameter_count(f);
    for (long k = f->layers - 1; k >= 0; k--) {
        long in = f->widths[k], out = f->widths[k + 1];
        at -= (in + 1) * out;
        add_outer(out, in, s->e[k + 1], s->x[k], s->sums + at);
        add_rows(out, s->e[k + 1], s->sums + at + in * out);
        /* Nobody needs the derivative by the colour. */
        layer_back(p + at, in, out, k ? in : f->channels, s->e[k + 1], k ? s->x[k] : NULL, s->e[k]);
    }
    long channels = f->channels, below = channels * f->across;
    four step = splat_four(f->step);
    for (long k = 0; k < channels; k += 4) {
        const float *row = (const float *)(s->e[0] + k * VECS);
        for (int l = 0; l < LANES; l += 4) {
            four r[4];
            for (int j = 0; j < 4; j++) r[j] = k + j < channels ? *(const four *)(row + j * LANES + l) : splat_four(0);
            transpose(r);
            for (int j = 0; j < 4; j++) {
                float *to = slopes + channels * b->corner[l + j] + k;
                four error = r[j] * step, lower = error * splat_four(b->fy[l + j]), upper = error - lower;
                four fx = splat_four(b->fx[l + j]), right = upper * fx, lower_right = lower * fx;
                store_four(to, load_four(to) + (upper - right));
                store_four(to + channels, load_four(to + channels) + right);
                store_four(to + below, load_four(to + below) + (lower - lower_right));
                store_four(to + below + channels, load_four(to + below + channels) + lower_right);
            }
        }
    }
}

static void half_gradient(const Fit *f, int half, const Block *batch, const float *noise)
{
    Scratch s = scratch(f, f->work[half]);
    long blocks = blocks_of(f), middle = (blocks + 1) / 2;
    memset(s.sums, 0, parameter_count(f) * sizeof(vec));
    for (long n = half ? middle : 0; n < (half ? blocks : middle); n++) {
        forward(f, &s, batch + n, noise);
        backward(f, &s, batch + n, f->slopes[half]);
    }
}

static void add_halves(Fit *f)
{
    const vec *a = scratch(f, f->work[0]).sums, *b = scratch(f, f->work[1]).sums;
    long count = parameter_count(f);
    for (long k = 0; k < count; k++) f->gradient[k] = total(a[k] + b[k]);
}

/* ---- Adam on the grid, with the derivative of the rate ---- */

typedef struct {
    float rate, correction; /* learning rate over 1 - beta1^t; 1 / sqrt(1 - beta2^t) */
    float network_rate, unused;
} Rates;

static void adam(const Fit *f, long from, long to, const Rates *rates, float rate_weight, int renews)
{
    vec size = splat(rates->rate), correction = splat(rates->correction), eps = splat(1e-8f);
    vec factor = splat(rate_weight * 1.44269504f), zero = splat(0);
    for (long k = from; k < to; k += W) {
        vec z = load(f->grid + k), m = load(f->mean + k), s = load(f->square + k), slope;
        vec g = load(f->slopes[0] + k) + load(f->slopes[1] + k);
        store(f->slopes[0] + k, zero), store(f->slopes[1] + k, zero);
        if (renews) {
            slope = where(z != 0, (vec)((ivec)(1 / (1 + absolute(z))) | signs(z)));
            store(f->slope + k, slope);
        } else
            slope = load(f->slope + k);
        g += factor * slope;
        m += splat(1 - 0.9f) * (g - m);
        s = splat(0.999f) * s + splat(1 - 0.999f) * g * g;
        store(f->mean + k, m), store(f->square + k, s);
        store(f->grid + k, z - size * m / (root(s) * correction + eps));
    }
}

/* The gradient at the first loaded batch, for tests: of the parameters in f->gradient, of the grid without the rate's
 * derivative in f->slopes[0]. */
EXPORT void fit_gradient(Fit *f, const float *noise)
{
    long count = f->nodes * f->channels;
    for (int half = 0; half < 2; half++) {
        memset(f->slopes[half], 0, count * sizeof(float));
        half_gradient(f, half, f->blocks, noise);
    }
    add_halves(f);
    for (long k = 0; k < count; k++) f->slopes[0][k] += f->slopes[1][k], f->slopes[1][k] = 0;
}

/* ---- steps on one or two threads ---- */

/* Work of a phase is numbered; whoever is free takes the next piece. What a piece computes does not depend on who does
 * it, and a thread that gets no core delays nothing that it has not begun. */
enum { PIECES = 64, ADAM_PIECES = 8 };

typedef struct {
    int64_t first, count, since, batches; /* steps first .. first + count - 1; samples loaded at step `since` */
    const int64_t *starts;                /* where in the pool the noise of a step begins, in nodes */
    const Rates *rates;                   /* of each step */
    float rate_weight, unused;
    int64_t next, finished;               /* shared: phase and piece to take; pieces of the phase that are done */
} Run;

ALWAYS int64_t pieces_of(int64_t phase) { return phase % 2 ? ADAM_PIECES : 2; }

ALWAYS int64_t claim(Run *r, int64_t phase)
{
    /* phase and piece in one number, so that a late thread cannot take a piece of a phase that is over */
    int64_t seen = __atomic_load_n(&r->next, __ATOMIC_ACQUIRE);
    while (seen / PIECES == phase && seen % PIECES < pieces_of(phase))
        if (__atomic_compare_exchange_n(&r->next, &seen, seen + 1, 1, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            return seen % PIECES;
    return -1;
}

static void open_phase(Run *r, int64_t phase)
{
    __atomic_store_n(&r->finished, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&r->next, phase * PIECES, __ATOMIC_RELEASE);
}

#if defined(_WIN32)
__declspec(dllimport) int __stdcall SwitchToThread(void);
#define YIELD() SwitchToThread()
#else
#include <sched.h>
#define YIELD() sched_yield()
#endif

ALWAYS void pause_in(int spins)
{
    if (spins >= 4000) YIELD();
#if defined(__x86_64__)
    else __builtin_ia32_pause();
#endif
}

static void wait_for(Run *r, int64_t phase)
{
    for (int spins = 0; __atomic_load_n(&r->finished, __ATOMIC_ACQUIRE) < pieces_of(phase); spins++) pause_in(spins);
}

/* Phase 2 * step + 2 is the gradient in two halves, 2 * step + 3 Adam in pieces. */
static void work_on(Fit *f, Run *r, int64_t phase)
{
    int64_t step = phase / 2 - 1, since = step - r->since, piece;
    while ((piece = claim(r, phase)) >= 0) {
        if (phase % 2 == 0) {
            const Block *batch = f->blocks + since % r->batches * blocks_of(f);
            half_gradient(f, (int)piece, batch, f->pool + r->starts[step] * f->channels);
        } else {
            long values = (f->nodes * f->channels + W - 1) / W * W, size = (values / ADAM_PIECES + W) / W * W;
            long from = piece * size, to = from + size < values ? from + size : values;
            adam(f, from, to, r->rates + step, r->rate_weight, since % SLOPE_EVERY == 0);
        }
        __atomic_fetch_add(&r->finished, 1, __ATOMIC_ACQ_REL);
    }
}

ALWAYS int64_t end_of(const Run *r) { return 2 * (r->first + r->count) + 2; }

/* Compute the steps. Another thread may call fit_help() with the same arguments at the same time. */
EXPORT void fit_run(Fit *f, Run *r)
{
    for (int64_t step = r->first; step < r->first + r->count; step++) {
        open_phase(r, 2 * step + 2);
        work_on(f, r, 2 * step + 2);
        wait_for(r, 2 * step + 2);
        open_phase(r, 2 * step + 3);
        add_halves(f);
        soap_step(f, step, r->rates[step].network_rate); /* the other thread is at Adam meanwhile */
        work_on(f, r, 2 * step + 3);
        wait_for(r, 2 * step + 3);
    }
    __atomic_store_n(&r->next, end_of(r) * PIECES, __ATOMIC_RELEASE);
}

EXPORT void fit_help(Fit *f, Run *r)
{
    int64_t phase, before = -1;
    int spins = 0;
    while ((phase = __atomic_load_n(&r->next, __ATOMIC_ACQUIRE) / PIECES) != end_of(r))
        if (phase < 2 || phase == before) pause_in(spins++); /* not begun yet, or nothing more to do in it */
        else work_on(f, r, phase), before = phase, spins = 0;
}

/* ---- all samples ---- */

static void fill(const Fit *f, Block *b, const Sample *samples, const int64_t *order, long count)
{
    for (long l = 0; l < LANES; l++)
        if (l < count) {
            const Sample *s = samples + (order ? order[l] : l);
            put(f, b, l, s, s->weight);
        } else
            put_nothing(f, b, l);
}

/* The squared error of each sample, summed over the channels, without noise. `work` is that of a thread. */
EXPORT void fit_errors(const Fit *f, void *work, const Sample *samples, int64_t count, float *errors)
{
    Scratch s = scratch(f, work);
    const float *m = f->matrix;
    for (long n = 0; n < count; n += LANES) {
        Block *b = s.block;
        long have = count - n < LANES ? count - n : LANES;
        fill(f, b, samples + n, NULL, have);
        forward(f, &s, b, NULL);
        const vec *y = s.x[f->layers];
        vec out[VECS];
        for (int l = 0; l < VECS; l++) {
            vec v[3], sum = splat(0);
            for (int c = 0; c < 3; c++) v[c] = y[c * VECS + l] * b->gate[c][l] * splat(f->scale);
            for (int c = 0; c < 3; c++) {
                vec d = v[0] * splat(m[c]) + v[1] * splat(m[3 + c]) + v[2] * splat(m[6 + c]) - b->target[c][l];
                sum += d * d;
            }
            out[l] = sum;
        }
        memcpy(errors + n, out, have * sizeof(float));
    }
}

/* Sums for the closed form of the last layer, h being the values of the last hidden layer and 1: for each of the first
 * `pairs` pairs of outputs (00, 01, 02, 11, 12, 22) those of w g_o g_p h h^T, (units + 1, units + 1) of which the lower
 * left is left out; then for each output those of w g_o asked_o h. With one pair all gates are taken for 1.
 * Double precision now and then; `sums` must be zeros. */
EXPORT void fit_normal(const Fit *f, void *work, const Sample *samples, const int64_t *order, int64_t count, int64_t pairs,
                       double *sums)
{
    static const int FIRST[] = {0, 0, 0, 1, 1, 2}, SECOND[] = {0, 1, 2, 1, 2, 2};
    enum { RARELY = 32 };
    Scratch s = scratch(f, work);
    const float *m = f->matrix;
    long units = f->widths[f->layers - 1], side = units + 1, all = pairs * side * side + OUTPUTS * side;
    vec *total_of = (vec *)s.end, *scaled = total_of + all;
    memset(total_of, 0, all * sizeof(vec));
    for (long n = 0; n < count; n += LANES) {
        Block *b = s.block;
        long have = count - n < LANES ? count - n : LANES;
        if (order) fill(f, b, samples, order + n, have);
        else fill(f, b, samples + n, NULL, have);
        hidden(f, &s, b, NULL);
        vec *h = s.x[f->layers - 1], *to = total_of;
        for (int l = 0; l < VECS; l++) h[units * VECS + l] = splat(1);
        for (long pair = 0; pair < pairs + OUTPUTS; pair++) {
            vec by[VECS];
            for (int l = 0; l < VECS; l++) {
                int o = pair < pairs ? FIRST[pair] : (int)(pair - pairs);
                by[l] = b->weight[l] * b->gate[o][l];
                if (pair < pairs) by[l] *= b->gate[SECOND[pair]][l];
                else
                    by[l] *= b->target[0][l] * splat(m[3 * o]) + b->target[1][l] * splat(m[3 * o + 1]) +
                             b->target[2][l] * splat(m[3 * o + 2]);
            }
            for (long i = 0; i < side; i++)
                for (int l = 0; l < VECS; l++) scaled[i * VECS + l] = by[l] * h[i * VECS + l];
            if (pair < pairs) {
                /* six rows at a time, from the diagonal on */
                for (long o = 0; o < side; o += 6) {
                    long rows = side - o < 6 ? side - o : 6;
                    for (long r = 0; r < rows; r++, to += side) {
                        if (r) continue;
                        if (rows == 6) {
                            long i = o;
                            for (; i + 2 <= side; i += 2) outer_tile(6, 2, side, scaled + o * VECS, h + i * VECS, to + i);
                            for (; i < side; i++) outer_tile(6, 1, side, scaled + o * VECS, h + i * VECS, to + i);
                        } else
                            for (long k = 0; k < rows; k++)
                                for (long i = o; i < side; i++)
                                    outer_tile(1, 1, side, scaled + (o + k) * VECS, h + i * VECS, to + k * side + i);
                    }
                }
            } else
                add_rows(side, scaled, to), to += side;
        }
        if (n / LANES % RARELY == RARELY - 1 || n + LANES >= count)
            for (long k = 0; k < all; k++) sums[k] += total(total_of[k]), total_of[k] = splat(0);
    }
}

EXPORT int64_t fit_normal_bytes(const Fit *f)
{
    long side = f->widths[f->layers - 1] + 1;
    return fit_work_bytes(f) + (6 * side * side + OUTPUTS * side + side * VECS) * (int64_t)sizeof(vec);
}

/* Measure the grid in steps `factor` times as large; its values stay. */
EXPORT void fit_rescale(Fit *f, float factor)
{
    for (long k = 0; k < f->nodes * f->channels; k++)
        f->grid[k] /= factor, f->mean[k] *= factor, f->square[k] *= factor * factor;
    f->step *= factor;
}
