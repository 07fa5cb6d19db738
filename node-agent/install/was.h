/* was - what was on the node before a driver of ours, and what became of it
 *
 * One record, WAS_FILE in the state folder.  It is written before a vendor's installer
 * starts and completed when that has ended, so that after any cut somebody knows what may
 * be half there, what has to come back, and where a rollback leads.
 *
 *     CLEANUP(was_clear) struct was w = {0};
 *
 *     if (was_read(h, &w, why) < 0)       an empty one when there is none yet
 *         return -1;
 */
#ifndef NODE_AGENT_INSTALL_WAS_H
#define NODE_AGENT_INSTALL_WAS_H

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct home;
struct manager;

#define WAS_FILE "driver.json"

/* A distribution with all that it has is smaller. */
#define WAS_MAX_PACKAGES 20000

enum was_state {
    WAS_NOTHING,   /* ibfleet has put no driver here                                */
    WAS_STARTED,   /* an installer was started; how it ended is not known           */
    WAS_HALF,      /* it has left something behind, but not the driver              */
    WAS_FAILED,    /* it has failed and left nothing behind                         */
    WAS_INSTALLED, /* the driver is there                                           */
    WAS_DROPPING,  /* it is being taken out, and what it had replaced comes back    */
    WAS_DROPPED    /* it has gone                                                   */
};

struct was_package {
    char *name, *version;
};

struct was_packages {
    struct was_package *list;
    size_t count;
};

/* Texts are NULL while nothing is known. */
struct was {
    int state;
    char *run; /* of the last change                                           */
    char *method, *version, *sha256, *file, *kernel; /* of the driver of ours  */
    char *earlier; /* where a rollback leads: "inbox", "mlnx-ofed 5.8-1"       */
    struct was_packages before;     /* all, while an installer is at work          */
    struct was_packages came, went; /* with it; replaced ones are in both      */
};

/* Frees what it holds and leaves it empty. */
void was_clear(struct was *w);

/* *w must be empty.  FAIL_STEP: the record is there but can not be read; FAIL_MEMORY. */
int was_read(const struct home *h, struct was *w, struct fail *why);

/* FAIL_DISK_FULL, FAIL_STEP, FAIL_MEMORY. */
int was_write(const struct home *h, const struct was *w, struct fail *why);

/* Is there something to be taken out before a driver may be put in? */
bool was_is_unfinished(const struct was *w);

/* Replace a text of the record; text may be NULL.  FAIL_MEMORY. */
int was_set(char **field, const char *text, struct fail *why);

/* All that the package manager has installed, in no order.  *p is replaced. */
int was_list(const struct manager *m, struct was_packages *p, struct fail *why);
void was_packages_clear(struct was_packages *p);

/* NULL: it is not among them. */
const char *was_find(const struct was_packages *p, const char *name);

/* From w->before and what there is now: what came and what went. */
int was_compare(struct was *w, const struct was_packages *now, struct fail *why);

/* What the record below a root directory says that a rollback leads to, the caller's;
 * NULL: nothing.
 */
char *was_earlier(const char *root);

#endif
