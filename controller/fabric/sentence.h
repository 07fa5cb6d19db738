/* sentence - a culprit in words: who, what, beside what, and what to do (pure) */
#ifndef CONTROLLER_SENTENCE_H
#define CONTROLLER_SENTENCE_H

#include <stddef.h>

struct culprit;
struct fail;
struct findings;
struct grid;
struct member;
struct tally;

/* usual is what good ones show, in Gb/s or us.  FAIL_MEMORY. */
int sentence_add(struct findings *all, const struct member *members,
                 const struct tally *t, const struct grid *g, const struct culprit *who,
                 double usual, struct fail *why);

#endif
