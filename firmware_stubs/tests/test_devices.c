#include "bytes.h"
#include "check.h"
#include "console.h"
#include "crc16.h"
#include "fake_board.h"
#include "line.h"
#include "table.h"

#include <string.h> /* memcmp, strstr */

/* Says a line to the console; returns its answer. */
static const char *console(const char *text)
{
    struct words words = {.length = 0};

    fake.console_count = 0;
    for (const char *at = text; *at; at++)
        words_feed(&words, (uint8_t)*at);
    if (words_feed(&words, '\n'))
        console_do(&words);
    fake.console[fake.console_count] = 0;
    return fake.console;
}

static void begin(const char *kind)
{
    char text[64];

    fake_reset();
    fake_pass(1000000);
    console("clear");
    console("line 9600 N");
    snprintf(text, sizeof text, "add %s 1 8", kind);
    CHECK(!strcmp(console(text), "ok 0\n"));
}

/* Lets `us` pass in steps as the main loop would. */
static void pass(uint32_t us)
{
    const uint32_t until = fake.now_us + us;

    for (;;) {
        uint32_t wait = line_step();
        if (fake.now_us == until)
            return;
        wait = wait < until - fake.now_us ? wait : until - fake.now_us;
        fake_pass(wait ? wait : 1);
    }
}

static void ask(const uint8_t *question, size_t count)
{
    fake.said_count = 0;
    fake_receive(question, count);
    pass(200000);
}

static void ask_modbus(uint8_t unit, uint8_t function, uint16_t first, uint16_t count)
{
    uint8_t question[8] = {unit, function, (uint8_t)(first >> 8), (uint8_t)first, (uint8_t)(count >> 8),
                           (uint8_t)count};

    put_u16(question + 6, crc16_modbus(question, 6));
    ask(question, sizeof question);
}

static bool right(void) { return fake.said_count > 4 && !crc16_modbus(fake.said, fake.said_count); }

static void a_slave_answers_its_registers_after_its_delay(void)
{
    uint32_t asked;

    begin("pm_noise");
    console("set 0 507 33");
    asked = fake.now_us;
    ask_modbus(1, 3, 506, 3);
    CHECK(right() && fake.said_count == 11 && fake.said[2] == 6 && fake.said[6] == 33);
    CHECK(fake.said_from_us == asked + 8000);
}

static void a_float_and_both_word_orders_are_on_the_wire_as_the_table_says(void)
{
    begin("radar_level");
    console("set 0 0 1500");
    ask_modbus(1, 4, 0, 2);
    CHECK(right() && !memcmp(fake.said + 3, "\x3F\xC0\0\0", 4)); /* 1.5 */
    begin("pzem_004t");
    console("set 0 1 66051"); /* 00010203 */
    ask_modbus(1, 4, 1, 2);
    CHECK(!memcmp(fake.said + 3, "\x02\x03\0\x01", 4));
    begin("lamp_controller");
    console("set 0 6 66051");
    ask_modbus(1, 3, 6, 2);
    CHECK(!memcmp(fake.said + 3, "\0\x01\x02\x03", 4));
}

static void what_it_cannot_answer_is_an_exception_and_a_write_is_counted(void)
{
    begin("tilt_dual");
    ask_modbus(1, 3, 8, 1);
    CHECK(right() && fake.said[1] == 0x83 && fake.said[2] == 2);
    ask_modbus(1, 3, 0, 99);
    CHECK(fake.said[2] == 3);
    CHECK(!strcmp(console("stat 0"), "ok 2 2 0\n"));
    ask_modbus(1, 6, 0, 1);
    CHECK(fake.said[1] == 0x86 && fake.said[2] == 1);
    CHECK(!strcmp(console("stat 0"), "ok 3 3 1\n"));
}

static void questions_to_others_wrong_checksums_and_broken_pauses_are_passed_over(void)
{
    uint8_t question[8] = {1, 3, 0, 0, 0, 1, 0, 0};

    begin("tilt_dual");
    ask_modbus(2, 3, 0, 1);
    CHECK(fake.said_count == 0);
    ask(question, sizeof question);
    CHECK(fake.said_count == 0);
    put_u16(question + 6, crc16_modbus(question, 6));
    fake_receive(question, 4);
    pass(20000);
    ask(question + 4, 4);
    CHECK(fake.said_count == 0);
    ask(question, sizeof question);
    CHECK(right());
}

static void slaves_do_not_take_each_others_answers_for_questions(void)
{
    begin("tilt_dual");
    CHECK(!strcmp(console("add pm_noise 3"), "ok 1\n")); /* 3 is also a function */
    for (int i = 0; i < 5; i++) {
        ask_modbus(1, 3, 0, 2);
        CHECK(right() && fake.said[0] == 1);
        ask_modbus(3, 3, 506, 2);
        CHECK(right() && fake.said[0] == 3);
    }
}

static void every_fault_of_a_slave_is_what_its_name_says(void)
{
    begin("tilt_dual");
    console("set 0 0 42");
    console("fault 0 silent");
    ask_modbus(1, 3, 0, 1);
    CHECK(fake.said_count == 0);
    console("fault 0 crc 0 1");
    ask_modbus(1, 3, 0, 1);
    CHECK(fake.said_count == 7 && !right());
    ask_modbus(1, 3, 0, 1);
    CHECK(right()); /* once was once */
    console("fault 0 address");
    ask_modbus(1, 3, 0, 1);
    CHECK(right() && fake.said[0] == 2);
    console("fault 0 exception 6");
    ask_modbus(1, 3, 0, 1);
    CHECK(right() && fake.said[1] == 0x83 && fake.said[2] == 6);
    console("fault 0 slow 100");
    ask_modbus(1, 3, 0, 1);
    CHECK(right() && fake.said[4] == 42);
    console("fault 0 none");
    ask_modbus(1, 3, 0, 1);
    CHECK(right());
}

static void a_reset_leaves_half_an_answer_and_a_deaf_third_of_a_second(void)
{
    begin("tilt_dual");
    console("fault 0 reset");
    ask_modbus(1, 3, 0, 2);
    CHECK(fake.said_count == 4);
    ask_modbus(1, 3, 0, 2);
    CHECK(fake.said_count == 0);
    ask_modbus(1, 3, 0, 2);
    CHECK(right());
}

static void a_pause_stands_in_the_middle_of_an_answer(void)
{
    begin("tilt_dual");
    console("fault 0 pause 400 1");
    ask_modbus(1, 3, 0, 2);
    CHECK(fake.said_count == 5);
    pass(400000);
    CHECK(right() && fake.said_count == 9);
    ask_modbus(1, 3, 0, 2);
    CHECK(right());
    console("fault 0 pause 400 1");
    ask_modbus(1, 3, 0, 2);
    ask_modbus(1, 3, 0, 1); /* a new question: what was held back is forgotten */
    CHECK(right() && fake.said_count == 7);
}

static void babble_ends_on_command(void)
{
    begin("tilt_dual");
    fake.said_count = 0;
    console("fault 0 babble 100");
    pass(200000);
    CHECK(fake.said_count >= 72 && fake.said_count <= 96);
    ask_modbus(1, 3, 0, 1);
    CHECK(right());
}

static void a_stuck_device_repeats_itself(void)
{
    uint8_t first[2];

    begin("weather_six");
    console("fault 0 stuck");
    ask_modbus(1, 3, 500, 1);
    memcpy(first, fake.said + 3, 2);
    for (int i = 0; i < 50; i++) {
        pass(3000000);
        ask_modbus(1, 3, 500, 1);
        CHECK(right() && !memcmp(first, fake.said + 3, 2));
    }
    console("fault 0 none");
    ask_modbus(1, 3, 500, 1);
    CHECK(memcmp(first, fake.said + 3, 2));
}

static void a_brown_out_spoils_and_then_resets(void)
{
    int whole = 0;

    begin("tilt_dual");
    console("fault 0 brownout 3000");
    for (int i = 0; i < 20; i++) {
        ask_modbus(1, 3, 0, 2);
        whole += right() && fake.said_count == 9;
    }
    CHECK(whole < 10);
    ask_modbus(1, 3, 0, 2);
    CHECK(right() && fake.said_count == 9);
}

/* 68 address 68 control length data checksum 16 */
static size_t meter_question(uint8_t *frame, const char *address, uint8_t control, const char *data, size_t count)
{
    uint8_t sum = 0;
    size_t at = 10;

    frame[0] = frame[7] = 0x68;
    memcpy(frame + 1, address, 6);
    frame[8] = control;
    frame[9] = (uint8_t)count;
    for (size_t i = 0; i < count; i++)
        frame[at++] = (uint8_t)(data[i] + 0x33);
    for (size_t i = 0; i < at; i++)
        sum = (uint8_t)(sum + frame[i]);
    frame[at++] = sum;
    frame[at++] = 0x16;
    return at;
}

static void a_meter_tells_its_address_and_its_values(void)
{
    uint8_t frame[64];

    begin("dlt645");
    ask(frame, meter_question(frame, "\xAA\xAA\xAA\xAA\xAA\xAA", 0x13, "", 0));
    CHECK(fake.said_count == 22 && !memcmp(fake.said, "\xFE\xFE\xFE\xFE\x68\x01\0\0\0\0\0\x68\x93\x06\x34\x33", 16));
    console("set 0 33620224 2205"); /* 02010100: 220.5 V */
    ask(frame, meter_question(frame, "\x01\0\0\0\0\0", 0x11, "\x00\x01\x01\x02", 4));
    CHECK(fake.said_count == 22 && fake.said[12] == 0x91 && fake.said[13] == 6);
    CHECK(!memcmp(fake.said + 14, "\x33\x34\x34\x35\x38\x55", 6)); /* 05 22, each + 33 */
    console("set 0 33685760 -1500"); /* 02020100: -1.500 A */
    ask(frame, meter_question(frame, "\x01\0\0\0\0\0", 0x11, "\x00\x01\x02\x02", 4));
    CHECK(!memcmp(fake.said + 18, "\x33\x48\xB3", 3)); /* 00 15 80 */
    ask(frame, meter_question(frame, "\x01\0\0\0\0\0", 0x11, "\x00\xFF\x01\x02", 4));
    CHECK(fake.said[13] == 4 + 3 * 2);
}

static void a_meter_refuses_what_it_does_not_have_and_counts_writes(void)
{
    uint8_t frame[64];

    begin("dlt645");
    ask(frame, meter_question(frame, "\x01\0\0\0\0\0", 0x11, "\x77\x77\x77\x77", 4));
    CHECK(fake.said[12] == 0xD1 && fake.said[13] == 1 && fake.said[14] == 0x35);
    ask(frame, meter_question(frame, "\x02\0\0\0\0\0", 0x11, "\x00\x00\x00\x00", 4));
    CHECK(fake.said_count == 0);
    ask(frame, meter_question(frame, "\x01\0\0\0\0\0", 0x14, "\x00\x00\x00\x00", 4));
    CHECK(!strcmp(console("stat 0"), "ok 2 2 1\n"));
    frame[10] ^= 1;
    ask(frame, 16);
    CHECK(fake.said_count == 0);
}

static bool said(const char *text)
{
    const size_t count = strlen(text);

    for (size_t i = 0; i + count <= fake.said_count; i++)
        if (!memcmp(fake.said + i, text, count))
            return true;
    return false;
}

static void a_receiver_talks_once_a_second_and_can_lose_its_fix(void)
{
    begin("gnss");
    pass(2900000);
    CHECK(said("$GNGGA,000003.00,2232.59") && !said("000004.00") && said("$GNZDA,000003.00,23,11,2026,00,00*"));
    CHECK(said("$GPGSV,2,2,06,17,15,077,31,22,09,263,*71\r\n"));
    console("set 0 0 0");
    fake.said_count = 0;
    pass(1000000);
    CHECK(said("$GNRMC,000004.00,V,,,,,,,231126,,,N*") && !said("GSV"));
}

static void a_gauge_and_a_monitor_talk_by_themselves(void)
{
    begin("radar_ascii");
    console("set 0 0 1234");
    fake.said_count = 0;
    pass(600000);
    CHECK(said("D=01.234m L=02.766m S="));
    begin("hj212");
    pass(100000);
    CHECK(said("ST=22;CN=2011;PW=123456;MN=POLE000000000001;Flag=4;CP=&&DataTime=20261123000001;a34004-Rtd="));
    CHECK(fake.said[fake.said_count - 1] == '\n');
}

static void talkers_cannot_do_what_only_answers_can(void)
{
    begin("gnss");
    CHECK(!strcmp(console("fault 0 exception"), "error this kind of device cannot do that\n"));
    CHECK(!strcmp(console("fault 0 whatever"), "error no such fault\n"));
    CHECK(!strcmp(console("fault 9 crc"), "error no such device\n"));
    CHECK(!strcmp(console("add toaster"), "error no such kind of device\n"));
    CHECK(!strcmp(console("set 0 x 1"), "error a number was expected\n"));
    CHECK(!strcmp(console("line 1 N"), "error line BAUD N|E|O\n"));
    CHECK(!strcmp(console("hello"), "error no such command\n"));
}

static void a_line_holds_sixteen_devices_of_every_kind(void)
{
    char text[64];

    begin("tilt_dual");
    for (int i = 1; i < DEVICES_MAX; i++) {
        snprintf(text, sizeof text, "add %s", kinds[i % kind_count].name);
        CHECK(strstr(console(text), "ok") == fake.console);
    }
    CHECK(!strcmp(console("add tilt_dual"), "error the line is full\n"));
    for (int i = 0; i < DEVICES_MAX; i++)
        for (int fault = 0; fault < FAULT_KINDS; fault++) {
            fault_begin(&line.device[i], (enum fault_kind)fault, 50, 2, fake.now_us);
            pass(250000);
        }
    fake.said_count = 0;
    pass(2000000);
    CHECK(said("$GNRMC") && said("D=0") && said("##0"));
}

void device_tests(void)
{
    RUN(a_slave_answers_its_registers_after_its_delay);
    RUN(a_float_and_both_word_orders_are_on_the_wire_as_the_table_says);
    RUN(what_it_cannot_answer_is_an_exception_and_a_write_is_counted);
    RUN(questions_to_others_wrong_checksums_and_broken_pauses_are_passed_over);
    RUN(slaves_do_not_take_each_others_answers_for_questions);
    RUN(every_fault_of_a_slave_is_what_its_name_says);
    RUN(a_reset_leaves_half_an_answer_and_a_deaf_third_of_a_second);
    RUN(a_pause_stands_in_the_middle_of_an_answer);
    RUN(babble_ends_on_command);
    RUN(a_stuck_device_repeats_itself);
    RUN(a_brown_out_spoils_and_then_resets);
    RUN(a_meter_tells_its_address_and_its_values);
    RUN(a_meter_refuses_what_it_does_not_have_and_counts_writes);
    RUN(a_receiver_talks_once_a_second_and_can_lose_its_fix);
    RUN(a_gauge_and_a_monitor_talk_by_themselves);
    RUN(talkers_cannot_do_what_only_answers_can);
    RUN(a_line_holds_sixteen_devices_of_every_kind);
}
