/* The frames that C and Python share. The file is JSON of a known shape; only its `payload` and `frame` pairs matter
 * here, so they are found by their names, in order. */
#include "check.h"
#include "frame.h"

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
}
