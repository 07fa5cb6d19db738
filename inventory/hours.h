/* hours - the hours of a week in which something may be begun (pure)
 *
 *     Mon-Fri 20:00-06:00, Sat, Sun
 *     22:00-04:30
 *     Sat,Sun 08:00-18:00
 *
 * Days (all, when none is said) and a span of time (the whole day, when none is said),
 * terms parted by commas.  A span that ends before it begins, or when it begins, goes on
 * into the next day.  A day alone after a comma takes the span that is said after it:
 * "Sat, Sun 08:00-18:00" is that span on both.  Which clock that is, is the caller's affair.
 */
#ifndef INVENTORY_HOURS_H
#define INVENTORY_HOURS_H

#include <stdbool.h>

#define HOURS_TERMS_MAX      16
#define HOURS_MINUTES_A_DAY  1440
#define HOURS_MINUTES_A_WEEK 10080

/* Without a term: always. */
struct hours {
    unsigned count;
    struct {
        unsigned char days; /* bit 0 is Sunday, as tm_wday           */
        unsigned short from,
            until; /* minutes of the day; until may be 1440, or before from */
    } terms[HOURS_TERMS_MAX];
};

/* "any", or as above; letters of either case.  -1: neither, or more than HOURS_TERMS_MAX
 * terms; *hours is as it was.
 */
int hours_parse(const char *text, struct hours *hours);

/* minute: of the week, 0 is Sunday 00:00. */
bool hours_are_open(const struct hours *hours, unsigned minute);

/* Minutes from `minute` until they open, 0 when they are; at most a week, as hours that
 * were parsed open sometime.
 */
unsigned hours_until_open(const struct hours *hours, unsigned minute);

/* Minutes until they close, 0 when they are closed; HOURS_MINUTES_A_WEEK: never. */
unsigned hours_until_close(const struct hours *hours, unsigned minute);

#endif
