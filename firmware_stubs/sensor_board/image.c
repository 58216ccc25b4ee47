/* The image for the board itself. The service header takes `hang`, to see the watchdog bite. */
#include "board.h"        /* the machine */
#include "firmware.h"     /* what main() calls */
#include "sensor_board.h" /* what the board does */
#include "words.h"        /* the service header's lines */

static struct sensor_board board;
static struct words console;

static void say(void *line, const uint8_t *bytes, size_t count)
{
    (void)line;
    board_line_write(board_micros(), bytes, count);
}

static int32_t sense(void *line, uint8_t channel)
{
    (void)line;
    return board_sense(channel);
}

void firmware_boot(void)
{
    board_line_setup(115200, 'N');
    board.say = say;
    board.sense = sense;
    board_serial(board.serial);
    sensor_board_boot(&board, board_millis(), board_start_cause(), board_kept());
}

uint32_t firmware_step(void)
{
    uint8_t byte;
    uint32_t at_us;

    while (board_line_read(&byte, &at_us))
        sensor_board_receive(&board, byte, board_millis());
    while (board_console_read(&byte))
        if (words_feed(&console, byte) && console.word[0][0] == 'h')
            for (;;)
                ; /* the watchdog ends this */
    return 1000u * sensor_board_step(&board, board_millis(), board_kept());
}
