/* result - what a validation found, as JSON and for people (pure) */
#ifndef CONTROLLER_RESULT_H
#define CONTROLLER_RESULT_H

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct finding;
struct json;
struct listing;
struct measure_plan;
struct member;
struct tally;
struct text;
struct verdict;

#define RESULT_SCHEMA "ibfleet.validate/1"

/* A document of more pairs lists only some (listing.h); ndjson has all. */
#define RESULT_MAX_PAIRS 50000

struct result {      /* all borrowed */
    const char *run; /* the journal's; NULL: not recorded */
    const char *campaign;
    const struct member *members;
    size_t n;
    const struct tally *tally;
    const struct verdict *verdict;
    const struct measure_plan *plan;
    const struct fail *why; /* that it ended before it was done; NULL */
    double seconds;
};

/* NULL only when memory is exhausted. */
struct json *result_encode(const struct result *r);
struct json *result_encode_pair(const struct result *r, size_t a, size_t b);

struct json *result_encode_finding(const struct result *r, const struct finding *f);

/* What is kept of it beside pairs and findings: headline.h's fields, "pairs_listed",
 * the name of the listing that was used, and "not_tested".
 */
struct json *result_encode_summary(const struct result *r, const struct listing *l);

/* The numbers alone: {latency_us, ack_us, bandwidth_gbps}. */
struct json *result_encode_numbers(const struct result *r, size_t a, size_t b);

/* "mlx5_ib0", or "mlx5_ib0/mlx5_ib1" when the two differ.  room for RESULT_RAIL. */
#define RESULT_RAIL 132
void result_rail(const struct result *r, size_t a, size_t b, char rail[RESULT_RAIL]);

/* Nothing is wrong, and at least one pair was measured. */
bool result_is_good(const struct result *r);

/* Verdict first, then findings, then the squares.  width 0: as wide as it gets. */
void result_render(const struct result *r, size_t width, bool color, struct text *text);

#endif
