/* Devices that talk by themselves: a GNSS receiver, a radar gauge, a dust monitor, and our own board. */
#ifndef TALKERS_H
#define TALKERS_H

#include "device.h" /* kind */

#define KEY_FIX 0        /* GNSS: 1 has a fix, 0 has none */
#define KEY_UNIX 1       /* GNSS: its time at boot, seconds */
#define KEY_PERIOD_MS 9  /* all: time between two reports */

void talker_boot(struct device *device, uint32_t now_us);
void gnss_poll(struct device *device, uint32_t now_us);
void radar_poll(struct device *device, uint32_t now_us);
void hj212_poll(struct device *device, uint32_t now_us);

void board_kind_boot(struct device *device, uint32_t now_us);
void board_kind_receive(struct device *device, uint8_t byte, uint32_t at_us);
void board_kind_poll(struct device *device, uint32_t now_us);

#endif
