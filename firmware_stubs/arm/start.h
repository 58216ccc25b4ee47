#ifndef START_H
#define START_H

/* Clock, UARTs, tick and watchdog; board_lm3s6965.c. */
void board_start(void);
void tick(void);
void line_interrupt(void);
void console_interrupt(void);

#endif
