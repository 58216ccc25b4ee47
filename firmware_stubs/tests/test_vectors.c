/* The frames that C and Python share. The file is JSON of a known shape; only its `payload` and `frame` pairs matter
 * here, so they are found by their names, in order. */
#include "check.h"
#include "frame.h"
#include "sensor_board.h"

#include <string.h> /* strstr */

/* The hexadecimal string that is the value of `name` after `at`; returns where it ends, NULL where there is none. */
static const char *hex_after(const char *at, const char *name, uint8_t *bytes, size_t *count)
{
    char key[32];
    unsigned byte;

    snprintf(key, sizeof key, "\"%s\": \"", name);
    at = strstr(at, key);
    if (!at)
        return NULL;
    at += strlen(key);
    for (*count = 0; *at != '"'; at += 2) {
        CHECK(*count < 600 && sscanf(at, "%2x", &byte) == 1);
        bytes[(*count)++] = (uint8_t)byte;
    }
    return at;
}

static struct sensor_board board;
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
    (void)channel;
    return 0;
}

static size_t answer_to(const uint8_t *frame, size_t count)
{
    said = 0;
    for (size_t i = 0; i < count; i++)
        sensor_board_receive(&board, frame[i], 0);
    return said;
}

static void commands_are_obeyed(const char *at)
{
    uint8_t frame[600];
    size_t count;
    int commands = 0;

    board.say = say;
    board.sense = sense;
    sensor_board_boot(&board, 0, BOARD_POWER_ON, board_kept());
    while ((at = strstr(at, "\"host to board\"")) != NULL) {
        at = hex_after(at, "frame", frame, &count);
        CHECK(at && answer_to(frame, count) > 0);
        commands++;
    }
    CHECK(commands > 0);
    printf("ok %d commands of it are answered\n", commands);
}

static void bad_frames_are_passed_over(const char *at)
{
    uint8_t frame[600];
    size_t count;
    int frames = 0;

    while (at && (at = hex_after(at, "frame", frame, &count)) != NULL) {
        CHECK(answer_to(frame, count) == 0);
        answer_to((const uint8_t[]){0}, 1); /* ends what had no end */
        frames++;
    }
    CHECK(frames > 0);
    printf("ok %d bad frames of it are not\n", frames);
}

void vector_tests(const char *file)
{
    static char json[1 << 20];
    uint8_t payload[600], frame[600], made[FRAME_MAX];
    size_t payload_count, frame_count;
    int pairs = 0;
    const char *at = json;
    FILE *stream = fopen(file, "r");

    CHECK(stream);
    json[fread(json, 1, sizeof json - 1, stream)] = 0;
    fclose(stream);
    while ((at = hex_after(at, "payload", payload, &payload_count)) != NULL) {
        struct frame_reader reader = {.count = 0};
        size_t length = 0;
        at = hex_after(at, "frame", frame, &frame_count);
        CHECK(at && frame_write(made, payload, payload_count) == frame_count && !memcmp(made, frame, frame_count));
        for (size_t i = 0; i < frame_count; i++)
            length = frame_read(&reader, frame[i]);
        CHECK(length == payload_count && !memcmp(reader.bytes, payload, length));
        pairs++;
    }
    CHECK(pairs > 0);
    printf("ok %d frames of %s\n", pairs, file);
    commands_are_obeyed(json);
    bad_frames_are_passed_over(strstr(json, "\"bad\""));
}
