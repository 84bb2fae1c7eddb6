/* A pixel that a fit uses. */
#ifndef GAMUTMETA_SAMPLE_H
#define GAMUTMETA_SAMPLE_H

#include "vectors.h"

/* As numpy has it (gamutmeta/fit/cpu/problem.py): 32 bytes, so that a random one is one access to memory. */
typedef struct {
    int32_t corner;       /* first node of its grid cell */
    float fx, fy;         /* where in the cell it lies */
    float target[3];      /* what the model has to add, linear ProPhoto */
    uint8_t code[3], in_gamut;
    float weight;
} Sample;

#endif
