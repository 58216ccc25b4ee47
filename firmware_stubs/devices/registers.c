/* What the emulated Modbus slaves hold, as the datasheets of their kind say. drivers/profiles/ reads the same. */
#include "registers.h"

#define BANK(function, most, first, last, rows) {function, most, first, last, rows, sizeof rows / sizeof *rows}

static const struct reg weather_six[] = {
    {500, W16, {24, 20, 240000}},      /* wind speed, 0.1 m/s */
    {503, W16, {135, 40, 1800000}},    /* wind direction, degrees */
    {504, W16, {680, 80, 86400000}},   /* humidity, 0.1 % */
    {505, W16, {264, 52, 86400000}},   /* temperature, 0.1 degC, signed */
    {509, W16, {1008, 4, 43200000}},   /* pressure, 0.1 kPa */
    {513, W16, {127, 0, 0}},           /* rain, 0.1 mm */
};
const struct bank weather_six_bank = BANK(3, 64, 500, 515, weather_six);

static const struct reg pm_noise[] = {
    {506, W16, {612, 65, 90000}},    /* noise, 0.1 dB */
    {507, W16, {23, 7, 3600000}},    /* PM2.5, ug/m3 */
    {508, W16, {41, 11, 3600000}},   /* PM10, ug/m3 */
};
const struct bank pm_noise_bank = BANK(3, 64, 506, 508, pm_noise);

static const struct reg ultrasonic_level[] = {
    {0, W16, {3150, 120, 7200000}},  /* distance, mm */
    {1, W16, {850, -120, 7200000}},  /* level, mm */
};
const struct bank ultrasonic_level_bank = BANK(3, 16, 0, 3, ultrasonic_level);

static const struct reg radar_level[] = {
    {0, FLOAT_HIGH_FIRST, {2345, 80, 5400000}},  /* distance, m */
    {2, FLOAT_HIGH_FIRST, {1655, -80, 5400000}}, /* level, m */
    {4, W16, {78, 6, 60000}},                    /* strength of the echo, dB */
    {5, W16, {215, 20, 86400000}},               /* temperature, 0.1 degC, signed */
};
const struct bank radar_level_bank = BANK(4, 32, 0, 5, radar_level);

static const struct reg tilt_dual[] = {
    {0, W16, {12, 7, 600000}},   /* x, 0.01 degrees, signed */
    {1, W16, {-27, 7, 480000}},  /* y, 0.01 degrees, signed */
};
const struct bank tilt_dual_bank = BANK(3, 16, 0, 1, tilt_dual);

static const struct reg pzem_004t[] = {
    {0, W16, {2281, 25, 900000}},              /* voltage, 0.1 V */
    {1, W32_LOW_FIRST, {436, 40, 600000}},     /* current, mA */
    {3, W32_LOW_FIRST, {981, 90, 600000}},     /* power, 0.1 W */
    {5, W32_LOW_FIRST, {1234567, 0, 0}},       /* energy, Wh */
    {7, W16, {500, 1, 300000}},                /* frequency, 0.1 Hz */
    {8, W16, {98, 1, 300000}},                 /* power factor, 0.01 */
    {9, W16, {0, 0, 0}},                       /* alarm, FFFF on */
};
const struct bank pzem_004t_bank = BANK(4, 10, 0, 9, pzem_004t);

static const struct reg lamp_controller[] = {
    {0, W16, {1, 0, 0}},                        /* 1 on, 0 off */
    {1, W16, {80, 20, 3600000}},                /* dimming level, % */
    {2, W16, {2283, 20, 900000}},               /* voltage, 0.1 V */
    {3, W16, {620, 20, 240000}},                /* lamp current, mA */
    {4, W16, {1390, 50, 240000}},               /* active power, 0.1 W */
    {5, W16, {97, 1, 300000}},                  /* power factor, 0.01 */
    {6, W32_HIGH_FIRST, {81234, 0, 0}},         /* energy, 0.01 kWh */
    {8, W32_HIGH_FIRST, {5120, 0, 0}},          /* burning hours */
    {10, W16, {412, 60, 7200000}},              /* temperature, 0.1 degC, signed */
    {11, W16, {12, 4, 600000}},                 /* leakage current, 0.1 mA */
};
const struct bank lamp_controller_bank = BANK(3, 32, 0, 11, lamp_controller);
