#ifndef BOARD_HOST_H
#define BOARD_HOST_H

#include <stdbool.h> /* bool */

/* Opens the pty and prints its name: `line /dev/pts/N`. The console receives `lines` before its input; NULL ends them. */
void board_host_open(bool paced, char **lines);

#endif
