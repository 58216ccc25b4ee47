/* PROGRAM [--paced] [CONSOLE LINE]...: an image on this PC. Ends when its standard input does. */
#include "board.h"      /* idle, watchdog */
#include "board_host.h" /* the pty */
#include "firmware.h"   /* the image */

#include <string.h> /* strcmp */

int main(int argc, char **argv)
{
    const bool paced = argc > 1 && !strcmp(argv[1], "--paced");

    board_host_open(paced, argv + 1 + paced);
    firmware_boot();
    for (;;) {
        board_watchdog_feed();
        board_idle(firmware_step());
    }
}
