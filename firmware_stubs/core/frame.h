/* Frames of the sensor board: COBS( payload, CRC-16/MODBUS low byte first ), 00. docs/board-protocol.md */
#ifndef FRAME_H
#define FRAME_H

#include <stddef.h> /* size_t */
#include <stdint.h> /* fixed widths */

#define PAYLOAD_MAX 250
#define FRAME_MAX (PAYLOAD_MAX + 2 + 1 + 1) /* CRC, one code byte of COBS (less than 254 bytes), delimiter */

/* Writes `count` bytes of payload as a frame; returns its length with the delimiter, 0 where it is too long. */
size_t frame_write(uint8_t frame[FRAME_MAX], const uint8_t *payload, size_t count);

struct frame_reader {
    uint8_t bytes[FRAME_MAX]; /* holds the payload after frame_read() returned its length */
    size_t count;
    uint32_t good, bad; /* frames */
};

/* Takes one byte of the line. Returns the payload's length where it completes a right frame, else 0.
 * A reader of zeros is ready; rubbish costs at most the frame it falls into. */
size_t frame_read(struct frame_reader *reader, uint8_t byte);

#endif
