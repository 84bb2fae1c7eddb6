/* Filters of a PNG's rows: the twin of gamutmeta/photo/png_filters.py, bit for bit. */
#include "vectors.h"

enum { PIECE = 4096, FILTERS = 5, AVERAGE = 3 };

/* Bytes of memory that png_filter needs for rows of so many bytes. */
EXPORT int64_t png_scratch(int64_t size, int64_t step) { return (FILTERS + 2) * size + 2 * step; }

ALWAYS uint8_t predicted(const int filter, uint8_t left, uint8_t above, uint8_t corner)
{
    if (filter == 1) return left;
    if (filter == 2) return above;
    if (filter == 3) return (uint8_t)((left + above) >> 1);
    if (filter != 4) return 0;
    int16_t a = left, b = above, c = corner, to_a = b - c, to_b = a - c, to_c = to_a + to_b;
    to_a = to_a < 0 ? -to_a : to_a, to_b = to_b < 0 ? -to_b : to_b, to_c = to_c < 0 ? -to_c : to_c;
    return to_a <= to_b && to_a <= to_c ? left : to_b <= to_c ? above : corner;
}

/* Filter a row, and give the sum of the magnitudes. Before the row and the one above it there are `step` bytes of 0. */
ALWAYS int64_t filtered(const int filter, const uint8_t *row, const uint8_t *above, int64_t size, int64_t step,
                        uint8_t *restrict out)
{
    int64_t sum = 0;
    for (int64_t start = 0; start < size; start += PIECE) {
        int64_t end = start + PIECE < size ? start + PIECE : size;
        uint32_t part = 0;
        for (int64_t k = start; k < end; k++) {
            uint8_t byte = row[k] - predicted(filter, row[k - step], above[k], above[k - step]);
            out[k] = byte;
            uint8_t negative = -byte;
            part += byte < negative ? byte : negative;
        }
        sum += part;
    }
    return sum;
}

/* How alike bytes are: the number of equal pairs. */
static int64_t equal_pairs(const uint8_t *bytes, int64_t size)
{
    int64_t counts[256] = {0}, pairs = 0;
    for (int64_t k = 0; k < size; k++) counts[bytes[k]]++;
    for (int k = 0; k < 256; k++) pairs += counts[k] * counts[k];
    return pairs;
}

/* Filter `count` rows of `size` bytes each, whose pixels have `step` bytes: of the five filters that with the smallest sum
 * of magnitudes, and the next best in place of AVERAGE if that leaves bytes less alike. `before` is the row above the first one, or NULL for none. `out` gets rows of size + 1 bytes. */
EXPORT void png_filter(const uint8_t *rows, int64_t count, int64_t size, int64_t step, const uint8_t *before, uint8_t *scratch,
                       uint8_t *out)
{
    uint8_t *row = scratch + step, *above = row + size + step, *tried[FILTERS];
    for (int k = 0; k < FILTERS; k++) tried[k] = above + size + k * size;
    memset(scratch, 0, 2 * (size + step));
    if (before) memcpy(above, before, size);
    for (int64_t n = 0; n < count; n++, rows += size, out += size + 1) {
        memcpy(row, rows, size);
        int64_t sums[FILTERS] = {
            filtered(0, row, above, size, step, tried[0]), filtered(1, row, above, size, step, tried[1]),
            filtered(2, row, above, size, step, tried[2]), filtered(3, row, above, size, step, tried[3]),
            filtered(4, row, above, size, step, tried[4]),
        };
        int best = 0;
        for (int k = 1; k < FILTERS; k++)
            if (k != AVERAGE && sums[k] < sums[best]) best = k;
        if (sums[AVERAGE] < sums[best] && equal_pairs(tried[AVERAGE], size) >= equal_pairs(tried[best], size)) best = AVERAGE;
        out[0] = (uint8_t)best;
        memcpy(out + 1, tried[best], size);
        uint8_t *swapped = row;
        row = above, above = swapped;
    }
}
