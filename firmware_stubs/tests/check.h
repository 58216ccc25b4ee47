/* A test is a function with a sentence for a name; CHECK says what did not hold, where, and ends the program. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>  /* fprintf */
#include <stdlib.h> /* exit */

#define CHECK(held)                                                                   \
    do {                                                                              \
        if (!(held)) {                                                                \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, __func__, #held);   \
            exit(1);                                                                  \
        }                                                                             \
    } while (0)

void core_tests(void);
void sensor_board_tests(void);
void device_tests(void);
/* Frames that C and Python share: FILE is tests/drivers/pole_board/vectors.json. */
void vector_tests(const char *file);

#define RUN(test)                \
    do {                         \
        test();                  \
        printf("ok %s\n", #test); \
    } while (0)

#endif
