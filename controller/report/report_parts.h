/* report_parts - between the files that make a report: what was read, and its sections */
#ifndef CONTROLLER_REPORT_PARTS_H
#define CONTROLLER_REPORT_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/report/axis.h"
#include "controller/report/follow_words.h"
#include "controller/report/timeline.h"

struct chronicle;
struct fold;
struct mishaps;
struct spans;
struct text;

struct report {
    struct follow_run run;
    char *argv, *folder, *plan; /* JSON, a path, JSON */
    int64_t now_ms, until_ms;   /* of writing; what is known of the run goes so far */
    struct chronicle *chronicle;
    size_t *order;   /* of its nodes, by natural order of their names */
    double *seconds; /* on the road, as the journal counts them */
    struct mishaps *failed;
    struct fold *plans; /* what was to be done, as decision_summary() has it */
    struct spans *spans;
    struct axis axis;
    struct timeline timeline;
    size_t well, unfinished, nodes;
};

/* ---- sections, each a <section> with its heading, or nothing ---------------------------- */

void report_add_failures(const struct report *r, struct text *page);
void report_add_timeline(const struct report *r, struct text *page);
void report_add_spans(const struct report *r, struct text *page);
void report_add_asked(const struct report *r, struct text *page);
void report_add_nodes(const struct report *r, struct text *page);

/* ---- words ------------------------------------------------------------------------------ */

/* "4.2 s", "41 s", "3 min 02 s", "1 h 05 min" */
void report_add_span(struct text *page, double seconds);

/* "2026-11-20 16:26:12" */
void report_add_time(struct text *page, int64_t at_ms);

/* "12,000" */
void report_add_number(struct text *page, size_t number);

/* "9 nodes", "1 node", "12,000 nodes" */
void report_add_count(struct text *page, size_t count, const char *noun);

#endif
