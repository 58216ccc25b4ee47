/* A board made of arrays: what is written can be read back, time stands still until the test moves it. */
#ifndef FAKE_BOARD_H
#define FAKE_BOARD_H

#include "board.h" /* what it stands in for */

#define FAKE_SAID 65536

struct fake_board {
    uint64_t passed_us;
    uint32_t now_us, now_ms;
    uint8_t said[FAKE_SAID];
    size_t said_count;
    uint32_t said_from_us;
    char console[4096];
    size_t console_count;
    uint8_t receives[1024]; /* what board_line_read() gives */
    size_t input_count, receives_at;
    bool lamp;
};

extern struct fake_board fake;

void fake_reset(void);
void fake_pass(uint32_t us);
void fake_receive(const void *bytes, size_t count);

#endif
