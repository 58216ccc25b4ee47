/* A DL/T 645-2007 electricity meter, read only.
 *
 *   FE FE FE FE   68 AA AA AA AA AA AA 68 CC LL DD.. KK 16
 *   wake-up       A: address, BCD, lowest byte first; C: 11 read, 13 who are you, 91/93 answer, D1 refusal
 *                 D: each byte + 33: data identifier (4, lowest first), then BCD values, lowest byte first
 *                 K: sum of all from the first 68 on
 */
#ifndef DLT645_H
#define DLT645_H

#include "device.h" /* kind */
#include "wave.h"   /* values */

struct meter_item {
    uint32_t id;
    uint8_t bytes;  /* on the wire, two digits each */
    bool sign;      /* the highest bit says minus */
    struct wave wave; /* in the last digit's unit */
};

struct meter {
    const struct meter_item *items;
    uint8_t count;
};

extern const struct meter meter_2007;

void dlt645_boot(struct device *device, uint32_t now_us);
void dlt645_receive(struct device *device, uint8_t byte, uint32_t at_us);
void dlt645_poll(struct device *device, uint32_t now_us);

#endif
