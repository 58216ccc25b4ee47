/* Little-endian numbers, byte by byte: no alignment, no byte order of the machine. */
#ifndef BYTES_H
#define BYTES_H

#include <stdint.h> /* fixed widths */

static inline uint8_t *put_u16(uint8_t *to, uint16_t value)
{
    to[0] = (uint8_t)value;
    to[1] = (uint8_t)(value >> 8);
    return to + 2;
}

static inline uint8_t *put_u32(uint8_t *to, uint32_t value)
{
    return put_u16(put_u16(to, (uint16_t)value), (uint16_t)(value >> 16));
}

static inline uint16_t get_u16(const uint8_t *from) { return (uint16_t)(from[0] | from[1] << 8); }

static inline uint64_t get_u64(const uint8_t *from)
{
    uint64_t value = 0;
    for (int place = 7; place >= 0; place--)
        value = value << 8 | from[place];
    return value;
}

#endif
