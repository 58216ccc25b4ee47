#include "wave.h"

int32_t wave_at(const struct wave *wave, uint32_t ms)
{
    int64_t quarter, phase;

    if (wave->period_ms < 4)
        return wave->middle;
    quarter = wave->period_ms / 4;
    phase = ms % (4 * (uint64_t)quarter); /* 0 .. 4 quarters: up, down, down, up */
    if (phase > 3 * quarter)
        phase -= 4 * quarter;
    else if (phase > quarter)
        phase = 2 * quarter - phase;
    return (int32_t)(wave->middle + wave->swing * phase / quarter);
}
