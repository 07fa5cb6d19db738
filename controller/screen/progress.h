/* progress - how far it is, on stderr, or on stdout for who asked for nothing else
 *
 * On a terminal a block that redraws itself, at most ten times a second: a bar, how many
 * are in which state, and who has been longest in a state that should pass.  It follows
 * the terminal's size; the cursor is hidden meanwhile and comes back however we end, and
 * for as long as Ctrl-Z stops us.  Elsewhere, and where $CI is set, plain lines,
 * `ib[001-064]: done`, one per state that somebody entered: an end soon, any other
 * when it lasts; and when nothing was said for half a minute, how far it is.
 *
 *     static const struct progress_state states[] = {
 *         {"waiting", PROGRESS_STILL}, {"connecting", PROGRESS_BUSY},
 *         {"done", PROGRESS_GOOD}, {"failed", PROGRESS_BAD}};
 *
 *     progress_open(loop, &options, &p, why);
 *     progress_set(p, i, 1);              item i entered state 1
 *     progress_line(p, "paused by you");  a line above the block
 *     progress_close(p);                  ends it; frees itself in the loop
 */
#ifndef CONTROLLER_PROGRESS_H
#define CONTROLLER_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;
struct progress;
struct text;
struct uv_loop_s;

#define PROGRESS_MAX_STATES 32

enum progress_kind {
    PROGRESS_STILL, /* has not begun                       */
    PROGRESS_BUSY,  /* under way: may be among the slowest */
    PROGRESS_GOOD,  /* ended                               */
    PROGRESS_BAD,   /* ended, and not well                 */
};

struct progress_state {
    const char *name;
    enum progress_kind kind;
};

struct progress_options {
    const char *mode;         /* "auto", "tty", "plain", "none"; NULL: auto */
    const char *title;        /* "probe" */
    const char *const *names; /* of the items; valid node names */
    size_t count;
    const struct progress_state *states; /* all begin in state 0 */
    size_t state_count;
    bool on_stdout; /* it is the result, not news beside it */

    /* Lines for the block's foot, as many as there is room for, made anew for each redraw:
     * plain text that is escaped already; what does not fit is cut.  May be NULL.
     */
    void (*foot)(void *arg, size_t max_lines, struct text *text);
    void *arg;
    size_t foot_lines; /* at most */
};

/* options and what it points to are borrowed until progress_close().  mode "auto"
 * is a terminal's block when stderr is a terminal.  FAIL_MEMORY.
 */
int progress_open(struct uv_loop_s *loop, const struct progress_options *options,
                  struct progress **p, struct fail *why);

/* It has a block on a terminal; else lines, or nothing. */
bool progress_is_block(const struct progress *p);

void progress_set(struct progress *p, size_t item, size_t state);

/* The work began so long ago, and how fast it goes is known since then; or, with from_now,
 * is only found out from now on.
 */
void progress_begun(struct progress *p, uint64_t ago_ms, bool from_now);

/* It entered its state so long ago. */
void progress_since(struct progress *p, size_t item, uint64_t ago_ms);

/* What it is at within its state, until it enters another: a word, borrowed until
 * progress_close(), and what was heard of it last (NULL: nothing new), which the block
 * shows, escaped.
 */
void progress_part(struct progress *p, size_t item, const char *part, const char *heard);

/* From now on the bar shows how much work is done instead of how many items have ended;
 * as plain lines, each tenth is told.  unit: a word such as "pairs measured", borrowed
 * until progress_close().
 */
void progress_work(struct progress *p, size_t done, size_t total, const char *unit);

/* A line of our own on stderr, above the block. */
void progress_line(struct progress *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Lines of somebody else's to where the display is, above the block. */
void progress_text(struct progress *p, const struct text *text);

/* Take the block away before something is written to the same terminal; the
 * next redraw brings it back.
 */
void progress_hide(struct progress *p);

/* Remove the block, let go of the terminal.  NULL is allowed.  The loop must run
 * once more for its timer to go.
 */
void progress_close(struct progress *p);

#endif
