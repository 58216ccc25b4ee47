#include "console.h"

#include "board.h" /* where answers go */
#include "line.h"  /* what is changed */
#include "table.h" /* kinds of devices */
#include "text.h"  /* numbers */

static const char *const fault_names[FAULT_KINDS] = {"none",      "silent", "slow",  "babble",   "crc",  "address",
                                                     "exception", "reset",  "stuck", "brownout", "pause"};

static void reply(struct text *text)
{
    text_char(text, '\n');
    board_console_write(text->bytes, text->count);
}

static void say(const char *sentence)
{
    struct text text = {.count = 0};

    text_add(&text, sentence);
    reply(&text);
}

/* A word as a number; an absent one is `otherwise`. False, and said so, where it is none. */
static bool number(const char *word, int32_t otherwise, int32_t *value)
{
    *value = otherwise;
    if (!*word || text_to_int(word, value))
        return true;
    say("error a number was expected");
    return false;
}

static struct device *device_of(const char *word)
{
    int32_t index;

    if (text_to_int(word, &index) && index >= 0 && index < line.count)
        return &line.device[index];
    say("error no such device");
    return NULL;
}

static void do_line(const char *const *word)
{
    int32_t baud;

    if (!number(word[1], 9600, &baud))
        return;
    if (baud < 300 || baud > 4000000 || (word[2][0] != 'N' && word[2][0] != 'E' && word[2][0] != 'O')) {
        say("error line BAUD N|E|O");
        return;
    }
    line_setup((uint32_t)baud, word[2][0]);
    say("ok");
}

static void do_add(const char *const *word)
{
    int32_t address, delay_ms;
    struct text text = {.count = 0};

    if (!number(word[2], line.count + 1, &address) || !number(word[3], 8, &delay_ms))
        return;
    for (uint8_t i = 0; i < kind_count; i++) {
        const struct device *device;
        if (!text_same(kinds[i].name, word[1]))
            continue;
        device = line_add(&kinds[i], (uint32_t)address, (uint32_t)delay_ms);
        text_add(&text, device ? "ok " : "error the line is full");
        if (device)
            text_int(&text, device->number, 1);
        reply(&text);
        return;
    }
    say("error no such kind of device");
}

static void do_clear(const char *const *word)
{
    (void)word;
    line.count = 0;
    say("ok");
}

static void do_list(const char *const *word)
{
    (void)word;
    for (uint8_t i = 0; i < line.count; i++) {
        struct text text = {.count = 0};
        text_int(&text, i, 1);
        text_char(&text, ' ');
        text_add(&text, line.device[i].kind->name);
        text_char(&text, ' ');
        text_int(&text, line.device[i].address, 1);
        text_char(&text, ' ');
        text_add(&text, fault_names[line.device[i].fault]);
        reply(&text);
    }
    say("ok");
}

static void do_set(const char *const *word)
{
    struct device *device = device_of(word[1]);
    int32_t key, value;

    if (!device || !number(word[2], 0, &key) || !number(word[3], 0, &value))
        return;
    say(device_pin(device, (uint32_t)key, value) ? "ok" : "error four values are pinned already");
}

static void do_fault(const char *const *word)
{
    struct device *device = device_of(word[1]);
    int32_t argument, times;

    if (!device || !number(word[3], 0, &argument) || !number(word[4], 0, &times))
        return;
    for (int kind = 0; kind < FAULT_KINDS; kind++) {
        if (!text_same(fault_names[kind], word[2]))
            continue;
        if (!(device->kind->faults & FAULT_BIT(kind))) {
            say("error this kind of device cannot do that");
            return;
        }
        fault_begin(device, (enum fault_kind)kind, argument, (uint32_t)times, board_micros());
        say("ok");
        return;
    }
    say("error no such fault");
}

static void do_stat(const char *const *word)
{
    const struct device *device = device_of(word[1]);
    struct text text = {.count = 0};

    if (!device)
        return;
    text_add(&text, "ok ");
    text_int(&text, device->questions, 1);
    text_char(&text, ' ');
    text_int(&text, device->answers, 1);
    text_char(&text, ' ');
    text_int(&text, device->writes, 1);
    reply(&text);
}

void console_do(const struct words *words)
{
    static const struct {
        const char *name;
        void (*act)(const char *const *word);
    } commands[] = {
        {"line", do_line}, {"add", do_add},     {"clear", do_clear}, {"list", do_list},
        {"set", do_set},   {"fault", do_fault}, {"stat", do_stat},
    };

    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (text_same(commands[i].name, words->word[0])) {
            commands[i].act(words->word);
            return;
        }
    }
    say("error no such command");
}
