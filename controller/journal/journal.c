#include "controller/journal/journal.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "controller/journal/database.h"
#include "controller/journal/entry.h"
#include "controller/journal/run_lock.h"
#include "controller/journal/writer.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define CONTROLLER_MAX_BYTES 320

struct journal {
    struct writer *writer;
    sqlite3 *db; /* the writer's, from the first put on */
    char *folder;
    char run[JOURNAL_RUN_ID_BYTES];
    uint32_t epoch;
    int lock; /* of the run, or -1 */
    void (*on_closed)(void *arg);
    void *closed_arg;
};

int64_t journal_clock_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- putting ------------------------------------------------------------ */

static int put(struct journal *j, const struct entry *like, struct fail *why)
{
    assert(*j->run);
    return writer_put(j->writer, like, why);
}

#define ENTRY(kind_, ...)                                                                \
    {                                                                                    \
        .kind = (kind_), .written = written, .arg = arg, .values = {__VA_ARGS__},        \
        .value_count = (int)(sizeof(struct value[]){__VA_ARGS__} / sizeof(struct value)) \
    }

int journal_put_node(struct journal *j, const struct journal_node *n,
                     journal_written_fn written, void *arg, struct fail *why)
{
    struct entry e =
        ENTRY(ENTRY_NODE, value_text(j->run), value_text(n->name), value_text(n->state),
              value_text(n->code), value_text(n->reason), value_text(n->plan),
              value_text(n->facts), value_int(journal_clock_ms()), value_real(n->seconds),
              value_int(n->batch));

    return put(j, &e, why);
}

int journal_put_move(struct journal *j, const struct journal_move *m,
                     journal_written_fn written, void *arg, struct fail *why)
{
    struct entry e =
        ENTRY(ENTRY_MOVE, value_text(j->run), value_text(m->node),
              value_int(m->at_ms ? m->at_ms : journal_clock_ms()), value_text(m->from),
              value_text(m->event), value_text(m->to), value_text(m->code),
              value_text(m->reason), value_text(m->boot_id), value_real(m->seconds),
              value_text(m->found));

    return put(j, &e, why);
}

int journal_put_happening(struct journal *j, const struct journal_happening *h,
                          journal_written_fn written, void *arg, struct fail *why)
{
    struct entry e =
        ENTRY(ENTRY_HAPPENING, value_text(j->run), value_int(journal_clock_ms()),
              value_text(h->word), value_text(h->text));

    return put(j, &e, why);
}

int journal_put_pair(struct journal *j, const struct journal_pair *p,
                     journal_written_fn written, void *arg, struct fail *why)
{
    struct entry e = ENTRY(ENTRY_PAIR, value_text(j->run), value_text(p->a),
                           value_text(p->b), value_text(p->rail), value_text(p->numbers),
                           value_text(p->verdict), value_text(p->reason));

    return put(j, &e, why);
}

int journal_put_finding(struct journal *j, const struct journal_finding *f,
                        journal_written_fn written, void *arg, struct fail *why)
{
    struct entry e = ENTRY(ENTRY_FINDING, value_text(j->run), value_int((int64_t)f->rank),
                           value_text(f->whole));

    return put(j, &e, why);
}

int journal_put_summary(struct journal *j, const char *summary,
                        journal_written_fn written, void *arg, struct fail *why)
{
    struct entry e = ENTRY(ENTRY_SUMMARY, value_text(j->run), value_text(summary));

    return put(j, &e, why);
}

int journal_end(struct journal *j, const char *state, journal_written_fn written,
                void *arg, struct fail *why)
{
    struct entry e = ENTRY(ENTRY_END, value_text(j->run), value_text(state),
                           value_int(journal_clock_ms()));

    return put(j, &e, why);
}

/* ---- a run --------------------------------------------------------------------- */

static void print_controller(char *text, size_t size)
{
    char host[256] = "?";

    gethostname(host, sizeof host - 1);
    snprintf(text, size, "%s process %d", host, (int)getpid());
}

static int make_id(char *id, size_t size, struct fail *why)
{
    time_t now = time(NULL);
    unsigned char tail[2];
    char stamp[16];
    struct tm utc;
    int error = uv_random(NULL, NULL, tail, sizeof tail, 0, NULL);

    if (error)
        return fail_set(why, FAIL_STATE, "no random numbers: %s", uv_strerror(error));
    gmtime_r(&now, &utc);
    strftime(stamp, sizeof stamp, "%Y%m%d-%H%M", &utc);
    snprintf(id, size, "%s-%02x%02x", stamp, tail[0], tail[1]);
    return 0;
}

static int insert_run(struct journal *j, const struct journal_run *run, const char *id,
                      struct fail *why)
{
    CLEANUP(database_statement_done) sqlite3_stmt *q = NULL;
    char controller[CONTROLLER_MAX_BYTES];
    const struct value values[] = {
        value_text(id),        value_text(run->kind),   value_int(journal_clock_ms()),
        value_text(run->argv), value_text(run->folder), value_text(run->plan),
        value_text(run->user), value_text(controller)};

    print_controller(controller, sizeof controller);
    if (database_prepare(j->db,
                         "INSERT INTO run (id, kind, created, argv, folder, plan, user,"
                         " controller, state, epoch)"
                         " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'running', 1)",
                         &q, why) < 0)
        return -1;
    if (entry_bind(q, values, sizeof values / sizeof *values, why) < 0)
        return -1;
    return database_step(q, why);
}

int journal_begin(struct journal *j, const struct journal_run *run, struct fail *why)
{
    char id[JOURNAL_RUN_ID_BYTES];

    assert(!*j->run);
    if (make_id(id, sizeof id, why) < 0 || insert_run(j, run, id, why) < 0 ||
        run_lock_take(j->folder, sqlite3_last_insert_rowid(j->db), &j->lock, why) < 0)
        return -1;
    memcpy(j->run, id, sizeof j->run);
    j->epoch = 1;
    return 0;
}

/* The lock first: whoever holds it may read and change the row. */
static int lock_run(struct journal *j, const char *id, struct fail *why)
{
    CLEANUP(database_statement_done) sqlite3_stmt *q = NULL;
    int found;

    if (database_prepare(j->db, "SELECT seq, controller FROM run WHERE id = ?1", &q,
                         why) < 0)
        return -1;
    sqlite3_bind_text(q, 1, id, -1, SQLITE_STATIC);
    found = database_step(q, why);
    if (found < 0)
        return -1;
    if (!found)
        return fail_set(why, FAIL_NO_SUCH_RUN, "no run '%s' in %s", id, j->folder);
    if (run_lock_take(j->folder, sqlite3_column_int64(q, 0), &j->lock, why) == 0)
        return 0;
    if (why && why->code == FAIL_CLAIMED)
        fail_set(why, FAIL_CLAIMED, "run %s is being worked on by %s", id,
                 (const char *)sqlite3_column_text(q, 1));
    return -1;
}

static int raise_epoch(struct journal *j, const char *id, struct fail *why)
{
    CLEANUP(database_statement_done) sqlite3_stmt *q = NULL;
    char controller[CONTROLLER_MAX_BYTES];

    print_controller(controller, sizeof controller);
    if (database_prepare(j->db,
                         "UPDATE run SET epoch = epoch + 1, state = 'running',"
                         " ended = NULL, controller = ?2 WHERE id = ?1 RETURNING epoch",
                         &q, why) < 0)
        return -1;
    sqlite3_bind_text(q, 1, id, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 2, controller, -1, SQLITE_STATIC);
    if (database_step(q, why) < 0)
        return -1;
    j->epoch = (uint32_t)sqlite3_column_int64(q, 0);
    return database_step(q, why);
}

int journal_take(struct journal *j, const char *id, struct fail *why)
{
    assert(!*j->run);
    if (lock_run(j, id, why) < 0 || raise_epoch(j, id, why) < 0)
        return -1;
    snprintf(j->run, sizeof j->run, "%s", id);
    return 0;
}

const char *journal_run_id(const struct journal *j)
{
    return j->run;
}

uint32_t journal_epoch(const struct journal *j)
{
    return j->epoch;
}

/* ---- opening and closing ------------------------------------------------------- */

static void journal_free(struct journal *j)
{
    if (j->lock >= 0)
        close(j->lock);
    free(j->folder);
    free(j);
}

static void on_writer_closed(void *arg)
{
    struct journal *j = arg;
    void (*on_closed)(void *closed) = j->on_closed;
    void *closed_arg = j->closed_arg;

    journal_free(j);
    if (on_closed)
        on_closed(closed_arg);
}

void journal_close(struct journal *j, void (*on_closed)(void *arg), void *arg)
{
    j->on_closed = on_closed;
    j->closed_arg = arg;
    writer_close(j->writer, on_writer_closed, j);
}

static struct journal *journal_new(const char *folder)
{
    struct journal *j = calloc(1, sizeof *j);

    if (!j)
        return NULL;
    j->lock = -1;
    j->folder = strdup(folder);
    if (j->folder)
        return j;
    free(j);
    return NULL;
}

int journal_open(uv_loop_t *loop, const char *folder, struct journal **j,
                 struct fail *why)
{
    struct journal *made = journal_new(folder);

    if (!made)
        return fail_memory(why);
    if (database_open(folder, DATABASE_WRITE, &made->db, why) == 0) {
        if (writer_open(loop, made->db, &made->writer, why) == 0) {
            *j = made;
            return 0;
        }
        database_close(made->db);
    }
    journal_free(made);
    return -1;
}
