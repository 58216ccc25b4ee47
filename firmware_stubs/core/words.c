#include "words.h"

static void cut(struct words *words)
{
    bool inside = false;

    words->count = 0;
    words->line[words->length] = 0;
    for (uint8_t i = 0; i < words->length; i++) {
        if (words->line[i] == ' ') {
            words->line[i] = 0;
            inside = false;
        } else if (!inside && words->count < WORDS_MAX) {
            words->word[words->count++] = &words->line[i];
            inside = true;
        }
    }
    for (uint8_t i = words->count; i < WORDS_MAX; i++)
        words->word[i] = "";
}

bool words_feed(struct words *words, uint8_t byte)
{
    if (byte != '\n' && byte != '\r') {
        if (words->length < WORDS_LINE - 1)
            words->line[words->length++] = (char)(byte ? byte : ' ');
        else
            words->length = WORDS_LINE;
        return false;
    }
    if (words->length == WORDS_LINE)
        words->length = 0;
    cut(words);
    words->length = 0;
    return words->count > 0;
}
