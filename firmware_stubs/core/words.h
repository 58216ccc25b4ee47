/* Lines of a console, cut into words. */
#ifndef WORDS_H
#define WORDS_H

#include <stdbool.h> /* bool */
#include <stdint.h>  /* uint8_t */

#define WORDS_MAX 8
#define WORDS_LINE 96

struct words {
    char line[WORDS_LINE];
    uint8_t length; /* WORDS_LINE: the line in work is too long and will be dropped */
    const char *word[WORDS_MAX]; /* unused ones are "" */
    uint8_t count;
};

/* Takes one byte; true where it ends a line with at least one word, which then stand in `word` until the next byte. */
bool words_feed(struct words *words, uint8_t byte);

#endif
