/* A Modbus RTU slave that only answers reads (MODBUS over Serial Line V1.02; Application Protocol V1.1b3).
 *
 *   question  UU FF AAAA NNNN CCCC   unit, function 03 or 04, first register, how many, CRC low byte first
 *   answer    UU FF BB ....   CCCC   unit, function, bytes, registers high byte first, CRC
 *   refusal   UU FF+80 EE     CCCC   exception: 1 function, 2 address, 3 count
 */
#ifndef MODBUS_H
#define MODBUS_H

#include "device.h" /* kind */
#include "wave.h"   /* values */

enum width {
    W16,
    W32_HIGH_FIRST,
    W32_LOW_FIRST,
    FLOAT_HIGH_FIRST, /* IEEE 754 of the wave's value / 1000 */
};

struct reg {
    uint16_t address;
    enum width width;
    struct wave wave; /* 16 bits: the low half is on the wire */
};

struct bank {
    uint8_t function; /* the one it answers: 3 holding, 4 input registers */
    uint8_t most;     /* registers in one question */
    uint16_t first, last; /* addresses that exist; those without a row read 0 */
    const struct reg *regs;
    uint8_t count;
};

void modbus_boot(struct device *device, uint32_t now_us);
void modbus_receive(struct device *device, uint8_t byte, uint32_t at_us);
void modbus_poll(struct device *device, uint32_t now_us);

#endif
