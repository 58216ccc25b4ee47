/* A full line of every kind of device receives anything in any rhythm, whole and broken, with console lines between. */
#include "console.h"
#include "fake_board.h"
#include "line.h"
#include "table.h"

#include <stdlib.h> /* abort */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t count)
{
    struct words words = {.length = 0};

    fake_reset();
    line_setup(9600, 'N');
    line.count = 0;
    for (uint8_t i = 0; i < kind_count; i++)
        line_add(&kinds[i], i + 1u, i);
    while (count > 2) { /* what, how much */
        const size_t length = data[1] < count - 2 ? data[1] : count - 2;
        if (data[0] & 1) {
            fake_receive(data + 2, length);
        } else {
            for (size_t i = 0; i < length; i++)
                if (words_feed(&words, data[2 + i]))
                    console_do(&words);
        }
        line_step();
        fake_pass(1u << data[0] / 8);
        line_step();
        data += 2 + length;
        count -= 2 + length;
    }
    fake_pass(10000000);
    for (int i = 0; i < 50; i++)
        fake_pass(line_step());
    return 0;
}
