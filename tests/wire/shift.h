/* The machine under the program: clocks that are moved, a name that is not found. The program's
 * clock_gettime() is wrapped by the linker, libcurl's getaddrinfo() by being defined here.
 *
 * Thread ANY.
 */
#ifndef OB_TEST_WIRE_SHIFT_H
#define OB_TEST_WIRE_SHIFT_H

#include <stdbool.h>
#include <stdint.h>

#define SHIFT_NAME "cluster.outboard.test" /* is 127.0.0.1 */

void shift_wall(int64_t ms);   /* the wall clock is off by so much from now on */
void shift_asleep(int64_t ms); /* the computer sleeps for so long, now */
void shift_names(int code);    /* 0: SHIFT_NAME is found; else getaddrinfo()'s error for it */
void shift_none(void);

#endif
