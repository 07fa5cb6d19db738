/* tally - what has been measured, pair by pair (pure)
 *
 * A pair may meet several times: once with everybody else measuring too, and
 * again alone when there was a suspicion.  What disturbs a measurement makes it
 * slower and never faster, so of all meetings the best counts: the highest
 * bandwidth of each direction, and the latency of the lowest median.
 *
 *     tally_add(t, a, b, false, &result_of_a, &result_of_b)
 *     tally_pair(t, b, a)->gbps[TALLY_A_TO_B]
 */
#ifndef CONTROLLER_TALLY_H
#define CONTROLLER_TALLY_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/fail.h"
#include "protocol/measure.h"

struct tally;

enum tally_word {
    WORD_NOT_MEASURED,
    WORD_OK,
    WORD_SLOW, /* both ways */
    WORD_SLOW_A_TO_B,
    WORD_SLOW_B_TO_A,
    WORD_HIGH_LATENCY,
    WORD_FAILED,
};

enum { TALLY_A_TO_B, TALLY_B_TO_A };

struct tally_alone { /* NAN: not measured */
    double gbps[2], p50_us, min_us;
};

struct tally_pair { /* a is the lower index */
    struct measure_latency latency, ack;
    double gbps[2];           /* NAN: not measured */
    unsigned meetings;        /* of which both sides told the outcome        */
    unsigned alone;           /* meetings with nobody else measuring          */
    unsigned failures;        /* meetings that failed                         */
    double least_us;          /* the fastest ping-pong of all; NAN           */
    struct tally_alone worst; /* of the meetings alone                       */
    bool suspected;           /* the verdict's: measured again because of it */
    enum tally_word word;     /* the verdict's */
    enum fail_code code;      /* of the last failure */
    char *text;               /* likewise; owned by the tally; NULL */
};

/* n at most MEMBERS_MAX.  NULL only when memory is exhausted. */
struct tally *tally_new(size_t n);
void tally_free(struct tally *t); /* NULL is allowed */

size_t tally_size(const struct tally *t); /* n */

/* Of two different nodes in any order; owned by the tally. */
struct tally_pair *tally_pair(const struct tally *t, size_t a, size_t b);

/* A meeting of a and b, a below b.  It failed when a side says so.  FAIL_MEMORY. */
int tally_add(struct tally *t, size_t a, size_t b, bool alone,
              const struct measure_result *of_a, const struct measure_result *of_b,
              struct fail *why);

/* From i to j, whichever is the lower; NAN when not measured. */
double tally_gbps(const struct tally *t, size_t i, size_t j);

/* It met, and never in vain only. */
bool tally_pair_failed(const struct tally_pair *p);

/* "ok", "slow-a-to-b", ...; never NULL. */
const char *tally_word_name(enum tally_word word);

#endif
