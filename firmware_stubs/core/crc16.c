#include "crc16.h"

uint16_t crc16_modbus(const uint8_t *bytes, size_t count)
{
    uint16_t crc = 0xFFFF;
    while (count--) {
        crc ^= *bytes++;
        for (int bit = 0; bit < 8; bit++) /* bit by bit: 512 bytes of table are worth more than the time here */
            crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1);
    }
    return crc;
}
