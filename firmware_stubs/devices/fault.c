/* Misbehaviour: it sits between a codec and the line, so that no codec knows how to be wrong. */
#include "board.h"  /* time */
#include "device.h" /* what is spoilt */
#include "wrap.h"   /* times that wrap */

#include <string.h> /* memcpy */

#define DEAF_US 300000
#define BABBLE_US 10000
#define BABBLE_BYTES 8

static uint32_t chance(struct device *device) /* xorshift32: the same rubbish each time a test runs */
{
    uint32_t x = device->chance ? device->chance : 0x9E3779B9u + device->number;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return device->chance = x;
}

static void restart(struct device *device, uint32_t now_us)
{
    device->deaf = true;
    device->fault = FAULT_NONE;
    device->fault_ends = true;
    device->fault_until_us = now_us + DEAF_US;
    device->received_count = 0;
    device->wakes = false;
}

void fault_begin(struct device *device, enum fault_kind kind, int32_t argument, uint32_t times, uint32_t now_us)
{
    const bool lasts = kind == FAULT_BABBLE || kind == FAULT_BROWNOUT;

    device->fault = kind;
    device->fault_argument = argument;
    device->fault_times = times;
    device->fault_ends = device->deaf || (lasts && argument > 0);
    if (!device->deaf)
        device->fault_until_us = now_us + 1000u * (uint32_t)argument;
    device->frozen = kind == FAULT_STUCK;
    device->frozen_ms = board_millis();
    if (kind == FAULT_BABBLE)
        device->say_at_us = now_us;
}

/* The one byte of a frame that makes its checksum wrong, without becoming another kind of fault. */
static void spoil(uint8_t *bytes, size_t count, size_t from_end)
{
    uint8_t *byte = &bytes[count > from_end ? count - from_end : 0];

    *byte = (uint8_t)(*byte ^ (*byte == 1 ? 2 : 1));
}

void device_say(struct device *device, uint32_t at_us, const void *bytes, size_t count)
{
    const enum fault_kind fault = device->fault;
    const size_t from = device->kind->talks ? device->said_count : 0;
    uint8_t *said = device->said + from;

    device->answers++;
    if (fault == FAULT_SILENT || fault == FAULT_BABBLE || device->deaf || count > SAY_MAX - from)
        count = 0;
    memcpy(said, bytes, count);
    device->said_count = from + count;
    device->held_count = fault == FAULT_PAUSE ? count / 2 : 0;
    device->say_at_us = at_us + (fault == FAULT_SLOW ? 1000u * (uint32_t)device->fault_argument : 0);
    if (fault == FAULT_CRC && count)
        spoil(said, count, device->kind->spoil);
    if (fault == FAULT_RESET) {
        device->said_count = from + count / 2;
        restart(device, at_us);
    }
    if (fault != FAULT_NONE && device->fault_times && --device->fault_times == 0)
        device->fault = FAULT_NONE;
}

bool fault_byte(struct device *device, uint8_t *byte)
{
    if (device->deaf)
        return false;
    if (device->fault != FAULT_BROWNOUT)
        return true;
    if (chance(device) % 4 == 0)
        return false;
    if (chance(device) % 4 == 0)
        *byte ^= (uint8_t)(1u << chance(device) % 8);
    return true;
}

uint32_t fault_step(struct device *device, uint32_t now_us)
{
    if (device->fault_ends && reached(now_us, device->fault_until_us)) {
        device->fault_ends = false;
        if (device->deaf) {
            device->deaf = false;
            device->kind->boot(device, now_us);
        } else if (device->fault == FAULT_BROWNOUT) {
            restart(device, now_us);
        } else {
            device->fault = FAULT_NONE;
        }
    }
    if (device->fault == FAULT_BABBLE && reached(now_us, device->say_at_us) && !device->said_count) {
        for (device->said_count = 0; device->said_count < BABBLE_BYTES; device->said_count++)
            device->said[device->said_count] = (uint8_t)chance(device);
        device->say_at_us = now_us + BABBLE_US;
    }
    return device->fault_ends ? remaining(now_us, device->fault_until_us) : UINT32_C(0x7FFFFFFF);
}
