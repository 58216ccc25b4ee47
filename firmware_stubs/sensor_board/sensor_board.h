/* Our sensor board: samples by itself, describes itself, answers commands. docs/board-protocol.md is the wire.
 *
 *   01 TT SS ...   version 1, type, sequence number (one counter per direction, wraps), the rest by type
 *
 *   to the host                                     from the host
 *   01 sample      u32 uptime ms, i32 per channel   10 get descriptor
 *   02 descriptor  u16 firmware, u8[8] serial,      11 set period     u16 ms, 20 to 60000
 *                  u16 period ms, u8 n, n times:    12 identify       u8 seconds of lamp
 *                  u8 quantity, i8 exponent,        13 self-test
 *                  i32 lowest, i32 highest raw      14 time sync      u64 unix ms
 *   03 reply       u8 sequence, u8 command,         15 ping
 *                  u8 status, data
 *   04 log         u8 level, ASCII
 *
 * Data of replies: self-test one byte per channel (0 works, 1 no answer, 2 outside its range); time sync and ping
 * u32 uptime ms at which they were received, u64 unix ms by the board's clock (0 = not set).
 */
#ifndef SENSOR_BOARD_H
#define SENSOR_BOARD_H

#include "board.h" /* board_start */
#include "frame.h" /* frame_reader */

#include <stdbool.h> /* bool */

#define FIRMWARE_VERSION 0x0100 /* major, minor */
#define DESCRIBE_MS 10000
#define SAFE_RESTARTS 3    /* so many starts by the watchdog in a row, and the board only talks */
#define HEALTHY_MS 60000   /* after so long without a bite they are forgotten */

struct channel {
    uint8_t quantity;
    int8_t exponent; /* value = raw * 10^exponent */
    int32_t lowest, highest;
};

enum { CHANNELS = 5 };
extern const struct channel channels[CHANNELS];

struct sensor_board {
    struct frame_reader reader;
    void (*say)(void *line, const uint8_t *bytes, size_t count);
    void *line;
    int32_t (*sense)(void *line, uint8_t channel);
    uint32_t booted_ms, sample_ms, describe_ms, lamp_off_ms; /* the last three: when next */
    uint64_t unix_offset_ms; /* unix time = this + uptime; 0 = never set */
    uint16_t period_ms;
    uint8_t sequence, serial[8];
    bool lamp, safe, forgiven;
};

/* Greets with a descriptor and a log line; in safe mode sampling waits for SET_PERIOD. */
void sensor_board_boot(struct sensor_board *board, uint32_t now_ms, enum board_start cause, struct board_kept *kept);
void sensor_board_receive(struct sensor_board *board, uint8_t byte, uint32_t now_ms);
/* Returns the milliseconds until something is due again. */
uint32_t sensor_board_step(struct sensor_board *board, uint32_t now_ms, struct board_kept *kept);

#endif
