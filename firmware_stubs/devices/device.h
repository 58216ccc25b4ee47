/* One emulated device on the line, and what is common to all kinds: the answer on its way, and how it misbehaves. */
#ifndef DEVICE_H
#define DEVICE_H

#include "sensor_board.h" /* our own board is a kind too */

#include <stdbool.h> /* bool */
#include <stddef.h>  /* size_t */
#include <stdint.h>  /* fixed widths */

#define SAY_MAX 600
#define RECEIVED_MAX 64
#define PINS 4

/* How a device misbehaves. `argument` and `times` of the console's `fault` stand with each. */
enum fault_kind {
    FAULT_NONE,
    FAULT_SILENT,    /* says nothing */
    FAULT_SLOW,      /* begins `argument` ms later */
    FAULT_BABBLE,    /* rubbish without end, or for `argument` ms */
    FAULT_CRC,       /* a wrong checksum */
    FAULT_ADDRESS,   /* answers as its neighbour */
    FAULT_EXCEPTION, /* answers that it cannot; Modbus: with exception `argument` */
    FAULT_RESET,     /* resets in the middle of what it says; deaf for 300 ms */
    FAULT_STUCK,     /* its values stand still */
    FAULT_BROWNOUT,  /* for `argument` ms loses and spoils bytes, then resets */
    FAULT_PAUSE,     /* is silent for `argument` ms in the middle of an answer */
    FAULT_KINDS
};

#define FAULT_BIT(kind) (1u << (kind))
/* What every kind can do; codecs with addresses and refusals add theirs. */
#define FAULTS_ALL                                                                                              \
    (FAULT_BIT(FAULT_NONE) | FAULT_BIT(FAULT_SILENT) | FAULT_BIT(FAULT_SLOW) | FAULT_BIT(FAULT_BABBLE) |        \
     FAULT_BIT(FAULT_CRC) | FAULT_BIT(FAULT_RESET) | FAULT_BIT(FAULT_STUCK) | FAULT_BIT(FAULT_BROWNOUT))
#define FAULTS_POLLED (FAULTS_ALL | FAULT_BIT(FAULT_ADDRESS) | FAULT_BIT(FAULT_EXCEPTION) | FAULT_BIT(FAULT_PAUSE))

struct device;

/* A row of the device table. */
struct kind {
    const char *name, *summary;
    bool talks;      /* by itself: what it says queues up; else a new answer takes the place of an old one */
    uint16_t faults;
    uint8_t spoil;   /* FAULT_CRC: which byte is changed, counted from the end */
    const void *map; /* what the codec reads: registers, data items, a period */
    void (*boot)(struct device *device, uint32_t now_us);
    void (*receive)(struct device *device, uint8_t byte, uint32_t at_us);
    void (*poll)(struct device *device, uint32_t now_us);
};

/* A value that the console has pinned: register, data item or channel. */
struct pin {
    uint32_t key;
    int32_t value;
    bool set;
};

struct device {
    const struct kind *kind;
    uint8_t number;      /* its place on the line */
    uint32_t address;    /* Modbus unit, meter number */
    uint32_t delay_us;   /* from the end of a question to the answer */
    struct pin pins[PINS];

    uint8_t received[RECEIVED_MAX]; /* the codec's: what has come of a question */
    size_t received_count;
    uint32_t received_at_us;

    uint8_t said[SAY_MAX]; /* on its way out */
    size_t said_count, held_count; /* the last of them are held back by a pause */
    uint32_t say_at_us;

    uint32_t wake_us; /* when poll() wants to be called */
    bool wakes;

    enum fault_kind fault;
    int32_t fault_argument;
    uint32_t fault_times; /* what is said that often more is spoilt; 0 = until mended */
    uint32_t fault_until_us;
    bool fault_ends, deaf, frozen;
    uint32_t frozen_ms, chance;

    uint32_t questions, answers, writes; /* counted for the console's `stat` */
    struct sensor_board board;
};

/* Says `count` bytes from `at_us` on, spoilt as the fault wants. */
void device_say(struct device *device, uint32_t at_us, const void *bytes, size_t count);
/* The address it gives as its own (FAULT_ADDRESS gives the neighbour's). */
uint32_t device_address(const struct device *device);
/* The time its values follow, in ms; stands still under FAULT_STUCK. */
uint32_t device_ms(const struct device *device);
/* The pinned value of `key`, else `otherwise`. */
int32_t device_value(const struct device *device, uint32_t key, int32_t otherwise);
bool device_pin(struct device *device, uint32_t key, int32_t value);
void device_wake(struct device *device, uint32_t at_us);

void fault_begin(struct device *device, enum fault_kind kind, int32_t argument, uint32_t times, uint32_t now_us);
/* What becomes of a byte that passes the device in either direction; false: lost. */
bool fault_byte(struct device *device, uint8_t *byte);
/* Babbling, and the end of what ends by itself. Returns the microseconds until it wants to be called again. */
uint32_t fault_step(struct device *device, uint32_t now_us);

#endif
