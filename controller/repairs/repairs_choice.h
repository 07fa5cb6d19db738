/* repairs_choice - are automatic repairs ours to suspend, or to resume? (pure)
 *
 * Azure knows one state of a set's repairs and not whose it is.  Whose is what our notes
 * say (repairs_notes.h), one for each run that wants them suspended.  From the state and
 * the notes comes whether anything is sent, and how that is told.
 */
#ifndef CONTROLLER_VMSS_REPAIRS_CHOICE_H
#define CONTROLLER_VMSS_REPAIRS_CHOICE_H

#include <stdbool.h>

struct json;

/* What Azure says. */
enum repairs_view {
    REPAIRS_OFF, /* the set has none, or they are not enabled */
    REPAIRS_RUNNING,
    REPAIRS_SUSPENDED,
    REPAIRS_UNTOLD, /* Azure does not say: a Flexible set */
    REPAIRS_VIEWS
};

/* What a note says. */
enum repairs_mark {
    REPAIRS_NO_NOTE,
    REPAIRS_ASKED,   /* to suspend: it may have been done or not       */
    REPAIRS_HELD,    /* suspended, and seen to be                      */
    REPAIRS_LEAVING, /* to resume: it may have been done or not        */
    REPAIRS_MARKS
};

/* What came of it.  The names are stable. */
/* clang-format off */
#define REPAIRS_ENDS(X)                       \
    X(REPAIRS_NONE,     "off")                \
    X(REPAIRS_DID,      "done")               \
    X(REPAIRS_ALREADY,  "already")            \
    X(REPAIRS_THEIRS,   "not-ours")           \
    X(REPAIRS_SHARED,   "held-by-another")    \
    X(REPAIRS_UNKNOWN,  "not-told")           \
    X(REPAIRS_GONE,     "gone")               \
    X(REPAIRS_FAILED,   "failed")
/* clang-format on */

enum repairs_end {
#define X(end, name) end,
    REPAIRS_ENDS(X)
#undef X
        REPAIRS_END_COUNT
};

struct repairs_seen {
    enum repairs_view view;
    enum repairs_mark ours;
    bool others_stay;  /* notes of other runs that want them suspended */
    bool others_leave; /* notes of other runs that are resuming them   */
    bool insists;      /* the operator himself: no state has to be known */
};

struct repairs_choice {
    bool sends;
    enum repairs_end end; /* when nothing is sent, or what is sent goes well */
};

struct repairs_choice repairs_choose_suspend(const struct repairs_seen *seen);

/* Not with others_stay, which needs no look at Azure: REPAIRS_SHARED. */
struct repairs_choice repairs_choose_resume(const struct repairs_seen *seen);

/* Out of the instance view of a set. */
enum repairs_view repairs_read_view(const struct json *instance_view);

/* "running", "suspended", "off", "unknown"; "asked", "held", "leaving"; "done", ... */
const char *repairs_view_name(enum repairs_view view);
const char *repairs_mark_name(enum repairs_mark mark);
const char *repairs_end_name(enum repairs_end end);

/* REPAIRS_NO_NOTE for a name that is none. */
enum repairs_mark repairs_mark_of(const char *name);

#endif
