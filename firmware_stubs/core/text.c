#include "text.h"

void text_char(struct text *text, char more)
{
    if (text->count < TEXT_MAX)
        text->bytes[text->count++] = more;
}

void text_add(struct text *text, const char *more)
{
    while (*more)
        text_char(text, *more++);
}

void text_int(struct text *text, int64_t value, int digits)
{
    char reversed[20];
    int count = 0;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    if (value < 0)
        text_char(text, '-');
    do {
        reversed[count++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    while (digits-- > count)
        text_char(text, '0');
    while (count)
        text_char(text, reversed[--count]);
}

void text_fixed(struct text *text, int64_t value, int decimals, int digits)
{
    int64_t scale = 1;

    for (int place = 0; place < decimals; place++)
        scale *= 10;
    if (value < 0)
        text_char(text, '-');
    value = value < 0 ? -value : value;
    text_int(text, value / scale, digits);
    if (decimals) {
        text_char(text, '.');
        text_int(text, value % scale, decimals);
    }
}

void text_hex(struct text *text, uint32_t value, int digits)
{
    while (digits-- > 0)
        text_char(text, "0123456789ABCDEF"[value >> 4 * digits & 15]);
}

bool text_to_int(const char *word, int32_t *value)
{
    const bool negative = *word == '-';
    int64_t sum = 0;

    if (negative)
        word++;
    if (!*word)
        return false;
    for (; *word; word++) {
        if (*word < '0' || *word > '9' || sum > INT32_MAX / 10)
            return false;
        sum = sum * 10 + (*word - '0');
    }
    if (sum > INT32_MAX)
        return false;
    *value = (int32_t)(negative ? -sum : sum);
    return true;
}

bool text_same(const char *left, const char *right)
{
    while (*left && *left == *right) {
        left++;
        right++;
    }
    return *left == *right;
}
