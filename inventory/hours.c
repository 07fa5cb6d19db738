#include "inventory/hours.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define ALL_DAYS 0x7f

/* ---- reading ---------------------------------------------------------------------------
 */

struct reader {
    const char *at;
    struct hours hours;
    unsigned waiting; /* terms at the end that have days and no span yet */
};

static void skip_blanks(struct reader *r)
{
    r->at += strspn(r->at, " \t");
}

/* 0 to 6, or -1. */
static int take_day(struct reader *r)
{
    static const char names[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

    for (int d = 0; d < 7; d++)
        if (strncasecmp(r->at, names[d], 3) == 0 && !isalpha((unsigned char)r->at[3])) {
            r->at += 3;
            return d;
        }
    return -1;
}

/* "Mon" or "Fri-Mon". */
static int take_days(struct reader *r, unsigned char *days)
{
    int from = take_day(r), until = from;

    if (from < 0)
        return -1;
    if (*r->at == '-') {
        r->at++;
        until = take_day(r);
        if (until < 0)
            return -1;
    }
    *days = 0;
    for (int d = from;; d = (d + 1) % 7) {
        *days |= (unsigned char)(1u << d);
        if (d == until)
            return 0;
    }
}

/* "06:30", at most 24:00. */
static int take_time(struct reader *r, unsigned short *minute)
{
    const unsigned char *t = (const unsigned char *)r->at;
    unsigned hour, min;

    for (int i = 0; i < 5; i++)
        if (i == 2 ? t[i] != ':' : !isdigit(t[i]))
            return -1;
    hour = (t[0] - '0') * 10u + (t[1] - '0');
    min = (t[3] - '0') * 10u + (t[4] - '0');
    if (min > 59 || hour * 60 + min > HOURS_MINUTES_A_DAY || isdigit(t[5]))
        return -1;
    *minute = (unsigned short)(hour * 60 + min);
    r->at += 5;
    return 0;
}

static int take_span(struct reader *r, unsigned short *from, unsigned short *until)
{
    if (take_time(r, from) < 0 || *r->at++ != '-' || take_time(r, until) < 0)
        return -1;
    return *from < HOURS_MINUTES_A_DAY ? 0 : -1;
}

static int add_days(struct reader *r, unsigned char days)
{
    struct hours *h = &r->hours;

    if (h->count == HOURS_TERMS_MAX)
        return -1;
    h->terms[h->count].days = days;
    h->terms[h->count].from = 0;
    h->terms[h->count].until = HOURS_MINUTES_A_DAY;
    h->count++;
    r->waiting++;
    return 0;
}

static int take_term(struct reader *r)
{
    unsigned char days = ALL_DAYS;
    unsigned short from, until;

    if (!isdigit((unsigned char)*r->at) && take_days(r, &days) < 0)
        return -1;
    if (add_days(r, days) < 0)
        return -1;
    skip_blanks(r);
    if (!isdigit((unsigned char)*r->at))
        return 0;
    if (take_span(r, &from, &until) < 0)
        return -1;
    for (; r->waiting; r->waiting--) {
        r->hours.terms[r->hours.count - r->waiting].from = from;
        r->hours.terms[r->hours.count - r->waiting].until = until;
    }
    skip_blanks(r);
    return 0;
}

int hours_parse(const char *text, struct hours *hours)
{
    struct reader r = {.at = text};

    if (strcasecmp(text, "any") != 0) {
        do {
            skip_blanks(&r);
            if (take_term(&r) < 0)
                return -1;
        } while (*r.at++ == ',');
        if (r.at[-1])
            return -1;
    }
    *hours = r.hours;
    return 0;
}

/* ---- asking -------------------------------------------------------------------------------
 */

/* How long the span that begins on that day is; minutes. */
static unsigned length_of(const struct hours *h, unsigned term)
{
    unsigned from = h->terms[term].from, until = h->terms[term].until;

    return until > from ? until - from : until + HOURS_MINUTES_A_DAY - from;
}

/* Minutes that a span of the term, begun on that day, has left at `minute`; 0: it does not
 * hold it.
 */
static unsigned left_of(const struct hours *h, unsigned term, unsigned day,
                        unsigned minute)
{
    unsigned begin = day * HOURS_MINUTES_A_DAY + h->terms[term].from;
    unsigned since = (minute + HOURS_MINUTES_A_WEEK - begin) % HOURS_MINUTES_A_WEEK;
    unsigned length = length_of(h, term);

    return h->terms[term].days & 1u << day && since < length ? length - since : 0;
}

static unsigned longest_left(const struct hours *h, unsigned minute)
{
    unsigned most = 0;

    for (unsigned t = 0; t < h->count; t++)
        for (unsigned day = 0; day < 7; day++) {
            unsigned left = left_of(h, t, day, minute);

            if (left > most)
                most = left;
        }
    return most;
}

bool hours_are_open(const struct hours *hours, unsigned minute)
{
    return !hours->count || longest_left(hours, minute % HOURS_MINUTES_A_WEEK);
}

unsigned hours_until_open(const struct hours *hours, unsigned minute)
{
    unsigned pause = 0;

    while (pause < HOURS_MINUTES_A_WEEK && !hours_are_open(hours, minute + pause))
        pause++;
    return pause;
}

/* Spans that touch are one. */
unsigned hours_until_close(const struct hours *hours, unsigned minute)
{
    unsigned until = 0, left;

    if (!hours->count)
        return HOURS_MINUTES_A_WEEK;
    while (until < HOURS_MINUTES_A_WEEK &&
           (left = longest_left(hours, (minute + until) % HOURS_MINUTES_A_WEEK)))
        until += left;
    return until < HOURS_MINUTES_A_WEEK ? until : HOURS_MINUTES_A_WEEK;
}
