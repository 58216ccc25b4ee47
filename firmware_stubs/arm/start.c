/* Start-up of a Cortex-M3: vectors, memory, main(). */
#include "firmware.h" /* the image */
#include "board.h"    /* idle, watchdog */
#include "start.h"    /* interrupts of the board */

#include <stddef.h> /* size_t */
#include <stdint.h> /* fixed widths */
#include <string.h> /* what we stand in for */

extern uint32_t data_begin[], data_end[], data_load[], bss_begin[], bss_end[], stack_top[];

void start(void);

void *memcpy(void *to, const void *from, size_t count)
{
    uint8_t *t = to;
    const uint8_t *f = from;

    while (count--)
        *t++ = *f++;
    return to;
}

void *memset(void *to, int byte, size_t count)
{
    uint8_t *t = to;

    while (count--)
        *t++ = (uint8_t)byte;
    return to;
}

size_t strlen(const char *text)
{
    size_t count = 0;

    while (text[count])
        count++;
    return count;
}

void start(void)
{
    const uint32_t *from = data_load;

    for (uint32_t *to = data_begin; to < data_end; to++)
        *to = *from++;
    for (uint32_t *to = bss_begin; to < bss_end; to++)
        *to = 0;
    board_start();
    firmware_boot();
    for (;;) {
        board_watchdog_feed();
        board_idle(firmware_step());
    }
}

static void stop(void) /* a fault, or an interrupt that nobody asked for: the watchdog starts anew */
{
    for (;;)
        ;
}

typedef void (*vector)(void);

__attribute__((section(".vectors"), used)) static const struct {
    const uint32_t *stack;
    vector system[15], external[8];
} vectors = {
    .stack = stack_top,
    .system = {start, stop, stop, stop, stop, stop, 0, 0, 0, 0, stop, stop, 0, stop, tick},
    .external = {stop, stop, stop, stop, stop, line_interrupt, console_interrupt, stop},
};
