#include "dlt645.h"

#include "line.h" /* silence */

enum { START = 0x68, STOP = 0x16, OFFSET = 0x33, WAKE_UP = 0xFE, ANY = 0xAA };
enum { READ = 0x11, READ_ADDRESS = 0x13, ANSWER = 0x80, REFUSED = 0xC0 };
enum { NO_SUCH_DATA = 0x02 };
enum { HEAD = 10, LONGEST = HEAD + 16 + 2 };

static const struct meter_item items[] = {
    {0x00000000, 4, true, {123456, 0, 0}},           /* active energy, combined, 0.01 kWh */
    {0x00010000, 4, false, {123456, 0, 0}},          /* active energy, forward, 0.01 kWh */
    {0x02010100, 2, false, {2281, 25, 900000}},      /* voltage A, 0.1 V */
    {0x02010200, 2, false, {2294, 25, 840000}},      /* voltage B */
    {0x02010300, 2, false, {2275, 25, 780000}},      /* voltage C */
    {0x02020100, 3, true, {1436, 140, 600000}},      /* current A, 0.001 A */
    {0x02020200, 3, true, {1212, 140, 540000}},      /* current B */
    {0x02020300, 3, true, {1651, 140, 480000}},      /* current C */
    {0x02030000, 3, true, {9612, 900, 600000}},      /* active power, 0.0001 kW */
    {0x02040000, 3, true, {1210, 90, 600000}},       /* reactive power, 0.0001 kvar */
    {0x02060000, 2, true, {981, 10, 300000}},        /* power factor, 0.001 */
    {0x02800002, 2, false, {4999, 4, 300000}},       /* frequency, 0.01 Hz */
};
const struct meter meter_2007 = {items, sizeof items / sizeof *items};

void dlt645_boot(struct device *device, uint32_t now_us)
{
    (void)now_us;
    device->received_count = 0;
}

static uint8_t *put_bcd(uint8_t *to, uint64_t value, int bytes)
{
    for (; bytes > 0; bytes--, value /= 100)
        *to++ = (uint8_t)(value / 10 % 10 << 4 | value % 10);
    return to;
}

static uint8_t *put_item(const struct device *device, const struct meter_item *item, uint8_t *to)
{
    const int32_t value = device_value(device, item->id, wave_at(&item->wave, device_ms(device)));

    to = put_bcd(to, (uint64_t)(value < 0 ? -(int64_t)value : value), item->bytes);
    if (item->sign && value < 0)
        to[-1] |= 0x80;
    return to;
}

/* All items that `id` names (FF in its second byte: all phases), as one block. */
static uint8_t *put_items(const struct device *device, uint32_t id, uint8_t *to)
{
    const struct meter *meter = device->kind->map;
    const uint32_t mask = (id >> 8 & 0xFF) == 0xFF && id >> 24 == 2 ? 0xFFFF00FFu : 0xFFFFFFFFu;

    for (uint8_t i = 0; i < meter->count; i++)
        if ((meter->items[i].id & mask) == (id & mask))
            to = put_item(device, &meter->items[i], to);
    return to;
}

static void say(struct device *device, uint8_t control, const uint8_t *data, uint8_t count)
{
    uint8_t frame[4 + HEAD + 64 + 2], *at = frame, sum = 0;

    while (at < frame + 4)
        *at++ = WAKE_UP;
    *at++ = START;
    at = put_bcd(at, device_address(device), 6);
    *at++ = START;
    *at++ = control;
    *at++ = count;
    while (count--)
        *at++ = (uint8_t)(*data++ + OFFSET);
    for (const uint8_t *byte = frame + 4; byte < at; byte++)
        sum = (uint8_t)(sum + *byte);
    *at++ = sum;
    *at++ = STOP;
    device_say(device, device->received_at_us + device->delay_us, frame, (size_t)(at - frame));
}

static bool addressed(const struct device *device, const uint8_t *address)
{
    uint8_t own[6];

    put_bcd(own, device->address, 6);
    for (int i = 0; i < 6; i++)
        if (address[i] != own[i] && address[i] != ANY)
            return false;
    return true;
}

static void answer(struct device *device)
{
    const uint8_t *frame = device->received;
    const uint8_t control = frame[8], length = frame[9];
    uint8_t data[64], *at = data;

    device->questions++;
    if (control == READ_ADDRESS && length == 0) {
        say(device, READ_ADDRESS | ANSWER, data, (uint8_t)(put_bcd(data, device_address(device), 6) - data));
        return;
    }
    if (control != READ)
        device->writes++;
    if (control == READ && length == 4 && device->fault != FAULT_EXCEPTION) {
        uint32_t id = 0;
        for (int i = 3; i >= 0; i--) {
            id = id << 8 | (uint8_t)(frame[HEAD + i] - OFFSET);
            data[i] = (uint8_t)(frame[HEAD + i] - OFFSET);
        }
        at = put_items(device, id, data + 4);
    }
    if (at > data + 4) {
        say(device, READ | ANSWER, data, (uint8_t)(at - data));
    } else {
        data[0] = NO_SUCH_DATA;
        say(device, (uint8_t)(control | REFUSED), data, 1);
    }
}

/* Whether what was received is a whole frame, a part of one, or none. */
static enum { PART, WHOLE, NONE } judge(const struct device *device)
{
    const uint8_t *frame = device->received;
    const size_t count = device->received_count;
    uint8_t sum = 0;

    if (frame[0] != START || (count > 7 && frame[7] != START) || (count >= HEAD && frame[9] > LONGEST - HEAD - 2))
        return NONE;
    if (count < HEAD || count < (size_t)HEAD + frame[9] + 2)
        return PART;
    for (size_t i = 0; i < count - 2; i++)
        sum = (uint8_t)(sum + frame[i]);
    return sum == frame[count - 2] && frame[count - 1] == STOP ? WHOLE : NONE;
}

void dlt645_receive(struct device *device, uint8_t byte, uint32_t at_us)
{
    if (device->received_count && at_us - device->received_at_us > 500000) /* 500 ms between bytes at most (5.2) */
        device->received_count = 0;
    device->received_at_us = at_us;
    device->received[device->received_count++] = byte;
    for (;;) {
        switch (judge(device)) {
        case PART:
            return;
        case WHOLE:
            if (addressed(device, device->received + 1))
                answer(device);
            device->received_count = 0;
            return;
        default: /* a start byte may stand inside what was no frame */
            device->received_count--;
            for (size_t i = 0; i < device->received_count; i++)
                device->received[i] = device->received[i + 1];
            if (!device->received_count)
                return;
        }
    }
}

void dlt645_poll(struct device *device, uint32_t now_us)
{
    (void)device;
    (void)now_us;
}
