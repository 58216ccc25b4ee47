/* The devices that share one wire: each receives the master and the others, each speaks when it is due. */
#ifndef LINE_H
#define LINE_H

#include "device.h" /* what hangs on it */

#define DEVICES_MAX 16

struct line {
    struct device device[DEVICES_MAX];
    uint8_t count;
    uint32_t baud, character_us, silence_us; /* one character; t3.5 of Modbus */
};

extern struct line line;

void line_setup(uint32_t baud, char parity);
/* NULL where the line is full. */
struct device *line_add(const struct kind *kind, uint32_t address, uint32_t delay_ms);
/* Receives and says what is due; returns the microseconds until something is due again. */
uint32_t line_step(void);

#endif
