#ifndef TABLE_H
#define TABLE_H

#include "device.h" /* kind */

/* Every kind of device that can be put on the line, in one table. */
extern const struct kind kinds[];
extern const uint8_t kind_count;

#endif
