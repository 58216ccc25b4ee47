#include "bytes.h"
#include "check.h"
#include "fake_board.h"
#include "sensor_board.h"

#include <string.h> /* memcmp */

#define RECEIVED_MAX 64

static struct {
    uint8_t payload[RECEIVED_MAX][PAYLOAD_MAX];
    size_t length[RECEIVED_MAX];
    int count;
    struct frame_reader reader;
} received; /* what the board said, as payloads */

static int32_t senses[CHANNELS];
static struct sensor_board board;
static struct board_kept kept;

static void take(void *line, const uint8_t *bytes, size_t count)
{
    (void)line;
    for (size_t i = 0; i < count; i++) {
        const size_t length = frame_read(&received.reader, bytes[i]);
        if (!length || received.count == RECEIVED_MAX)
            continue;
        memcpy(received.payload[received.count], received.reader.bytes, length);
        received.length[received.count++] = length;
    }
}

static int32_t sense(void *line, uint8_t channel)
{
    (void)line;
    return senses[channel];
}

static void boot(uint32_t now_ms, enum board_start cause)
{
    memset(&received, 0, sizeof received);
    memset(senses, 0, sizeof senses);
    board.say = take;
    board.sense = sense;
    board_serial(board.serial);
    sensor_board_boot(&board, now_ms, cause, &kept);
}

static void command(uint32_t now_ms, const uint8_t *payload, size_t count)
{
    uint8_t frame[FRAME_MAX];
    const size_t length = frame_write(frame, payload, count);

    received.count = 0;
    for (size_t i = 0; i < length; i++)
        sensor_board_receive(&board, frame[i], now_ms);
}

#define COMMAND(now_ms, ...) command(now_ms, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
#define SAID(index, ...) \
    (received.count > (index) && !memcmp(received.payload[index], (const uint8_t[]){__VA_ARGS__}, \
                                      sizeof((const uint8_t[]){__VA_ARGS__})))

static void it_greets_with_its_descriptor(void)
{
    boot(0, BOARD_POWER_ON);
    CHECK(received.count == 2 && received.length[0] == 16 + 10 * CHANNELS);
    CHECK(SAID(0, 1, 2, 0, 0x00, 0x01, 'F', 'A', 'K', 'E', '0', '0', '0', '1', 100, 0, CHANNELS, 1, 0xFE));
    CHECK(SAID(1, 1, 4, 1, 1, 's', 't', 'a', 'r', 't', 'e', 'd'));
}

static void it_samples_at_its_period_across_the_wrap_of_time(void)
{
    const uint32_t start = 0u - 250;

    boot(start, BOARD_POWER_ON);
    received.count = 0;
    senses[4] = SENSE_NONE;
    for (uint32_t ms = 0; ms <= 500; ms++)
        sensor_board_step(&board, start + ms, &kept);
    CHECK(received.count == 5);
    CHECK(SAID(0, 1, 1, 2, 100, 0, 0, 0) && SAID(4, 1, 1, 6, 0xF4, 0x01, 0, 0));
    CHECK(!memcmp(received.payload[0] + 7 + 16, "\0\0\0\x80", 4));
}

static void a_late_step_does_not_make_up_for_missed_samples(void)
{
    boot(0, BOARD_POWER_ON);
    received.count = 0;
    sensor_board_step(&board, 1000, &kept);
    CHECK(received.count == 1);
    CHECK(sensor_board_step(&board, 1000, &kept) == 100);
}

static void the_period_can_be_set_within_its_limits(void)
{
    boot(0, BOARD_POWER_ON);
    COMMAND(5, 1, 0x11, 77, 20, 0);
    CHECK(SAID(0, 1, 3, 2, 77, 0x11, 0) && board.period_ms == 20);
    COMMAND(5, 1, 0x11, 78, 19, 0);
    CHECK(SAID(0, 1, 3, 3, 78, 0x11, 2) && board.period_ms == 20);
    COMMAND(5, 1, 0x11, 79, 0x61, 0xEA); /* 60001 */
    CHECK(SAID(0, 1, 3, 4, 79, 0x11, 2));
    COMMAND(5, 1, 0x11, 80, 20); /* too short */
    CHECK(SAID(0, 1, 3, 5, 80, 0x11, 2));
    COMMAND(5, 1, 0x7F, 81);
    CHECK(SAID(0, 1, 3, 6, 81, 0x7F, 1));
}

static void the_identify_lamp_goes_out_by_itself(void)
{
    boot(0, BOARD_POWER_ON);
    COMMAND(10, 1, 0x12, 0, 3);
    CHECK(fake.lamp);
    sensor_board_step(&board, 3009, &kept);
    CHECK(fake.lamp);
    sensor_board_step(&board, 3010, &kept);
    CHECK(!fake.lamp);
}

static void the_self_test_names_the_channel_that_fails(void)
{
    boot(0, BOARD_POWER_ON);
    COMMAND(0, 1, 0x13, 4);
    CHECK(SAID(0, 1, 3, 2, 4, 0x13, 0, 0, 0, 0, 0, 0) && received.length[0] == 6 + CHANNELS);
    senses[1] = SENSE_NONE;
    senses[2] = 7;
    COMMAND(0, 1, 0x13, 5);
    CHECK(SAID(0, 1, 3, 3, 5, 0x13, 4, 0, 1, 2, 0, 0));
}

static void it_keeps_the_time_that_was_set(void)
{
    const uint64_t unix_ms = UINT64_C(1795392000123);
    uint8_t sync[11] = {1, 0x14, 0};

    boot(500, BOARD_POWER_ON);
    COMMAND(600, 1, 0x15, 0);
    CHECK(received.length[0] == 18 && get_u64(received.payload[0] + 10) == 0);
    for (int i = 0; i < 8; i++)
        sync[3 + i] = (uint8_t)(unix_ms >> 8 * i);
    command(1500, sync, sizeof sync);
    COMMAND(2500, 1, 0x15, 1);
    CHECK(SAID(0, 1, 3, 4, 1, 0x15, 0, 0xD0, 0x07, 0, 0)); /* up for 2000 ms */
    CHECK(get_u64(received.payload[0] + 10) == unix_ms + 1000);
}

static void the_descriptor_comes_on_request_and_every_ten_seconds(void)
{
    boot(0, BOARD_POWER_ON);
    COMMAND(100, 1, 0x10, 0);
    CHECK(received.count == 1 && SAID(0, 1, 2));
    received.count = 0;
    board.safe = true; /* no samples between */
    sensor_board_step(&board, 10099, &kept);
    CHECK(received.count == 0);
    sensor_board_step(&board, 10100, &kept);
    CHECK(received.count == 1 && SAID(0, 1, 2));
}

static void three_bites_of_the_watchdog_end_in_safe_mode_and_a_period_ends_that(void)
{
    kept = (struct board_kept){0xDEADBEEF, 99}; /* what memory holds after a loss of power */
    for (int bite = 0; bite < 3; bite++)
        boot(0, BOARD_WATCHDOG);
    received.count = 0;
    sensor_board_step(&board, 5000, &kept);
    CHECK(board.safe && received.count == 0);
    COMMAND(5000, 1, 0x15, 0);
    CHECK(received.count == 1); /* it still answers */
    COMMAND(5000, 1, 0x11, 0, 100, 0);
    received.count = 0;
    sensor_board_step(&board, 5100, &kept);
    CHECK(received.count == 1 && SAID(0, 1, 1));
}

static void a_minute_of_health_forgives_the_watchdog(void)
{
    kept = (struct board_kept){0, 0};
    boot(0, BOARD_WATCHDOG);
    boot(0, BOARD_WATCHDOG);
    sensor_board_step(&board, HEALTHY_MS, &kept);
    boot(0, BOARD_WATCHDOG);
    CHECK(!board.safe);
}

static void another_version_is_not_obeyed(void)
{
    boot(0, BOARD_POWER_ON);
    COMMAND(0, 2, 0x15, 0);
    CHECK(received.count == 0);
    COMMAND(0, 1, 0x15);
    CHECK(received.count == 0);
}

void sensor_board_tests(void)
{
    fake_reset();
    RUN(it_greets_with_its_descriptor);
    RUN(it_samples_at_its_period_across_the_wrap_of_time);
    RUN(a_late_step_does_not_make_up_for_missed_samples);
    RUN(the_period_can_be_set_within_its_limits);
    RUN(the_identify_lamp_goes_out_by_itself);
    RUN(the_self_test_names_the_channel_that_fails);
    RUN(it_keeps_the_time_that_was_set);
    RUN(the_descriptor_comes_on_request_and_every_ten_seconds);
    RUN(three_bites_of_the_watchdog_end_in_safe_mode_and_a_period_ends_that);
    RUN(a_minute_of_health_forgives_the_watchdog);
    RUN(another_version_is_not_obeyed);
}
