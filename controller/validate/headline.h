/* headline - a validation in a few lines: good or bad, and what is usual (pure)
 *
 * Made from a result, or read from what the journal kept of one, and the same on the
 * screen either way.
 */
#ifndef CONTROLLER_HEADLINE_H
#define CONTROLLER_HEADLINE_H

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct json;
struct result;
struct text;

struct headline {
    bool good;                   /* result_is_good() */
    size_t pairs, measured, bad; /* in all; of those measured; of those not "ok" */
    double usual_gbps, usual_us; /* NAN */
    double seconds;
    bool soft;               /* Soft-RoCE has a part in it            */
    const char *ended_early; /* why; borrowed; NULL: it did not       */
    size_t unsaid;           /* findings that there was no room for   */
};

struct headline headline_of(const struct result *r);

/* width 0: as wide as it gets. */
void headline_render(const struct headline *h, size_t width, bool color,
                     struct text *text);

/* What a good direction and a good pair show, to go on a sentence; nothing when it is not known
 * (NAN).
 */
void headline_usual(double usual_gbps, double usual_us, struct text *text);

/* Digits after the point that tell good from bad where this is usual. */
int headline_decimals(double usual);

/* An object of its fields; NULL only when memory is exhausted. */
struct json *headline_encode(const struct headline *h);

/* Texts are borrowed from the document.  FAIL_GARBAGE. */
int headline_decode(const struct json *doc, struct headline *h, struct fail *why);

#endif
