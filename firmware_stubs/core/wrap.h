/* Times that wrap: right as long as the two are less than half the range apart. */
#ifndef WRAP_H
#define WRAP_H

#include <stdbool.h> /* bool */
#include <stdint.h>  /* uint32_t */

static inline bool reached(uint32_t now, uint32_t at) { return (uint32_t)(now - at) < UINT32_C(0x80000000); }

/* What is left until `at`, 0 where it is reached. */
static inline uint32_t remaining(uint32_t now, uint32_t at) { return reached(now, at) ? 0 : at - now; }

#endif
