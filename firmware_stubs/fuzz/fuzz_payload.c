/* The sensor board receives any payload in a right frame: commands of every type, length and argument. */
#include "fake_board.h"
#include "sensor_board.h"

#include <stdlib.h> /* abort */

static void say(void *line, const uint8_t *bytes, size_t count)
{
    (void)line;
    if (count < 5 || count > FRAME_MAX || bytes[count - 1])
        abort();
}

static int32_t sense(void *line, uint8_t channel)
{
    (void)line;
    return channel;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t count)
{
    static struct sensor_board board;
    static struct board_kept kept;
    uint32_t now_ms = 0;

    board.say = say;
    board.sense = sense;
    sensor_board_boot(&board, now_ms, BOARD_POWER_ON, &kept);
    while (count > 1) { /* a byte of length, a payload, again */
        uint8_t frame[FRAME_MAX];
        const size_t length = data[0] < count - 1 ? data[0] : count - 1;
        const size_t written = frame_write(frame, data + 1, length);
        for (size_t i = 0; i < written; i++)
            sensor_board_receive(&board, frame[i], now_ms);
        if (sensor_board_step(&board, now_ms, &kept) > 60000 && board.period_ms <= 60000 && !board.safe)
            abort();
        now_ms += 0x01000001u; /* through the wrap */
        data += 1 + length;
        count -= 1 + length;
    }
    return 0;
}
