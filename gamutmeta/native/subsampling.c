/* Luma and chroma for subsampled JPEGs: the twins of the functions of the same names in gamutmeta/color/subsampling.py, bit
 * for bit. */
#include "vectors.h"

/* A picture and what its codes mean; names as in gamutmeta/color/subsampling.py. */
typedef struct {
    const uint8_t *codes;  /* Y, Cb and Cr, (rows * down, columns * 2, 3) */
    float *luma;           /* (rows * down, columns * 2) */
    const float *chroma, *plain; /* (rows, columns, 2) */
    float *moved;          /* the same */
    const float *linear, *slope; /* (numbers) */
    const float *cost;     /* (3, 3) */
    const int32_t *numbers; /* of gamutmeta.color.sycc.SyccTables, (4, 256) */
    const float *held;     /* the linear values that these number */
    int64_t rows, columns, down, offset, last, fractions;
    float shares[4], near, far, pace, luma_tie, chroma_tie, farthest_luma, farthest_chroma, tiny;
} Picture;

typedef struct {
    float d[3], s[3]; /* what is missing in each channel, and the slopes */
} State;

ALWAYS float between(float x, float low, float high) { return x < low ? low : x > high ? high : x; }
ALWAYS int64_t index_between(int64_t x, int64_t last) { return x < 0 ? 0 : x > last ? last : x; }

ALWAYS float chroma_at(const Picture *p, int64_t row, int64_t column, int channel)
{
    int64_t block = row / p->down, across = column / 2, wide = p->columns;
    int64_t beside = index_between(column % 2 ? across + 1 : across - 1, wide - 1);
    const float *c = p->chroma + channel;
    float near = c[2 * (block * wide + across)], far = c[2 * (block * wide + beside)];
    if (p->down == 2) {
        int64_t other = index_between(row % 2 ? block + 1 : block - 1, p->rows - 1);
        near = p->near * near + p->far * c[2 * (other * wide + across)];
        far = p->near * far + p->far * c[2 * (other * wide + beside)];
    }
    return p->near * near + p->far * far;
}

ALWAYS int64_t number_of(const Picture *p, float code)
{
    /* To even: adding this number leaves no bits for fractions. */
    float scaled = code * (float)p->fractions;
    return index_between((int32_t)((scaled + 0x1.8p23f) - 0x1.8p23f) + p->offset, p->last);
}

ALWAYS State state_of(const Picture *p, int64_t row, int64_t column)
{
    int64_t at = row * 2 * p->columns + column;
    const uint8_t *code = p->codes + 3 * at;
    const int32_t *c = p->numbers;
    float luma = p->luma[at], blue = chroma_at(p, row, column, 0), red = chroma_at(p, row, column, 1);
    int32_t y = code[0] * (int32_t)p->fractions;
    int64_t n[3] = {
        number_of(p, luma + p->shares[0] * red),
        number_of(p, (luma + p->shares[1] * blue) + p->shares[2] * red),
        number_of(p, luma + p->shares[3] * blue),
    };
    int32_t wanted[3] = {y + c[code[2]], y + c[256 + code[1]] + c[512 + code[2]], y + c[768 + code[1]]};
    State state;
    for (int k = 0; k < 3; k++)
        state.d[k] = p->held[wanted[k]] - p->linear[n[k]], state.s[k] = p->slope[n[k]];
    return state;
}

ALWAYS void apply(const float *cost, const float *x, float *y)
{
    for (int k = 0; k < 3; k++) y[k] = (cost[3 * k] * x[0] + cost[3 * k + 1] * x[1]) + cost[3 * k + 2] * x[2];
}

ALWAYS float dot(const float *x, const float *y) { return (x[0] * y[0] + x[1] * y[1]) + x[2] * y[2]; }

EXPORT void subsampling_move_luma(const Picture *p, int64_t start, int64_t stop)
{
    for (int64_t row = start * p->down; row < stop * p->down; row++)
        for (int64_t column = 0; column < 2 * p->columns; column++) {
            int64_t at = row * 2 * p->columns + column;
            State state = state_of(p, row, column);
            float u[3], before = p->luma[at];
            apply(p->cost, state.s, u);
            float curvature = dot(state.s, u), pull = dot(state.d, u);
            float away = (float)p->codes[3 * at] - before;
            float way = (pull + p->luma_tie * away) / (curvature + p->luma_tie);
            p->luma[at] = between(before + between(way, -p->farthest_luma, p->farthest_luma), 0, 255);
        }
}

/* One pixel's share of the five sums of gamutmeta.color.subsampling._move_chroma. */
ALWAYS void terms_of(const Picture *p, int64_t row, int64_t column, float *five)
{
    State state = state_of(p, row, column);
    const float *s = state.s, *cost = p->cost;
    float u[3], q[3];
    apply(cost, s, u);
    apply(cost, state.d, q);
    float curvature = dot(s, u) + p->tiny, pull = dot(state.d, u);
    float b1 = p->shares[1] * s[1], b2 = p->shares[3] * s[2], r0 = p->shares[0] * s[0], r1 = p->shares[2] * s[1];
    float along_blue = b1 * u[1] + b2 * u[2], along_red = r0 * u[0] + r1 * u[1];
    float blue_luma = along_blue / curvature, red_luma = along_red / curvature;
    float bb = (b1 * b1) * cost[4] + (2 * (b1 * b2)) * cost[5] + (b2 * b2) * cost[8];
    float br = ((b1 * r0) * cost[1] + (b1 * r1) * cost[4]) + ((b2 * r0) * cost[2] + (b2 * r1) * cost[5]);
    float rr = (r0 * r0) * cost[0] + (2 * (r0 * r1)) * cost[1] + (r1 * r1) * cost[4];
    five[0] = bb - blue_luma * along_blue;
    five[1] = br - blue_luma * along_red;
    five[2] = rr - red_luma * along_red;
    five[3] = (b1 * q[1] + b2 * q[2]) - blue_luma * pull;
    five[4] = (r0 * q[0] + r1 * q[1]) - red_luma * pull;
}

ALWAYS float stepped(const Picture *p, float before, float way)
{
    return between(before + p->pace * between(way, -p->farthest_chroma, p->farthest_chroma), -128, 127);
}

EXPORT void subsampling_move_chroma(const Picture *p, int64_t start, int64_t stop)
{
    float share = 1.0f / (float)(2 * p->down);
    for (int64_t block = start; block < stop; block++)
        for (int64_t across = 0; across < p->columns; across++) {
            float sums[5];
            for (int64_t line = 0; line < p->down; line++) {
                float left[5], right[5];
                terms_of(p, block * p->down + line, 2 * across, left);
                terms_of(p, block * p->down + line, 2 * across + 1, right);
                for (int k = 0; k < 5; k++) {
                    float both = left[k] + right[k];
                    sums[k] = line ? sums[k] + both : both;
                }
            }
            for (int k = 0; k < 5; k++) sums[k] *= share;
            int64_t at = 2 * (block * p->columns + across);
            float bb = sums[0] + p->chroma_tie, br = sums[1], rr = sums[2] + p->chroma_tie;
            float blue = sums[3] + p->chroma_tie * (p->plain[at] - p->chroma[at]);
            float red = sums[4] + p->chroma_tie * (p->plain[at + 1] - p->chroma[at + 1]);
            float determinant = bb * rr - br * br;
            p->moved[at] = stepped(p, p->chroma[at], (rr * blue - br * red) / determinant);
            p->moved[at + 1] = stepped(p, p->chroma[at + 1], (bb * red - br * blue) / determinant);
        }
}
