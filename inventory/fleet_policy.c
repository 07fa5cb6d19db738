#include "inventory/fleet_policy.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/fleet_setting.h"
#include "inventory/nearest.h"
#include "protocol/fail.h"

#define DURATION_MAX_MS (366ull * 86400 * 1000)

/* ---- what a value may be ----------------------------------------------------------- */

/* In the order of the enums. */
static const char *const promote_words[] = {"auto", "manual", NULL};
static const char *const order_words[] = {"unhealthy", "spread", "name", NULL};
static const char *const failure_words[] = {"leave-drained", "rollback", "undrain", NULL};
static const char *const scheduler_words[] = {"auto", "none", "slurm", NULL};
static const char *const strategy_words[] = {"drain", "when-idle", "reservation", NULL};
static const char *const timeout_words[] = {"skip", "fail", "force", NULL};
static const char *const reboot_words[] = {"ibfleet", "scheduler", NULL};
static const char *const yes_words[] = {"no", "yes", NULL};
static const char *const log_words[] = {"auto", "syslog", "journald", "none", NULL};

static int find_word(const char *const *words, const char *text, unsigned *at)
{
    for (unsigned i = 0; words[i]; i++)
        if (strcmp(words[i], text) == 0) {
            *at = i;
            return 0;
        }
    return -1;
}

int policy_duration(const char *text, uint64_t *ms)
{
    static const char units[] = "smhd";
    static const unsigned seconds[] = {1, 60, 3600, 86400};
    size_t digits = strspn(text, "0123456789");
    const char *unit = text[digits] ? strchr(units, text[digits]) : units;
    uint64_t value;

    if (!digits || digits > 9 || !unit || (text[digits] && text[digits + 1]))
        return -1;
    value = strtoull(text, NULL, 10) * seconds[unit - units] * 1000;
    if (value > DURATION_MAX_MS)
        return -1;
    *ms = value;
    return 0;
}

/* Each of these reads a value, and changes *p only when it is right. */

static int read_canary(struct fleet_policy *p, const char *value)
{
    unsigned count;

    if (strcmp(value, "none") == 0)
        p->canary = CANARY_NONE;
    else if (strcmp(value, "coverage") == 0)
        p->canary = CANARY_COVERAGE;
    else if (setting_number(value, 1, POLICY_MAX_FAILED, &count) == 0) {
        p->canary = CANARY_COUNT;
        p->canary_count = count;
    } else if (value[strspn(value, "0123456789")]) { /* no number, or none that may be */
        p->canary = CANARY_HOSTS;
        p->canary_hosts = value;
    } else
        return -1;
    return 0;
}

/* The words of a list parted by commas, one after the other.  *at begins at the text. */
static bool next_item(const char **at, char item[16])
{
    size_t len;

    *at += strspn(*at, " \t");
    len = strcspn(*at, ", \t");
    if (!len || len > 15)
        return false;
    memcpy(item, *at, len);
    item[len] = '\0';
    *at += len;
    *at += strspn(*at, " \t");
    return true;
}

static int read_ramp(struct fleet_policy *p, const char *value)
{
    struct share ramp[POLICY_RAMP_MAX] = {{0}};
    unsigned count = 0;
    char item[16];

    do {
        if (count == POLICY_RAMP_MAX || !next_item(&value, item) ||
            share_parse(item, &ramp[count]) < 0 || !ramp[count].n)
            return -1;
        count++;
    } while (*value++ == ',');
    if (value[-1])
        return -1;
    memcpy(p->ramp, ramp, sizeof ramp);
    p->ramp_count = count;
    return 0;
}

static int read_order(struct fleet_policy *p, const char *value)
{
    unsigned char order[3] = {0};
    unsigned count = 0, word;
    char item[16];

    do {
        if (count == 3 || !next_item(&value, item) ||
            find_word(order_words, item, &word) < 0 || memchr(order, (int)word, count))
            return -1;
        order[count++] = (unsigned char)word;
    } while (*value++ == ',');
    if (value[-1])
        return -1;
    memcpy(p->order, order, sizeof order);
    p->order_count = count;
    return 0;
}

static int read_hours(struct fleet_policy *p, const char *value)
{
    return hours_parse(value, &p->hours);
}

/* A word, or the program of another scheduler. */
static int read_scheduler(struct fleet_policy *p, const char *value)
{
    if (*value == '/') {
        p->scheduler = POLICY_SCHEDULER_PROGRAM;
        p->scheduler_program = value;
        return 0;
    }
    return find_word(scheduler_words, value, &p->scheduler);
}

/* ---- the table ------------------------------------------------------------------------- */

enum kind {
    KIND_OWN,      /* read is for it alone             */
    KIND_WORD,     /* one of words, into an unsigned   */
    KIND_NUMBER,   /* min to max                       */
    KIND_SHARE,    /* at least min                     */
    KIND_DURATION, /* into milliseconds                */
    KIND_HOSTS,    /* a hostlist, or none              */
    KIND_PATH      /* absolute, or none                */
};

#define AT(field)  offsetof(struct fleet_policy, field)
#define SCOPE(of)  AT(max_unavailable) + (of) * sizeof(struct share)
#define SHARE_WHAT "a number or a percentage"
#define LIMIT_WHAT "a number from 1 or a percentage from 1%"
#define TIME_WHAT  "a time up to 366d: 90s, 10m, 2h, 1d"
#define SOME_TIME  "a time from 1s to 366d: 90s, 10m, 2h, 1d"
#define PATH_WHAT  "an absolute path, or none"

/* clang-format off */
static const struct row {
    const char *name;
    enum kind kind;
    size_t at;
    unsigned min, max;
    const char *const *words;
    int (*read)(struct fleet_policy *p, const char *value);
    const char *what, *standard, *meaning, *example, *example_meaning;
} rows[POLICY_KEYS] = {
    [POLICY_CANARY] = {"canary", KIND_OWN, 0, 0, 0, NULL, read_canary,
        "none, coverage, a number or a hostlist", "none",
        "the nodes that go first, as a batch of their own. With coverage there is one of "
        "each kind that is to be changed: for each combination of size, image, kernel, and "
        "leaf (or placement group, or zone: the first of these that is known), the first in "
        "the order. A number is that many, the first in the order. When one of them fails "
        "nothing more is begun",
        "coverage", "one of each kind goes first"},
    [POLICY_PROMOTE] = {"promote", KIND_WORD, AT(promote), 0, 0, promote_words, NULL,
        "auto or manual", "auto",
        "when the rest may follow the canaries: auto as soon as all of them are done, that is, "
        "after their soak; manual when somebody says ibfleet promote RUN. With auto, too, "
        "somebody has to say it when one of them was passed over or is held, as that one has "
        "shown nothing. Said before they have ended, it holds once they have",
        "manual", "somebody looks at the canaries first"},
    [POLICY_SOAK] = {"soak", KIND_DURATION, AT(soak_ms), 0, 0, NULL, NULL,
        TIME_WHAT, "0s",
        "how long a changed node is left alone before it goes back into service. At the end it "
        "is looked at once more, and fails when it is not any more as it was",
        "10m", "a port that goes down after five minutes is found before a job is on it"},
    [POLICY_RAMP] = {"ramp", KIND_OWN, 0, 0, 0, NULL, read_ramp,
        "numbers or percentages, parted by commas", "100%",
        "the sizes of the batches after the canaries, in nodes or percent of all nodes that "
        "are to be changed, canaries among them, rounded down, at least 1; the last one is "
        "repeated. A node is begun when all nodes of the batches before its own have ended, "
        "but for those held",
        "1, 1%, 5%, 20%", "of 1,000 nodes: 1, then 10, then 50, then 200 again and again"},
    [POLICY_WINDOW] = {"window", KIND_NUMBER, AT(window), 1, FLEET_MAX_WINDOW, NULL, NULL,
        "a number from 1 to 1024", "32",
        "so many nodes are under way at once, within a batch; references not counted",
        "8", "as soon as one of eight has ended, the next one begins"},
    [POLICY_MAX_UNAVAILABLE] = {"max_unavailable", KIND_SHARE, SCOPE(POLICY_OF_FLEET), 1, 0,
        NULL, NULL, LIMIT_WHAT, "100%",
        "so many nodes of the fleet may be unavailable at once; a percentage of all nodes of "
        "the fleet, rounded down, at least 1. Unavailable is who is under way, who has "
        "failed and was not put back into service, and who is down or drained in the "
        "scheduler for whatever cause, each counted once. A node is begun when it would not "
        "be one too many; one that is unavailable already may be begun always",
        "10%", "of 128 nodes 12; when 3 are down anyway, 9 are under way at most"},
    [POLICY_MAX_UNAVAILABLE_PARTITION] = {"max_unavailable_partition", KIND_SHARE,
        SCOPE(POLICY_OF_PARTITION), 1, 0, NULL, NULL, LIMIT_WHAT, "100%",
        "the same of each partition of the scheduler; a node of two counts in both",
        "50%", "no partition is ever less than half there"},
    [POLICY_MAX_UNAVAILABLE_ZONE] = {"max_unavailable_zone", KIND_SHARE, SCOPE(POLICY_OF_ZONE),
        1, 0, NULL, NULL, LIMIT_WHAT, "100%",
        "the same of each availability zone, as the metadata service names it: of the nodes "
        "that the run has looked at, as nobody else's zone is known",
        "1", "one node of each zone at a time"},
    [POLICY_MAX_UNAVAILABLE_PLACEMENT] = {"max_unavailable_placement", KIND_SHARE,
        SCOPE(POLICY_OF_PLACEMENT), 1, 0, NULL, NULL, LIMIT_WHAT, "100%",
        "the same of each placement group, as the metadata service names it: of the nodes "
        "that the run has looked at",
        "25%", "a job over a whole placement group finds three quarters of it"},
    [POLICY_MAX_UNAVAILABLE_LEAF] = {"max_unavailable_leaf", KIND_SHARE, SCOPE(POLICY_OF_LEAF),
        1, 0, NULL, NULL, LIMIT_WHAT, "100%",
        "the same of each leaf, as the setting leaf of the fleet file names it; nodes without "
        "one have no such limit",
        "4", "at most four of the nodes at a leaf switch"},
    [POLICY_MAX_FAILURES] = {"max_failures", KIND_NUMBER, AT(max_failures), 0,
        POLICY_MAX_FAILED, NULL, NULL, "a number from 0 to 100000", "100000",
        "so many nodes may fail in the whole run; one more, and nothing new is begun",
        "2", "the third one stops it"},
    [POLICY_BUDGET_UPGRADED] = {"budget_upgraded", KIND_SHARE, AT(budget_upgraded), 0, 0,
        NULL, NULL, SHARE_WHAT, "100%",
        "so many of those that have ended in this run (done or failed, not passed over) may "
        "have failed; a percentage rounded down. Looked at whenever one ends; one more, and "
        "nothing new is begun",
        "5%", "the first failure stops it as long as fewer than 20 have ended, the second as "
        "long as fewer than 40"},
    [POLICY_BUDGET_FLEET] = {"budget_fleet", KIND_SHARE, AT(budget_fleet), 0, 0,
        NULL, NULL, SHARE_WHAT, "100%",
        "so many nodes of the fleet may be unhealthy, a percentage of all its nodes rounded "
        "down: who has failed in this run and was not put back into service, and who is down "
        "or drained in the scheduler and not under way here. Looked at whenever a node could "
        "be begun; one more, and nothing new is",
        "20%", "a cluster that has a bad day of its own is not also upgraded"},
    [POLICY_CONSECUTIVE] = {"consecutive", KIND_NUMBER, AT(consecutive), 0,
        POLICY_MAX_FAILED, NULL, NULL, "a number, 0 is no such limit", "3",
        "when so many nodes have failed one after the other, in the order in which they ended "
        "and with none done between them, nothing new is begun; who is passed over does not "
        "count",
        "2", "two in a row stop it"},
    [POLICY_SAME_FAILURE] = {"same_failure", KIND_NUMBER, AT(same_failure), 0,
        POLICY_MAX_FAILED, NULL, NULL, "a number, 0 is no such limit", "3",
        "when so many nodes have failed with the same signature, nothing new is begun. Two "
        "failures are the same when their codes are and their reasons are but for the node's "
        "name and numbers",
        "5", "the fifth node whose modules do not compile stops it"},
    [POLICY_HEALTHY_DEADLINE] = {"healthy_deadline", KIND_DURATION, AT(healthy_ms), 0, 0,
        NULL, NULL, TIME_WHAT, "0s",
        "how long a node may take from being out of service to being well again, its soak not "
        "counted; one that takes longer fails. 0s: only its steps have deadlines, which are "
        "always there",
        "45m", "who is not well after 45 minutes has failed"},
    [POLICY_PROGRESS_DEADLINE] = {"progress_deadline", KIND_DURATION, AT(progress_ms), 0, 0,
        NULL, NULL, TIME_WHAT, "0s",
        "how long nodes may be at work and none of them come to its end well; then nothing new "
        "is begun. Time in which nobody is at work (all wait for jobs, soak, or wait for the "
        "hours, a veto or promote) does not count; resume begins to count anew. 0s: no such "
        "limit",
        "2h", "two hours of work without one node done stop it"},
    [POLICY_WAIT_DEADLINE] = {"wait_deadline", KIND_DURATION, AT(wait_ms), 1, 0,
        NULL, NULL, SOME_TIME, "12h",
        "how long nothing may be under way while what is left may not begin: because of a veto, "
        "because too many nodes are unavailable for other causes, because none is idle (with "
        "strategy = when-idle), or because nobody says promote. Then the run is paused; resume "
        "goes on. Closed hours do not count",
        "1d", "a veto may last a day"},
    [POLICY_HOURS] = {"hours", KIND_OWN, 0, 0, 0, NULL, read_hours,
        "any, or days and times: Mon-Fri 20:00-06:00, Sat, Sun", "any",
        "nodes are begun in these hours only, by the controller's clock and time zone (or TZ). "
        "Those under way when they end go on. A span that ends before it begins goes on into "
        "the next day; days without a span are whole; a day before a comma takes the span that "
        "follows: Sat, Sun 08:00-18:00. A span alone is one of every day, and cannot follow "
        "one with days",
        "Mon-Fri 20:00-06:00, Sat, Sun", "by night, and over the weekend"},
    [POLICY_VETO] = {"veto", KIND_PATH, AT(veto), 0, 0, NULL, NULL, PATH_WHAT, "none",
        "a program that is asked before nodes are begun, at most every 10 seconds, with what is "
        "to be begun on its stdin (ibfleet-hooks(7)). While it ends with another status than 0 "
        "nothing is begun, and it is asked again every minute",
        "/etc/ibfleet/alerts-firing", "nothing is begun while an alert fires"},
    [POLICY_ORDER] = {"order", KIND_OWN, 0, 0, 0, NULL, read_order,
        "of unhealthy, spread and name, parted by commas", "unhealthy, spread",
        "who goes before whom: unhealthy those first that are unavailable anyway; spread one "
        "of each leaf (or placement group, or zone) in turn; then by name",
        "name", "ib001, then ib002, and so on"},
    [POLICY_HOLD] = {"hold", KIND_HOSTS, AT(hold), 0, 0, NULL, NULL,
        "a hostlist, or none", "none",
        "nodes that are not to be begun for now. They are planned, no batch waits for them, and "
        "the run ends as paused when only they are left: resume takes them when the mark is "
        "gone",
        "ib[010-012]", "somebody debugs on these three"},
    [POLICY_SKIP] = {"skip", KIND_HOSTS, AT(skip), 0, 0, NULL, NULL,
        "a hostlist, or none", "none",
        "nodes that rollouts pass over, even when they are named. They are not logged in to, "
        "and count in the fleet",
        "login[1-2]", "login nodes stay as they are"},
    [POLICY_ON_FAILURE] = {"on_failure", KIND_WORD, AT(on_failure), 0, 0, failure_words, NULL,
        "leave-drained, rollback or undrain", "leave-drained",
        "what becomes of a node that failed once it was out of service. leave-drained leaves it "
        "there for somebody to look at; rollback brings the driver back that was there before, "
        "and the node into service when that went well; undrain puts it back as it is",
        "rollback", "failed nodes run jobs again, with the driver they had"},
    [POLICY_SCHEDULER] = {"scheduler", KIND_OWN, 0, 0, 0, NULL, read_scheduler,
        "auto, slurm, none, or the absolute path of a program", "auto",
        "who is told that a node is out of service. auto is slurm where this machine has a "
        "configuration of Slurm, else none. Of the program: ibfleet-hooks(7)",
        "none", "nobody runs jobs there yet"},
    [POLICY_STRATEGY] = {"strategy", KIND_WORD, AT(strategy), 0, 0, strategy_words, NULL,
        "drain, when-idle or reservation", "drain",
        "how a node is taken out of service: drain lets its jobs end and no other begin; "
        "when-idle takes it when no job is on it; reservation reserves it from when its last "
        "job must have ended, so that short jobs still run until then",
        "when-idle", "never a node that could do something"},
    [POLICY_DRAIN_DEADLINE] = {"drain_deadline", KIND_DURATION, AT(drain_ms), 1, 0, NULL, NULL,
        SOME_TIME, "1d", "how long a node's jobs are waited for",
        "4h", "jobs may take four hours more"},
    [POLICY_ON_TIMEOUT] = {"on_timeout", KIND_WORD, AT(on_timeout), 0, 0, timeout_words, NULL,
        "skip, fail or force", "skip",
        "what becomes of a node whose jobs have not ended by then: skip puts it back as it was "
        "found and passes it over, fail counts it as failed, force has the scheduler requeue or "
        "end the jobs, and goes on",
        "fail", "a node that cannot be drained is a failure"},
    [POLICY_REBOOT_BY] = {"reboot_by", KIND_WORD, AT(reboot_by_scheduler), 0, 0, reboot_words,
        NULL, "ibfleet or scheduler", "ibfleet",
        "who reboots a node: the agent on it, or the scheduler (with Slurm scontrol reboot, "
        "which needs its RebootProgram)",
        "scheduler", "Slurm reboots, and knows of it"},
    [POLICY_FABRIC_CHECK] = {"fabric_check", KIND_WORD, AT(fabric_check), 0, 0, yes_words, NULL,
        "yes or no", "no",
        "yes measures changed nodes against each other and against the references, as ibfleet "
        "validate does, before they go back into service; whoever the verdict names has failed. "
        "It begins when nobody follows who would soon be there, too, or after five minutes. A "
        "node that has nobody to be measured with is kept as a reference, if it may be, or goes "
        "on unmeasured, which is told",
        "yes", "no job meets a port that does not pass its bytes"},
    [POLICY_REFERENCES] = {"references", KIND_NUMBER, AT(references), 0, 16, NULL, NULL,
        "a number from 0 to 16", "2",
        "so many nodes that were found good are kept out of service for that, until nobody "
        "follows who could need them; they count as unavailable, and are kept only if somebody "
        "else may be unavailable, too",
        "1", "one known good node"},
    [POLICY_BEFORE_NODE] = {"before_node", KIND_PATH, AT(before_node), 0, 0, NULL, NULL,
        PATH_WHAT, "none",
        "a program that is run before a node is begun; when it ends with another status than 0 "
        "the node is left as it is and has failed",
        "/etc/ibfleet/lock-node", "the node is locked elsewhere first"},
    [POLICY_AFTER_NODE] = {"after_node", KIND_PATH, AT(after_node), 0, 0, NULL, NULL,
        PATH_WHAT, "none", "a program that is run when a node has ended, well or not",
        "/etc/ibfleet/unlock-node", "the lock is let go"},
    [POLICY_BEFORE_BATCH] = {"before_batch", KIND_PATH, AT(before_batch), 0, 0, NULL, NULL,
        PATH_WHAT, "none",
        "a program that is run before a batch is begun; when it ends with another status than 0 "
        "nothing more is begun",
        "/etc/ibfleet/announce", "the users are told"},
    [POLICY_AFTER_BATCH] = {"after_batch", KIND_PATH, AT(after_batch), 0, 0, NULL, NULL,
        PATH_WHAT, "none", "a program that is run when all nodes of a batch have ended",
        "/etc/ibfleet/smoke-test", "a test job runs before the next batch is begun"},
    [POLICY_HOOK_DEADLINE] = {"hook_deadline", KIND_DURATION, AT(hook_ms), 1, 0, NULL, NULL,
        SOME_TIME, "60s", "how long each of these programs, and veto, may take",
        "10m", "the smoke test may take ten minutes"},
    [POLICY_METRICS] = {"metrics", KIND_PATH, AT(metrics), 0, 0, NULL, NULL,
        "an absolute path that ends in .prom, or none", "none",
        "a text file for Prometheus' node_exporter, written while the run goes on",
        "/var/lib/node_exporter/ibfleet.prom", "its textfile collector finds it"},
    [POLICY_LOG] = {"log", KIND_WORD, AT(log), 0, 0, log_words, NULL,
        "auto, journald, syslog or none", "auto",
        "where begin, batches, failures and end are written as well: auto is journald where it "
        "runs, else syslog where that does",
        "none", "nothing but the journal of the run"},
};
/* clang-format on */

/* ---- values ---------------------------------------------------------------------------- */

static void *field_of(struct fleet_policy *p, const struct row *row)
{
    return (char *)p + row->at;
}

static int read_share(struct share *into, const struct row *row, const char *value)
{
    struct share share;

    if (share_parse(value, &share) < 0 || share.n < row->min)
        return -1;
    *into = share;
    return 0;
}

static int read_duration(uint64_t *into, const struct row *row, const char *value)
{
    uint64_t ms;

    if (policy_duration(value, &ms) < 0 || ms < row->min)
        return -1;
    *into = ms;
    return 0;
}

static bool ends_in(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);

    return len > end_len && strcmp(text + len - end_len, end) == 0;
}

static int read_text(const char **into, const struct row *row, const char *value)
{
    bool is_none = strcmp(value, "none") == 0;

    if (!*value || (row->kind == KIND_PATH && !is_none && *value != '/'))
        return -1;
    if (row == &rows[POLICY_METRICS] && !is_none && !ends_in(value, ".prom"))
        return -1;
    *into = is_none ? NULL : value;
    return 0;
}

static int read_value(struct fleet_policy *p, const struct row *row, const char *value)
{
    switch (row->kind) {
    case KIND_WORD:
        return find_word(row->words, value, field_of(p, row));
    case KIND_NUMBER:
        return setting_number(value, row->min, row->max, field_of(p, row));
    case KIND_SHARE:
        return read_share(field_of(p, row), row, value);
    case KIND_DURATION:
        return read_duration(field_of(p, row), row, value);
    case KIND_HOSTS:
    case KIND_PATH:
        return read_text(field_of(p, row), row, value);
    case KIND_OWN:
        break;
    }
    return row->read(p, value);
}

void fleet_policy_init(struct fleet_policy *p)
{
    *p = (struct fleet_policy){0};
    for (unsigned key = 0; key < POLICY_KEYS; key++) {
        int bad = read_value(p, &rows[key], rows[key].standard);

        assert(!bad);
        (void)bad;
    }
}

int fleet_policy_set(struct fleet_policy *p, enum policy_key key, const char *value,
                     struct arena *arena, struct fail *why)
{
    char *kept = arena_copy(arena, value, strlen(value));

    assert(key < POLICY_KEYS);
    if (!kept)
        return fail_memory(why);
    if (read_value(p, &rows[key], kept) < 0)
        return fail_set(why, FAIL_FLEET_FILE, "%s is %s, not '%s'", rows[key].name,
                        rows[key].what, value);
    p->said[key] = kept;
    return 0;
}

/* ---- names ----------------------------------------------------------------------------- */

int fleet_policy_find(const char *name, enum policy_key *key, struct fail *why)
{
    const char *names[POLICY_KEYS + 1] = {NULL}, *near;

    for (unsigned i = 0; i < POLICY_KEYS; i++) {
        names[i] = rows[i].name;
        if (strcmp(names[i], name) == 0) {
            *key = (enum policy_key)i;
            return 0;
        }
    }
    near = nearest_word(name, names);
    return fail_set(why, FAIL_FLEET_FILE, "unknown policy '%s'%s%s%s", name,
                    near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

const char *policy_key_name(enum policy_key key)
{
    return rows[key].name;
}

const char *policy_key_what(enum policy_key key)
{
    return rows[key].what;
}

const char *policy_key_default(enum policy_key key)
{
    return rows[key].standard;
}

const char *policy_key_meaning(enum policy_key key)
{
    return rows[key].meaning;
}

const char *policy_key_example(enum policy_key key)
{
    return rows[key].example;
}

const char *policy_key_example_meaning(enum policy_key key)
{
    return rows[key].example_meaning;
}

const char *fleet_policy_text(const struct fleet_policy *p, enum policy_key key)
{
    return p->said[key] ? p->said[key] : rows[key].standard;
}
