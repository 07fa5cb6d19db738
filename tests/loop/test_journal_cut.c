/* fakes: scripted_link disk_log disk_after lockstep */

/* The power goes while a rollout is at work: at each operation on the journal's files, with
 * what the disk then makes of what was not synced (disk_after.h says what is modelled).
 * The nodes keep what was done to them.  The journal is opened again, looked through, and
 * the run is taken up: it comes to the end that it had without the cut.
 *
 * The run is recorded once, with SQLite's own writes and syncs: two controllers, the first
 * of which dies in the middle.  POWERCUT_SEED draws anew, POWERCUT_DRAWS=100 more often;
 * what failed is told with the seed that shows it again.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "controller/journal/entry.h"
#include "controller/journal/history.h"
#include "controller/journal/journal.h"
#include "controller/link/link.h"
#include "controller/rollout/node.h"
#include "controller/rollout/order.h"
#include "controller/rollout/dispatch.h"
#include "controller/rollout/rollout.h"
#include "controller/rollout/takeup.h"
#include "controller/state_folder.h"
#include "inventory/fleet.h"
#include "inventory/fleet_policy.h"
#include "inventory/hostset.h"
#include "protocol/fail.h"
#include "protocol/scope.h"
#include "tests/fake/disk_after.h"
#include "tests/fake/disk_log.h"
#include "tests/fake/lockstep.h"
#include "tests/fake/scripted_link.h"

#define NODES     4
#define BAD_NODE  3 /* its disk is full, whenever it is tried */
#define PUTS_MAX  400
#define CUTS_MAX  4000
#define SEED      20261120
#define DRAWS     2 /* of each fate that draws, at each cut */
#define WORDS_MAX 24
#define SEEN_MAX  10000
#define EACH      8 /* of the cuts that are like an earlier one, one in so many goes on */

/* Small, so that the log is brought into the file, and begun anew, in the middle. */
#define CHECKPOINT_PAGES 12

static struct scripted_node machines[NODES + 1];
static struct fleet_node fleet[NODES];
static char names[NODES][8], base[DISK_BASE_BYTES], recorded[96], after[96]; /* disks */

static uv_loop_t loop;
static struct node_crew crew;
static struct link_pool *pool;
static struct journal *journal;
static struct rollout *rollout;
static struct node_claim claim = {.controller = "head", .user = "ann"};
static struct fleet_policy keys;
static const struct fleet_node *const all[NODES] = {&fleet[0], &fleet[1], &fleet[2],
                                                    &fleet[3]};
static const struct dispatch_terms terms = {.keys = &keys,
                                            .fleet = all,
                                            .fleet_count = NODES};
static char folder[128]; /* of the journal, on either */
static char run[JOURNAL_RUN_ID_BYTES], end_of_run[512];
static enum node_state kill_at;
static uv_timer_t errand;

/* ---- what was promised ------------------------------------------------------------------ */

/* All that was put while the log was kept, in order; the journal has a beginning of it. */
struct put {
    enum entry_kind kind;
    char node[8], from[WORDS_MAX], event[WORDS_MAX], to[WORDS_MAX];
    size_t written_at; /* so many operations had been done when it was called back */
    journal_written_fn written;
    void *arg;
};

static struct put said[PUTS_MAX];
static size_t said_count, begun_at, taken_at;
static bool is_recording;

static void on_written(void *arg, const struct fail *why)
{
    struct put *p = arg;

    if (!why)
        p->written_at = disk_log_count();
    if (p->written)
        p->written(p->arg, why);
}

static void on_put(struct entry *e)
{
    struct put *p = &said[said_count];

    if (!is_recording)
        return;
    assert_true(++said_count < PUTS_MAX);
    *p = (struct put){.kind = e->kind,
                      .written_at = SIZE_MAX,
                      .written = e->written,
                      .arg = e->arg};
    e->written = on_written;
    e->arg = p;
    if (e->kind != ENTRY_MOVE)
        return;
    snprintf(p->node, sizeof p->node, "%s", e->values[1].text);
    snprintf(p->from, sizeof p->from, "%s", e->values[3].text);
    snprintf(p->event, sizeof p->event, "%s", e->values[4].text);
    snprintf(p->to, sizeof p->to, "%s", e->values[5].text);
}

/* How many of the puts must be there after a cut, all before the last of them too. */
static size_t promised(size_t cut)
{
    size_t n = 0;

    for (size_t i = 0; i < said_count; i++)
        if (said[i].written_at <= cut)
            n = i + 1;
    return n;
}

/* ---- what the nodes were at each operation ------------------------------------------------- */

static struct scripted_node truth[CUTS_MAX][NODES];

static void keep_truth(size_t n)
{
    assert_true(n < CUTS_MAX);
    memcpy(truth[n], machines, sizeof truth[n]);
}

/* Between two operations a node acts at any moment: each has, or has not yet. */
static void set_truth(const struct disk_cut *cut)
{
    for (size_t i = 0; i < NODES; i++) {
        bool early = cut->at > 0 && (disk_draw(cut->seed, cut->at, 1000 + i) & 1);

        machines[i] = truth[early ? cut->at - 1 : cut->at][i];
        machines[i].troubles = i == BAD_NODE ? "install:disk-full*" : NULL;
    }
}

static void make_nodes(void)
{
    memset(machines, 0, sizeof machines);
    scripted_nodes = machines;
    for (size_t i = 0; i < NODES; i++) {
        snprintf(names[i], sizeof names[i], "n%02zu", i);
        machines[i].name = names[i];
        fleet[i] = (struct fleet_node){.name = names[i],
                                       .address = names[i],
                                       .port = 22,
                                       .rxe = "eth1"};
    }
    machines[BAD_NODE].troubles = "install:disk-full*";
}

/* ---- a controller -------------------------------------------------------------------------- */

int __real_sqlite3_open_v2(const char *path, sqlite3 **db, int flags, const char *vfs);
int __wrap_sqlite3_open_v2(const char *path, sqlite3 **db, int flags, const char *vfs);

int __wrap_sqlite3_open_v2(const char *path, sqlite3 **db, int flags, const char *vfs)
{
    int rc = __real_sqlite3_open_v2(path, db, flags, vfs);

    if (rc == SQLITE_OK)
        sqlite3_wal_autocheckpoint(*db, CHECKPOINT_PAGES);
    return rc;
}

static void close_rollout(void)
{
    if (rollout)
        rollout_close(rollout, NULL, NULL);
    rollout = NULL;
    if (journal)
        journal_close(journal, NULL, NULL);
    journal = NULL;
}

static void on_errand(uv_timer_t *timer)
{
    (void)timer;
    close_rollout(); /* as if killed: the last word is never said */
}

static void on_moved(void *arg, size_t i, const struct node_move *move)
{
    (void)arg;
    (void)i;
    if (move->to == kill_at)
        uv_timer_start(&errand, on_errand, 0, 0);
}

static void on_planned(void *arg)
{
    const struct journal_run row = {
        .kind = "rollout", .argv = "[]", .folder = "/", .plan = "{}", .user = "ann"};
    struct fail why;

    (void)arg;
    if (!*run) {
        assert_int_equal(journal_begin(journal, &row, &why), 0);
        strcpy(run, journal_run_id(journal));
        begun_at = is_recording ? disk_log_count() : begun_at;
    }
    claim.run = run;
    claim.epoch = journal_epoch(journal);
    fleet_policy_init(&keys);
    keys.window = 2;
    keys.consecutive = keys.same_failure = 0;
    assert_int_equal(rollout_arrange(rollout, &terms, &why), 0);
    rollout_go(rollout, journal, &claim);
}

static void on_ended(void *arg, const struct fail *why)
{
    struct fail broken;

    (void)arg;
    assert_null(why);
    journal_end(journal, "done", NULL, NULL, &broken);
    close_rollout();
}

static const struct rollout_hooks hooks = {.moved = on_moved,
                                           .planned = on_planned,
                                           .ended = on_ended};

static void open_controller(void)
{
    struct fail why;

    assert_int_equal(uv_loop_init(&loop), 0);
    lockstep_open(&loop, on_put);
    uv_timer_init(&loop, &errand);
    uv_unref((uv_handle_t *)&errand);
    assert_int_equal(link_pool_open(&loop, NULL, &pool, &why), 0);
    if (journal_open(&loop, folder, &journal, &why) < 0)
        fail_msg("%s", why.text);
    crew = (struct node_crew){.loop = &loop, .pool = pool, .pause_ms = 2};
}

static void close_controller(void)
{
    assert_true(lockstep_run(&loop));
    uv_close((uv_handle_t *)&errand, NULL);
    lockstep_close(&loop);
    link_pool_close(pool);
    assert_int_equal(uv_loop_close(&loop), 0);
}

/* Made by the first command, which may be this one. */
static void find_folder(const char *disk)
{
    struct fail why;

    snprintf(folder, sizeof folder, "%s/state/ibfleet", disk);
    if (state_folder_make(folder, &why) < 0)
        fail_msg("%s", why.text);
}

static void roll_out(void)
{
    *run = '\0';
    open_controller();
    rollout = rollout_new(&crew, all, NODES, &hooks, NULL);
    assert_non_null(rollout);
    rollout_probe(rollout);
    close_controller();
}

static size_t choose(const struct takeup *left, const struct fleet_node **chosen)
{
    CLEANUP(hostset_done) struct hostset *set = NULL;
    struct fail why;
    size_t n = 0;

    assert_int_equal(hostset_parse(takeup_hosts(left), NULL, &set, &why), 0);
    for (size_t i = 0; i < NODES; i++)
        if (hostset_has(set, names[i]))
            chosen[n++] = &fleet[i];
    assert_int_equal(n, takeup_count(left));
    return n;
}

static void go_on_with(const struct takeup *left)
{
    const struct fleet_node *chosen[NODES];
    struct fail why;

    open_controller();
    if (takeup_begin(left, journal, run, &why) < 0)
        fail_msg("%s", why.text);
    taken_at = is_recording ? disk_log_count() : taken_at;
    rollout = rollout_new(&crew, chosen, choose(left, chosen), &hooks, NULL);
    assert_non_null(rollout);
    assert_int_equal(takeup_apply(left, rollout, &why), 0);
    rollout_take_up(rollout, journal);
    rollout_probe(rollout);
    close_controller();
}

/* As `ibfleet resume` does; what never came to be a run is begun anew. */
static void resume(void)
{
    CLEANUP(history_done) struct history *history = NULL;
    CLEANUP(takeup_done) struct takeup *left = NULL;
    struct fail why;

    if (history_open(folder, &history, &why) < 0)
        fail_msg("%s", why.text);
    if (takeup_read(history, run, false, &left, &why) < 0 ||
        takeup_check_begun(left, run, &why) < 0) {
        if (why.code != FAIL_NO_SUCH_RUN)
            fail_msg("%s", why.text);
        roll_out();
    } else if (takeup_count(left) > 0) {
        go_on_with(left);
    }
}

/* ---- looking through the journal -------------------------------------------------------------- */

static sqlite3 *open_plainly(void)
{
    char path[160];
    sqlite3 *db;

    snprintf(path, sizeof path, "%s/journal.db", folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

static sqlite3_stmt *ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *q;

    if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
    return q;
}

static const char *text_at(sqlite3_stmt *q, int column)
{
    return (const char *)sqlite3_column_text(q, column);
}

static void check_sound(sqlite3 *db)
{
    sqlite3_stmt *q = ask(db, "PRAGMA integrity_check");

    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    assert_string_equal(text_at(q, 0), "ok");
    sqlite3_finalize(q);
}

/* From where the move before it led, or from the beginning, where the run was taken up. */
static void check_legal(sqlite3_stmt *q, const char *where)
{
    int from = node_state_of(text_at(q, 1)), event = 0;

    while (event < NODE_EVENTS &&
           strcmp(node_event_name((enum node_event)event), text_at(q, 2)) != 0)
        event++;
    assert_int_not_equal(from, NODE_ILLEGAL);
    assert_int_not_equal(event, NODE_EVENTS);
    assert_true(node_state_may_follow((enum node_state)from, (enum node_event)event,
                                      (enum node_state)node_state_of(text_at(q, 3))));
    if (from != NODE_TODO)
        assert_string_equal(text_at(q, 1), where);
}

static char states[NODES][WORDS_MAX]; /* that the moves lead to */

static void check_moves(sqlite3 *db)
{
    sqlite3_stmt *q = ask(db, "SELECT node, from_state, event, to_state FROM move"
                              " ORDER BY rowid");

    for (size_t i = 0; i < NODES; i++)
        strcpy(states[i], "todo");
    while (sqlite3_step(q) == SQLITE_ROW) {
        size_t i = (size_t)atoi(text_at(q, 0) + 1);

        assert_true(i < NODES);
        check_legal(q, states[i]);
        snprintf(states[i], sizeof states[i], "%s", text_at(q, 3));
    }
    sqlite3_finalize(q);
    q = ask(db, "SELECT name, state FROM node");
    while (sqlite3_step(q) == SQLITE_ROW)
        assert_string_equal(text_at(q, 1), states[atoi(text_at(q, 0) + 1)]);
    sqlite3_finalize(q);
}

static long count_of(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *q = ask(db, sql);
    long n;

    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    n = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return n;
}

static bool is_move(const struct put *p, sqlite3_stmt *q)
{
    return strcmp(p->node, text_at(q, 0)) == 0 && strcmp(p->from, text_at(q, 1)) == 0 &&
           strcmp(p->event, text_at(q, 2)) == 0 && strcmp(p->to, text_at(q, 3)) == 0;
}

/* Moves in the order in which they were put, none left out, and none that nobody put. */
static void check_order(sqlite3 *db)
{
    sqlite3_stmt *q = ask(db, "SELECT node, from_state, event, to_state FROM move"
                              " ORDER BY rowid");
    size_t at = 0;

    while (sqlite3_step(q) == SQLITE_ROW) {
        while (at < said_count && said[at].kind != ENTRY_MOVE)
            at++;
        if (at == said_count || !is_move(&said[at], q))
            fail_msg("the journal says of %s that it went from %s to %s, which was not "
                     "the next to be put",
                     text_at(q, 0), text_at(q, 1), text_at(q, 3));
        at++;
    }
    sqlite3_finalize(q);
}

static size_t count_puts(size_t puts_before, enum entry_kind kind)
{
    size_t n = 0;

    for (size_t i = 0; i < puts_before; i++)
        n += said[i].kind == kind;
    return n;
}

static void check_promises(sqlite3 *db, size_t cut)
{
    size_t must = promised(cut), nodes = count_puts(must, ENTRY_NODE);
    size_t moves = count_puts(must, ENTRY_MOVE);

    if (cut < begun_at)
        return;
    check_order(db);
    assert_int_equal(count_of(db, "SELECT count(*) FROM run"), 1);
    if (count_of(db, "SELECT count(*) FROM move") < (long)moves)
        fail_msg("%zu moves were called back as written, %ld are there", moves,
                 count_of(db, "SELECT count(*) FROM move"));
    assert_true(count_of(db, "SELECT count(*) FROM node") >= (long)nodes);
    if (cut >= taken_at)
        assert_int_equal(count_of(db, "SELECT epoch FROM run"), 2);
    if (count_puts(must, ENTRY_END))
        assert_int_equal(count_of(db, "SELECT ended IS NOT NULL FROM run"), 1);
}

/* Nothing was done to a node that the journal does not know of. */
static void check_nobody_is_ahead(sqlite3 *db)
{
    for (size_t i = 0; i < NODES; i++) {
        char sql[160];

        snprintf(sql, sizeof sql,
                 "SELECT count(DISTINCT to_state) FROM move WHERE node = '%s' AND"
                 " to_state IN ('claiming', 'installing', 'rebooting')",
                 names[i]);
        assert_true((*machines[i].holder != '\0') + machines[i].installed +
                        (machines[i].boots > 0) <=
                    count_of(db, sql));
    }
}

static void describe_end(sqlite3 *db, char *text, size_t size)
{
    sqlite3_stmt *q = ask(db, "SELECT name, state, code FROM node ORDER BY name");

    *text = '\0';
    while (sqlite3_step(q) == SQLITE_ROW)
        snprintf(text + strlen(text), size - strlen(text), " %s=%s/%s", text_at(q, 0),
                 text_at(q, 1), text_at(q, 2));
    sqlite3_finalize(q);
    for (size_t i = 0; i < NODES; i++)
        snprintf(text + strlen(text), size - strlen(text), " %s:%d:%d:%s", names[i],
                 machines[i].installs, machines[i].boots, machines[i].holder);
}

/* ---- what was seen before ------------------------------------------------------------------------- */

/* How a run goes on follows from what the journal says and from what the nodes are.  So
 * it is taken up from each such state once, and beyond that from some of the cuts: the
 * files differ though they say the same.
 */
static uint64_t seen[SEEN_MAX];
static size_t seen_count;

static uint64_t mix(uint64_t sum, const char *text)
{
    for (; *text; text++)
        sum = disk_draw(sum, (unsigned char)*text, 0);
    return disk_draw(sum, 0, 1);
}

static uint64_t sum_of(sqlite3 *db)
{
    sqlite3_stmt *q = ask(db, "SELECT node, from_state || event || to_state FROM move"
                              " UNION ALL SELECT name, state FROM node"
                              " UNION ALL SELECT epoch, ended IS NULL FROM run");
    uint64_t sum = 0;

    while (sqlite3_step(q) == SQLITE_ROW)
        sum = mix(mix(sum, text_at(q, 0)), text_at(q, 1));
    sqlite3_finalize(q);
    for (size_t i = 0; i < NODES; i++) {
        const struct scripted_node *m = &machines[i];

        sum = disk_draw(sum, (uint64_t)m->boots * 4 + (uint64_t)m->installs * 2,
                        (uint64_t)m->epoch * 2 + (*m->holder != '\0'));
    }
    return sum;
}

static bool is_new(uint64_t sum)
{
    for (size_t i = 0; i < seen_count; i++)
        if (seen[i] == sum)
            return false;
    assert_true(seen_count < SEEN_MAX);
    seen[seen_count++] = sum;
    return true;
}

/* ---- cuts --------------------------------------------------------------------------------------- */

/* Is what it says new?  A cut at which there is no journal yet always is. */
static bool look_through(const struct disk_cut *cut)
{
    bool is_unlike = true;
    char path[160];
    struct history *h;
    struct fail why;
    sqlite3 *db;

    snprintf(path, sizeof path, "%s/journal.db", folder);
    if (history_open(folder, &h, &why) < 0)
        fail_msg("%s", why.text);
    history_close(h);
    if (access(path, F_OK) < 0) {
        assert_true(cut->at < begun_at);
        return true;
    }
    db = open_plainly();
    check_sound(db);
    if (count_of(db, "SELECT count(*) FROM sqlite_schema") > 0) {
        check_moves(db);
        check_promises(db, cut->at);
        check_nobody_is_ahead(db);
        is_unlike = is_new(sum_of(db));
    } else {
        assert_true(cut->at < begun_at);
    }
    sqlite3_close(db);
    return is_unlike;
}

static void check_end(void)
{
    sqlite3 *db = open_plainly();
    char end[sizeof end_of_run];

    check_sound(db);
    check_moves(db);
    describe_end(db, end, sizeof end);
    sqlite3_close(db);
    assert_string_equal(end, end_of_run);
}

static bool goes_on_anyway(const struct disk_cut *cut)
{
    return getenv("POWERCUT_DRAWS") ||
           disk_draw(cut->seed, cut->at, (uint64_t)cut->fate + 100) % EACH == 0;
}

static void cut_at(const struct disk_cut *cut)
{
    char recorded_run[sizeof run];

    strcpy(recorded_run, run);
    disk_after_clear(after);
    disk_after_make(cut, after);
    find_folder(after);
    set_truth(cut);
    if (look_through(cut) || goes_on_anyway(cut)) {
        resume();
        check_end();
    }
    strcpy(run, recorded_run);
}

/* cmocka says which check failed; this, of which cut. */
static struct disk_cut current;

static int tell_cut(void **state)
{
    char text[256] = "";

    (void)state;
    if (current.at > 0)
        disk_log_tell(current.at - 1, text, sizeof text);
    print_message("# the last cut: POWERCUT_SEED=%llu, %s, after operation %zu (%s)\n",
                  (unsigned long long)current.seed, disk_fate_name(current.fate),
                  current.at, text);
    return 0;
}

static unsigned long long number(const char *variable, unsigned long long fallback)
{
    const char *text = getenv(variable);

    return text ? strtoull(text, NULL, 10) : fallback;
}

static void cut_everywhere(enum disk_fate fate, unsigned long long draws)
{
    unsigned long long seed = number("POWERCUT_SEED", SEED);

    for (unsigned long long s = 0; s < draws; s++)
        for (size_t at = 0; at <= disk_log_count(); at++) {
            current = (struct disk_cut){.at = at, .fate = fate, .seed = seed + s};
            cut_at(&current);
        }
}

static void what_was_not_synced_may_be_lost(void **state)
{
    (void)state;
    cut_everywhere(DISK_LOSES, 1);
}

static void what_was_not_synced_may_be_kept(void **state)
{
    (void)state;
    cut_everywhere(DISK_KEEPS, 1);
}

static void names_may_come_without_what_was_written(void **state)
{
    (void)state;
    cut_everywhere(DISK_KEEPS_NAMES, 1);
}

static void what_was_written_may_come_without_names(void **state)
{
    (void)state;
    cut_everywhere(DISK_KEEPS_DATA, 1);
}

static void the_disk_may_stop_anywhere(void **state)
{
    (void)state;
    cut_everywhere(DISK_STOPS, number("POWERCUT_DRAWS", DRAWS));
}

static void writes_may_be_torn_and_change_places(void **state)
{
    (void)state;
    cut_everywhere(DISK_DRAWS, number("POWERCUT_DRAWS", DRAWS));
}

/* Each begins the log anew, over what is in it. */
static size_t count_checkpoints(void)
{
    size_t n = 0;

    for (size_t i = 0; i < disk_log_count(); i++) {
        const struct disk_op *op = disk_log_op(i);

        n += op->deed == DISK_WRITE && op->offset == 0 && strstr(op->path, "-wal");
    }
    return n;
}

/* ---- the run, recorded --------------------------------------------------------------------------- */

static int record(void **state)
{
    sqlite3 *db;

    (void)state;
    if (disk_base_make(base) < 0)
        return -1;
    snprintf(recorded, sizeof recorded, "%s/recorded", base);
    snprintf(after, sizeof after, "%s/after", base);
    if (mkdir(recorded, 0700) < 0 || mkdir(after, 0700) < 0)
        return -1;
    make_nodes();
    disk_log_begin(recorded, keep_truth);
    find_folder(recorded);
    is_recording = true;
    kill_at = NODE_REBOOTING;
    roll_out();
    kill_at = NODE_STATES;
    resume();
    is_recording = false;
    disk_log_end();
    keep_truth(disk_log_count());
    db = open_plainly();
    describe_end(db, end_of_run, sizeof end_of_run);
    sqlite3_close(db);
    print_message("# %zu operations, %zu entries:%s\n", disk_log_count(), said_count,
                  end_of_run);
    assert_true(count_checkpoints() > 2);
    return strstr(end_of_run, " n00=done/ok n01=done/ok n02=done/ok n03=failed/disk-full"
                              " n00:1:1: n01:1:1: n02:1:1: n03:0:0:")
               ? 0
               : -1;
}

static int tidy_up(void **state)
{
    (void)state;
    disk_after_clear(base);
    return rmdir(base);
}

#define TEST(f) cmocka_unit_test_teardown(f, tell_cut)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_not_synced_may_be_lost),
        TEST(what_was_not_synced_may_be_kept),
        TEST(names_may_come_without_what_was_written),
        TEST(what_was_written_may_come_without_names),
        TEST(the_disk_may_stop_anywhere),
        TEST(writes_may_be_torn_and_change_places),
    };

    return cmocka_run_group_tests(tests, record, tidy_up);
}
