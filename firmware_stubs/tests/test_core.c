#include "bytes.h"
#include "check.h"
#include "crc16.h"
#include "frame.h"
#include "text.h"
#include "wave.h"
#include "words.h"
#include "wrap.h"

#include <string.h> /* memcmp */

/* Whether a frame came out of `bytes`. */
static bool feed(struct frame_reader *reader, const uint8_t *bytes, size_t count)
{
    bool whole = false;

    for (size_t i = 0; i < count; i++)
        whole = frame_read(reader, bytes[i]) > 0 || whole;
    return whole;
}

static void the_check_value_of_crc16_modbus_is_4b37(void)
{
    CHECK(crc16_modbus((const uint8_t *)"123456789", 9) == 0x4B37);
}

static void every_length_survives_a_round_trip_in_a_buffer_of_the_documented_size(void)
{
    uint8_t payload[PAYLOAD_MAX], frame[FRAME_MAX];

    for (size_t count = 1; count <= PAYLOAD_MAX; count++) {
        for (int fill = 0; fill < 3; fill++) { /* all zeros, no zeros, both */
            struct frame_reader reader = {.count = 0};
            size_t length = 0, written;
            for (size_t i = 0; i < count; i++)
                payload[i] = (uint8_t)(fill == 0 ? 0 : fill == 1 ? i % 255 + 1 : i * 7 % 5);
            written = frame_write(frame, payload, count);
            CHECK(written == count + 4 && written <= FRAME_MAX && frame[written - 1] == 0);
            CHECK(!memchr(frame, 0, written - 1));
            for (size_t i = 0; i < written; i++)
                length = frame_read(&reader, frame[i]);
            CHECK(length == count && !memcmp(reader.bytes, payload, count));
        }
    }
    CHECK(frame_write(frame, payload, 0) == 0);
    CHECK(frame_write(frame, payload, PAYLOAD_MAX + 1) == 0);
}

static void a_changed_bit_anywhere_is_a_bad_frame(void)
{
    const uint8_t payload[] = {1, 0x15, 0, 0, 7};
    uint8_t frame[FRAME_MAX];
    const size_t count = frame_write(frame, payload, sizeof payload);

    for (size_t bit = 0; bit < 8 * (count - 1); bit++) {
        struct frame_reader reader = {.count = 0};
        frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK(!feed(&reader, frame, count));
        frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void a_frame_after_rubbish_of_any_length_is_read(void)
{
    const uint8_t payload[] = {1, 0x15, 9};
    uint8_t frame[FRAME_MAX];
    const size_t count = frame_write(frame, payload, sizeof payload);

    for (size_t rubbish = 1; rubbish < 3 * FRAME_MAX; rubbish++) {
        struct frame_reader reader = {.count = 0};
        for (size_t i = 0; i < rubbish; i++)
            CHECK(!frame_read(&reader, 0x55));
        CHECK(!frame_read(&reader, 0)); /* the delimiter that ends the rubbish */
        CHECK(reader.bad == 1);
        CHECK(feed(&reader, frame, count));
        CHECK(reader.good == 1);
    }
}

static void numbers_are_little_endian(void)
{
    uint8_t bytes[8] = {0};

    put_u32(bytes, 0x12345678);
    CHECK(bytes[0] == 0x78 && bytes[3] == 0x12 && get_u16(bytes) == 0x5678 && get_u64(bytes) == 0x12345678);
}

static void time_is_compared_across_the_wrap(void)
{
    CHECK(reached(5, 0xFFFFFFF0u) && !reached(0xFFFFFFF0u, 5));
    CHECK(remaining(0xFFFFFFF0u, 5) == 21 && remaining(5, 5) == 0);
}

static void numbers_become_text_and_back(void)
{
    struct text text = {.count = 0};
    int32_t value;

    text_fixed(&text, -1205, 3, 2);
    text_char(&text, ' ');
    text_int(&text, INT64_MIN + 1, 0);
    text_char(&text, ' ');
    text_hex(&text, 0xBEEF, 4);
    text_char(&text, 0);
    CHECK(!strcmp(text.bytes, "-01.205 -9223372036854775807 BEEF"));
    CHECK(text_to_int("-2147483647", &value) && value == -2147483647);
    CHECK(!text_to_int("2147483648", &value) && !text_to_int("1x", &value) && !text_to_int("-", &value));
}

static void text_past_its_end_is_cut_off(void)
{
    struct text text = {.count = 0};

    for (int i = 0; i < 2 * TEXT_MAX; i++)
        text_char(&text, 'x');
    CHECK(text.count == TEXT_MAX);
}

static void a_line_is_cut_into_words_and_one_too_long_is_dropped(void)
{
    struct words words = {.length = 0};
    const char *line = "  fault 3   crc \n";
    bool whole = false;

    for (const char *at = line; *at; at++)
        whole = words_feed(&words, (uint8_t)*at);
    CHECK(whole && words.count == 3 && !strcmp(words.word[2], "crc") && !strcmp(words.word[5], ""));
    for (int i = 0; i < 500; i++)
        CHECK(!words_feed(&words, 'x'));
    CHECK(!words_feed(&words, '\n'));
}

static void a_wave_swings_around_its_middle(void)
{
    const struct wave wave = {100, 8, 1000};

    CHECK(wave_at(&wave, 0) == 100 && wave_at(&wave, 250) == 108 && wave_at(&wave, 500) == 100);
    CHECK(wave_at(&wave, 750) == 92 && wave_at(&wave, 1000) == 100);
    for (uint32_t ms = 0; ms < 5000; ms++)
        CHECK(wave_at(&wave, ms) >= 92 && wave_at(&wave, ms) <= 108);
}

void core_tests(void)
{
    RUN(the_check_value_of_crc16_modbus_is_4b37);
    RUN(every_length_survives_a_round_trip_in_a_buffer_of_the_documented_size);
    RUN(a_changed_bit_anywhere_is_a_bad_frame);
    RUN(a_frame_after_rubbish_of_any_length_is_read);
    RUN(numbers_are_little_endian);
    RUN(time_is_compared_across_the_wrap);
    RUN(numbers_become_text_and_back);
    RUN(text_past_its_end_is_cut_off);
    RUN(a_line_is_cut_into_words_and_one_too_long_is_dropped);
    RUN(a_wave_swings_around_its_middle);
}
