/* news - what an agent tells of the step that it is at (pure)
 *
 * The events "step" and "output" of protocol/message.h.  A node may send anything: a step
 * that is none of ours is no news, and what a program has said is text to be escaped.
 */
#ifndef CONTROLLER_NEWS_H
#define CONTROLLER_NEWS_H

#include <stdbool.h>

struct json;

/* Texts are borrowed from the event, but for step and state, which live for ever. */
struct news {
    const char *step;  /* "packages", "fetch", "driver", ...                       */
    const char *state; /* "running", "done", "already", "failed"; NULL: of a line  */
    const char *line;  /* that a program of the step has said; NULL: of a state    */
    double seconds;    /* that the step took, once it is over                      */
};

/* False: it is no news of a step. */
bool news_read(const char *event, const struct json *body, struct news *news);

#endif
