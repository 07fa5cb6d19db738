/* detours - the nodes that go through OpenSSH although nobody asked for it, and why (pure)
 *
 * A node is noted once; it then goes that way at once when it is reached again.
 */
#ifndef CONTROLLER_DETOURS_H
#define CONTROLLER_DETOURS_H

struct detour;
struct fail;

/* Starts as all zero. */
struct detours {
    void *tree; /* by name */
    struct detour *first, *last;
    struct detour *untold; /* the first that was not told yet */
};

/* Both are copied; the first reason of a node counts.  FAIL_MEMORY. */
int detours_note(struct detours *d, const char *node, const char *reason,
                 struct fail *why);

/* The reason, or NULL.  Borrowed. */
const char *detours_find(const struct detours *d, const char *node);

/* Tell each one that was not told yet, in the order in which they were noted. */
void detours_tell(struct detours *d,
                  void (*tell)(void *arg, const char *node, const char *reason),
                  void *arg);

void detours_clear(struct detours *d);

#endif
