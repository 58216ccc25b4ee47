#include "simulated_sensors.h"

#include "board.h" /* SENSE_NONE, the door that this stands in for */
#include "wave.h"  /* the values' shape */

static const struct wave waves[] = {
    {3100, 400, 5400000}, /* cabinet temperature, 0.01 degC */
    {0, 0, 0},            /* door closed */
    {0, 0, 0},            /* no smoke */
    {70, 20, 2000},       /* vibration, 0.001 m/s2 */
    {620, 20, 240000},    /* lamp current, mA */
};

int32_t simulated_sense(uint8_t channel, uint32_t ms)
{
    return channel < sizeof waves / sizeof *waves ? wave_at(&waves[channel], ms) : SENSE_NONE;
}

int32_t board_sense(uint8_t channel) { return simulated_sense(channel, board_millis()); }
