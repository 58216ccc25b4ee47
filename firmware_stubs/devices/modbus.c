#include "modbus.h"

#include "bytes.h" /* the CRC's byte order */
#include "crc16.h" /* checksum */
#include "line.h"  /* the silence that ends a question */

#include <string.h> /* memcpy */

enum { READ_HOLDING = 3, READ_INPUT = 4 };
enum { NO_FUNCTION = 1, NO_ADDRESS = 2, BAD_COUNT = 3 };

void modbus_boot(struct device *device, uint32_t now_us)
{
    (void)now_us;
    device->received_count = 0;
}

void modbus_receive(struct device *device, uint8_t byte, uint32_t at_us)
{
    if (device->received_count && at_us - device->received_at_us > line.silence_us)
        device->received_count = 0; /* silence ended what came before; nobody asked us in time */
    if (device->received_count < RECEIVED_MAX)
        device->received[device->received_count++] = byte;
    device->received_at_us = at_us;
    device_wake(device, at_us + line.silence_us);
}

static uint32_t float_bits(int32_t thousandths)
{
    const float value = (float)thousandths / 1000.0f;
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* The 16 bits at `address`. */
static uint16_t read(const struct device *device, const struct bank *bank, uint16_t address)
{
    for (uint8_t i = 0; i < bank->count; i++) {
        const struct reg *reg = &bank->regs[i];
        const uint16_t part = (uint16_t)(address - reg->address);
        const int32_t value = device_value(device, reg->address, wave_at(&reg->wave, device_ms(device)));
        const uint32_t bits = reg->width == FLOAT_HIGH_FIRST ? float_bits(value) : (uint32_t)value;
        if (reg->width == W16 && part == 0)
            return (uint16_t)bits;
        if (reg->width != W16 && part < 2)
            return (uint16_t)((part == 0) == (reg->width != W32_LOW_FIRST) ? bits >> 16 : bits);
    }
    return (uint16_t)device_value(device, address, 0);
}

static uint8_t refusal(const struct device *device, const struct bank *bank, const uint8_t *question)
{
    const uint32_t first = (uint32_t)question[2] << 8 | question[3], count = (uint32_t)question[4] << 8 | question[5];

    if (device->fault == FAULT_EXCEPTION)
        return (uint8_t)(device->fault_argument ? device->fault_argument : 4); /* 4: the device failed */
    if (question[1] != bank->function)
        return NO_FUNCTION;
    if (count == 0 || count > bank->most)
        return BAD_COUNT;
    return first < bank->first || first + count - 1 > bank->last ? NO_ADDRESS : 0;
}

static void answer(struct device *device, const uint8_t *question)
{
    const struct bank *bank = device->kind->map;
    const uint32_t silent_us = line.silence_us > device->delay_us ? line.silence_us : device->delay_us;
    const uint8_t refused = refusal(device, bank, question);
    uint8_t frame[256], *at = frame;

    *at++ = (uint8_t)device_address(device);
    *at++ = (uint8_t)(question[1] | (refused ? 0x80 : 0));
    if (refused) {
        *at++ = refused;
    } else {
        *at++ = (uint8_t)(2 * question[5]);
        for (uint8_t i = 0; i < question[5]; i++) {
            const uint16_t value = read(device, bank, (uint16_t)((question[2] << 8 | question[3]) + i));
            *at++ = (uint8_t)(value >> 8);
            *at++ = (uint8_t)value;
        }
    }
    at = put_u16(at, crc16_modbus(frame, (size_t)(at - frame)));
    device_say(device, device->received_at_us + silent_us, frame, (size_t)(at - frame));
}

void modbus_poll(struct device *device, uint32_t now_us)
{
    uint8_t question[RECEIVED_MAX];
    const size_t count = device->received_count;

    (void)now_us;
    memcpy(question, device->received, count);
    device->received_count = 0;
    if (count < 4 || question[0] != device->address || crc16_modbus(question, count))
        return;
    device->questions++;
    if (question[1] != READ_HOLDING && question[1] != READ_INPUT)
        device->writes++; /* or something else that no reader would send */
    if (count == 8)
        answer(device, question);
}
