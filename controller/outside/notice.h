/* notice - what the system's log is told of a run, and how it is put on the wire (pure)
 *
 * Two ways to say the same: journald's native protocol, fields by name, and the line that
 * syslog(3) sends.  Either is one datagram; what nodes have said is made harmless before.
 *
 *     struct notice n = {.kind = NOTICE_NODE_FAILED, .run = run, .node = "ib7", .why = &why};
 *
 *     notice_encode_journal(&n, &text);
 */
#ifndef CONTROLLER_NOTICE_H
#define CONTROLLER_NOTICE_H

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct text;

/* Longer ones are a bug: all parts are bounded. */
#define NOTICE_MAX_BYTES ((size_t)8192)

/* Each has a MESSAGE_ID, by which `journalctl MESSAGE_ID=...` finds it; they never change. */
enum notice_kind {
    NOTICE_BEGUN,
    NOTICE_BATCH,
    NOTICE_NODE_DONE,
    NOTICE_NODE_FAILED,
    NOTICE_STOPPED, /* nothing new is begun: why      */
    NOTICE_PAUSED,
    NOTICE_ENDED,
    NOTICE_KINDS
};

/* Texts are borrowed; NULL and 0 where there is none. */
struct notice {
    enum notice_kind kind;
    const char *run;
    const char *node;       /* of NODE_DONE and NODE_FAILED                     */
    const char *state;      /* node_state.h; of a run's end: its last word      */
    const char *hosts;      /* folded, of a batch and of a run's beginning      */
    size_t nodes;           /* how many they are                                */
    size_t batch, batches;  /* from 1                                           */
    const struct fail *why; /* of NODE_FAILED and STOPPED                       */
    size_t failed;          /* nodes, of a run's end                            */
    const char *user;       /* of a run's beginning                             */
    size_t lost;            /* notices before this one, which nobody took       */
};

/* "node-failed", IBFLEET_EVENT; never NULL. */
const char *notice_name(enum notice_kind kind);

/* 32 hexadecimal digits; never NULL. */
const char *notice_message_id(enum notice_kind kind);

/* For the manual; never NULL. */
const char *notice_meaning(enum notice_kind kind);

/* One sentence, on one line. */
void notice_put_message(const struct notice *n, struct text *text);

/* MESSAGE, MESSAGE_ID, PRIORITY, SYSLOG_IDENTIFIER and IBFLEET_... as a datagram. */
void notice_encode_journal(const struct notice *n, struct text *text);

/* "<29>Nov 30 12:00:00 ibfleet[4711]: ..."; stamp is "%b %e %T" of now, here. */
void notice_encode_syslog(const struct notice *n, const char *stamp, int pid,
                          struct text *text);

#endif
