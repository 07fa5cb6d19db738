/* hostset_range - what stands in the brackets of a hostlist, and how to say what is wrong
 *
 * For the parser.  Pure.
 */
#ifndef INVENTORY_HOSTSET_RANGE_H
#define INVENTORY_HOSTSET_RANGE_H

#include <stdint.h>

struct fail;

#define HOSTLIST_SPACES  " \t\r\n"
#define HOSTLIST_EXCERPT 40 /* bytes of the expression that a failure shows */

/* first, first + step, ... up to last; both have HOSTSET_MAX_DIGITS at most. */
struct range {
    int64_t first, last, step;
    int width; /* digits to pad to, 0 for none */
};

/* How many numbers those are. */
uint64_t range_count(const struct range *range);

/* Read 7, 007, 1-10, 01-10, 1-10/2, -3 or -3--1 at *p, which lies in text, and go on to the
 * first character after it that is not white space.  -1: FAIL_HOSTLIST.
 */
int range_read(const char *text, const char **p, struct range *range, struct fail *why);

/* Fill *why with FAIL_HOSTLIST, "column 7 of 'ib[1-4': <what is wrong>"; at lies in
 * text.  Returns -1.
 */
int hostlist_fail(const char *text, const char *at, struct fail *why, const char *fmt,
                  ...) __attribute__((format(printf, 4, 5)));

#endif
