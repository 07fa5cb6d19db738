/* version - which of two versions is the newer
 *
 * As rpm does it, which for the numbers of kernels, drivers and distributions is also
 * what dpkg does: runs of digits are numbers of any length, runs of letters are words,
 * a number is newer than a word, all else only separates, ~ is older than the end, and
 * "1:" before it all is an epoch.
 *
 *     version_compare("5.9-0.5.9.0", "23.04-1.1.3.0")   < 0
 *     version_compare("5.5.19-rt12", "5.6")             < 0
 *     version_compare("1.0~rc1", "1.0")                 < 0
 *
 * Pure.
 */
#ifndef INVENTORY_VERSION_H
#define INVENTORY_VERSION_H

#include <stdbool.h>

/* Less than, equal to or greater than 0, as a is older than, as old as or newer than b. */
int version_compare(const char *a, const char *b);

/* Is v no newer than last, of which only the parts that it names count: 8.10 is within 8,
 * but not within 8.9?
 */
bool version_within(const char *v, const char *last);

#endif
