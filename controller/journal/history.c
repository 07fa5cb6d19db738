#include "controller/journal/history.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "controller/journal/database.h"
#include "controller/journal/entry.h"
#include "controller/journal/run_lock.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

struct history {
    sqlite3 *db; /* NULL: no journal was written yet */
    char *folder;
    int64_t seen; /* PRAGMA data_version; 0: never asked */
};

int history_open(const char *folder, struct history **h, struct fail *why)
{
    struct history *made = calloc(1, sizeof *made);

    if (made)
        made->folder = strdup(folder);
    if (!made || !made->folder) {
        history_close(made);
        return fail_memory(why);
    }
    if (database_open(folder, DATABASE_READ, &made->db, why) < 0) {
        history_close(made);
        return -1;
    }
    *h = made;
    return 0;
}

void history_close(struct history *h)
{
    if (!h)
        return;
    database_close(h->db);
    free(h->folder);
    free(h);
}

void history_done(struct history **h)
{
    history_close(*h);
}

/* ---- one reading for all of them --------------------------------------------------- */

/* Called for each row; -1 ends it. */
struct reading {
    struct history *history;
    const char *sql;
    const struct value *values;
    int value_count;
    int (*row)(const struct reading *r, sqlite3_stmt *q, struct fail *why);
    union {
        history_run_fn run;
        history_node_fn node;
        history_move_fn move;
        history_pair_fn pair;
        history_finding_fn finding;
        history_duration_fn duration;
        history_name_fn name;
    } visit; /* the caller's; `row` knows which */
    void *arg;
};

/* How many rows there were, or -1. */
static long read_rows(const struct reading *r, struct fail *why)
{
    CLEANUP(database_statement_done) sqlite3_stmt *q = NULL;
    sqlite3 *db = r->history->db;
    long rows = 0;
    int more;

    if (!db)
        return 0;
    if (database_prepare(db, r->sql, &q, why) < 0 ||
        entry_bind(q, r->values, r->value_count, why) < 0)
        return -1;
    while ((more = database_step(q, why)) > 0) {
        if (r->row(r, q, why) < 0)
            return -1;
        rows++;
    }
    return more < 0 ? -1 : rows;
}

static const char *text_at(sqlite3_stmt *q, int column)
{
    return (const char *)sqlite3_column_text(q, column);
}

/* ---- runs ----------------------------------------------------------------------------
 */

#define OWN_COLUMNS                                                        \
    "seq, id, kind, state, argv, folder, plan, controller, user, created," \
    " coalesce(ended, 0), epoch"
#define RUN_COLUMNS                                     \
    OWN_COLUMNS                                         \
    ", (SELECT count(*) FROM node WHERE run = run.id)," \
    " (SELECT count(*) FROM node WHERE run = run.id"    \
    "   AND state IN ('done', 'up-to-date', 'good')),"  \
    " (SELECT count(*) FROM node WHERE run = run.id"    \
    "   AND state IN ('failed', 'bad', 'skipped')),"    \
    " summary, json_extract(summary, '$.verdict')"

static int run_row(const struct reading *r, sqlite3_stmt *q, struct fail *why)
{
    const struct history_run run = {
        .live = run_lock_is_held(r->history->folder, sqlite3_column_int64(q, 0)) == 1,
        .id = text_at(q, 1),
        .kind = text_at(q, 2),
        .state = text_at(q, 3),
        .argv = text_at(q, 4),
        .folder = text_at(q, 5),
        .plan = text_at(q, 6),
        .controller = text_at(q, 7),
        .user = text_at(q, 8),
        .created_ms = sqlite3_column_int64(q, 9),
        .ended_ms = sqlite3_column_int64(q, 10),
        .epoch = (uint32_t)sqlite3_column_int64(q, 11),
        .nodes = (size_t)sqlite3_column_int64(q, 12),
        .well = (size_t)sqlite3_column_int64(q, 13),
        .failed = (size_t)sqlite3_column_int64(q, 14),
        .summary = text_at(q, 15),
        .verdict = text_at(q, 16),
    };

    return r->visit.run(r->arg, &run, why);
}

/* "SELECT " RUN_COLUMNS, and which of them. */
#define RUNS(which) "SELECT " RUN_COLUMNS " FROM run " which

static long read_runs(struct history *h, const char *sql, const struct value *values,
                      int value_count, history_run_fn visit, void *arg, struct fail *why)
{
    const struct reading r = {.history = h,
                              .sql = sql,
                              .values = values,
                              .value_count = value_count,
                              .row = run_row,
                              .visit.run = visit,
                              .arg = arg};

    return read_rows(&r, why);
}

int history_runs(struct history *h, size_t most, history_run_fn visit, void *arg,
                 struct fail *why)
{
    static const char sql[] = RUNS("WHERE seq IN (SELECT seq FROM run ORDER BY seq DESC"
                                   " LIMIT ?1) ORDER BY seq");
    const struct value values[] = {value_int((int64_t)most)};

    return read_runs(h, sql, values, 1, visit, arg, why) < 0 ? -1 : 0;
}

int history_run(struct history *h, const char *id, history_run_fn visit, void *arg,
                struct fail *why)
{
    const struct value values[] = {value_text(id)};
    long rows = read_runs(h, RUNS("WHERE id = ?1"), values, 1, visit, arg, why);

    if (rows == 0)
        return fail_set(why, FAIL_NO_SUCH_RUN, "no run '%s' in %s", id, h->folder);
    return rows < 0 ? -1 : 0;
}

/* "SELECT " of a run that is not counted, and which of them. */
#define BRIEF(which) "SELECT " OWN_COLUMNS ", 0, 0, 0, NULL, NULL FROM run " which

int history_run_brief(struct history *h, const char *id, history_run_fn visit, void *arg,
                      struct fail *why)
{
    const struct value values[] = {value_text(id)};
    long rows = read_runs(h, BRIEF("WHERE id = ?1"), values, 1, visit, arg, why);

    if (rows == 0)
        return fail_set(why, FAIL_NO_SUCH_RUN, "no run '%s' in %s", id, h->folder);
    return rows < 0 ? -1 : 0;
}

/* Nobody works on more runs at a time. */
#define MOST_LIVE 64

struct latest {
    int64_t seq; /* 0: none yet */
    bool live;
};

/* Newest first. */
static int latest_row(const struct reading *r, sqlite3_stmt *q, struct fail *why)
{
    struct latest *l = r->arg;
    int64_t seq = sqlite3_column_int64(q, 0);

    (void)why;
    if (!l->live && run_lock_is_held(r->history->folder, seq) == 1)
        *l = (struct latest){.seq = seq, .live = true};
    else if (!l->seq)
        l->seq = seq;
    return 0;
}

int history_run_latest(struct history *h, const char *kind, history_run_fn visit,
                       void *arg, struct fail *why)
{
    const struct value of_kind[] = {value_text(kind), value_int(MOST_LIVE)};
    struct latest latest = {0};
    const struct reading r = {.history = h,
                              .sql = "SELECT seq FROM run WHERE kind = ?1"
                                     " ORDER BY seq DESC LIMIT ?2",
                              .values = of_kind,
                              .value_count = 2,
                              .row = latest_row,
                              .arg = &latest};
    long rows = read_rows(&r, why);

    if (rows > 0) {
        const struct value values[] = {value_int(latest.seq)};

        rows = read_runs(h, BRIEF("WHERE seq = ?1"), values, 1, visit, arg, why);
    }
    if (rows == 0)
        return fail_set(why, FAIL_NO_SUCH_RUN, "no %s in %s yet", kind, h->folder);
    return rows < 0 ? -1 : 0;
}

int history_run_of_node(struct history *h, const char *node, const char *kind,
                        history_run_fn visit, void *arg, struct fail *why)
{
    static const char sql[] =
        RUNS("WHERE (?2 IS NULL OR kind = ?2) AND EXISTS"
             " (SELECT 1 FROM node WHERE run = run.id AND name = ?1)"
             " ORDER BY seq DESC LIMIT 1");
    const struct value values[] = {value_text(node), value_text(kind)};
    long rows = read_runs(h, sql, values, 2, visit, arg, why);

    if (rows == 0)
        return fail_set(why, FAIL_NO_SUCH_RUN, "no run in %s has node '%s'", h->folder,
                        node);
    return rows < 0 ? -1 : 0;
}

/* ---- nodes and their roads ----------------------------------------------------- */

static int node_row(const struct reading *r, sqlite3_stmt *q, struct fail *why)
{
    const struct history_node node = {
        .name = text_at(q, 0),
        .state = text_at(q, 1),
        .code = text_at(q, 2),
        .reason = text_at(q, 3),
        .plan = text_at(q, 4),
        .facts = text_at(q, 5),
        .boot_id = text_at(q, 6),
        .since_ms = sqlite3_column_int64(q, 7),
        .seconds = sqlite3_column_double(q, 8),
        .begun = sqlite3_column_int(q, 9) != 0,
        .batch = (long)sqlite3_column_int64(q, 10),
        .found = text_at(q, 11),
        .is_back = sqlite3_column_int(q, 12) != 0,
    };

    return r->visit.node(r->arg, &node, why);
}

/* ?1 is the run, ?2 the node. */
static int read_of_run(struct reading r, const char *run, const char *node,
                       struct fail *why)
{
    const struct value values[] = {value_text(run), value_text(node)};

    r.values = values;
    r.value_count = 2;
    return read_rows(&r, why) < 0 ? -1 : 0;
}

int history_nodes(struct history *h, const char *run, const char *node,
                  history_node_fn visit, void *arg, struct fail *why)
{
    static const char sql[] =
        "SELECT name, state, code, reason, plan, facts, boot_id, since, seconds,"
        " EXISTS (SELECT 1 FROM move WHERE move.run = node.run"
        "   AND move.node = node.name AND event = 'go'),"
        " coalesce(batch, -1), found,"
        " NOT EXISTS (SELECT 1 FROM move WHERE move.run = node.run"
        "   AND move.node = node.name AND to_state = 'installing')"
        " OR EXISTS (SELECT 1 FROM move WHERE move.run = node.run"
        "   AND move.node = node.name AND from_state = 'returning' AND event = 'ok')"
        " FROM node WHERE run = ?1 AND (?2 IS NULL OR name = ?2) ORDER BY name";
    const struct reading r = {
        .history = h, .sql = sql, .row = node_row, .visit.node = visit, .arg = arg};

    return read_of_run(r, run, node, why);
}

static int name_row(const struct reading *r, sqlite3_stmt *q, struct fail *why)
{
    return r->visit.name(r->arg, text_at(q, 0), why);
}

int history_names(struct history *h, const char *run, history_name_fn visit, void *arg,
                  struct fail *why)
{
    static const char sql[] = "SELECT name FROM node WHERE run = ?1 AND ?2 IS NULL"
                              " ORDER BY name";
    const struct reading r = {
        .history = h, .sql = sql, .row = name_row, .visit.name = visit, .arg = arg};

    return read_of_run(r, run, NULL, why);
}

/* ---- moves -------------------------------------------------------------------------- */

static int version_row(const struct reading *r, sqlite3_stmt *q, struct fail *why)
{
    (void)why;
    *(int64_t *)r->arg = sqlite3_column_int64(q, 0);
    return 0;
}

int history_is_news(struct history *h, struct fail *why)
{
    int64_t version = 0;
    const struct reading r = {.history = h,
                              .sql = "PRAGMA data_version",
                              .row = version_row,
                              .arg = &version};
    bool is_news;

    if (read_rows(&r, why) < 0)
        return -1;
    is_news = !h->seen || version != h->seen;
    h->seen = version;
    return is_news;
}

/* A move has no code of its own: it is its node's, as long as that fails for this reason. */
#define MOVES                                                      \
    "SELECT rowid, at, node, from_state, event, to_state, reason," \
    " iif(reason = '', 'ok', coalesce((SELECT code FROM node"      \
    "   WHERE node.run = move.run AND name = move.node"                 \
    "   AND node.reason = move.reason), 'unknown')) FROM move "

static int move_row(const struct reading *r, sqlite3_stmt *q, struct fail *why)
{
    const struct history_move move = {
        .row = sqlite3_column_int64(q, 0),
        .at_ms = sqlite3_column_int64(q, 1),
        .node = text_at(q, 2),
        .from = text_at(q, 3),
        .event = text_at(q, 4),
        .to = text_at(q, 5),
        .reason = text_at(q, 6),
        .code = text_at(q, 7),
    };

    return r->visit.move(r->arg, &move, why);
}

int history_moves(struct history *h, const char *run, const char *node,
                  history_move_fn visit, void *arg, struct fail *why)
{
    const struct reading r = {.history = h,
                              .sql = MOVES "WHERE run = ?1 AND node = ?2 ORDER BY rowid",
                              .row = move_row,
                              .visit.move = visit,
                              .arg = arg};

    return read_of_run(r, run, node, why);
}

static int duration_row(const struct reading *r, sqlite3_stmt *q, struct fail *why)
{
    return r->visit.duration(r->arg, sqlite3_column_double(q, 0), why);
}

int history_durations(struct history *h, size_t most, history_duration_fn visit,
                      void *arg, struct fail *why)
{
    static const char sql[] =
        "SELECT seconds FROM node WHERE state = 'done' AND run IN"
        " (SELECT id FROM run WHERE kind = 'rollout' ORDER BY seq DESC LIMIT 20)"
        " ORDER BY since DESC LIMIT ?1";
    const struct value values[] = {value_int((int64_t)most)};
    const struct reading r = {.history = h,
                              .sql = sql,
                              .values = values,
                              .value_count = 1,
                              .row = duration_row,
                              .visit.duration = visit,
                              .arg = arg};

    return read_rows(&r, why) < 0 ? -1 : 0;
}

/* Unary + keeps it from the index of the run's nodes, which would have all moves of the run
 * read and sorted each time.
 */
int history_moves_after(struct history *h, const char *run, int64_t row,
                        history_move_fn visit, void *arg, struct fail *why)
{
    const struct value values[] = {value_text(run), value_int(row)};
    const struct reading r = {.history = h,
                              .sql =
                                  MOVES "WHERE +run = ?1 AND rowid > ?2 ORDER BY rowid",
                              .values = values,
                              .value_count = 2,
                              .row = move_row,
                              .visit.move = visit,
                              .arg = arg};

    return read_rows(&r, why) < 0 ? -1 : 0;
}

/* ---- what a validation found ------------------------------------------------------ */

static int pair_row(const struct reading *r, sqlite3_stmt *q, struct fail *why)
{
    const struct history_pair pair = {
        .a = text_at(q, 0),
        .b = text_at(q, 1),
        .rail = text_at(q, 2),
        .numbers = text_at(q, 3),
        .verdict = text_at(q, 4),
        .reason = text_at(q, 5),
    };

    return r->visit.pair(r->arg, &pair, why);
}

int history_pairs(struct history *h, const char *run, const char *node,
                  history_pair_fn visit, void *arg, struct fail *why)
{
    static const char sql[] =
        "SELECT a, b, rail, numbers, verdict, reason FROM pair WHERE run = ?1"
        " AND iif(?2 IS NULL, verdict <> 'ok', ?2 IN (a, b))"
        " ORDER BY verdict = 'ok', a, b, rail";
    const struct reading r = {
        .history = h, .sql = sql, .row = pair_row, .visit.pair = visit, .arg = arg};

    return read_of_run(r, run, node, why);
}

static int finding_row(const struct reading *r, sqlite3_stmt *q, struct fail *why)
{
    return r->visit.finding(r->arg, text_at(q, 0), why);
}

int history_findings(struct history *h, const char *run, const char *node,
                     history_finding_fn visit, void *arg, struct fail *why)
{
    static const char sql[] =
        "SELECT whole FROM finding WHERE run = ?1 AND (?2 IS NULL OR EXISTS"
        " (SELECT 1 FROM json_each(whole, '$.nodes') WHERE value = ?2)) ORDER BY rank";
    const struct reading r = {
        .history = h, .sql = sql, .row = finding_row, .visit.finding = visit, .arg = arg};

    return read_of_run(r, run, node, why);
}
