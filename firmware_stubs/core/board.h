/* The only door from our C code to a machine: two byte streams, time, the lamp, the sensors, the watchdog.
 *
 * host/board_host.c opens it on a PC (the line is a pty), arm/board_lm3s6965.c on a Cortex-M3, tests/fake_board.c
 * in the unit tests. Nothing else in this tree touches a register, a file or a clock.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h> /* bool */
#include <stddef.h>  /* size_t */
#include <stdint.h>  /* fixed widths: the wire's */

/* Why the processor started. */
enum board_start { BOARD_POWER_ON, BOARD_WATCHDOG, BOARD_RESET };

/* Memory that lives through a reset but not through a loss of power; nothing but the magic number says which it was. */
#define KEPT_MAGIC UINT32_C(0x504F4C45)
struct board_kept {
    uint32_t magic;
    uint32_t restarts;
};

/* Both clocks wrap (after 71 minutes, 49 days); compare them with reached() of wrap.h only. */
uint32_t board_micros(void);
uint32_t board_millis(void);

/* Sets the line's speed; parity is 'N', 'E' or 'O'. */
void board_line_setup(uint32_t baud, char parity);

/* The next byte that was received on the line, and the time of its stop bit; false where there is none. */
bool board_line_read(uint8_t *byte, uint32_t *at_us);

/* Queues bytes; the first start bit falls on `from_us`, or on now where that is over. What does not fit is lost. */
void board_line_write(uint32_t from_us, const uint8_t *bytes, size_t count);

/* The console is for people and tests: text lines on the service header (or standard input and output). */
bool board_console_read(uint8_t *byte);
void board_console_write(const char *text, size_t count);

void board_lamp(bool on);

/* Raw value of a sensor, or SENSE_NONE where the sensor does not answer. */
int32_t board_sense(uint8_t channel);
#define SENSE_NONE INT32_MIN

void board_serial(uint8_t serial[8]);
enum board_start board_start_cause(void);
struct board_kept *board_kept(void);

/* The watchdog bites one second after the last feeding and starts the processor anew. */
void board_watchdog_feed(void);

/* Sleeps until a byte comes or `at_most_us` is over. */
void board_idle(uint32_t at_most_us);

#endif
