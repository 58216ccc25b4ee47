/* The image of emulated field devices: what is on the line is set on the console. */
#include "board.h"    /* the machine */
#include "console.h"  /* commands */
#include "firmware.h" /* what main() calls */
#include "line.h"     /* the devices */

void firmware_boot(void) { line_setup(9600, 'N'); }

uint32_t firmware_step(void)
{
    static struct words words;
    uint8_t byte;

    while (board_console_read(&byte))
        if (words_feed(&words, byte))
            console_do(&words);
    return line_step();
}
