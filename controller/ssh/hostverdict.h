/* hostverdict - what a host key that was shown means, from what is known (pure)
 *
 * A key that is not the one expected has several causes that look alike and want
 * different things done.  Told apart is only what known_hosts itself can prove; whether a
 * changed key is a reinstalled node or somebody in between, it cannot.
 */
#ifndef CONTROLLER_HOSTVERDICT_H
#define CONTROLLER_HOSTVERDICT_H

#include <stdbool.h>

struct fail;
struct hosttable_line;

/* All but the first four may be NULL. */
struct host_evidence {
    const char *name, *address; /* of the host; may be equal        */
    const char *type, *print;   /* of the key that it shows         */
    bool is_known;              /* a line has this key for it       */
    const struct hosttable_line *by_name, *by_address; /* another key for it    */
    const struct hosttable_line *elsewhere;            /* this key for another host */
    const struct hosttable_line *pattern; /* covers it, see hosttable_pattern() */
};

enum host_verdict {
    HOST_KNOWN,
    HOST_UNKNOWN,  /* nothing is stored for it                                      */
    HOST_ANOTHERS, /* it is known, and shows the key of another host                */
    HOST_REPLACED, /* known at another address, or its address under another name   */
    HOST_CHANGED,
};

enum host_verdict hostverdict(const struct host_evidence *e);

/* The failure and its words; file is where a new key would be added.  Not for HOST_KNOWN.
 * Returns -1: FAIL_HOST_KEY_UNKNOWN, _ANOTHERS, _CHANGED or FAIL_HOST_REPLACED.
 */
int hostverdict_explain(const struct host_evidence *e, const char *file,
                        struct fail *why);

#endif
