/* The three functions of the C library that the firmware uses; arm/start.c has them. */
#ifndef STRING_H
#define STRING_H

#include <stddef.h> /* size_t */

void *memcpy(void *to, const void *from, size_t count);
void *memset(void *to, int byte, size_t count);
size_t strlen(const char *text);

#endif
