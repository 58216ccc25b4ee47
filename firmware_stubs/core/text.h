/* A line of text in a fixed buffer: numbers without printf (and its 20 KiB). What does not fit is cut off. */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h> /* bool */
#include <stddef.h>  /* size_t */
#include <stdint.h>  /* int32_t */

#define TEXT_MAX 480

struct text {
    char bytes[TEXT_MAX];
    size_t count;
};

void text_add(struct text *text, const char *more);
void text_char(struct text *text, char more);
/* At least `digits` digits, zeros in front. */
void text_int(struct text *text, int64_t value, int digits);
/* value / 10^decimals, with that many decimals and at least `digits` digits before the point. */
void text_fixed(struct text *text, int64_t value, int decimals, int digits);
/* `digits` hexadecimal digits, upper case. */
void text_hex(struct text *text, uint32_t value, int digits);

/* The whole of `word` as a decimal number. */
bool text_to_int(const char *word, int32_t *value);
bool text_same(const char *left, const char *right);

#endif
