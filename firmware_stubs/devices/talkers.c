#include "talkers.h"

#include "board.h"             /* time */
#include "simulated_sensors.h" /* the board's values */
#include "text.h"              /* lines */
#include "wave.h"              /* values */
#include "wrap.h"              /* times that wrap */

#include <string.h> /* memcpy */

/* kind->map of the first three: milliseconds between two reports. */
static uint32_t period_us(const struct device *device)
{
    return 1000u * (uint32_t)device_value(device, KEY_PERIOD_MS, *(const int32_t *)device->kind->map);
}

void talker_boot(struct device *device, uint32_t now_us) { device_wake(device, now_us); }

/* The next report is one period after this one was due, so that the pace does not drift. */
static void next(struct device *device, uint32_t now_us)
{
    uint32_t due = device->wake_us + period_us(device);

    if (reached(now_us, due))
        due = now_us + period_us(device);
    device_wake(device, due);
}

/* Ends an NMEA 0183 sentence that began at `from`: `*`, XOR of all between `$` and it, line end. */
static void end_sentence(struct text *text, size_t from)
{
    uint8_t sum = 0;

    for (size_t i = from + 1; i < text->count; i++)
        sum ^= (uint8_t)text->bytes[i];
    text_char(text, '*');
    text_hex(text, sum, 2);
    text_add(text, "\r\n");
}

/* Days since 1970 as year, month, day (proleptic Gregorian). */
static void date(int32_t days, int *year, int *month, int *day)
{
    const int32_t era_day = days + 719468, era = era_day / 146097, of_era = era_day % 146097;
    const int32_t of_era_year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    const int32_t of_year = of_era - (365 * of_era_year + of_era_year / 4 - of_era_year / 100);
    const int32_t shifted = (5 * of_year + 2) / 153; /* months from March on */

    *day = of_year - (153 * shifted + 2) / 5 + 1;
    *month = shifted < 10 ? shifted + 3 : shifted - 9;
    *year = of_era_year + era * 400 + (*month <= 2);
}

struct moment {
    int year, month, day;
    uint32_t second; /* of the day */
    uint32_t hundredth;
};

static struct moment gnss_time(const struct device *device)
{
    const uint32_t ms = device_ms(device);
    const uint32_t seconds = (uint32_t)device_value(device, KEY_UNIX, 1795392000) + ms / 1000; /* 2026-11-23 */
    struct moment moment = {.second = seconds % 86400, .hundredth = ms % 1000 / 10};

    date((int32_t)(seconds / 86400), &moment.year, &moment.month, &moment.day);
    return moment;
}

static void add_time(struct text *text, const struct moment *moment)
{
    text_int(text, moment->second / 3600, 2);
    text_int(text, moment->second / 60 % 60, 2);
    text_int(text, moment->second % 60, 2);
    text_char(text, '.');
    text_int(text, moment->hundredth, 2);
}

/* dddmm.mmmmm,H from 1e-7 degrees. */
static void add_angle(struct text *text, int32_t e7, int digits, const char *letters)
{
    const uint32_t size = (uint32_t)(e7 < 0 ? -(int64_t)e7 : e7);

    text_int(text, size / 10000000, digits);
    text_fixed(text, (int64_t)(size % 10000000) * 60 / 100, 5, 2);
    text_char(text, ',');
    text_char(text, letters[e7 < 0]);
}

static void say_text(struct device *device, uint32_t at_us, const struct text *text)
{
    device_say(device, at_us, text->bytes, text->count);
}

static void add_place(struct text *text, int32_t off)
{
    add_angle(text, 225432100 + off, 2, "NS");
    text_char(text, ',');
    add_angle(text, 1140543200 - off, 3, "EW");
}

static void add_rmc(struct text *text, const struct moment *moment, bool fix, int32_t off)
{
    const size_t from = text->count;

    text_add(text, "$GNRMC,");
    add_time(text, moment);
    text_add(text, fix ? ",A," : ",V,,,,");
    if (fix)
        add_place(text, off);
    text_add(text, fix ? ",0.02,," : ",,,");
    text_int(text, moment->day, 2);
    text_int(text, moment->month, 2);
    text_int(text, moment->year % 100, 2);
    text_add(text, fix ? ",,,A" : ",,,N");
    end_sentence(text, from);
}

static void add_gga(struct text *text, const struct moment *moment, bool fix, int32_t off)
{
    const size_t from = text->count;

    text_add(text, "$GNGGA,");
    add_time(text, moment);
    text_char(text, ',');
    if (fix)
        add_place(text, off);
    text_add(text, fix ? ",1,09,0.9,21.4,M,-2.8,M,," : ",,,,0,00,99.9,,,,,,");
    end_sentence(text, from);
}

/* Two sentences of satellites in view: number, elevation, azimuth, signal. */
static void add_gsv(struct text *text)
{
    size_t from = text->count;

    text_add(text, "$GPGSV,2,1,06,01,62,045,44,03,38,120,41,07,71,301,46,11,22,210,35");
    end_sentence(text, from);
    from = text->count;
    text_add(text, "$GPGSV,2,2,06,17,15,077,31,22,09,263,");
    end_sentence(text, from);
}

static void add_zda(struct text *text, const struct moment *moment)
{
    const size_t from = text->count;

    text_add(text, "$GNZDA,");
    add_time(text, moment);
    text_char(text, ',');
    text_int(text, moment->day, 2);
    text_char(text, ',');
    text_int(text, moment->month, 2);
    text_char(text, ',');
    text_int(text, moment->year, 4);
    text_add(text, ",00,00");
    end_sentence(text, from);
}

void gnss_poll(struct device *device, uint32_t now_us)
{
    const struct wave wander = {0, 120, 97000}; /* 1e-7 degrees: a metre or so */
    const int32_t off = wave_at(&wander, device_ms(device));
    const struct moment moment = gnss_time(device);
    const bool fix = device_value(device, KEY_FIX, 1) != 0;
    struct text text = {.count = 0};

    add_rmc(&text, &moment, fix, off);
    add_gga(&text, &moment, fix, off);
    if (fix)
        add_gsv(&text);
    add_zda(&text, &moment);
    say_text(device, now_us, &text);
    next(device, now_us);
}

/* D=02.345m L=01.655m S=78dB */
void radar_poll(struct device *device, uint32_t now_us)
{
    const struct wave distance = {2345, 80, 5400000}, strength = {78, 6, 60000};
    const int32_t mm = device_value(device, 0, wave_at(&distance, device_ms(device)));
    struct text text = {.count = 0};

    text_add(&text, "D=");
    text_fixed(&text, mm, 3, 2);
    text_add(&text, "m L=");
    text_fixed(&text, 4000 - mm, 3, 2);
    text_add(&text, "m S=");
    text_int(&text, wave_at(&strength, device_ms(device)), 2);
    text_add(&text, "dB\r\n");
    say_text(device, now_us, &text);
    next(device, now_us);
}

/* CRC of HJ 212-2017 appendix A: as Modbus, but a byte meets the high half of the register, shifted down. */
static uint16_t hj212_crc(const char *bytes, size_t count)
{
    uint16_t crc = 0xFFFF;

    while (count--) {
        crc = (uint16_t)((crc >> 8) ^ (uint8_t)*bytes++);
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1);
    }
    return crc;
}

static void add_stamp(struct text *text, const struct moment *moment)
{
    text_int(text, moment->year, 4);
    text_int(text, moment->month, 2);
    text_int(text, moment->day, 2);
    text_int(text, moment->second / 3600, 2);
    text_int(text, moment->second / 60 % 60, 2);
    text_int(text, moment->second % 60, 2);
}

/* ##LLLL, a data segment of real-time values (CN 2011), CRC, line end. */
void hj212_poll(struct device *device, uint32_t now_us)
{
    enum { HEAD = 6 };
    static const struct {
        const char *code;
        struct wave wave; /* tenths */
    } factors[] = {
        {"a34004", {230, 70, 3600000}},  /* PM2.5, ug/m3 */
        {"a34002", {410, 110, 3600000}}, /* PM10, ug/m3 */
        {"LA", {612, 65, 90000}},        /* sound level, dB(A) */
        {"a01001", {264, 52, 86400000}}, /* temperature, degC */
    };
    const struct moment moment = gnss_time(device);
    struct text text = {.count = 0}, length = {.count = 0};

    text_add(&text, "##0000QN=");
    add_stamp(&text, &moment);
    text_add(&text, "000;ST=22;CN=2011;PW=123456;MN=POLE000000000001;Flag=4;CP=&&DataTime=");
    add_stamp(&text, &moment);
    for (uint32_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        text_char(&text, ';');
        text_add(&text, factors[i].code);
        text_add(&text, "-Rtd=");
        text_fixed(&text, device_value(device, i, wave_at(&factors[i].wave, device_ms(device))), 1, 1);
        text_char(&text, ',');
        text_add(&text, factors[i].code);
        text_add(&text, "-Flag=N");
    }
    text_add(&text, "&&");
    text_int(&length, (int64_t)(text.count - HEAD), 4);
    memcpy(text.bytes + 2, length.bytes, 4);
    text_hex(&text, hj212_crc(text.bytes + HEAD, text.count - HEAD), 4);
    text_add(&text, "\r\n");
    say_text(device, now_us, &text);
    next(device, now_us);
}

static void board_say(void *line, const uint8_t *bytes, size_t count)
{
    device_say(line, board_micros(), bytes, count);
}

static int32_t board_kind_sense(void *line, uint8_t channel)
{
    const struct device *device = line;

    return device_value(device, channel, simulated_sense(channel, device_ms(device)));
}

void board_kind_boot(struct device *device, uint32_t now_us)
{
    static struct board_kept kept;

    device->board.say = board_say;
    device->board.line = device;
    device->board.sense = board_kind_sense;
    board_serial(device->board.serial);
    sensor_board_boot(&device->board, board_millis(), BOARD_RESET, &kept);
    device_wake(device, now_us);
}

void board_kind_receive(struct device *device, uint8_t byte, uint32_t at_us)
{
    sensor_board_receive(&device->board, byte, board_millis());
    device_wake(device, at_us);
}

void board_kind_poll(struct device *device, uint32_t now_us)
{
    static struct board_kept kept;

    device_wake(device, now_us + 1000u * sensor_board_step(&device->board, board_millis(), &kept));
}
