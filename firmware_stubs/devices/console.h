/* The console: lines of words that build the line and break its devices. Each is answered by `ok ...` or `error ...`.
 *
 *   line BAUD N|E|O                            the line's speed and parity
 *   add KIND [ADDRESS [DELAY_MS]]              `ok NUMBER`; the address defaults to the number + 1
 *   clear                                      an empty line
 *   list                                       one row per device, then `ok`
 *   set NUMBER KEY VALUE                       pins a register, data item (its number), channel or key of a talker
 *   fault NUMBER KIND [ARGUMENT [TIMES]]       see enum fault_kind; `none` mends
 *   stat NUMBER                                `ok QUESTIONS ANSWERS WRITES`
 */
#ifndef CONSOLE_H
#define CONSOLE_H

#include "words.h" /* a line of words */

void console_do(const struct words *words);

#endif
