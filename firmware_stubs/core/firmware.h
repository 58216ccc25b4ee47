/* What a firmware image is to the machine it runs on: main() boots it once and steps it for ever. */
#ifndef FIRMWARE_H
#define FIRMWARE_H

#include <stdint.h> /* uint32_t */

void firmware_boot(void);

/* Does what is due and never waits; returns the microseconds until something is due again. */
uint32_t firmware_step(void);

#endif
