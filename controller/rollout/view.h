/* view - a rollout in words: the plan before, the table after, the JSON for both (pure)
 */
#ifndef CONTROLLER_ROLLOUT_VIEW_H
#define CONTROLLER_ROLLOUT_VIEW_H

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct json;
struct news;
struct node_move;
struct progress_state;
struct rollout;
struct text;

/* More nodes than this are folded in the table: one row for all that ended alike. */
#define VIEW_MAX_ROWS 40

/* What the progress display counts: node_state 1 is its state 0, and so on. */
const struct progress_state *view_states(void);

/* Which nodes failed and why; equal failures once.  FAIL_MEMORY. */
int view_trouble(const struct rollout *r, bool color, struct text *text,
                 struct fail *why);

/* Who would get what; equal plans once.  width 0: no terminal.  FAIL_MEMORY. */
int view_plan(const struct rollout *r, size_t width, bool color, struct text *text,
              struct fail *why);

/* Who became what, and why not.  Likewise. */
int view_result(const struct rollout *r, size_t width, bool color, struct text *text,
                struct fail *why);

/* "3 done, 1 failed": the states that somebody is in. */
void view_counts(const struct rollout *r, struct text *text);

/* {"schema": "ibfleet.rollout/1", "run", "nodes": [...]}; run may be NULL (a plan);
 * r NULL: a run with nothing left to do.
 * With plans, each node has the steps that are to be taken.  NULL: out of memory.
 */
struct json *view_json(const struct rollout *r, const char *run, bool with_plans);

/* A move in words, wherever they come from; NULL of run: there is none yet. */
struct view_move {
    const char *run, *node, *from, *to, *code, *reason;
};

/* One line of --ndjson.  NULL: out of memory. */
struct json *view_encode_move(const struct view_move *move);

/* The same of node i, which has moved.  run is "" before there is one.  NULL: out of
 * memory.
 */
struct json *view_event(const struct rollout *r, size_t i, const struct node_move *move,
                        const char *run);

/* Another: something has happened to the run as a whole. */
struct json *view_happening(const char *run, const char *word, const char *text);

/* Another: a step of node i has begun or ended. */
struct json *view_news(const struct rollout *r, size_t i, const struct news *news,
                       const char *run);

#endif
