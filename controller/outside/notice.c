#include "controller/outside/notice.h"

#include <assert.h>
#include <string.h>

#include "controller/screen/escape.h"
#include "controller/screen/text.h"
#include "protocol/character.h"
#include "protocol/fail.h"

/* syslog(3): LOG_DAEMON, and the severities, which journald has as they are. */
#define FACILITY_DAEMON 3
#define ERROR           3
#define WARNING         4
#define NOTICE          5
#define INFO            6

/* Of any part: a hostlist of 10,000 irregular names is longer. */
#define MAX_PART_BYTES ((size_t)600)

static const struct {
    const char *name, *id, *meaning;
    int priority;
} kinds[NOTICE_KINDS] = {
    [NOTICE_BEGUN] = {"begun", "c3305f5f9b984f32807e09ba40c8005b",
                      "a run has begun or was taken up", NOTICE},
    [NOTICE_BATCH] = {"batch", "216c678f3efd4af3ba48ab519e3efb51", "a batch has begun",
                      INFO},
    [NOTICE_NODE_DONE] = {"node-done", "6a4ee7d0cb1442c4850128491032992f",
                          "a node has ended well", INFO},
    [NOTICE_NODE_FAILED] = {"node-failed", "8999459d33b44750930d9ae2f40d270b",
                            "a node has failed", WARNING},
    [NOTICE_STOPPED] = {"stopped", "f8dcf4765b1440228a72d1050b40a0d9",
                        "nothing new is begun any more, and why", ERROR},
    [NOTICE_PAUSED] = {"paused", "428f47fe59eb4ffda80e8173fb2eff82",
                       "the operator has paused it", NOTICE},
    [NOTICE_ENDED] = {"ended", "47cb6e9b1dd1403f9256f6525fc19b40",
                      "its controller has ended; with how many failed nodes", NOTICE},
};

const char *notice_name(enum notice_kind kind)
{
    assert(kind < NOTICE_KINDS);
    return kinds[kind].name;
}

const char *notice_message_id(enum notice_kind kind)
{
    assert(kind < NOTICE_KINDS);
    return kinds[kind].id;
}

const char *notice_meaning(enum notice_kind kind)
{
    assert(kind < NOTICE_KINDS);
    return kinds[kind].meaning;
}

/* ---- the sentence ----------------------------------------------------------------------- */

/* What is none is left out; what is too long is cut, and says so. */
static void put_part(struct text *text, const char *before, const char *part)
{
    size_t len = part ? strlen(part) : 0;

    if (!part)
        return;
    text_add(text, "%s", before);
    if (len > MAX_PART_BYTES)
        len = (size_t)character_cut(part, MAX_PART_BYTES);
    escape_put(text, part, len, ESCAPE_LINE);
    text_add(text, "%s", part[len] ? "..." : "");
}

static void put_why(struct text *text, const struct fail *why)
{
    if (!why || why->code == FAIL_NONE)
        return;
    text_add(text, ": %s", fail_code_name(why->code));
    put_part(text, ": ", why->text);
}

static void put_count(struct text *text, const char *before, size_t n)
{
    text_add(text, "%s%zu node%s", before, n, n == 1 ? "" : "s");
}

static void put_what(struct text *text, const struct notice *n)
{
    switch (n->kind) {
    case NOTICE_BEGUN:
        put_count(text, " begun: ", n->nodes);
        put_part(text, " ", n->hosts);
        put_part(text, ", by ", n->user);
        return;
    case NOTICE_BATCH:
        text_add(text, ": batch %zu of %zu begun", n->batch, n->batches);
        put_count(text, ": ", n->nodes);
        put_part(text, " ", n->hosts);
        return;
    case NOTICE_NODE_DONE:
        put_part(text, " ", n->state ? n->state : "done");
        return;
    case NOTICE_NODE_FAILED:
        text_add(text, " failed");
        put_why(text, n->why);
        return;
    case NOTICE_STOPPED:
        text_add(text, " stopped, nothing new is begun");
        put_why(text, n->why);
        return;
    case NOTICE_PAUSED:
        text_add(text, " paused by the operator");
        return;
    case NOTICE_ENDED:
        put_part(text, " ended: ", n->state ? n->state : "done");
        put_count(text, ", ", n->failed);
        text_add(text, " failed");
        return;
    case NOTICE_KINDS:
        break;
    }
    assert(false && "no such notice");
}

void notice_put_message(const struct notice *n, struct text *text)
{
    put_part(text, "run ", n->run);
    put_part(text, ": node ", n->node);
    put_what(text, n);
    if (n->lost)
        text_add(text, " (%zu before this were lost)", n->lost);
}

/* ---- the wire --------------------------------------------------------------------------- */

/* NAME=value and a newline: put_part() lets none into the value, so that nobody makes a field
 * of ours up, and the form for binary values is never needed.
 */
static void put_field(struct text *text, const char *name, const char *value)
{
    if (!value)
        return;
    text_add(text, "%s", name);
    put_part(text, "=", value);
    text_add(text, "\n");
}

static void put_number(struct text *text, const char *name, size_t value)
{
    if (value)
        text_add(text, "%s=%zu\n", name, value);
}

void notice_encode_journal(const struct notice *n, struct text *text)
{
    bool has_failed = n->why && n->why->code != FAIL_NONE;

    text->max_bytes = NOTICE_MAX_BYTES;
    text_add(text, "MESSAGE=");
    notice_put_message(n, text);
    text_add(text,
             "\nMESSAGE_ID=%s\nPRIORITY=%d\nSYSLOG_FACILITY=%d\n"
             "SYSLOG_IDENTIFIER=ibfleet\nIBFLEET_EVENT=%s\n",
             kinds[n->kind].id, kinds[n->kind].priority, FACILITY_DAEMON,
             kinds[n->kind].name);
    put_field(text, "IBFLEET_RUN", n->run);
    put_field(text, "IBFLEET_NODE", n->node);
    put_field(text, "IBFLEET_STATE", n->state);
    put_field(text, "IBFLEET_HOSTS", n->hosts);
    put_number(text, "IBFLEET_BATCH", n->batch);
    put_number(text, "IBFLEET_LOST", n->lost);
    put_field(text, "IBFLEET_CODE", has_failed ? fail_code_name(n->why->code) : NULL);
    put_field(text, "IBFLEET_REASON", has_failed ? n->why->text : NULL);
}

void notice_encode_syslog(const struct notice *n, const char *stamp, int pid,
                          struct text *text)
{
    text->max_bytes = NOTICE_MAX_BYTES;
    text_add(text, "<%d>%s ibfleet[%d]: ", FACILITY_DAEMON * 8 + kinds[n->kind].priority,
             stamp, pid);
    notice_put_message(n, text);
}
