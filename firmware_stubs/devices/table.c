#include "table.h"

#include "dlt645.h"    /* the meter */
#include "registers.h" /* Modbus slaves */
#include "talkers.h"   /* those that talk by themselves */

static const int32_t one_second = 1000, half_a_second = 500;

#define MODBUS(name, summary, bank) \
    {name, summary, false, FAULTS_POLLED, 1, &bank, modbus_boot, modbus_receive, modbus_poll}
#define TALKER(name, summary, spoil, period, poll) \
    {name, summary, true, FAULTS_ALL, spoil, &period, talker_boot, NULL, poll}

const struct kind kinds[] = {
    MODBUS("weather_six", "weather station: temperature, humidity, pressure, wind, rain", weather_six_bank),
    MODBUS("pm_noise", "dust and noise station", pm_noise_bank),
    MODBUS("ultrasonic_level", "ultrasonic water level gauge", ultrasonic_level_bank),
    MODBUS("radar_level", "radar water level gauge, floating point registers", radar_level_bank),
    MODBUS("tilt_dual", "dual-axis tilt sensor", tilt_dual_bank),
    MODBUS("pzem_004t", "single-phase energy meter of the PZEM-004T class", pzem_004t_bank),
    MODBUS("lamp_controller", "lamp controller, read only", lamp_controller_bank),
    {"dlt645", "DL/T 645-2007 electricity meter; its address is its number", false, FAULTS_POLLED, 2, &meter_2007,
     dlt645_boot, dlt645_receive, dlt645_poll},
    TALKER("gnss", "NMEA 0183 GNSS receiver", 3, one_second, gnss_poll),
    TALKER("radar_ascii", "radar water level gauge that sends lines of text", 3, half_a_second, radar_poll),
    TALKER("hj212", "HJ 212-2017 dust and noise monitor", 3, one_second, hj212_poll),
    {"board", "our sensor board", true, FAULTS_ALL, 3, NULL, board_kind_boot, board_kind_receive, board_kind_poll},
};
const uint8_t kind_count = sizeof kinds / sizeof *kinds;
