#ifndef SIMULATED_SENSORS_H
#define SIMULATED_SENSORS_H

#include <stdint.h> /* fixed widths */

/* Stand-ins for the sensors of the board, where the machine has none (PC, QEMU): smooth values, no noise. */
int32_t simulated_sense(uint8_t channel, uint32_t ms);

#endif
