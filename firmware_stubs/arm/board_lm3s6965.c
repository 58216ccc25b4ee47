/* The door on a Stellaris LM3S6965 (QEMU: -M lm3s6965evb). Register names and offsets: its data sheet, DS-LM3S6965.
 *
 *   PA0 U0RX, PA1 U0TX   line        PD2 U1RX, PD3 U1TX   console (service header)
 *   PD0                  RS-485 driver enable, high while we send
 *   PF0                  identify lamp
 */
#include "board.h" /* what we are */
#include "start.h" /* our interrupts */
#include "wrap.h"  /* times that wrap */

#define REG(address) (*(volatile uint32_t *)(address))
#define CLOCK_HZ 50000000u
#define TICK_CYCLES (CLOCK_HZ / 1000)

enum { /* system control */
    RESC = 0x400FE05C, RIS = 0x400FE050, RCC = 0x400FE060, RCGC0 = 0x400FE100, RCGC1 = 0x400FE104, RCGC2 = 0x400FE108
};
enum { UART0 = 0x4000C000, UART1 = 0x4000D000, DR = 0x00, FR = 0x18, IBRD = 0x24, FBRD = 0x28, LCRH = 0x2C,
       CTL = 0x30, IM = 0x38, ICR = 0x44 };
enum { FR_BUSY = 0x08, FR_RXFE = 0x10, FR_TXFF = 0x20, INT_RX = 0x10, INT_RT = 0x40 };
enum { WATCHDOG = 0x40000000, WDT_LOAD = 0x00, WDT_CTL = 0x08, WDT_LOCK = 0xC00 };
enum { PORT_A = 0x40004000, PORT_D = 0x40007000, PORT_F = 0x40025000, DIR = 0x400, AFSEL = 0x420, DEN = 0x51C };
enum { RESC_PIN = 0x01, RESC_WATCHDOG = 0x08 };

#define STCTRL 0xE000E010u /* the core's own: too large for an enum */
#define STRELOAD 0xE000E014u
#define STCURRENT 0xE000E018u
#define EN0 0xE000E100u

#define RX_RING 512 /* a power of two */
#define TX_RING 1024

struct ring {
    uint8_t rx[RX_RING];
    uint32_t at_us[RX_RING];
    uint8_t tx[TX_RING];
    volatile uint32_t rx_in, rx_out;
    uint32_t tx_in, tx_out;
};

static struct ring line_ring, console_ring;
static volatile uint32_t ticks;
static enum board_start cause;
__attribute__((section(".kept"))) static struct board_kept kept;

void tick(void) { ticks++; }

uint32_t board_millis(void) { return ticks; }

uint32_t board_micros(void)
{
    uint32_t ms, left;

    do { /* again where a tick fell between the two reads */
        ms = ticks;
        left = REG(STCURRENT);
    } while (ms != ticks);
    return ms * 1000u + (TICK_CYCLES - 1 - left) / (CLOCK_HZ / 1000000u);
}

static void receive(uint32_t uart, struct ring *ring)
{
    REG(uart + ICR) = INT_RX | INT_RT;
    while (!(REG(uart + FR) & FR_RXFE)) {
        const uint8_t byte = (uint8_t)REG(uart + DR);
        if (ring->rx_in - ring->rx_out < RX_RING) { /* else lost: the checksum will tell */
            ring->rx[ring->rx_in % RX_RING] = byte;
            ring->at_us[ring->rx_in % RX_RING] = board_micros();
            ring->rx_in++;
        }
    }
}

void line_interrupt(void) { receive(UART0, &line_ring); }
void console_interrupt(void) { receive(UART1, &console_ring); }

static bool take(struct ring *ring, uint8_t *byte, uint32_t *at_us)
{
    if (ring->rx_in == ring->rx_out)
        return false;
    *byte = ring->rx[ring->rx_out % RX_RING];
    *at_us = ring->at_us[ring->rx_out % RX_RING];
    ring->rx_out++;
    return true;
}

static void queue(struct ring *ring, const uint8_t *bytes, size_t count)
{
    while (count-- && ring->tx_in - ring->tx_out < TX_RING)
        ring->tx[ring->tx_in++ % TX_RING] = *bytes++;
}

/* Moves what fits into the UART; true while bytes are left. */
static bool pump(uint32_t uart, struct ring *ring)
{
    while (ring->tx_in != ring->tx_out && !(REG(uart + FR) & FR_TXFF))
        REG(uart + DR) = ring->tx[ring->tx_out++ % TX_RING];
    return ring->tx_in != ring->tx_out;
}

static void drive_line(bool on) { REG(PORT_D + (0x01 << 2)) = on; }

bool board_line_read(uint8_t *byte, uint32_t *at_us) { return take(&line_ring, byte, at_us); }

void board_line_write(uint32_t from_us, const uint8_t *bytes, size_t count)
{
    (void)from_us; /* callers wait for it themselves; only a paced wire makes up for a late caller */
    if (count)
        drive_line(true);
    queue(&line_ring, bytes, count);
    pump(UART0, &line_ring);
}

bool board_console_read(uint8_t *byte)
{
    uint32_t at_us;

    return take(&console_ring, byte, &at_us);
}

void board_console_write(const char *text, size_t count)
{
    queue(&console_ring, (const uint8_t *)text, count);
    pump(UART1, &console_ring);
}

static void uart_setup(uint32_t uart, uint32_t baud, char parity)
{
    const uint32_t divisor = (CLOCK_HZ * 4u + baud / 2) / baud; /* clock / (16 baud) in 1/64 */

    REG(uart + CTL) = 0;
    REG(uart + IBRD) = divisor / 64;
    REG(uart + FBRD) = divisor % 64;
    REG(uart + LCRH) = 0x70u | (parity == 'N' ? 0 : parity == 'E' ? 0x06u : 0x02u); /* 8 bits, FIFOs */
    REG(uart + IM) = INT_RX | INT_RT;
    REG(uart + CTL) = 0x301; /* on, both directions */
}

void board_line_setup(uint32_t baud, char parity) { uart_setup(UART0, baud, parity); }

void board_lamp(bool on) { REG(PORT_F + (0x01 << 2)) = on; }

void board_serial(uint8_t serial[8])
{
    for (int i = 0; i < 8; i++)
        serial[i] = (uint8_t) "POLE6965"[i]; /* a product programs its own into the user registers */
}

enum board_start board_start_cause(void) { return cause; }
struct board_kept *board_kept(void) { return &kept; }

void board_watchdog_feed(void)
{
    REG(WATCHDOG + WDT_LOCK) = 0x1ACCE551;
    REG(WATCHDOG + WDT_LOAD) = CLOCK_HZ / 2; /* the first time-out warns, the second resets: one second in all */
    REG(WATCHDOG + WDT_LOCK) = 1;
}

void board_idle(uint32_t at_most_us)
{
    const uint32_t until_us = board_micros() + at_most_us;

    for (;;) {
        const bool line = pump(UART0, &line_ring), console = pump(UART1, &console_ring);
        if (!line && !(REG(UART0 + FR) & FR_BUSY))
            drive_line(false);
        if (at_most_us == 0 || line_ring.rx_in != line_ring.rx_out || console_ring.rx_in != console_ring.rx_out ||
            reached(board_micros(), until_us))
            return;
        if (!console) /* an interrupt that comes here stays pending for at most one tick */
            __asm volatile("wfi");
        board_watchdog_feed();
    }
}

/* 50 MHz from the 8 MHz crystal by the PLL. */
static void clock_setup(void)
{
    uint32_t rcc = (REG(RCC) | 0x800u) & ~0x400000u; /* bypass, no divider */

    REG(RCC) = rcc;
    rcc = (rcc & ~0x23F1u) | 0x380u; /* main oscillator, 8 MHz, PLL on */
    REG(RCC) = rcc;
    rcc = (rcc & ~0x07800000u) | 0x01C00000u; /* 200 MHz / 4 */
    REG(RCC) = rcc;
    while (!(REG(RIS) & 0x40))
        ;
    REG(RCC) = rcc & ~0x800u;
}

/* QEMU leaves the register empty; then memory that holds our mark says that the power was never off, and the watchdog
 * is the only one who resets us with nobody at the pin. */
static enum board_start start_cause(uint32_t resc)
{
    if (resc & RESC_WATCHDOG || (resc == 0 && kept.magic == KEPT_MAGIC))
        return BOARD_WATCHDOG;
    return resc & RESC_PIN ? BOARD_RESET : BOARD_POWER_ON;
}

void board_start(void)
{
    cause = start_cause(REG(RESC));
    REG(RESC) = 0;
    clock_setup();
    REG(RCGC0) |= 0x08;          /* watchdog */
    REG(RCGC1) |= 0x03;          /* UART0, UART1 */
    REG(RCGC2) |= 0x29;          /* ports A, D, F */
    (void)REG(RCGC2);            /* a clocked port answers three cycles later */
    REG(PORT_A + AFSEL) |= 0x03;
    REG(PORT_A + DEN) |= 0x03;
    REG(PORT_D + AFSEL) |= 0x0C;
    REG(PORT_D + DIR) |= 0x01;
    REG(PORT_D + DEN) |= 0x0D;
    REG(PORT_F + DIR) |= 0x01;
    REG(PORT_F + DEN) |= 0x01;
    uart_setup(UART1, 115200, 'N');
    REG(EN0) = 1u << 5 | 1u << 6; /* UART0, UART1 */
    REG(STRELOAD) = TICK_CYCLES - 1;
    REG(STCURRENT) = 0;
    REG(STCTRL) = 7; /* processor clock, interrupt, on */
    board_watchdog_feed();
    REG(WATCHDOG + WDT_LOCK) = 0x1ACCE551;
    REG(WATCHDOG + WDT_CTL) = 3; /* interrupt counts as warning, reset follows; nothing but a reset ends it */
    REG(WATCHDOG + WDT_LOCK) = 1;
}
