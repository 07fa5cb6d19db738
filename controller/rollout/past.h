/* past - what status and show have in common: runs as the journal has them
 */
#ifndef CONTROLLER_PAST_H
#define CONTROLLER_PAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct command;
struct fail;
struct history;
struct history_node;
struct history_run;
struct json;

#define PAST_TIME_BYTES 24
#define PAST_TOOK_BYTES 24

/* The history in the command's state folder, to be closed. */
int past_open(struct command *c, struct history **h, struct fail *why);

/* "2026-11-20 14:12:03", UTC */
void past_format_time(int64_t ms, char text[PAST_TIME_BYTES]);

/* "239 s", "17 min", "5 h": from begin to end, of a live run until now.  "-": nobody
 * said when it ended.
 */
void past_format_took(const struct history_run *run, char text[PAST_TOOK_BYTES]);

/* "running", "interrupted" (its controller died without a word), "paused", ... */
const char *past_state_of(const struct history_run *run);

bool past_is_validation(const struct history_run *run);

/* How it stands in one word: its state, or the verdict of a validation that is done.
 * One that came to no verdict is "bad": it has shown nothing to be good.
 */
const char *past_word_of(const struct history_run *run);

/* {"run", "kind", "state", "started", ...} and {"name", "state", "code", "reason",
 * "seconds"}; NULL: out of memory.
 */
struct json *past_encode_run(const struct history_run *run);
struct json *past_encode_node(const struct history_node *node);

#endif
