/* taker - our half of the conversation with one node that gives a copy (parcel.h)
 *
 * What giver.h is, the other way round: the node announces what there is, and we say
 * what we do not have.  The node is not trusted with a place: what it calls things is
 * made below one folder of its own, and no link there is followed (landing.h).
 *
 * Files are written, and what is there already is read, in the loop's turn; they need
 * not be on disk when they get their names.
 */
#ifndef CONTROLLER_TAKER_H
#define CONTROLLER_TAKER_H

#include <stddef.h>
#include <sys/types.h>

#include "controller/copy/giver.h"

struct fail;
struct taker;

/* What one node may announce; more is FAIL_FLOOD. */
#define TAKER_MAX_WORDS_BYTES ((size_t)32 << 20)

struct taker_order { /* all borrowed until taker_free() */
    const struct agentfiles *agents;
    const char *path; /* SRC on the node                            */
    const char *into; /* our folder for it, made when it is missing */
};

/* As those of a giver.  Besides, taker_hear() may fail with FAIL_COPY, FAIL_DISK_FULL:
 * our own disk's.
 */
struct taker *taker_new(const struct taker_order *order);
void taker_free(struct taker *t); /* NULL is allowed */
int taker_hear(struct taker *t, const char *bytes, size_t len_bytes, struct fail *why);
void taker_hear_err(struct taker *t, const char *bytes, size_t len_bytes);
ssize_t taker_next(struct taker *t, char *bytes, size_t size_bytes, struct fail *why);
int taker_end(const struct taker *t, int status, struct fail *why);
struct giver_tally taker_tally(const struct taker *t);
uint64_t taker_moves(const struct taker *t);

#endif
