/* The fuzzers without libFuzzer: random inputs from a seed, with pieces in them that mean something. Any compiler will
 * do, so `make test` runs it each time; `make fuzz` goes deeper.
 *
 *   build/test/fuzz_line [INPUTS [SEED]]
 */
#include <stdint.h> /* uint8_t */
#include <stdio.h>  /* printf */
#include <stdlib.h> /* strtoul */
#include <string.h> /* memcpy */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t count);

#define LONGEST 1024

static const struct {
    const char *bytes;
    size_t count;
} pieces[] = {
#define PIECE(text) {text, sizeof(text) - 1}
    PIECE("\x04\x20" "fault 3 babble 50 2\n"), PIECE("\x04\x12" "fault 1 pause 40\n"),
    PIECE("\x04\x10" "add board 9 10\n"),      PIECE("\x04\x0b" "line 300 E\n"),
    PIECE("\x04\x18" "set 0 505 -2147483648\n"), PIECE("\x04\x05" "list\n"),
    PIECE("\x09\x08" "\x01\x03\x01\xf4\x00\x06\x84\x06"), /* a question to the first device of the line */
    PIECE("\x01\x11" "\xfe\xfe\xfe\xfe\x68\xaa\xaa\xaa\xaa\xaa\xaa\x68\x13\x00\xdf\x16\x00"),
    PIECE("\x05\x01\x11\x00\x14\x00"), PIECE("\x03\x01\x13\x00"), PIECE("\x00\x00\x00"), PIECE("\xff\xff\xff"),
};

static uint32_t state;

static uint32_t chance(uint32_t below) /* xorshift32 */
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % below;
}

static size_t make(uint8_t *input)
{
    const size_t wanted = 1 + chance(LONGEST - 64);
    size_t count = 0;

    while (count < wanted) {
        const size_t which = chance(2 * sizeof pieces / sizeof *pieces);
        if (which >= sizeof pieces / sizeof *pieces) {
            input[count++] = (uint8_t)chance(256);
            continue;
        }
        memcpy(input + count, pieces[which].bytes, pieces[which].count);
        if (chance(4) == 0)
            input[count + chance((uint32_t)pieces[which].count)] ^= (uint8_t)(1u << chance(8));
        count += pieces[which].count;
    }
    return count;
}

int main(int count, char **words)
{
    static uint8_t input[LONGEST];
    const unsigned long inputs = count > 1 ? strtoul(words[1], NULL, 10) : 3000;

    state = count > 2 ? (uint32_t)strtoul(words[2], NULL, 10) : 20261127;
    for (unsigned long i = 0; i < inputs; i++)
        LLVMFuzzerTestOneInput(input, make(input));
    printf("ok %lu random inputs to %s\n", inputs, words[0]);
    return 0;
}
