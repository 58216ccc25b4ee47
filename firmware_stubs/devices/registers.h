#ifndef REGISTERS_H
#define REGISTERS_H

#include "modbus.h" /* bank */

extern const struct bank weather_six_bank, pm_noise_bank, ultrasonic_level_bank, radar_level_bank, tilt_dual_bank,
    pzem_004t_bank, lamp_controller_bank;

#endif
