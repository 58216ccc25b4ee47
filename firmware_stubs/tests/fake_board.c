#include "fake_board.h"

#include <string.h> /* memset, memcpy */

struct fake_board fake;

void fake_reset(void)
{
    memset(&fake, 0, offsetof(struct fake_board, said)); /* not the 64 KiB: fuzzers reset often */
    fake.said_count = fake.console_count = fake.input_count = fake.receives_at = 0;
    fake.lamp = false;
}

void fake_pass(uint32_t us)
{
    fake.passed_us += us;
    fake.now_us = (uint32_t)fake.passed_us;
    fake.now_ms = (uint32_t)(fake.passed_us / 1000);
}

void fake_receive(const void *bytes, size_t count)
{
    memcpy(fake.receives, bytes, count);
    fake.input_count = count;
    fake.receives_at = 0;
}

uint32_t board_micros(void) { return fake.now_us; }
uint32_t board_millis(void) { return fake.now_ms; }

void board_line_setup(uint32_t baud, char parity)
{
    (void)baud;
    (void)parity;
}

bool board_line_read(uint8_t *byte, uint32_t *at_us)
{
    if (fake.receives_at == fake.input_count)
        return false;
    *byte = fake.receives[fake.receives_at++];
    *at_us = fake.now_us;
    return true;
}

void board_line_write(uint32_t from_us, const uint8_t *bytes, size_t count)
{
    if (count > FAKE_SAID - fake.said_count)
        fake.said_count = 0;
    memcpy(fake.said + fake.said_count, bytes, count);
    fake.said_count += count;
    fake.said_from_us = from_us;
}

bool board_console_read(uint8_t *byte)
{
    (void)byte;
    return false;
}

void board_console_write(const char *text, size_t count)
{
    if (count > sizeof fake.console - fake.console_count)
        fake.console_count = 0;
    memcpy(fake.console + fake.console_count, text, count);
    fake.console_count += count;
}

void board_lamp(bool on) { fake.lamp = on; }
void board_serial(uint8_t serial[8]) { memcpy(serial, "FAKE0001", 8); }

enum board_start board_start_cause(void) { return BOARD_POWER_ON; }

struct board_kept *board_kept(void)
{
    static struct board_kept kept;

    return &kept;
}

void board_watchdog_feed(void) {}
void board_idle(uint32_t at_most_us) { fake_pass(at_most_us); }
