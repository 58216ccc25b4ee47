/* The sensor board receives anything: no crash, bounded, and a ping after it is still answered. */
#include "fake_board.h"
#include "sensor_board.h"

#include <stdlib.h> /* abort */

static size_t said;

static void say(void *line, const uint8_t *bytes, size_t count)
{
    (void)line;
    (void)bytes;
    said += count;
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
    const uint8_t ping[] = {1, 0x15, 0};
    uint8_t frame[FRAME_MAX];
    const size_t length = frame_write(frame, ping, sizeof ping);

    board.say = say;
    board.sense = sense;
    sensor_board_boot(&board, 0, BOARD_POWER_ON, &kept);
    for (size_t i = 0; i < count; i++)
        sensor_board_receive(&board, data[i], (uint32_t)i);
    sensor_board_receive(&board, 0, 0);
    said = 0;
    for (size_t i = 0; i < length; i++)
        sensor_board_receive(&board, frame[i], 0);
    if (!said)
        abort();
    return 0;
}
