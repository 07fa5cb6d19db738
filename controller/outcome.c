#include "controller/outcome.h"

#include "protocol/fail.h"

/* Codes after which no conversation has come about. */
static bool is_unreached(enum fail_code code)
{
    switch (code) {
    case FAIL_RESOLVE:
    case FAIL_CONNECT:
    case FAIL_NO_ANSWER:
    case FAIL_HANDSHAKE:
    case FAIL_TURNED_AWAY:
    case FAIL_NOT_NOW:
    case FAIL_HOST_KEY_CHANGED:
    case FAIL_HOST_KEY_ANOTHERS:
    case FAIL_HOST_REPLACED:
    case FAIL_HOST_KEY_UNKNOWN:
    case FAIL_AUTH_REFUSED:
    case FAIL_JUMP_HOST:
        return true;
    default:
        return false;
    }
}

/* By another controller: of another run, or of the same one, later. */
static bool is_held(enum fail_code code)
{
    return code == FAIL_CLAIMED || code == FAIL_STALE_EPOCH;
}

void outcome_count(struct outcome *o, const struct fail *why)
{
    if (!why || why->code == FAIL_NONE)
        return;
    if (fail_kind_of(why->code) == FAIL_KIND_HERE)
        o->our_fault = true;
    else if (why->code == FAIL_INTERRUPTED)
        o->interrupted = true;
    else if (why->code == FAIL_BUDGET)
        o->budget = true;
    else if (is_held(why->code))
        o->claimed++;
    else if (is_unreached(why->code))
        o->unreached++;
    else
        o->failed++;
}

int outcome_status(const struct outcome *o)
{
    if (o->our_fault)
        return EXIT_OUR_FAULT;
    if (o->interrupted)
        return EXIT_INTERRUPTED;
    if (o->budget)
        return EXIT_BUDGET;
    if (o->refused)
        return EXIT_REFUSED;
    if (o->claimed)
        return EXIT_CLAIMED;
    if (o->total && o->unreached == o->total)
        return EXIT_NOBODY;
    return o->unreached || o->failed ? EXIT_SOME_FAILED : EXIT_WELL;
}

const char *outcome_state(const struct fail *why)
{
    if (!why || why->code == FAIL_NONE)
        return "ok";
    if (is_held(why->code))
        return "claimed";
    if (why->code == FAIL_INTERRUPTED)
        return "not-run";
    return is_unreached(why->code) ? "unreachable" : "failed";
}

int outcome_of_fail(const struct fail *why)
{
    switch (why->code) {
    case FAIL_NONE:
        return EXIT_WELL;
    case FAIL_BUDGET:
        return EXIT_BUDGET;
    case FAIL_INTERRUPTED:
        return EXIT_INTERRUPTED;
    case FAIL_CLAIMED:
    case FAIL_STALE_EPOCH:
        return EXIT_CLAIMED;
    case FAIL_PREFLIGHT:
        return EXIT_REFUSED;
    default:
        break;
    }
    switch (fail_kind_of(why->code)) {
    case FAIL_KIND_INPUT:
        return EXIT_USAGE;
    case FAIL_KIND_HERE:
        return EXIT_OUR_FAULT;
    default:
        return EXIT_SOME_FAILED;
    }
}

const char *outcome_meaning(int status)
{
    static const char *const meanings[] = {
        [EXIT_WELL] = "all well",
        [EXIT_SOME_FAILED] = "some nodes or links failed",
        [EXIT_USAGE] = "usage or configuration: nothing was changed",
        [EXIT_BUDGET] = "stopped by the failure budget",
        [EXIT_NOBODY] = "nobody could be reached",
        [EXIT_INTERRUPTED] = "interrupted or paused; `ibfleet resume RUN` goes on",
        [EXIT_CLAIMED] = "the nodes are claimed by another controller",
        [EXIT_REFUSED] = "refused by a check before anything was changed",
        [EXIT_OUR_FAULT] = "our own machine failed us: memory, disk, a bug",
    };
    int count = sizeof meanings / sizeof *meanings;

    return status >= 0 && status < count ? meanings[status] : NULL;
}
