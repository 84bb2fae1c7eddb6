/* gamutmeta.c: an extractor and decoder of gamutmeta payloads, versions 1 and 2, in one file of C11.
 *
 * Written to ../gamutmeta-1.md and ../gamutmeta-2.md, whose section numbers stand in brackets; "2:" stands before those
 * of version 2. libzstd is the only dependency.
 *
 *     cc -std=c11 -O2 -ffp-contract=off -fPIC -shared gamutmeta.c -o libgamutmeta.so -lzstd -lm     a library
 *     cc -std=c11 -O2 -ffp-contract=off -DGM_MAIN gamutmeta.c -o gamutmeta -lzstd -lm               a program
 *
 * Other C files define GM_DECLARATIONS_ONLY, and include this one for what it declares. Nothing is global: threads may
 * share a payload once it is parsed. All bytes are hostile until checked; no size is allocated before it was.
 */

#ifndef GAMUTMETA_C
#define GAMUTMETA_C

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The largest container, in bytes (4.3). */
#define GM_CONTAINER 61440

typedef enum {
    GM_OK, /* the codes of section 9: */
    GM_PAYLOAD,
    GM_PAYLOAD_CHECKSUM,
    GM_PAYLOAD_VERSION,
    GM_PAYLOAD_LIMIT,
    GM_CARRIER,
    GM_CARRIER_UNSUPPORTED,
    GM_CARRIER_NONE,
    GM_CARRIER_DUPLICATE,
    GM_CARRIER_TOO_LARGE,
    GM_BINDING,
    GM_PHOTO, /* the host's pixels cannot be decoded to codes: for programs that decode them; nothing here does */
    GM_MEMORY /* not in section 9: there is not enough memory */
} gm_status;

/* What a container says, after all checks. */
typedef struct gm_payload gm_payload;

/* The code of a status as section 9 writes it, "payload.checksum" for instance; "ok" or "memory". */
const char *gm_code(gm_status status);

/* Takes the container out of a JPEG, PNG, TIFF or sidecar (8.1).
 * file: all `size` bytes of it. container: room for GM_CONTAINER bytes; *length of them are written. */
gm_status gm_extract(const uint8_t *file, size_t size, uint8_t *container, size_t *length);

/* Checks a container and reads it (4 to 6). *payload is NULL unless the result is GM_OK; give it to gm_free. */
gm_status gm_parse(const uint8_t *container, size_t length, gm_payload **payload);
void gm_free(gm_payload *payload);

/* Width and height of the picture that the payload was made for, in pixels. */
uint32_t gm_width(const gm_payload *payload);
uint32_t gm_height(const gm_payload *payload);

/* 1 if codes are Y, Cb, Cr of a JPEG (2:5), 0 if they are R, G, B. RGB is never to be taken for them. */
int gm_wants_ycc(const gm_payload *payload);

/* Multiply-adds of the network per pixel (13): whoever expands files of strangers looks at it, and at the size, first. */
uint32_t gm_work(const gm_payload *payload);

/* The 71 bytes of the likeness (2:B), or NULL. They are handed out, not compared: another digest is GM_BINDING. */
const uint8_t *gm_likeness(const gm_payload *payload);

/* Whether the payload belongs to a picture (8.2, 2:7.1).
 * file: the host file. codes: 3 * width * height bytes, row by row; looked at only if the binding is that of pixels. */
gm_status gm_check(const gm_payload *payload, const uint8_t *file, size_t size, uint32_t width, uint32_t height,
                   const uint8_t *codes);

/* Expands some rows of a picture to 16-bit ROMM RGB (7, 2:6, 2:C). Does not check the binding; gm_check does.
 * width, height: of the whole picture. first, rows: which rows. codes, samples: 3 * width * rows of these rows alone.
 * Rows that the picture does not have are left out. */
void gm_expand_rows(const gm_payload *payload, uint32_t width, uint32_t height, uint32_t first, uint32_t rows,
                    const uint8_t *codes, uint16_t *samples);

#ifdef __cplusplus
}
#endif
#endif

#if !defined GM_DECLARATIONS_ONLY

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#if defined __has_include
#if __has_include(<zstd.h>)
#include <zstd.h>
#define GM_HAS_ZSTD_H
#endif
#endif
#ifndef GM_HAS_ZSTD_H /* Where there is the library alone: these two are the same in all versions from 1.4 on. */
size_t ZSTD_decompress(void *target, size_t capacity, const void *source, size_t size);
size_t ZSTD_findFrameCompressedSize(const void *source, size_t size);
#endif

/* Octaves magnify the last bit of what comes before them (7.2). */
#if defined __FAST_MATH__ || (defined FLT_EVAL_METHOD && FLT_EVAL_METHOD != 0)
#error "float must be float, in the order that is written: no -ffast-math, and no x87 (use -msse2 -mfpmath=sse)"
#endif
#if defined __clang__
#pragma STDC FP_CONTRACT OFF
#endif

/* Limits (4.3, A.1, A.4, B.1, C.2). */
enum {
    DESCRIPTOR = 1024,
    TENSORS = 1048576,
    LAYERS = 8,
    UNITS = 256,
    NODES = 65536,
    NUMBERS = 1048576,
    SEGMENTS = 65536,
    CHUNKS = 262144,
    CHUNK = 123904,
    TEXT = 122880,
    ENTRIES = 262144
};
#define PIXELS (UINT64_C(1) << 30)

static const uint8_t MAGIC[8] = {0x89, 'G', 'M', 'T', '\r', '\n', 0x1A, '\n'};

/* Every check of the specification is one of these. */
#define NEED(condition, status)                                                                                        \
    do {                                                                                                               \
        if (!(condition)) return (status);                                                                             \
    } while (0)

static uint64_t big(const uint8_t *at, unsigned size) {
    uint64_t value = 0;
    for (unsigned k = 0; k < size; k++) value = value << 8 | at[k];
    return value;
}

static uint64_t little(const uint8_t *at, unsigned size) {
    uint64_t value = 0;
    while (size-- > 0) value = value << 8 | at[size];
    return value;
}

static int begins(const uint8_t *data, size_t size, const void *with, size_t length) {
    return size >= length && memcmp(data, with, length) == 0;
}

const char *gm_code(gm_status status) {
    static const char *const codes[] = {
        "ok",           "payload",           "payload.checksum",  "payload.version", "payload.limit", "carrier",
        "carrier.unsupported", "carrier.none", "carrier.duplicate", "carrier.too-large", "binding", "photo", "memory"};
    return codes[status];
}

/* CRC-32 of PNG and zlib (4.1). */
static uint32_t crc32_of(const uint8_t *data, size_t size) {
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t k = 0; k < size; k++) {
        crc ^= data[k];
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

/* ---- SHA-256 (FIPS 180-4) ---- */

typedef struct {
    uint32_t state[8];
    uint64_t length;
    uint8_t block[64];
} sha256;

static const uint32_t ROUNDS[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t turned(uint32_t value, int by) { return value >> by | value << (32 - by); }

static void sha256_block(uint32_t *state, const uint8_t *block) {
    uint32_t w[64], s[8];
    for (int k = 0; k < 16; k++) w[k] = (uint32_t)big(block + 4 * k, 4);
    for (int k = 16; k < 64; k++) {
        uint32_t a = turned(w[k - 15], 7) ^ turned(w[k - 15], 18) ^ w[k - 15] >> 3;
        uint32_t b = turned(w[k - 2], 17) ^ turned(w[k - 2], 19) ^ w[k - 2] >> 10;
        w[k] = w[k - 16] + a + w[k - 7] + b;
    }
    memcpy(s, state, sizeof s);
    for (int k = 0; k < 64; k++) {
        uint32_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]), most = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
        uint32_t one = s[7] + (turned(s[4], 6) ^ turned(s[4], 11) ^ turned(s[4], 25)) + choice + ROUNDS[k] + w[k];
        uint32_t two = (turned(s[0], 2) ^ turned(s[0], 13) ^ turned(s[0], 22)) + most;
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += one;
        s[0] = one + two;
    }
    for (int k = 0; k < 8; k++) state[k] += s[k];
}

static void sha256_begin(sha256 *hash) {
    static const uint32_t first[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(hash->state, first, sizeof first);
    hash->length = 0;
}

static void sha256_add(sha256 *hash, const uint8_t *data, size_t size) {
    while (size > 0) {
        size_t used = (size_t)(hash->length % 64), part = size < 64 - used ? size : 64 - used;
        memcpy(hash->block + used, data, part);
        hash->length += part;
        data += part;
        size -= part;
        if (hash->length % 64 == 0) sha256_block(hash->state, hash->block);
    }
}

/* The first 16 bytes, which are what digests are here (8.3, A.5). */
static void sha256_end(sha256 *hash, uint8_t *digest) {
    static const uint8_t padding[64] = {0x80};
    uint8_t bits[8];
    for (int k = 0; k < 8; k++) bits[k] = (uint8_t)(hash->length * 8 >> (56 - 8 * k));
    sha256_add(hash, padding, (size_t)(64 - (hash->length + 8) % 64));
    sha256_add(hash, bits, 8);
    for (int k = 0; k < 16; k++) digest[k] = (uint8_t)(hash->state[k / 4] >> (24 - 8 * (k % 4)));
}

/* ---- Inflating compressed text of a PNG (RFC 1950, RFC 1951) ---- */

typedef struct {
    const uint8_t *data;
    size_t size, at;
    uint32_t held; /* bits that were read and not used */
    int bits, is_cut;
    uint8_t *text; /* room for TEXT bytes */
    size_t length;
} inflater;

typedef struct {
    uint16_t count[16]; /* codes of each length */
    uint16_t symbol[288]; /* in the order of their codes */
} huffman;

static uint32_t take(inflater *in, int bits) {
    uint32_t value;
    while (in->bits < bits) {
        if (in->at >= in->size) {
            in->is_cut = 1;
            return 0;
        }
        in->held |= (uint32_t)in->data[in->at++] << in->bits;
        in->bits += 8;
    }
    value = in->held & ((1u << bits) - 1);
    in->held >>= bits;
    in->bits -= bits;
    return value;
}

/* Whether the lengths of `n` codes are those of a Huffman code. One that leaves codes over is none, unless `may_be_one`
 * and it has one code of one bit, or none at all, as zlib takes it. */
static int make_huffman(huffman *code, const uint8_t *lengths, int n, int may_be_one) {
    uint16_t place[16];
    int left = 1, longest = 0;
    memset(code, 0, sizeof *code);
    for (int k = 0; k < n; k++) code->count[lengths[k]]++;
    code->count[0] = 0;
    for (int k = 1; k < 16; k++) {
        left = 2 * left - code->count[k];
        if (left < 0) return 0;
        if (code->count[k] > 0) longest = k;
    }
    place[1] = 0;
    for (int k = 1; k < 15; k++) place[k + 1] = (uint16_t)(place[k] + code->count[k]);
    for (int k = 0; k < n; k++)
        if (lengths[k] > 0) code->symbol[place[lengths[k]]++] = (uint16_t)k;
    return left == 0 || (may_be_one && longest <= 1);
}

/* The next symbol; -1 if there is none of that code, or the data are cut off. */
static int symbol(inflater *in, const huffman *code) {
    int value = 0, first = 0, before = 0;
    for (int length = 1; length < 16; length++) {
        int count = code->count[length];
        value |= (int)take(in, 1);
        if (in->is_cut) return -1;
        if (value - first < count) return code->symbol[before + value - first];
        before += count;
        first = 2 * (first + count);
        value *= 2;
    }
    return -1;
}

static gm_status put(inflater *in, uint8_t byte) {
    NEED(in->length < TEXT, GM_CARRIER_TOO_LARGE);
    in->text[in->length++] = byte;
    return GM_OK;
}

static gm_status inflate_codes(inflater *in, const huffman *literals, const huffman *distances) {
    static const uint8_t more[28] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5};
    for (;;) {
        int code = symbol(in, literals);
        NEED(code >= 0 && code <= 285, GM_CARRIER);
        if (code == 256) return GM_OK;
        if (code < 256) {
            gm_status status = put(in, (uint8_t)code);
            NEED(status == GM_OK, status);
            continue;
        }
        size_t length = 258, distance = 1;
        if (code < 285) { /* 3 and on: each group of four begins where the one before ends */
            int k = code - 257;
            length = k < 8 ? 3 + (size_t)k : 3 + ((size_t)(4 + k % 4) << more[k]);
            length += take(in, more[k]);
        }
        code = symbol(in, distances);
        NEED(code >= 0 && code <= 29, GM_CARRIER);
        if (code < 4) distance += (size_t)code;
        else distance += ((size_t)(2 + code % 2) << (code / 2 - 1)) + take(in, code / 2 - 1);
        NEED(!in->is_cut && distance <= in->length, GM_CARRIER);
        while (length-- > 0) {
            gm_status status = put(in, in->text[in->length - distance]);
            NEED(status == GM_OK, status);
        }
    }
}

static gm_status inflate_stored(inflater *in) {
    in->held = 0;
    in->bits = 0;
    NEED(in->size - in->at >= 4, GM_CARRIER);
    size_t length = (size_t)little(in->data + in->at, 2);
    NEED((length ^ (size_t)little(in->data + in->at + 2, 2)) == 0xFFFF, GM_CARRIER);
    in->at += 4;
    for (; length > 0; length--) {
        NEED(in->at < in->size, GM_CARRIER);
        gm_status status = put(in, in->data[in->at++]);
        NEED(status == GM_OK, status);
    }
    return GM_OK;
}

static gm_status inflate_dynamic(inflater *in) {
    static const uint8_t order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    uint8_t lengths[320] = {0};
    huffman code, distances;
    int n = 257 + (int)take(in, 5), m = 1 + (int)take(in, 5), of_lengths = 4 + (int)take(in, 4), k = 0;
    NEED(n <= 286 && m <= 30, GM_CARRIER);
    for (int i = 0; i < of_lengths; i++) lengths[order[i]] = (uint8_t)take(in, 3);
    NEED(!in->is_cut && make_huffman(&code, lengths, 19, 0), GM_CARRIER);
    memset(lengths, 0, sizeof lengths);
    while (k < n + m) {
        int of = symbol(in, &code), repeats = 1;
        uint8_t value = (uint8_t)of;
        NEED(of >= 0, GM_CARRIER);
        if (of >= 16) {
            NEED(of > 16 || k > 0, GM_CARRIER);
            value = of == 16 ? lengths[k - 1] : 0;
            repeats = of == 16 ? 3 + (int)take(in, 2) : of == 17 ? 3 + (int)take(in, 3) : 11 + (int)take(in, 7);
        }
        NEED(!in->is_cut && k + repeats <= n + m, GM_CARRIER);
        while (repeats-- > 0) lengths[k++] = value;
    }
    NEED(lengths[256] > 0, GM_CARRIER);
    NEED(make_huffman(&code, lengths, n, 1) && make_huffman(&distances, lengths + n, m, 1), GM_CARRIER);
    return inflate_codes(in, &code, &distances);
}

static gm_status inflate_fixed(inflater *in) {
    uint8_t lengths[288];
    huffman literals, distances;
    for (int k = 0; k < 288; k++) lengths[k] = k < 144 ? 8 : k < 256 ? 9 : k < 280 ? 7 : 8;
    make_huffman(&literals, lengths, 288, 0);
    memset(lengths, 5, 32);
    make_huffman(&distances, lengths, 32, 0);
    return inflate_codes(in, &literals, &distances);
}

/* Inflates into in->text (B.1, 5). Bytes behind the end of the stream are ignored. */
static gm_status inflate(inflater *in) {
    uint32_t last, a = 1, b = 0;
    NEED(in->size >= 2, GM_CARRIER);
    NEED((in->data[0] & 15) == 8 && in->data[0] >> 4 <= 7 && big(in->data, 2) % 31 == 0, GM_CARRIER);
    NEED((in->data[1] & 32) == 0, GM_CARRIER); /* no preset dictionary */
    in->at = 2;
    do {
        last = take(in, 1);
        uint32_t kind = take(in, 2);
        NEED(!in->is_cut && kind < 3, GM_CARRIER);
        gm_status status = kind == 0 ? inflate_stored(in) : kind == 1 ? inflate_fixed(in) : inflate_dynamic(in);
        NEED(status == GM_OK, status);
    } while (!last);
    for (size_t k = 0; k < in->length; k++) {
        a = (a + in->text[k]) % 65521;
        b = (b + a) % 65521;
    }
    NEED(in->size - in->at >= 4 && big(in->data + in->at, 4) == (b << 16 | a), GM_CARRIER);
    return GM_OK;
}

/* ---- Carriers (8.1, A to D) ---- */

typedef struct {
    uint8_t *bytes; /* room for GM_CONTAINER */
    size_t length;
} target;

/* What every carrier's container has to be (8.1). */
static gm_status found(target *to, const uint8_t *bytes, uint64_t length) {
    NEED(length <= GM_CONTAINER, GM_CARRIER_TOO_LARGE);
    NEED(begins(bytes, (size_t)length, MAGIC, 8), GM_CARRIER);
    memmove(to->bytes, bytes, (size_t)length);
    to->length = (size_t)length;
    return GM_OK;
}

static int sextet(uint8_t letter) {
    if (letter >= 'A' && letter <= 'Z') return letter - 'A';
    if (letter >= 'a' && letter <= 'z') return letter - 'a' + 26;
    if (letter >= '0' && letter <= '9') return letter - '0' + 52;
    return letter == '+' ? 62 : letter == '/' ? 63 : -1;
}

/* The text form (A.4). What does not fit is counted all the same: bad base64 is found before that. */
static gm_status from_base64(target *to, const uint8_t *text, size_t size) {
    uint32_t group = 0;
    uint64_t letters = 0, padding = 0, length = 0;
    NEED(size <= TEXT, GM_CARRIER_TOO_LARGE);
    while (size > 0 && (text[size - 1] == 0 || text[size - 1] == ' ' || text[size - 1] == '\t' ||
                        text[size - 1] == '\n' || text[size - 1] == '\r'))
        size--;
    for (size_t k = 0; k < size; k++) {
        if (text[k] == ' ' || (text[k] >= 9 && text[k] <= 13)) continue;
        int value = sextet(text[k]);
        if (text[k] == '=') padding++;
        NEED(padding <= 2 && (padding > 0 ? text[k] == '=' : value >= 0), GM_CARRIER);
        group = group << 6 | (uint32_t)(value < 0 ? 0 : value);
        if (++letters % 4 > 0) continue;
        for (uint64_t i = 0; i < 3 - padding; i++, length++)
            if (length < GM_CONTAINER) to->bytes[length] = (uint8_t)(group >> (16 - 8 * i));
    }
    NEED(letters % 4 == 0, GM_CARRIER);
    return found(to, to->bytes, length);
}

/* JPEG */

enum { SOS = 0xDA, EOI = 0xD9, APP0 = 0xE0, APP11 = 0xEB, APP14 = 0xEE, COM = 0xFE };

typedef struct {
    const uint8_t *data;
    size_t size, at;
    unsigned count;
    int marker;
    const uint8_t *segment, *content; /* from the marker on, and behind the length */
    size_t segment_size, content_size;
} walk;

static int is_jpeg(const uint8_t *file, size_t size) { return begins(file, size, "\xFF\xD8\xFF", 3); }

static walk walk_of(const uint8_t *file, size_t size) { return (walk){.data = file, .size = size, .at = 2}; }

/* The next segment (A.1). */
static gm_status step(walk *w) {
    size_t at = w->at;
    NEED(w->count++ < SEGMENTS, GM_CARRIER);
    NEED(at < w->size && w->data[at] == 0xFF, GM_CARRIER);
    while (at < w->size && w->data[at] == 0xFF) at++;
    NEED(at < w->size && w->data[at] != 0x00 && w->data[at] != 0xD8, GM_CARRIER);
    w->marker = w->data[at];
    w->segment = w->data + at - 1;
    at++;
    w->content = w->data + at;
    w->content_size = 0;
    if (w->marker != 0x01 && !(w->marker >= 0xD0 && w->marker <= EOI)) {
        NEED(w->size - at >= 2, GM_CARRIER);
        size_t length = (size_t)big(w->data + at, 2);
        if (length < 2) length = 2;
        NEED(w->size - at >= length, GM_CARRIER);
        w->content = w->data + at + 2;
        w->content_size = length - 2;
        at += length;
    }
    w->segment_size = (size_t)(w->data + at - w->segment);
    w->at = at;
    return GM_OK;
}

static const uint8_t PROJECT[20] = {'u',  'u',  'i',  'd',  0xA6, 0xBE, 0xBB, 0x68, 0x56, 0xDB,
                                    0x46, 0xF0, 0xA9, 0x9D, 0x63, 0x9F, 0x47, 0xF4, 0xC0, 0x52};

/* The content of an APP11 segment (A.2). *claims tells whether it claims to be ours; if not, the status is no matter. */
static gm_status from_app11(target *to, const uint8_t *content, size_t size, int *claims) {
    const uint8_t *container = NULL;
    size_t at = 16, length = 0, count = 0;
    *claims = 0;
    NEED(size >= 16 && memcmp(content, "JP", 2) == 0 && memcmp(content + 12, "jumb", 4) == 0, GM_OK);
    uint64_t box = big(content + 8, 4);
    if (box == 1) {
        NEED(size >= 24, GM_OK);
        box = big(content + 16, 8);
        at = 24;
    }
    NEED(size >= at + 35 && memcmp(content + at + 4, "jumd", 4) == 0 && content[at + 24] & 2, GM_OK);
    NEED(memcmp(content + at + 25, "gamutmeta", 10) == 0, GM_OK);
    *claims = 1;
    NEED(big(content + 4, 4) == 1 && box == size - 8, GM_CARRIER);
    while (at < size) {
        NEED(size - at >= 8, GM_CARRIER);
        box = big(content + at, 4);
        NEED(box >= 8 && box <= size - at, GM_CARRIER);
        if (begins(content + at + 4, (size_t)box - 4, PROJECT, 20)) {
            container = content + at + 24;
            length = (size_t)box - 24;
            count++;
        }
        at += (size_t)box;
    }
    *claims = count > 0;
    NEED(count < 2, GM_CARRIER_DUPLICATE); /* behind all boxes, any of which may be damaged */
    return count == 0 ? GM_OK : found(to, container, length);
}

/* A fault in one of our segments waits for those of the JPEG (A.1). APP11 goes before COM. */
static gm_status from_jpeg(target *to, const uint8_t *file, size_t size) {
    static const char label[] = "gamutmeta1 ";
    gm_status status, of[2] = {GM_CARRIER_NONE, GM_CARRIER_NONE};
    int is_there[2] = {0, 0};
    walk w = walk_of(file, size);
    do {
        int claims, kind;
        status = step(&w);
        NEED(status == GM_OK, status);
        kind = w.marker == COM;
        if (w.marker == APP11) {
            status = from_app11(to, w.content, w.content_size, &claims);
        } else if (kind && begins(w.content, w.content_size, label, 11)) {
            claims = 1;
            /* What APP11 has left in the target stays: it is what counts. */
            if (!is_there[0]) status = from_base64(to, w.content + 11, w.content_size - 11);
        } else {
            continue;
        }
        if (!claims) continue;
        NEED(!is_there[kind], GM_CARRIER_DUPLICATE);
        is_there[kind] = 1;
        of[kind] = status;
    } while (w.marker != SOS && w.marker != EOI);
    return is_there[0] ? of[0] : of[1];
}

static int is_hashed(int marker) {
    return (marker >= 0xC0 && marker <= 0xCF) || marker == EOI || (marker >= SOS && marker <= 0xDD);
}

/* The digest that binds a payload to a JPEG (A.5). */
static gm_status coded_digest(const uint8_t *file, size_t size, uint8_t *digest) {
    walk w = walk_of(file, size);
    int has_scan = 0;
    sha256 hash;
    sha256_begin(&hash);
    do {
        gm_status status = step(&w);
        NEED(status == GM_OK, status);
        if (is_hashed(w.marker)) sha256_add(&hash, w.segment, w.segment_size);
        if (w.marker != SOS) continue;
        has_scan = 1;
        size_t end = w.at;
        while (end + 1 < size && (file[end] != 0xFF || file[end + 1] == 0x00 || file[end + 1] == 0xFF ||
                                  (file[end + 1] >= 0xD0 && file[end + 1] <= 0xD7)))
            end++;
        NEED(end + 1 < size, GM_CARRIER);
        while (end > w.at && file[end - 1] == 0xFF) end--;
        sha256_add(&hash, file + w.at, end - w.at);
        w.at = end;
    } while (w.marker != EOI);
    NEED(has_scan, GM_CARRIER);
    sha256_end(&hash, digest);
    return GM_OK;
}

/* Whether a JPEG that is sound holds YCbCr samples of 8 bits (2:5.3). */
static int has_ycc(const uint8_t *file, size_t size) {
    walk w = walk_of(file, size);
    uint8_t frame[16] = {0};
    int has_jfif = 0, adobe = -1;
    while (step(&w) == GM_OK && w.marker != SOS && w.marker != EOI) {
        const uint8_t *content = w.content;
        if (w.marker >= 0xC0 && w.marker <= 0xCF && w.marker != 0xC4 && w.marker != 0xC8 && w.marker != 0xCC) {
            if (frame[0] > 0) continue;
            frame[0] = (uint8_t)w.marker;
            if (w.content_size >= 15) memcpy(frame + 1, content, 15);
        } else if (w.marker == APP0 && w.content_size >= 14 && memcmp(content, "JFIF", 5) == 0) {
            has_jfif = 1;
        } else if (w.marker == APP14 && w.content_size >= 12 && memcmp(content, "Adobe", 5) == 0) {
            adobe = content[11];
        }
    }
    if (!(frame[0] >= 0xC0 && frame[0] <= 0xC2) && frame[0] != 0xC9 && frame[0] != 0xCA) return 0;
    if (frame[1] != 8 || frame[6] != 3) return 0;
    if (has_jfif) return 1;
    if (adobe >= 0) return adobe != 0;
    return frame[7] != 'R' || frame[10] != 'G' || frame[13] != 'B';
}

/* Whether a segment of a JPEG that is sound says of three components that they are YCbCr or RGB, and their names
 * something else (A.5). */
static int is_contradicted(const uint8_t *file, size_t size) {
    walk w = walk_of(file, size);
    uint8_t frame[15] = {0};
    int has_frame = 0, has_jfif = 0, adobe = -1;
    while (step(&w) == GM_OK && w.marker != SOS && w.marker != EOI) {
        const uint8_t *content = w.content;
        if (w.marker >= 0xC0 && w.marker <= 0xCF && w.marker != 0xC4 && w.marker != 0xC8 && w.marker != 0xCC) {
            if (!has_frame && w.content_size >= 15) memcpy(frame, content, 15);
            has_frame = 1;
        } else if (w.marker == APP0 && w.content_size >= 14 && memcmp(content, "JFIF", 5) == 0) {
            has_jfif = 1;
        } else if (w.marker == APP14 && w.content_size >= 12 && memcmp(content, "Adobe", 5) == 0) {
            adobe = content[11];
        }
    }
    if (frame[5] != 3 || (!has_jfif && adobe < 0)) return 0;
    return (frame[6] == 'R' && frame[9] == 'G' && frame[12] == 'B') != (!has_jfif && adobe == 0);
}

/* PNG (B.1) */

static gm_status from_compressed(target *to, const uint8_t *data, size_t size) {
    inflater in = {.data = data, .size = size, .text = malloc(TEXT)};
    NEED(in.text != NULL, GM_MEMORY);
    gm_status status = inflate(&in);
    if (status == GM_OK) status = from_base64(to, in.text, in.length);
    free(in.text);
    return status;
}

/* The data of a text chunk, behind its keyword. */
static gm_status from_text(target *to, uint8_t kind, const uint8_t *data, size_t size) {
    if (kind == 't') return from_base64(to, data, size);
    if (kind == 'z') {
        NEED(size >= 1 && data[0] == 0, GM_CARRIER);
        return from_compressed(to, data + 1, size - 1);
    }
    NEED(size >= 2, GM_CARRIER);
    const uint8_t *end = memchr(data + 2, 0, size - 2);
    NEED(end != NULL, GM_CARRIER);
    end = memchr(end + 1, 0, (size_t)(data + size - end - 1));
    NEED(end != NULL, GM_CARRIER);
    size_t left = (size_t)(data + size - end - 1);
    if (data[0] == 0) return from_base64(to, end + 1, left);
    NEED(data[0] == 1 && data[1] == 0, GM_CARRIER);
    return from_compressed(to, end + 1, left);
}

static int is_letter(uint8_t byte) { return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z'); }

static gm_status from_png(target *to, const uint8_t *file, size_t size) {
    const uint8_t *ours = NULL, *chunk, *type;
    size_t at = 8, length, count = 0, of_ours = 0;
    do {
        NEED(count++ < CHUNKS && size - at >= 12, GM_CARRIER);
        chunk = file + at;
        type = chunk + 4;
        NEED(is_letter(type[0]) && is_letter(type[1]) && is_letter(type[2]) && is_letter(type[3]), GM_CARRIER);
        NEED(count > 1 || memcmp(type, "IHDR", 4) == 0, GM_CARRIER);
        length = (size_t)big(chunk, 4);
        NEED(length <= 0x7FFFFFFF && length <= size - at - 12, GM_CARRIER);
        at += length + 12;
        int is_text = memcmp(type, "iTXt", 4) == 0 || memcmp(type, "zTXt", 4) == 0 || memcmp(type, "tEXt", 4) == 0;
        if (!is_text || !begins(chunk + 8, length, "gamutmeta", 10)) continue;
        ours = chunk;
        of_ours++;
    } while (memcmp(type, "IDAT", 4) != 0 && memcmp(type, "IEND", 4) != 0);
    NEED(of_ours > 0, GM_CARRIER_NONE);
    NEED(of_ours == 1, GM_CARRIER_DUPLICATE);
    length = (size_t)big(ours, 4);
    NEED(length <= CHUNK, GM_CARRIER_TOO_LARGE);
    NEED(crc32_of(ours + 4, length + 4) == big(ours + 8 + length, 4), GM_CARRIER);
    return from_text(to, ours[4], ours + 18, length - 10);
}

/* TIFF (C.2) */

static gm_status from_tiff(target *to, const uint8_t *file, size_t size) {
    uint64_t (*get)(const uint8_t *, unsigned) = file[0] == 'I' ? little : big;
    int is_big = get(file + 2, 2) == 43;
    size_t header = is_big ? 16 : 8, counter = is_big ? 8 : 2, entry = is_big ? 20 : 12;
    unsigned word = is_big ? 8 : 4;
    const uint8_t *ours = NULL;
    uint64_t length = 0;
    NEED(size >= header, GM_CARRIER);
    NEED(!is_big || (get(file + 4, 2) == 8 && get(file + 6, 2) == 0), GM_CARRIER);
    uint64_t at = get(file + header - word, word);
    NEED(at >= header && at <= size && size - at >= counter, GM_CARRIER);
    uint64_t entries = get(file + at, (unsigned)counter);
    at += counter;
    NEED(entries <= ENTRIES && size - at >= entries * entry + word, GM_CARRIER);
    for (; entries > 0; entries--, at += entry) {
        const uint8_t *field = file + at, *value = field + entry - word;
        uint64_t count = get(field + 4, word);
        if (get(field, 2) != 65357 || get(field + 2, 2) != 1 || count < 8) continue;
        if (count > word) {
            uint64_t offset = get(value, word);
            if (offset > size) continue;
            value = file + offset;
        }
        if (!begins(value, (size_t)(file + size - value), MAGIC, 8)) continue;
        NEED(ours == NULL, GM_CARRIER_DUPLICATE);
        ours = value;
        length = count;
    }
    NEED(ours != NULL, GM_CARRIER_NONE);
    NEED(length <= GM_CONTAINER, GM_CARRIER_TOO_LARGE);
    NEED(length <= (uint64_t)(file + size - ours), GM_CARRIER);
    return found(to, ours, length);
}

gm_status gm_extract(const uint8_t *file, size_t size, uint8_t *container, size_t *length) {
    target to = {container, 0};
    gm_status status = GM_CARRIER_UNSUPPORTED;
    if (is_jpeg(file, size)) status = from_jpeg(&to, file, size);
    else if (begins(file, size, "\x89PNG\r\n\x1A\n", 8)) status = from_png(&to, file, size);
    else if (begins(file, size, "II*\0", 4) || begins(file, size, "MM\0*", 4) || begins(file, size, "II+\0", 4) ||
             begins(file, size, "MM\0+", 4))
        status = from_tiff(&to, file, size);
    else if (begins(file, size, MAGIC, 8)) status = found(&to, file, size);
    *length = status == GM_OK ? to.length : 0;
    return status;
}

/* ---- MessagePack (5.1; step 1 of 5.5) ---- */

enum { NIL, BOOLEAN, INTEGER, FLOAT, STRING, BYTES, ARRAY, MAP };

typedef struct {
    uint8_t kind;
    uint16_t at, next; /* where its bytes are; the node behind it and all that is in it */
    uint16_t key_before; /* of the same map, for keys; 0 if there is none */
    uint32_t size; /* bytes, elements, or pairs */
    int64_t integer; /* booleans as well; larger ones are INT64_MAX */
    double real;
} node;

typedef struct {
    uint32_t missing;
    uint16_t node, last_key;
    uint8_t is_map, is_key;
} level;

typedef struct {
    const uint8_t *data;
    size_t size, at;
    unsigned count;
    int is_shortest; /* whether no value has a longer form than it needs */
    node nodes[DESCRIPTOR];
    level levels[DESCRIPTOR + 1]; /* arrays and maps that are open: a recursion would be the sender's to exhaust */
} document;

static int is_utf8(const uint8_t *text, size_t size) {
    for (size_t k = 0; k < size;) {
        uint8_t lead = text[k++];
        uint32_t value = lead;
        int more = lead < 0x80 ? 0 : lead < 0xC0 ? -1 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : lead < 0xF8 ? 3 : -1;
        if (more < 0 || size - k < (size_t)more) return 0;
        if (more > 0) value = lead & (0x3Fu >> more);
        for (int i = 0; i < more; i++, k++) {
            if ((text[k] & 0xC0) != 0x80) return 0;
            value = value << 6 | (text[k] & 0x3F);
        }
        if ((more == 1 && value < 0x80) || (more == 2 && value < 0x800) || (more == 3 && value < 0x10000)) return 0;
        if ((value >= 0xD800 && value <= 0xDFFF) || value > 0x10FFFF) return 0;
    }
    return 1;
}

static double real_of(const uint8_t *at, unsigned size) {
    float narrow;
    double wide;
    uint32_t bits = (uint32_t)big(at, 4);
    uint64_t more = size == 8 ? big(at, 8) : 0;
    memcpy(&narrow, &bits, 4);
    memcpy(&wide, &more, 8);
    return size == 4 ? (double)narrow : wide;
}

/* Reads what stands at a place into the next node; of arrays and maps only how many there are. */
static gm_status read_node(document *d, size_t longest) {
    /* bytes of the number behind C0 to DF; 9 for what is not allowed */
    static const uint8_t widths[] = {0, 9, 0, 0, 1, 2, 4, 9, 9, 9, 4, 8, 1, 2, 4, 8,
                                     1, 2, 4, 8, 9, 9, 9, 9, 9, 1, 2, 4, 2, 4, 2, 4};
    NEED(d->at < d->size, GM_PAYLOAD);
    node *n = &d->nodes[d->count++];
    uint8_t byte = d->data[d->at++];
    unsigned width = byte < 0xC0 || byte >= 0xE0 ? 0 : widths[byte - 0xC0];
    NEED(width < 9 && d->size - d->at >= width, GM_PAYLOAD);
    const uint8_t *behind = d->data + d->at;
    uint64_t value = big(behind, width);
    int is_shortest = 1;
    d->at += width;
    memset(n, 0, sizeof *n);
    if (byte < 0x80 || byte >= 0xE0) {
        n->kind = INTEGER;
        n->integer = byte < 0x80 ? byte : byte - 256;
    } else if (byte < 0xC0) {
        n->kind = byte < 0x90 ? MAP : byte < 0xA0 ? ARRAY : STRING;
        value = byte & (n->kind == STRING ? 31 : 15);
    } else if (byte == 0xC0) {
        n->kind = NIL;
    } else if (byte <= 0xC3) {
        n->kind = BOOLEAN;
        n->integer = byte & 1;
    } else if (byte <= 0xC6) {
        n->kind = BYTES;
        is_shortest = width == 1;
    } else if (byte <= 0xCB) {
        n->kind = FLOAT;
        n->real = real_of(behind, width);
        is_shortest = width == 4;
    } else if (byte <= 0xCF) {
        n->kind = INTEGER;
        n->integer = value > INT64_MAX ? INT64_MAX : (int64_t)value;
        is_shortest = width < 8 && value >= (width == 1 ? 128u : width == 2 ? 256u : 65536u);
    } else if (byte <= 0xD3) {
        n->kind = INTEGER;
        /* two's complement, without a conversion that is the compiler's to define */
        uint64_t sign = UINT64_C(1) << (8 * width - 1);
        n->integer = value < sign ? (int64_t)value : -(int64_t)(sign - (value - sign) - 1) - 1;
        is_shortest = width == 1 && n->integer < -32;
    } else {
        n->kind = byte <= 0xDB ? STRING : byte <= 0xDD ? ARRAY : MAP;
        is_shortest = n->kind != STRING && width == 2 && value >= 16;
    }
    d->is_shortest = d->is_shortest && is_shortest;
    if (n->kind == STRING || n->kind == BYTES) {
        NEED(value <= (n->kind == STRING ? 32 : longest) && d->size - d->at >= value, GM_PAYLOAD);
        NEED(n->kind == BYTES || is_utf8(d->data + d->at, (size_t)value), GM_PAYLOAD);
        n->at = (uint16_t)d->at;
        d->at += (size_t)value;
    }
    if (n->kind == MAP) NEED(value <= 16, GM_PAYLOAD);
    n->size = (uint32_t)value;
    n->next = (uint16_t)d->count;
    return GM_OK;
}

static gm_status read_document(document *d, const uint8_t *data, size_t size, size_t longest) {
    unsigned depth = 1;
    d->data = data;
    d->size = size;
    d->at = 0;
    d->count = 0;
    d->is_shortest = 1;
    d->levels[0] = (level){.missing = 1};
    while (depth > 0) {
        level *l = &d->levels[depth - 1];
        if (l->missing == 0) {
            d->nodes[l->node].next = (uint16_t)d->count;
            depth--;
            continue;
        }
        l->missing--;
        uint16_t place = (uint16_t)d->count;
        gm_status status = read_node(d, longest);
        NEED(status == GM_OK, status);
        node *n = &d->nodes[place];
        if (l->is_map && l->is_key) {
            NEED(n->kind == STRING || n->kind == BYTES, GM_PAYLOAD);
            for (uint16_t k = l->last_key; k > 0; k = d->nodes[k].key_before) {
                const node *o = &d->nodes[k];
                NEED(o->kind != n->kind || o->size != n->size || memcmp(data + o->at, data + n->at, n->size) != 0,
                     GM_PAYLOAD);
            }
            n->key_before = l->last_key;
            l->last_key = place;
        }
        l->is_key = !l->is_key;
        if (n->kind == ARRAY || n->kind == MAP) {
            uint8_t is_map = n->kind == MAP;
            d->levels[depth++] =
                (level){.missing = is_map ? 2 * n->size : n->size, .node = place, .is_map = is_map, .is_key = 1};
        }
    }
    NEED(d->at == size, GM_PAYLOAD);
    return GM_OK;
}

/* ---- Descriptor (5, 2:4) ---- */

/* In the order of their bytes. */
enum { AFF, BIAS, CAT, GATE, GRID, H, HEAD, JPEG, LIKE, MLP, Q, RGB, RGB8, SHL, SMP, SRC, T, W, XY, KEYS };
static const char *const NAMES[KEYS] = {"aff", "bias", "cat", "gate", "grid", "h",   "head", "jpeg", "like", "mlp",
                                        "q",   "rgb",  "rgb8", "shl",  "smp",  "src", "t",    "w",    "xy"};

typedef struct {
    uint32_t inputs, outputs;
    const float *weight, *bias; /* bias: NULL if there is none */
} layer;

struct gm_payload {
    uint32_t width, height, octaves_of_position, octaves_of_colour;
    uint8_t head, cat, has_gate, gate, has_position, has_colour, is_wide_colour, is_ycc, has_likeness;
    uint8_t is_jpeg, binding[16], likeness[71], shoulder[12], has_plain_colour, has_affine, has_bias;
    double affine[6];
    uint32_t grid[3], hidden[LAYERS], layer_count, features; /* grid: channels, nodes down, nodes across */
    layer layers[LAYERS];
    float *numbers; /* of all tensors */
    float linear[3][256], open[3][256], colour[256]; /* of codes: linear values, gates, features */
    int32_t blue[256], green_of_blue[256], green_of_red[256], red[256]; /* in 64ths of a code (2:6.1) */
};

typedef struct {
    const document *d;
    uint16_t given[KEYS]; /* node of the value; 0: absent */
    int is_sorted;
} keys;

static const node *value_of(const keys *k, int key) { return &k->d->nodes[k->given[key]]; }

/* Whether a key is absent, or an integer in its range, which is put into *value. */
static int integer(const keys *k, int key, int64_t low, int64_t high, int64_t *value) {
    const node *n = value_of(k, key);
    if (k->given[key] == 0) return 1;
    *value = n->integer;
    return n->kind == INTEGER && n->integer >= low && n->integer <= high;
}

static int boolean(const keys *k, int key, int64_t *value) {
    if (k->given[key] == 0) return 1;
    *value = value_of(k, key)->integer;
    return value_of(k, key)->kind == BOOLEAN;
}

static int bytes(const keys *k, int key, uint32_t size) {
    return k->given[key] == 0 || (value_of(k, key)->kind == BYTES && value_of(k, key)->size == size);
}

/* Whether a key is absent, or an array whose elements are of a kind; they are the nodes behind it. */
static int array_of(const keys *k, int key, int kind) {
    const node *n = value_of(k, key);
    if (k->given[key] == 0) return 1;
    if (n->kind != ARRAY) return 0;
    for (uint32_t i = 1; i <= n->size; i++)
        if (n[i].kind != kind) return 0;
    return 1;
}

static gm_status read_keys(keys *k, const document *d, int version) {
    int last = -1;
    uint16_t at = 1;
    memset(k, 0, sizeof *k);
    k->d = d;
    k->is_sorted = 1;
    NEED(d->nodes[0].kind == MAP, GM_PAYLOAD);
    for (uint32_t pair = 0; pair < d->nodes[0].size; pair++) {
        const node *n = &d->nodes[at];
        int key = 0;
        NEED(n->kind == STRING, GM_PAYLOAD);
        while (key < KEYS && !(strlen(NAMES[key]) == n->size && memcmp(NAMES[key], d->data + n->at, n->size) == 0))
            key++;
        NEED(key < KEYS, GM_PAYLOAD);
        k->is_sorted = k->is_sorted && key > last;
        last = key;
        k->given[key] = (uint16_t)(at + 1);
        at = d->nodes[at + 1].next;
    }
    NEED(version > 1 || (!k->given[LIKE] && !k->given[SHL] && !k->given[SMP]), GM_PAYLOAD);
    return GM_OK;
}

/* The pairs of a shoulder (2:C.1). */
static gm_status check_shoulder(const uint8_t *ends) {
    static const uint8_t dark[9] = {0, 255, 255, 255, 222, 121, 78, 57, 43};
    static const uint8_t bright[9] = {0, 255, 255, 169, 82, 51, 36, 27, 22};
    int any = 0;
    for (int k = 0; k < 6; k++) {
        uint8_t n = ends[2 * k], q = ends[2 * k + 1];
        NEED(n <= 8, GM_PAYLOAD);
        NEED(n == 0 ? q == 0 : q >= 1 && q <= (k % 2 ? bright : dark)[n], GM_PAYLOAD);
        any = any || n > 0;
    }
    NEED(any, GM_PAYLOAD);
    return GM_OK;
}

/* Types, ranges, and which keys go together: step 4 of 5.5 and 2:4.2. */
static gm_status check_values(gm_payload *p, const keys *k, int64_t *grid) {
    int64_t cat = 0, gate = 0, head = 0, rgb = 0, smp = 0, src = 0, xy = 0, bias = 1, t = 1, features;
    const uint16_t *given = k->given;
    NEED(array_of(k, AFF, FLOAT) && array_of(k, GRID, INTEGER) && array_of(k, MLP, INTEGER), GM_PAYLOAD);
    NEED(boolean(k, BIAS, &bias) && boolean(k, T, &t) && bytes(k, LIKE, 71) && bytes(k, SHL, 12), GM_PAYLOAD);
    NEED(integer(k, CAT, 0, 1, &cat) && integer(k, GATE, 0, 255, &gate) && integer(k, HEAD, 0, 2, &head), GM_PAYLOAD);
    NEED(integer(k, RGB, 0, 16, &rgb) && integer(k, SMP, 0, 1, &smp) && integer(k, SRC, 0, 1, &src), GM_PAYLOAD);
    NEED(integer(k, XY, 1, 16, &xy), GM_PAYLOAD);
    if (given[AFF]) {
        const node *n = value_of(k, AFF);
        NEED(n->size == 6, GM_PAYLOAD);
        for (int i = 0; i < 6; i++) {
            double value = n[i + 1].real;
            NEED(value >= -16 && value <= 16 && (double)(float)value == value, GM_PAYLOAD);
            p->affine[i] = value;
        }
    }
    if (given[GRID]) {
        const node *n = value_of(k, GRID);
        NEED(n->size == 3, GM_PAYLOAD);
        for (int i = 0; i < 3; i++) {
            NEED(n[i + 1].integer >= 1, GM_PAYLOAD);
            grid[i] = n[i + 1].integer;
        }
    }
    if (given[MLP])
        for (uint32_t i = 1; i <= value_of(k, MLP)->size; i++) NEED(value_of(k, MLP)[i].integer >= 1, GM_PAYLOAD);
    NEED(given[RGB] || (!given[SRC] && !given[T]), GM_PAYLOAD);
    features = (grid[0] <= UNITS ? grid[0] : UNITS + 1) + 4 * xy + (given[RGB] ? 3 * (t + 2 * rgb) : 0);
    if (head == 0) {
        NEED(!given[BIAS] && !given[GATE] && !given[GRID] && !given[MLP] && !given[RGB] && !given[XY], GM_PAYLOAD);
    } else {
        NEED(features >= 1 && (!given[GRID] || (grid[1] >= 2 && grid[2] >= 2)), GM_PAYLOAD);
        NEED(!given[RGB] || rgb > 0 || t, GM_PAYLOAD);
        NEED(!given[GATE] || head == 2, GM_PAYLOAD);
    }
    /* A default that is spelled out counts as its value here, and is found in step 7. */
    if (smp == 1) NEED(given[JPEG] && head != 1 && !given[GATE] && src == 0, GM_PAYLOAD);
    if (given[SHL]) {
        NEED(head != 1 && smp == 0 && src == 0, GM_PAYLOAD);
        memcpy(p->shoulder, k->d->data + value_of(k, SHL)->at, 12);
        gm_status status = check_shoulder(p->shoulder);
        NEED(status == GM_OK, status);
    }
    if (given[LIKE]) memcpy(p->likeness, k->d->data + value_of(k, LIKE)->at, 71);
    p->cat = (uint8_t)cat;
    p->head = (uint8_t)head;
    p->gate = (uint8_t)gate;
    p->has_gate = given[GATE] > 0;
    p->is_ycc = smp == 1;
    p->is_wide_colour = src == 1;
    p->has_colour = given[RGB] > 0;
    p->has_plain_colour = t == 1;
    p->has_bias = bias == 1;
    p->has_affine = given[AFF] > 0;
    p->has_likeness = given[LIKE] > 0;
    p->octaves_of_colour = (uint32_t)rgb;
    p->octaves_of_position = (uint32_t)xy;
    p->features = (uint32_t)features;
    return GM_OK;
}

/* Limits of the model: step 5. *count becomes how many numbers there are. */
static gm_status check_limits(gm_payload *p, const keys *k, const int64_t *grid, uint32_t *count) {
    const node *mlp = k->given[MLP] ? value_of(k, MLP) : NULL;
    uint32_t hidden = mlp ? mlp->size : 0;
    *count = 0;
    NEED(hidden + 1 <= LAYERS && p->features <= UNITS, GM_PAYLOAD_LIMIT);
    for (uint32_t i = 0; i < hidden; i++) {
        NEED(mlp[i + 1].integer <= UNITS, GM_PAYLOAD_LIMIT);
        p->layers[i].outputs = (uint32_t)mlp[i + 1].integer;
    }
    NEED(grid[1] <= NODES && grid[2] <= NODES && grid[1] * grid[2] <= NODES, GM_PAYLOAD_LIMIT);
    for (int i = 0; i < 3; i++) p->grid[i] = (uint32_t)grid[i];
    if (p->head == 0) return GM_OK;
    *count = p->grid[0] * p->grid[1] * p->grid[2];
    p->layer_count = hidden + 1;
    p->layers[hidden].outputs = 3;
    for (uint32_t i = 0; i < p->layer_count; i++) {
        layer *l = &p->layers[i];
        l->inputs = i == 0 ? p->features : p->layers[i - 1].outputs;
        *count += l->inputs * l->outputs + (p->has_bias ? l->outputs : 0);
    }
    NEED(*count <= NUMBERS, GM_PAYLOAD_LIMIT);
    return GM_OK;
}

/* How a tensor is stored (6.2). */
static int is_f16(const keys *k, const node *q) {
    return q->kind == STRING && q->size == 3 && memcmp(k->d->data + q->at, "f16", 3) == 0;
}

static gm_status check_encodings(const gm_payload *p, const keys *k) {
    uint32_t tensors = (p->grid[0] > 0) + p->layer_count * (p->has_bias ? 2 : 1);
    const node *q = k->given[Q] ? value_of(k, Q) : NULL;
    NEED(q == NULL || q->kind == ARRAY, GM_PAYLOAD);
    NEED((q == NULL ? 0 : q->size) == tensors, GM_PAYLOAD);
    for (uint32_t i = 1; i <= tensors; i++) {
        const node *n = &q[i];
        int is_power = n->kind == INTEGER && n->integer >= -120 && n->integer <= 126;
        int is_scale = n->kind == FLOAT && n->real >= 0x1p-126 && n->real <= 0x1p120 && (double)(float)n->real == n->real;
        NEED(is_power || is_scale || is_f16(k, n), GM_PAYLOAD);
    }
    return GM_OK;
}

/* Whether what is well-formed and right is also said in the one way there is: step 7. */
static int is_canonical(const gm_payload *p, const keys *k) {
    static const double identity[6] = {1, 0, 0, 0, 1, 0};
    const uint16_t *given = k->given;
    if (!k->is_sorted || !k->d->is_shortest) return 0;
    if ((given[BIAS] && p->has_bias) || (given[T] && p->has_plain_colour) || (given[CAT] && p->cat == 0)) return 0;
    if ((given[HEAD] && p->head == 0) || (given[SMP] && !p->is_ycc) || (given[SRC] && !p->is_wide_colour)) return 0;
    if ((given[MLP] && value_of(k, MLP)->size == 0) || (given[Q] && value_of(k, Q)->size == 0)) return 0;
    if (given[AFF]) {
        int is_identity = 1;
        if (!given[GRID] && !given[XY]) return 0;
        for (int i = 0; i < 6; i++) {
            if (p->affine[i] == 0 && signbit(p->affine[i])) return 0;
            is_identity = is_identity && p->affine[i] == identity[i];
        }
        if (is_identity) return 0;
    }
    for (uint32_t i = 1; given[Q] && i <= value_of(k, Q)->size; i++) {
        int exponent;
        if (value_of(k, Q)[i].kind == FLOAT && frexp(value_of(k, Q)[i].real, &exponent) == 0.5) return 0;
    }
    return 1;
}

/* All steps of 5.5 and 2:4.2 in their order. */
static gm_status read_descriptor(gm_payload *p, keys *k, document *d, const uint8_t *data, size_t size, int version,
                                 uint32_t *count) {
    int64_t w = 0, h = 0, grid[3] = {0, 0, 0};
    gm_status status = read_document(d, data, size, version == 1 ? 16 : 71);
    NEED(status == GM_OK, status);
    status = read_keys(k, d, version);
    NEED(status == GM_OK, status);
    NEED(k->given[W] && integer(k, W, 1, UINT32_MAX, &w), GM_PAYLOAD);
    NEED(k->given[H] && integer(k, H, 1, UINT32_MAX, &h), GM_PAYLOAD);
    NEED((uint64_t)w * (uint64_t)h <= PIXELS, GM_PAYLOAD_LIMIT);
    p->width = (uint32_t)w;
    p->height = (uint32_t)h;
    NEED((k->given[JPEG] > 0) != (k->given[RGB8] > 0), GM_PAYLOAD);
    NEED(bytes(k, JPEG, 16) && bytes(k, RGB8, 16), GM_PAYLOAD);
    p->is_jpeg = k->given[JPEG] > 0;
    memcpy(p->binding, data + value_of(k, p->is_jpeg ? JPEG : RGB8)->at, 16);
    status = check_values(p, k, grid);
    NEED(status == GM_OK, status);
    status = check_limits(p, k, grid, count);
    NEED(status == GM_OK, status);
    status = check_encodings(p, k);
    NEED(status == GM_OK, status);
    NEED(is_canonical(p, k), GM_PAYLOAD);
    NEED(version < 2 || k->given[LIKE] || k->given[SHL] || k->given[SMP], GM_PAYLOAD);
    return GM_OK;
}

/* ---- Tensors (6) ---- */

static gm_status decompress(uint8_t *raw, size_t size, const uint8_t *frame, size_t length) {
    NEED(length >= 6 && memcmp(frame, "\x28\xB5\x2F\xFD", 4) == 0, GM_PAYLOAD);
    NEED((frame[4] & 0x2F) == 0x20, GM_PAYLOAD);
    unsigned width = 1u << (frame[4] >> 6);
    NEED(length >= 5 + width, GM_PAYLOAD);
    NEED(little(frame + 5, width) + (width == 2 ? 256 : 0) == size, GM_PAYLOAD);
    NEED(ZSTD_findFrameCompressedSize(frame, length) == length, GM_PAYLOAD);
    NEED(ZSTD_decompress(raw, size, frame, length) == size, GM_PAYLOAD);
    return GM_OK;
}

static float half(uint16_t bits) {
    int exponent = bits >> 10 & 31, fraction = bits & 1023;
    float value = exponent == 0 ? ldexpf((float)fraction, -24) : ldexpf((float)(fraction + 1024), exponent - 25);
    return bits >> 15 ? -value : value;
}

/* Numbers of one tensor from what is stored (6.2). */
static gm_status numbers_of(float *numbers, uint32_t count, const uint8_t *raw, const keys *k, const node *q) {
    if (is_f16(k, q)) {
        for (uint32_t i = 0; i < count; i++) {
            uint16_t bits = (uint16_t)little(raw + 2 * i, 2);
            NEED((bits >> 10 & 31) != 31, GM_PAYLOAD);
            numbers[i] = half(bits);
        }
        return GM_OK;
    }
    float scale = q->kind == INTEGER ? ldexpf(1, (int)-q->integer) : (float)q->real;
    for (uint32_t i = 0; i < count; i++) numbers[i] = (float)(raw[i] < 128 ? raw[i] : raw[i] - 256) * scale;
    return GM_OK;
}

static gm_status read_tensors(gm_payload *p, const keys *k, uint32_t count, size_t stored, const uint8_t *frame,
                              size_t length) {
    uint32_t counts[2 * LAYERS + 1], tensors = 0, places[2 * LAYERS + 1], at = 0;
    size_t needed = 0, begin = 0;
    if (p->grid[0] > 0) counts[tensors++] = p->grid[0] * p->grid[1] * p->grid[2];
    for (uint32_t i = 0; i < p->layer_count; i++) {
        counts[tensors++] = p->layers[i].inputs * p->layers[i].outputs;
        if (p->has_bias) counts[tensors++] = p->layers[i].outputs;
    }
    const node *q = tensors > 0 ? value_of(k, Q) + 1 : NULL;
    for (uint32_t i = 0; i < tensors; i++) needed += (size_t)counts[i] * (is_f16(k, &q[i]) ? 2 : 1);
    NEED(needed == stored, GM_PAYLOAD);
    NEED(stored > 0 || length == 0, GM_PAYLOAD);
    if (stored == 0) return GM_OK;
    uint8_t *raw = malloc(stored);
    p->numbers = malloc(count * sizeof(float));
    gm_status status = raw == NULL || p->numbers == NULL ? GM_MEMORY : decompress(raw, stored, frame, length);
    for (uint32_t i = 0; status == GM_OK && i < tensors; i++) {
        places[i] = at;
        status = numbers_of(p->numbers + at, counts[i], raw + begin, k, &q[i]);
        at += counts[i];
        begin += (size_t)counts[i] * (is_f16(k, &q[i]) ? 2 : 1);
    }
    free(raw);
    NEED(status == GM_OK, status);
    tensors = p->grid[0] > 0;
    for (uint32_t i = 0; i < p->layer_count; i++) {
        p->layers[i].weight = p->numbers + places[tensors++];
        p->layers[i].bias = p->has_bias ? p->numbers + places[tensors++] : NULL;
    }
    return GM_OK;
}

/* ---- Tables (7.3, 7.6, 7.8, 2:6, 2:C) ---- */

static double linear_of(double e) { return e <= 0.04045 ? e / 12.92 : pow((e + 0.055) / 1.055, 2.4); }

/* Parts of 2^-20 (2:C.1). */
static int64_t ordinary(int code) { return (int64_t)rint(0x1p20 * linear_of(code / 255.0)); }

/* The linear values of the stretched codes of one end, from the knee outwards (2:C.1). */
static void stretch(float *linear, int n, int q, int is_bright) {
    int knee = is_bright ? 255 - n : n, outwards = is_bright ? 1 : -1;
    if (n == 0) return;
    int64_t value = ordinary(knee), size = ordinary(knee + outwards) - value;
    if (size < 0) size = -size;
    for (int k = 1; k <= n; k++) {
        size = size * (16 + q) / 16;
        value += outwards * size;
        linear[knee + k * outwards] = (float)((double)value / 0x1p20);
    }
}

/* The gate (7.8), counted from the innermost of the codes that clipped colours may have (2:C.3). */
static float gate_of(int code, int gate, int dark, int bright) {
    int from_dark = code - (dark > 1 ? dark - 1 : 0), from_bright = 255 - (bright > 1 ? bright - 1 : 0) - code;
    int distance = from_dark < from_bright ? from_dark : from_bright;
    double open = 1 - (double)(distance > 0 ? distance : 0) / (gate > 1 ? gate : 1);
    return (float)(open > 0 ? open : 0);
}

static void make_tables(gm_payload *p) {
    for (int c = 0; c < 256; c++) {
        float linear = (float)linear_of(c / 255.0);
        p->colour[c] = (float)(c / 127.5 - 1);
        for (int k = 0; k < 3; k++) {
            p->linear[k][c] = linear;
            p->open[k][c] = p->has_gate ? gate_of(c, p->gate, p->shoulder[4 * k], p->shoulder[4 * k + 2]) : 1;
        }
        p->red[c] = (int32_t)rint(64 * 1.402 * (c - 128));
        p->green_of_blue[c] = (int32_t)rint(64 * -0.344136 * (c - 128));
        p->green_of_red[c] = (int32_t)rint(64 * -0.714136 * (c - 128));
        p->blue[c] = (int32_t)rint(64 * 1.772 * (c - 128));
    }
    for (int k = 0; k < 3; k++) {
        stretch(p->linear[k], p->shoulder[4 * k], p->shoulder[4 * k + 1], 0);
        stretch(p->linear[k], p->shoulder[4 * k + 2], p->shoulder[4 * k + 3], 1);
    }
}

/* ---- The container (4) ---- */

static gm_status parse(gm_payload *p, document *d, const uint8_t *c, size_t n) {
    uint32_t count;
    keys k;
    NEED(memcmp(c, MAGIC, n < 8 ? n : 8) == 0, GM_PAYLOAD);
    NEED(n >= 28, GM_PAYLOAD);
    uint64_t total = big(c + 12, 4), described = big(c + 16, 4), stored = big(c + 20, 4), compressed = big(c + 24, 4);
    NEED(total <= GM_CONTAINER, GM_PAYLOAD_LIMIT);
    NEED(total >= 32, GM_PAYLOAD);
    NEED(total == n, GM_PAYLOAD);
    NEED(crc32_of(c, n - 4) == big(c + n - 4, 4), GM_PAYLOAD_CHECKSUM);
    NEED(c[8] >= 1 && c[8] <= c[9], GM_PAYLOAD);
    NEED(c[8] <= 2, GM_PAYLOAD_VERSION);
    NEED(c[10] == 0, GM_PAYLOAD_VERSION);
    NEED(total == 32 + described + compressed, GM_PAYLOAD);
    NEED(described <= DESCRIPTOR, GM_PAYLOAD_LIMIT);
    NEED(stored <= TENSORS, GM_PAYLOAD_LIMIT);
    gm_status status = read_descriptor(p, &k, d, c + 28, (size_t)described, c[8], &count);
    NEED(status == GM_OK, status);
    status = read_tensors(p, &k, count, (size_t)stored, c + 28 + described, (size_t)compressed);
    NEED(status == GM_OK, status);
    make_tables(p);
    return GM_OK;
}

gm_status gm_parse(const uint8_t *container, size_t length, gm_payload **payload) {
    gm_payload *p = calloc(1, sizeof *p);
    document *d = malloc(sizeof *d);
    gm_status status = p == NULL || d == NULL ? GM_MEMORY : parse(p, d, container, length);
    free(d);
    if (status != GM_OK) {
        gm_free(p);
        p = NULL;
    }
    *payload = p;
    return status;
}

void gm_free(gm_payload *payload) {
    if (payload == NULL) return;
    free(payload->numbers);
    free(payload);
}

uint32_t gm_width(const gm_payload *payload) { return payload->width; }

uint32_t gm_height(const gm_payload *payload) { return payload->height; }

int gm_wants_ycc(const gm_payload *payload) { return payload->is_ycc; }

uint32_t gm_work(const gm_payload *payload) {
    uint32_t work = 0;
    for (uint32_t i = 0; i < payload->layer_count; i++) work += payload->layers[i].inputs * payload->layers[i].outputs;
    return work;
}

const uint8_t *gm_likeness(const gm_payload *payload) { return payload->has_likeness ? payload->likeness : NULL; }

/* ---- Binding (8.2, 2:7.1) ---- */

gm_status gm_check(const gm_payload *payload, const uint8_t *file, size_t size, uint32_t width, uint32_t height,
                   const uint8_t *codes) {
    uint8_t digest[16], head[22] = "gamutmeta-rgb8";
    NEED(width == payload->width && height == payload->height, GM_BINDING);
    if (payload->is_jpeg) {
        NEED(is_jpeg(file, size), GM_BINDING);
        gm_status status = coded_digest(file, size, digest);
        NEED(status == GM_OK, status);
        NEED(memcmp(digest, payload->binding, 16) == 0, GM_BINDING);
        NEED(!payload->is_ycc || has_ycc(file, size), GM_BINDING);
        NEED(!is_contradicted(file, size), GM_BINDING);
        return GM_OK;
    }
    sha256 hash;
    sha256_begin(&hash);
    for (int k = 0; k < 4; k++) {
        head[14 + k] = (uint8_t)(width >> (24 - 8 * k));
        head[18 + k] = (uint8_t)(height >> (24 - 8 * k));
    }
    sha256_add(&hash, head, 22);
    for (uint32_t y = 0; y < height; y++) sha256_add(&hash, codes + (size_t)y * width * 3, (size_t)width * 3);
    sha256_end(&hash, digest);
    NEED(memcmp(digest, payload->binding, 16) == 0, GM_BINDING);
    return GM_OK;
}

/* ---- Expansion (7) ---- */

static const float MATRICES[2][3][3] = {
    {{0.5292804059761249f, 0.33015298571181434f, 0.14056660831206078f},
     {0.09836622197088576f, 0.8734639545069693f, 0.02816982352214535f},
     {0.016875340921386827f, 0.11765941425612081f, 0.8654652448224927f}},
    {{0.5287719224894508f, 0.3340050509488782f, 0.13738087897706106f},
     {0.09754009358934167f, 0.8789413649183315f, 0.023397035718273604f},
     {0.016356963885516492f, 0.10659493821303578f, 0.8772228272131068f}},
};

/* Linear ROMM RGB from linear sRGB (7.4). */
static void to_romm(float *wide, const float (*m)[3], const float *s) {
    for (int k = 0; k < 3; k++) wide[k] = (m[k][0] * s[0] + m[k][1] * s[1]) + m[k][2] * s[2];
}

static float *octaves(float *to, float t, uint32_t count) {
    for (uint32_t k = 0; k < count; k++) {
        float p = ldexpf(t, (int)k - 1), angle = (p - rintf(p)) * 6.2831855f;
        to[k] = (float)sin(angle);
        to[count + k] = (float)cos(angle);
    }
    return to + 2 * count;
}

static float within_unit(float value) { return value > 0 ? value < 1 ? value : 1 : 0; }

static float *interpolated(float *to, const gm_payload *p, float u, float v) {
    uint32_t channels = p->grid[0], high = p->grid[1], across = p->grid[2];
    float x = within_unit(u) * (float)(across - 1), y = within_unit(v) * (float)(high - 1);
    uint32_t i = (uint32_t)x < across - 2 ? (uint32_t)x : across - 2;
    uint32_t j = (uint32_t)y < high - 2 ? (uint32_t)y : high - 2;
    float a = x - (float)i, b = y - (float)j;
    const float *upper = p->numbers + ((size_t)j * across + i) * channels, *lower = upper + (size_t)across * channels;
    for (uint32_t c = 0; c < channels; c++) {
        float top = upper[c] * (1 - a) + upper[channels + c] * a;
        float bottom = lower[c] * (1 - a) + lower[channels + c] * a;
        to[c] = top * (1 - b) + bottom * b;
    }
    return to + channels;
}

/* The input of the network (7.6). u, v: the position. */
static void features_of(float *to, const gm_payload *p, float u, float v, const uint8_t *codes, const float *linear) {
    float colour[3];
    if (p->grid[0] > 0) to = interpolated(to, p, u, v);
    to = octaves(to, 2 * u - 1, p->octaves_of_position);
    to = octaves(to, 2 * v - 1, p->octaves_of_position);
    if (!p->has_colour) return;
    if (p->is_wide_colour) to_romm(colour, MATRICES[p->cat], linear);
    for (int k = 0; k < 3; k++) {
        float t = p->is_wide_colour ? 2 * colour[k] - 1 : p->colour[codes[k]];
        if (p->has_plain_colour) *to++ = t;
        to = octaves(to, t, p->octaves_of_colour);
    }
}

/* Outputs of the network (7.7), in the first three of y. */
static void network(const gm_payload *p, float *y) {
    float next[UNITS];
    for (uint32_t i = 0; i < p->layer_count; i++) {
        const layer *l = &p->layers[i];
        for (uint32_t k = 0; i > 0 && k < l->inputs; k++)
            if (y[k] < 0) y[k] = 0; /* NaN stays NaN */
        for (uint32_t o = 0; o < l->outputs; o++) {
            const float *weight = l->weight + (size_t)o * l->inputs;
            float sum = 0;
            for (uint32_t k = 0; k < l->inputs; k++) sum += weight[k] * y[k];
            next[o] = l->bias ? sum + l->bias[o] : sum;
        }
        memcpy(y, next, l->outputs * sizeof *y);
    }
}

static uint16_t sample(float wide) {
    float v = wide > 0 ? wide < 1 ? wide : 1 : 0; /* NaN becomes 0 */
    float encoded = v < 0x1p-9f ? 16 * v : (float)pow(v, 1 / 1.8);
    return (uint16_t)rintf(encoded * 65535);
}

/* A number of YCbCr samples, from -14,516 to 30,723 (2:6.2). */
static float linear_of_number(int number) {
    double value = linear_of(abs(number) / (64 * 255.0));
    return (float)(number < 0 ? -value : value);
}

static void pixel(const gm_payload *p, float u, float v, const uint8_t *c, uint16_t *samples) {
    float s[3], wide[3], y[UNITS], g[3];
    for (int k = 0; k < 3; k++) g[k] = p->open[k][c[k]];
    if (p->is_ycc) {
        int number[3] = {64 * c[0] + p->red[c[2]], 64 * c[0] + p->green_of_blue[c[1]] + p->green_of_red[c[2]],
                         64 * c[0] + p->blue[c[1]]};
        for (int k = 0; k < 3; k++) s[k] = linear_of_number(number[k]);
    } else {
        for (int k = 0; k < 3; k++) s[k] = p->linear[k][c[k]];
    }
    int is_open = p->head == 1 || (p->head == 2 && (g[0] > 0 || g[1] > 0 || g[2] > 0));
    if (is_open) {
        features_of(y, p, u, v, c, s);
        network(p, y);
    }
    if (is_open && p->head == 2)
        for (int k = 0; k < 3; k++) s[k] = s[k] + g[k] * y[k];
    to_romm(wide, MATRICES[p->cat], s);
    if (p->head == 1)
        for (int k = 0; k < 3; k++) wide[k] = wide[k] + y[k];
    for (int k = 0; k < 3; k++) samples[k] = sample(wide[k]);
}

void gm_expand_rows(const gm_payload *payload, uint32_t width, uint32_t height, uint32_t first, uint32_t rows,
                    const uint8_t *codes, uint16_t *samples) {
    const double *a = payload->affine;
    for (uint32_t y = first; y < height && y - first < rows; y++) {
        for (uint32_t x = 0; x < width; x++, codes += 3, samples += 3) {
            double u = (x + 0.5) / width, v = (y + 0.5) / height, from_u = u, from_v = v; /* 7.5 */
            if (payload->has_affine) {
                from_u = (a[0] * u + a[1] * v) + a[2];
                from_v = (a[3] * u + a[4] * v) + a[5];
            }
            pixel(payload, (float)from_u, (float)from_v, codes, samples);
        }
    }
}

#ifdef GM_MAIN

/* ---- The program: the conformance runner's other end (E.2), or one picture ---- */

#include <stdio.h>

typedef struct {
    uint8_t *bytes;
    size_t size;
} buffer;

/* All of a file; its bytes are NULL if it cannot be read. */
static buffer read_file(const char *path) {
    buffer file = {NULL, 0};
    size_t room = 1 << 16;
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) return file;
    file.bytes = malloc(room);
    while (file.bytes != NULL) {
        file.size += fread(file.bytes + file.size, 1, room - file.size, stream);
        if (file.size < room) break;
        uint8_t *more = room <= SIZE_MAX / 2 ? realloc(file.bytes, room *= 2) : NULL;
        if (more == NULL) free(file.bytes);
        file.bytes = more;
    }
    fclose(stream);
    if (file.bytes != NULL) { /* no larger than it is, so that sanitizers see what is read behind its end */
        uint8_t *exact = realloc(file.bytes, file.size > 0 ? file.size : 1);
        if (exact != NULL) file.bytes = exact;
    }
    return file;
}

/* A binary PPM of 8 bits (E.1): where its samples begin, or NULL. */
static const uint8_t *read_ppm(buffer file, uint32_t *width, uint32_t *height) {
    uint64_t numbers[3] = {0, 0, 0};
    size_t at = 2;
    if (!begins(file.bytes, file.size, "P6", 2)) return NULL;
    for (int k = 0; k < 3; k++) {
        if (at >= file.size || (file.bytes[at] != ' ' && file.bytes[at] != '\n')) return NULL;
        for (at++; at < file.size && file.bytes[at] >= '0' && file.bytes[at] <= '9'; at++) {
            numbers[k] = 10 * numbers[k] + (uint64_t)(file.bytes[at] - '0');
            if (numbers[k] > UINT32_MAX) return NULL;
        }
    }
    if (at >= file.size || file.bytes[at++] != '\n' || numbers[2] != 255) return NULL;
    if (numbers[0] * numbers[1] > PIXELS || file.size - at != 3 * numbers[0] * numbers[1]) return NULL;
    *width = (uint32_t)numbers[0];
    *height = (uint32_t)numbers[1];
    return file.bytes + at;
}

/* Expands a picture, after all checks. *samples: 3 * width * height, to be freed. */
static gm_status expand(const uint8_t *container, size_t length, buffer file, const uint8_t *codes, uint32_t width,
                        uint32_t height, uint16_t **samples) {
    gm_payload *payload = NULL;
    uint8_t *exact = malloc(length); /* likewise */
    gm_status status = GM_MEMORY;
    *samples = NULL;
    if (exact != NULL) {
        memcpy(exact, container, length);
        status = gm_parse(exact, length, &payload);
    }
    if (status == GM_OK) status = gm_check(payload, file.bytes, file.size, width, height, codes);
    if (status == GM_OK) {
        *samples = malloc((size_t)width * height * 3 * sizeof **samples);
        if (*samples == NULL) status = GM_MEMORY;
        else gm_expand_rows(payload, width, height, 0, height, codes, *samples);
    }
    gm_free(payload);
    free(exact);
    return status;
}

/* Samples as big-endian bytes, in their place. */
static uint8_t *big_endian(uint16_t *samples, size_t count) {
    uint8_t *all = (uint8_t *)samples;
    for (size_t k = 0; k < count; k++) {
        uint16_t value = samples[k];
        all[2 * k] = (uint8_t)(value >> 8);
        all[2 * k + 1] = (uint8_t)value;
    }
    return all;
}

static void print_base64(const uint8_t *bytes, size_t size) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t k = 0; k < size; k += 3) {
        size_t left = size - k;
        uint32_t group = (uint32_t)bytes[k] << 16 | (left > 1 ? (uint32_t)bytes[k + 1] << 8 : 0) | (left > 2 ? bytes[k + 2] : 0);
        char text[4] = {letters[group >> 18], letters[group >> 12 & 63], left > 1 ? letters[group >> 6 & 63] : '=',
                        left > 2 ? letters[group & 63] : '='};
        fwrite(text, 1, 4, stdout);
    }
}

/* The text of a field of a request, as JSON writes it, with its quotes; NULL if there is none. */
static char *field(char *line, const char *name, size_t *length) {
    size_t size = strlen(name);
    for (char *at = line; (at = strchr(at, '"')) != NULL;) {
        char *end = at + 1;
        while (*end != 0 && *end != '"') end += *end == '\\' && end[1] != 0 ? 2 : 1;
        if (*end == 0) return NULL;
        char *behind = end + 1;
        while (*behind == ' ') behind++;
        int is_name = *behind == ':' && (size_t)(end - at - 1) == size && memcmp(at + 1, name, size) == 0;
        at = end + 1;
        if (!is_name) continue;
        char *begin = strchr(at, '"');
        if (begin == NULL) return NULL;
        for (end = begin + 1; *end != 0 && *end != '"';) end += *end == '\\' && end[1] != 0 ? 2 : 1;
        if (*end == 0) return NULL;
        *length = (size_t)(end + 1 - begin);
        return begin;
    }
    return NULL;
}

static uint32_t four_digits(const char *at) {
    char text[5] = {0};
    strncpy(text, at, 4);
    return (uint32_t)strtoul(text, NULL, 16);
}

/* A path without what JSON puts around it and into it; to be freed. */
static char *path_of(const char *text, size_t length) {
    char *path = malloc(length), *to = path;
    if (path == NULL) return NULL;
    for (size_t k = 1; k + 1 < length; k++) {
        uint32_t value = (uint8_t)text[k];
        if (value != '\\') {
            *to++ = (char)value;
            continue;
        }
        static const char names[] = "bfnrt", values[] = "\b\f\n\r\t";
        const char *name = strchr(names, text[++k]);
        if (text[k] != 'u') {
            *to++ = name != NULL ? values[name - names] : text[k];
            continue;
        }
        if (length - k < 6) break;
        value = four_digits(text + k + 1);
        k += 4;
        if (value >= 0xD800 && value < 0xDC00 && length - k > 7 && text[k + 1] == '\\') {
            value = 0x10000 + ((value - 0xD800) << 10) + (four_digits(text + k + 3) - 0xDC00);
            k += 6;
        }
        if (value >= 0x10000) *to++ = (char)(0xF0 | (value >> 18 & 7));
        if (value >= 0x800) *to++ = (char)(value >= 0x10000 ? 0x80 | (value >> 12 & 63) : 0xE0 | value >> 12);
        if (value >= 0x80) *to++ = (char)(value >= 0x800 ? 0x80 | (value >> 6 & 63) : 0xC0 | value >> 6);
        *to++ = (char)(value >= 0x80 ? 0x80 | (value & 63) : value);
    }
    *to = 0;
    return path;
}

static buffer file_of(char *line, const char *name) {
    size_t length = 0;
    char *text = field(line, name, &length), *path = text ? path_of(text, length) : NULL;
    buffer file = path ? read_file(path) : (buffer){NULL, 0};
    free(path);
    return file;
}

/* Answers one request; 0 if it is none. */
static int answer(char *line, uint8_t *container) {
    size_t length = 0, of_id = 0, of_operation = 0, of_pixels = 0;
    char *id = field(line, "id", &of_id), *operation = field(line, "operation", &of_operation);
    if (id == NULL || operation == NULL) return 0;
    buffer file = file_of(line, "file"), pixels = {NULL, 0};
    uint16_t *samples = NULL;
    uint32_t width = 0, height = 0;
    int is_expansion = memcmp(operation, "\"expand\"", of_operation < 8 ? of_operation : 8) == 0;
    gm_status status = file.bytes ? gm_extract(file.bytes, file.size, container, &length) : GM_MEMORY;
    if (status == GM_OK && is_expansion && field(line, "pixels", &of_pixels) == NULL) {
        /* No codes come of the host file; that is found behind what is wrong with the container. */
        gm_payload *payload;
        status = gm_parse(container, length, &payload);
        if (status == GM_OK) {
            int has_samples = is_jpeg(file.bytes, file.size) && has_ycc(file.bytes, file.size);
            status = gm_wants_ycc(payload) && !has_samples ? GM_BINDING : GM_PHOTO; /* 2:7.1 */
        }
        gm_free(payload);
    } else if (status == GM_OK && is_expansion) {
        pixels = file_of(line, "pixels");
        const uint8_t *codes = pixels.bytes ? read_ppm(pixels, &width, &height) : NULL;
        status = codes ? expand(container, length, file, codes, width, height, &samples) : GM_MEMORY;
    }
    printf("{\"id\": %.*s, ", (int)of_id, id);
    if (status != GM_OK) {
        printf("\"error\": \"%s\"", gm_code(status));
    } else if (is_expansion) {
        size_t count = (size_t)width * height * 3;
        printf("\"width\": %lu, \"height\": %lu, \"samples\": \"", (unsigned long)width, (unsigned long)height);
        print_base64(big_endian(samples, count), 2 * count);
        printf("\"");
    } else {
        printf("\"container\": \"");
        print_base64(container, length);
        printf("\"");
    }
    printf("}\n");
    fflush(stdout);
    free(samples);
    free(pixels.bytes);
    free(file.bytes);
    return 1;
}

/* The next line of standard input, without its end, to be freed; NULL behind the last. */
static char *next_line(void) {
    size_t size = 0, room = 256;
    char *line = malloc(room);
    int byte = EOF;
    while (line != NULL && (byte = getchar()) != EOF && byte != '\n') {
        line[size++] = (char)byte;
        if (size < room) continue;
        char *more = realloc(line, room *= 2);
        if (more == NULL) free(line);
        line = more;
    }
    if (line == NULL || (size == 0 && byte == EOF)) {
        free(line);
        return NULL;
    }
    line[size] = 0;
    return line;
}

/* Expands a file with its container in it, or in the sidecar that `carrier` is (D). */
static int convert(const char *source, const char *carrier, const char *picture, const char *result) {
    static uint8_t container[GM_CONTAINER];
    size_t length = 0;
    uint32_t width = 0, height = 0;
    uint16_t *samples = NULL;
    buffer host = read_file(source), holder = read_file(carrier), pixels = read_file(picture);
    const uint8_t *codes = pixels.bytes ? read_ppm(pixels, &width, &height) : NULL;
    FILE *to = NULL;
    int code = 1;
    if (host.bytes == NULL || holder.bytes == NULL || codes == NULL) {
        fprintf(stderr, "%s cannot be read, or %s is no binary PPM of 8 bits\n", source, picture);
    } else {
        gm_status status = gm_extract(holder.bytes, holder.size, container, &length);
        if (status == GM_OK) status = expand(container, length, host, codes, width, height, &samples);
        if (status != GM_OK) fprintf(stderr, "%s: %s\n", carrier, gm_code(status));
        else if ((to = fopen(result, "wb")) == NULL) fprintf(stderr, "%s cannot be written\n", result);
    }
    if (to != NULL) {
        size_t size = (size_t)width * height * 6;
        fprintf(to, "P6\n%lu %lu\n65535\n", (unsigned long)width, (unsigned long)height);
        code = fwrite(big_endian(samples, size / 2), 1, size, to) != size;
        code = fclose(to) != 0 || code;
        if (code) fprintf(stderr, "%s cannot be written\n", result);
    }
    free(samples);
    free(pixels.bytes);
    free(holder.bytes);
    free(host.bytes);
    return code;
}

int main(int count, char **arguments) {
    if (count == 4 || count == 5)
        return convert(arguments[1], arguments[count - 3], arguments[count - 2], arguments[count - 1]);
    if (count != 1) {
        fprintf(stderr, "usage: %s FILE [SIDECAR] PIXELS.ppm OUT.ppm, or none of these to answer the runner\n", arguments[0]);
        return 2;
    }
    uint8_t *container = malloc(GM_CONTAINER);
    char *line;
    int is_right = container != NULL;
    while (is_right && (line = next_line()) != NULL) {
        is_right = answer(line, container);
        free(line);
    }
    if (!is_right) fprintf(stderr, "a line of standard input is no request, or there is no memory\n");
    free(container);
    return is_right ? 0 : 2;
}
#endif
#endif
