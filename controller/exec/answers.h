/* answers - what all nodes said, as it is told at the end (pure) */
#ifndef CONTROLLER_ANSWERS_H
#define CONTROLLER_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>

struct answer;
struct fail;
struct json;
struct text;

/* How; flags that are independent of each other. */
struct answers_style {
    bool gathered; /* output is folded, and failures that have some are told there */
    bool diff;     /* of folded output only what differs                           */
    bool quiet;    /* commands that failed by themselves are not told              */
    bool raw;      /* output is not escaped                                        */
};

/* Equal output once.  FAIL_MEMORY; a text that is cut shows as one. */
int answers_render_output(const struct answer *answers, size_t count,
                          const struct answers_style *style, bool color,
                          struct text *text, struct fail *why);

/* Who failed, folded.  FAIL_MEMORY. */
int answers_render_trouble(const struct answer *answers, size_t count,
                           const struct answers_style *style, bool color,
                           struct text *text, struct fail *why);

/* {schema, command, nodes: [...]}; the caller's.  NULL: no memory. */
struct json *answers_encode(const struct answer *answers, size_t count,
                            const char *command);

#endif
