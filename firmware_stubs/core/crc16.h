#ifndef CRC16_H
#define CRC16_H

#include <stddef.h> /* size_t */
#include <stdint.h> /* uint8_t, uint16_t */

/* CRC-16/MODBUS: polynomial 8005 reflected, start FFFF. Over data and its CRC, low byte first, it is 0. */
uint16_t crc16_modbus(const uint8_t *bytes, size_t count);

#endif
