/* tubes - all tubes of one relay: those that wait for it, and each by its stream (pure)
 *
 *     tubes_wait(&all, tube);                the relay is not up yet
 *     while ((tube = tubes_next(&all)))      it is: tubes_join(&all, tube, stream)
 *     tube = tubes_find(&all, stream);
 *     tubes_forget(&all, tube);              freed
 */
#ifndef CONTROLLER_TUBES_H
#define CONTROLLER_TUBES_H

#include <stdint.h>

struct tube;

#define TUBES_BUCKETS 1024

/* Starts as all zero. */
struct tubes {
    struct tube *waiting; /* their stream is 0 */
    struct tube *buckets[TUBES_BUCKETS];
};

void tubes_wait(struct tubes *all, struct tube *t);

/* One that waits and whose user has not closed it, which does so no longer; or NULL. */
struct tube *tubes_next(struct tubes *all);

/* It is this stream from now on: tube_open() is to follow. */
void tubes_join(struct tubes *all, struct tube *t, uint32_t stream);

/* NULL when there is none of that number. */
struct tube *tubes_find(const struct tubes *all, uint32_t stream);

void tubes_forget(struct tubes *all, struct tube *t);

/* act may not forget any, nor add one. */
void tubes_each(const struct tubes *all, void (*act)(void *arg, struct tube *t),
                void *arg);

/* Forget all. */
void tubes_clear(struct tubes *all);

#endif
