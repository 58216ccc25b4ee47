/* The door on a PC: the line is a pty, the console standard input and output, time the monotonic clock.
 *
 * A pty has no bit rate. With --paced each character takes its bit time on the wire, in both directions, and reaches
 * the reader in groups of eight or at the end, as from a UART with a FIFO. A reader that opened the pty at another
 * speed than the line's gets rubbish, as it would from a wire; parity cannot be seen through a pty.
 */
#define _GNU_SOURCE     /* ppoll, posix_openpt */
#include "board_host.h" /* what main() tells us */

#include "board.h" /* what we are */
#include "wrap.h"  /* times that wrap */

#include <fcntl.h>     /* O_NONBLOCK */
#include <poll.h>      /* ppoll */
#include <stdio.h>     /* the name of the pty */
#include <stdlib.h>    /* exit */
#include <sys/prctl.h> /* timers without slack */
#include <sys/time.h>  /* the watchdog */
#include <termios.h>   /* raw mode, the reader's speed */
#include <time.h>      /* clock_gettime */
#include <unistd.h>    /* read, write */

#define QUEUE 4096
#define FIFO 8

struct queue { /* bytes with the time of their stop bit */
    uint8_t byte[QUEUE];
    uint32_t due_us[QUEUE];
    size_t first, count;
    uint32_t free_us; /* when the wire is free again */
};

static int master = -1;
static bool paced;
static char **lines; /* of the command line, for the console */
static uint32_t baud = 9600, character_ns;
static struct queue received, said;
static struct board_kept kept;
static uint32_t rubbish = 1;

uint32_t board_micros(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)(now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

static int64_t started_ms;

static int64_t monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

uint32_t board_millis(void) { return (uint32_t)(monotonic_ms() - started_ms); }

void board_host_open(bool pace, char **arguments)
{
    struct termios raw;
    int slave;

    paced = pace;
    lines = arguments;
    started_ms = monotonic_ms();
    prctl(PR_SET_TIMERSLACK, 1UL);
    master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    if (master < 0 || grantpt(master) || unlockpt(master) || (slave = open(ptsname(master), O_RDWR | O_NOCTTY)) < 0) {
        perror("no pty");
        exit(1);
    }
    tcgetattr(slave, &raw); /* the slave stays open: without any, reading the master would fail */
    cfmakeraw(&raw);
    tcsetattr(slave, TCSANOW, &raw);
    fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
    printf("line %s\n", ptsname(master));
    fflush(stdout);
}

void board_line_setup(uint32_t speed, char parity)
{
    baud = speed;
    character_ns = (uint32_t)((parity == 'N' ? 10 : 11) * UINT64_C(1000000000) / speed);
}

/* Whether the reader has opened the pty at the line's speed. Speeds that termios has no name for pass. */
static bool same_speed(void)
{
    static const struct {
        speed_t name;
        uint32_t baud;
    } speeds[] = {{B1200, 1200},   {B2400, 2400},   {B4800, 4800},   {B9600, 9600},
                  {B19200, 19200}, {B38400, 38400}, {B57600, 57600}, {B115200, 115200}};
    struct termios now;

    if (tcgetattr(master, &now))
        return true;
    for (size_t i = 0; i < sizeof speeds / sizeof *speeds; i++)
        if (speeds[i].name == cfgetospeed(&now))
            return speeds[i].baud == baud;
    return true;
}

/* Sampled at the wrong speed: other bytes. */
static uint8_t missampled(uint8_t byte)
{
    rubbish = rubbish * 1664525u + 1013904223u;
    return (uint8_t)(byte ^ rubbish >> 24);
}

static void push(struct queue *queue, uint32_t from_us, const uint8_t *bytes, size_t count)
{
    const bool same = same_speed();
    const uint32_t begin_us = reached(from_us, queue->free_us) || !queue->count ? from_us : queue->free_us;

    for (size_t i = 0; i < count && queue->count < QUEUE; i++) {
        const size_t at = (queue->first + queue->count++) % QUEUE;
        queue->byte[at] = same ? bytes[i] : missampled(bytes[i]);
        queue->due_us[at] = begin_us + (paced ? (uint32_t)((i + 1) * (uint64_t)character_ns / 1000) : 0);
        queue->free_us = queue->due_us[at];
    }
}

static void listen(void)
{
    uint8_t bytes[QUEUE];
    const ssize_t count = read(master, bytes, sizeof bytes);

    if (count > 0)
        push(&received, board_micros(), bytes, (size_t)count);
}

bool board_line_read(uint8_t *byte, uint32_t *at_us)
{
    listen();
    if (!received.count || !reached(board_micros(), received.due_us[received.first]))
        return false;
    *byte = received.byte[received.first];
    *at_us = received.due_us[received.first];
    received.first = (received.first + 1) % QUEUE;
    received.count--;
    return true;
}

/* Hands the reader what is due; nobody there or a full pty loses bytes, as a wire does. */
static void deliver(void)
{
    uint8_t bytes[QUEUE];
    size_t count = 0;
    const uint32_t now_us = board_micros();

    while (said.count && reached(now_us, said.due_us[said.first])) {
        bytes[count++] = said.byte[said.first];
        said.first = (said.first + 1) % QUEUE;
        said.count--;
    }
    if (count && write(master, bytes, count) < 0)
        return;
}

void board_line_write(uint32_t from_us, const uint8_t *bytes, size_t count)
{
    push(&said, from_us, bytes, count);
    deliver();
}

static bool read_argument(uint8_t *byte)
{
    static size_t at;

    if (!*lines)
        return false;
    *byte = (uint8_t)(*lines)[at++];
    if (!*byte) {
        *byte = '\n';
        at = 0;
        lines++;
    }
    return true;
}

bool board_console_read(uint8_t *byte)
{
    ssize_t count;

    if (read_argument(byte))
        return true;
    count = read(STDIN_FILENO, byte, 1);
    if (count == 0) /* the process that started us is gone */
        exit(0);
    return count == 1;
}

void board_console_write(const char *text, size_t count)
{
    fwrite(text, 1, count, stdout);
    fflush(stdout);
}

void board_lamp(bool on) { (void)on; }

void board_serial(uint8_t serial[8])
{
    for (int i = 0; i < 8; i++)
        serial[i] = (uint8_t) "POLE0001"[i];
}

enum board_start board_start_cause(void) { return BOARD_POWER_ON; }
struct board_kept *board_kept(void) { return &kept; }

void board_watchdog_feed(void)
{
    /* of CPU time: a hang burns it, a busy machine does not. A PC starts no process anew: SIGVTALRM ends this one. */
    const struct itimerval one_second = {.it_value = {.tv_sec = 1}};

    setitimer(ITIMER_VIRTUAL, &one_second, NULL);
}

void board_idle(uint32_t at_most_us)
{
    struct pollfd inputs[] = {{.fd = master, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
    struct timespec wait;
    uint32_t now_us, left_us;

    deliver();
    now_us = board_micros();
    if (received.count) {
        left_us = remaining(now_us, received.due_us[received.first]);
        at_most_us = left_us < at_most_us ? left_us : at_most_us;
    }
    if (said.count) {
        const size_t group = said.count < FIFO ? said.count : FIFO;
        left_us = remaining(now_us, said.due_us[(said.first + group - 1) % QUEUE]);
        at_most_us = left_us < at_most_us ? left_us : at_most_us;
    }
    wait = (struct timespec){at_most_us / 1000000, (long)(at_most_us % 1000000) * 1000};
    ppoll(inputs, 2, &wait, NULL);
    deliver();
}
