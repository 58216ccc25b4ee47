#include "frame.h"

#include "bytes.h" /* put_u16 */
#include "crc16.h" /* the frame's checksum */

#include <string.h> /* memcpy */

size_t frame_write(uint8_t frame[FRAME_MAX], const uint8_t *payload, size_t count)
{
    uint8_t plain[PAYLOAD_MAX + 2];
    size_t code = 0, at = 1; /* code: where the length of the block in work stands */

    if (count == 0 || count > PAYLOAD_MAX)
        return 0;
    memcpy(plain, payload, count);
    put_u16(plain + count, crc16_modbus(payload, count));
    for (size_t i = 0; i < count + 2; i++) { /* at most 252 bytes: a block is never full */
        if (plain[i]) {
            frame[at++] = plain[i];
            continue;
        }
        frame[code] = (uint8_t)(at - code);
        code = at++;
    }
    frame[code] = (uint8_t)(at - code);
    frame[at++] = 0;
    return at;
}

/* Decodes in place (the output is never ahead of the input); returns the length, 0 where it is no COBS. */
static size_t cobs_decode(uint8_t *bytes, size_t count)
{
    size_t from = 0, to = 0;

    while (from < count) {
        const size_t block = bytes[from];
        if (block > count - from)
            return 0;
        for (size_t i = 1; i < block; i++)
            bytes[to++] = bytes[from + i];
        from += block;
        if (from < count && block < 255)
            bytes[to++] = 0;
    }
    return to;
}

size_t frame_read(struct frame_reader *reader, uint8_t byte)
{
    size_t count;

    if (byte) { /* past the longest frame bytes are counted only, so that the length tells */
        if (reader->count < FRAME_MAX)
            reader->bytes[reader->count] = byte;
        if (reader->count <= FRAME_MAX)
            reader->count++;
        return 0;
    }
    count = reader->count;
    reader->count = 0;
    if (count == 0) /* two delimiters in a row are a way to clear the line */
        return 0;
    count = count < FRAME_MAX ? cobs_decode(reader->bytes, count) : 0;
    if (count < 3 || count > PAYLOAD_MAX + 2 || crc16_modbus(reader->bytes, count)) {
        reader->bad++;
        return 0;
    }
    reader->good++;
    return count - 2;
}
