#include "line.h"

#include "board.h" /* the wire and the time */
#include "wrap.h"  /* times that wrap */

#include <string.h> /* memcpy, memset */

#define LATE_US 2000 /* a reply that is up to so late still counts from when it was due: a paced wire makes up for it */

struct line line;

void line_setup(uint32_t baud, char parity)
{
    line.baud = baud;
    line.character_us = ((parity == 'N' ? 10u : 11u) * 1000000u + baud / 2) / baud;
    line.silence_us = baud > 19200 ? 1750 : line.character_us * 7 / 2;
    board_line_setup(baud, parity);
}

struct device *line_add(const struct kind *kind, uint32_t address, uint32_t delay_ms)
{
    struct device *device;

    if (line.count == DEVICES_MAX)
        return NULL;
    device = &line.device[line.count];
    memset(device, 0, sizeof *device);
    device->kind = kind;
    device->number = line.count++;
    device->address = address;
    device->delay_us = 1000u * delay_ms;
    kind->boot(device, board_micros());
    return device;
}

static void tell(struct device *to, uint8_t byte, uint32_t at_us)
{
    if (to->kind->receive && fault_byte(to, &byte))
        to->kind->receive(to, byte, at_us);
}

/* Puts on the wire what `device` has to say, up to a pause; the others receive it as a whole. */
static void speak(struct device *device, uint32_t now_us)
{
    const size_t count = device->said_count - device->held_count;
    size_t kept = 0;
    const uint32_t from_us = now_us - device->say_at_us < LATE_US ? device->say_at_us : now_us;

    for (size_t i = 0; i < count; i++) {
        uint8_t byte = device->said[i];
        if (!fault_byte(device, &byte) && !device->deaf) /* a reset spoils what comes after, not the half that went */
            continue;
        device->said[kept++] = byte;
        for (uint8_t other = 0; other < line.count; other++)
            if (other != device->number)
                tell(&line.device[other], byte, now_us);
    }
    board_line_write(from_us, device->said, kept);
    if (device->held_count) {
        memcpy(device->said, device->said + count, device->held_count); /* the shorter half: it does not overlap */
        device->say_at_us = from_us + (uint32_t)kept * line.character_us + 1000u * (uint32_t)device->fault_argument;
    }
    device->said_count = device->held_count;
    device->held_count = 0;
}

static uint32_t device_step(struct device *device, uint32_t now_us)
{
    uint32_t wait;

    if (device->wakes && !device->deaf && reached(now_us, device->wake_us)) {
        device->wakes = false;
        device->kind->poll(device, now_us);
    }
    wait = fault_step(device, now_us);
    if (device->said_count && reached(now_us, device->say_at_us))
        speak(device, now_us);
    if (device->wakes && !device->deaf && remaining(now_us, device->wake_us) < wait)
        wait = remaining(now_us, device->wake_us);
    if ((device->said_count || device->fault == FAULT_BABBLE) && remaining(now_us, device->say_at_us) < wait)
        wait = remaining(now_us, device->say_at_us);
    return wait;
}

uint32_t line_step(void)
{
    uint8_t byte;
    uint32_t at_us, wait = 1000000, now_us;

    while (board_line_read(&byte, &at_us))
        for (uint8_t i = 0; i < line.count; i++)
            tell(&line.device[i], byte, at_us);
    now_us = board_micros();
    for (uint8_t i = 0; i < line.count; i++) {
        const uint32_t due = device_step(&line.device[i], now_us);
        wait = due < wait ? due : wait;
    }
    return wait;
}
