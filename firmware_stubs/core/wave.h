/* Simulated values: a triangle around a middle, so that neighbours in time are neighbours in value. */
#ifndef WAVE_H
#define WAVE_H

#include <stdint.h> /* int32_t */

struct wave {
    int32_t middle, swing;
    uint32_t period_ms; /* 0: constant */
};

int32_t wave_at(const struct wave *wave, uint32_t ms);

#endif
