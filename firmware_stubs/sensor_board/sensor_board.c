#include "sensor_board.h"

#include "bytes.h" /* numbers of the wire */
#include "wrap.h"  /* times that wrap */

#include <string.h> /* memcpy, strlen */

enum { VERSION = 1 };
enum said { SAMPLE = 0x01, DESCRIPTOR, REPLY, LOG };
enum command { GET_DESCRIPTOR = 0x10, SET_PERIOD, IDENTIFY, SELF_TEST, TIME_SYNC, PING };
enum status { OK, UNKNOWN_COMMAND, BAD_ARGUMENT, BUSY, FAILED };
enum level { INFO = 1, WARNING };

const struct channel channels[CHANNELS] = {
    {1, -2, -4000, 12500}, /* cabinet temperature, degC */
    {2, 0, 0, 1},          /* door, 1 open */
    {3, 0, 0, 1},          /* smoke, 1 smoke */
    {4, -3, 0, 160000},    /* vibration RMS, m/s2 */
    {5, -3, 0, 20000},     /* lamp current, A */
};

/* Begins a message in `payload`; returns where its rest goes. */
static uint8_t *begin(struct sensor_board *board, uint8_t *payload, enum said type)
{
    payload[0] = VERSION;
    payload[1] = (uint8_t)type;
    payload[2] = board->sequence++;
    return payload + 3;
}

static void send(struct sensor_board *board, const uint8_t *payload, const uint8_t *end)
{
    uint8_t frame[FRAME_MAX];

    board->say(board->line, frame, frame_write(frame, payload, (size_t)(end - payload)));
}

static void sample(struct sensor_board *board, uint32_t now_ms)
{
    uint8_t payload[7 + 4 * CHANNELS];
    uint8_t *at = put_u32(begin(board, payload, SAMPLE), now_ms - board->booted_ms);

    for (uint8_t i = 0; i < CHANNELS; i++)
        at = put_u32(at, (uint32_t)board->sense(board->line, i));
    send(board, payload, at);
}

static void describe(struct sensor_board *board)
{
    uint8_t payload[16 + 10 * CHANNELS];
    uint8_t *at = put_u16(begin(board, payload, DESCRIPTOR), FIRMWARE_VERSION);

    memcpy(at, board->serial, sizeof board->serial);
    at = put_u16(at + sizeof board->serial, board->period_ms);
    *at++ = CHANNELS;
    for (uint8_t i = 0; i < CHANNELS; i++) {
        *at++ = channels[i].quantity;
        *at++ = (uint8_t)channels[i].exponent;
        at = put_u32(at, (uint32_t)channels[i].lowest);
        at = put_u32(at, (uint32_t)channels[i].highest);
    }
    send(board, payload, at);
}

static void say_log(struct sensor_board *board, enum level level, const char *text)
{
    uint8_t payload[4 + 64];
    uint8_t *at = begin(board, payload, LOG);
    const size_t count = strlen(text) < 64 ? strlen(text) : 64;

    *at++ = (uint8_t)level;
    memcpy(at, text, count);
    send(board, payload, at + count);
}

static void lamp(struct sensor_board *board, bool on)
{
    board->lamp = on;
    board_lamp(on);
}

/* What each channel has to say about itself; returns whether all are well. */
static bool self_test(struct sensor_board *board, uint8_t *results)
{
    bool well = true;

    for (uint8_t i = 0; i < CHANNELS; i++) {
        const int32_t raw = board->sense(board->line, i);
        results[i] = raw == SENSE_NONE ? 1 : raw < channels[i].lowest || raw > channels[i].highest ? 2 : 0;
        well = well && !results[i];
    }
    return well;
}

static enum status set_period(struct sensor_board *board, uint16_t period_ms, uint32_t now_ms)
{
    if (period_ms < 20 || period_ms > 60000)
        return BAD_ARGUMENT;
    board->period_ms = period_ms;
    board->sample_ms = now_ms + period_ms;
    board->safe = false; /* somebody who knows what he does wants samples */
    return OK;
}

/* Carries out a command of the right length; `data` takes the reply's, `count` its length. */
static enum status carry_out(struct sensor_board *board, uint8_t type, const uint8_t *argument, uint32_t now_ms,
                             uint8_t *data, size_t *count)
{
    const uint32_t uptime_ms = now_ms - board->booted_ms;
    uint64_t unix_ms;

    switch (type) {
    case SET_PERIOD:
        return set_period(board, get_u16(argument), now_ms);
    case IDENTIFY:
        board->lamp_off_ms = now_ms + 1000u * argument[0];
        lamp(board, argument[0] > 0);
        return OK;
    case SELF_TEST:
        *count = CHANNELS;
        return self_test(board, data) ? OK : FAILED;
    case TIME_SYNC:
        board->unix_offset_ms = get_u64(argument) - uptime_ms;
        break;
    default: /* PING */
        break;
    }
    unix_ms = board->unix_offset_ms ? board->unix_offset_ms + uptime_ms : 0;
    data = put_u32(data, uptime_ms);
    put_u32(put_u32(data, (uint32_t)unix_ms), (uint32_t)(unix_ms >> 32));
    *count = 12;
    return OK;
}

static void obey(struct sensor_board *board, const uint8_t *payload, size_t length, uint32_t now_ms)
{
    static const uint8_t arguments[] = {0, 2, 1, 0, 8, 0}; /* bytes, from GET_DESCRIPTOR on */
    uint8_t answer[6 + 12];
    const uint8_t type = payload[1];
    size_t count = 0;
    enum status status = UNKNOWN_COMMAND;
    uint8_t *at;

    if (type == GET_DESCRIPTOR && length == 3) {
        describe(board);
        board->describe_ms = now_ms + DESCRIBE_MS;
        return;
    }
    if (type >= GET_DESCRIPTOR && type <= PING) {
        status = BAD_ARGUMENT;
        if (length == 3u + arguments[type - GET_DESCRIPTOR])
            status = carry_out(board, type, payload + 3, now_ms, answer + 6, &count);
    }
    at = begin(board, answer, REPLY);
    *at++ = payload[2];
    *at++ = type;
    *at++ = (uint8_t)status;
    send(board, answer, at + count);
}

void sensor_board_receive(struct sensor_board *board, uint8_t byte, uint32_t now_ms)
{
    const size_t length = frame_read(&board->reader, byte);

    if (length >= 3 && board->reader.bytes[0] == VERSION)
        obey(board, board->reader.bytes, length, now_ms);
}

/* Counts starts by the watchdog in a row; true where they are too many. */
static bool count_restarts(enum board_start cause, struct board_kept *kept)
{
    if (kept->magic != KEPT_MAGIC || cause != BOARD_WATCHDOG) {
        kept->magic = KEPT_MAGIC;
        kept->restarts = 0;
    }
    if (cause == BOARD_WATCHDOG && kept->restarts < SAFE_RESTARTS)
        kept->restarts++;
    return kept->restarts >= SAFE_RESTARTS;
}

void sensor_board_boot(struct sensor_board *board, uint32_t now_ms, enum board_start cause, struct board_kept *kept)
{
    static const char *const greetings[] = {"started", "started by the watchdog", "started after a reset"};

    memset(&board->reader, 0, sizeof board->reader);
    board->sequence = 0;
    board->period_ms = 100;
    board->booted_ms = now_ms;
    board->sample_ms = now_ms + board->period_ms;
    board->describe_ms = now_ms + DESCRIBE_MS;
    board->unix_offset_ms = 0;
    board->forgiven = false;
    board->safe = count_restarts(cause, kept);
    lamp(board, false);
    describe(board);
    if (board->safe)
        say_log(board, WARNING, "safe mode after 3 watchdog starts: SET_PERIOD starts samples");
    else
        say_log(board, cause == BOARD_WATCHDOG ? WARNING : INFO, greetings[cause]);
}

uint32_t sensor_board_step(struct sensor_board *board, uint32_t now_ms, struct board_kept *kept)
{
    uint32_t wait;

    if (!board->safe && reached(now_ms, board->sample_ms)) {
        sample(board, now_ms);
        board->sample_ms += board->period_ms;
        if (reached(now_ms, board->sample_ms)) /* far behind: a missed sample is missed, not made up for */
            board->sample_ms = now_ms + board->period_ms;
    }
    if (reached(now_ms, board->describe_ms)) {
        describe(board);
        board->describe_ms = now_ms + DESCRIBE_MS;
    }
    if (board->lamp && reached(now_ms, board->lamp_off_ms))
        lamp(board, false);
    if (!board->forgiven && now_ms - board->booted_ms >= HEALTHY_MS) {
        board->forgiven = true;
        kept->restarts = 0;
    }
    wait = remaining(now_ms, board->describe_ms);
    if (!board->safe && remaining(now_ms, board->sample_ms) < wait)
        wait = remaining(now_ms, board->sample_ms);
    if (board->lamp && remaining(now_ms, board->lamp_off_ms) < wait)
        wait = remaining(now_ms, board->lamp_off_ms);
    return wait;
}
