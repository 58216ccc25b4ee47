#include "device.h"

#include "board.h" /* board_millis */

uint32_t device_address(const struct device *device)
{
    return device->address + (device->fault == FAULT_ADDRESS);
}

uint32_t device_ms(const struct device *device)
{
    return device->frozen ? device->frozen_ms : board_millis();
}

int32_t device_value(const struct device *device, uint32_t key, int32_t otherwise)
{
    for (int i = 0; i < PINS; i++)
        if (device->pins[i].set && device->pins[i].key == key)
            return device->pins[i].value;
    return otherwise;
}

bool device_pin(struct device *device, uint32_t key, int32_t value)
{
    struct pin *place = NULL;

    for (int i = PINS - 1; i >= 0; i--)
        if (!device->pins[i].set || device->pins[i].key == key)
            place = device->pins[i].set || !place || !place->set ? &device->pins[i] : place;
    if (!place)
        return false;
    *place = (struct pin){key, value, true};
    return true;
}

void device_wake(struct device *device, uint32_t at_us)
{
    device->wake_us = at_us;
    device->wakes = true;
}
