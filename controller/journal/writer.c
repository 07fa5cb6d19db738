#include "controller/journal/writer.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <uv.h>

#include "controller/journal/database.h"
#include "controller/journal/entry.h"
#include "protocol/fail.h"

struct queue {
    struct entry *first, **last;
};

struct writer {
    /* the loop's */
    struct queue fresh; /* put in this turn of the loop */
    size_t waiting_bytes;
    uv_prepare_t hand_over;
    uv_async_t news;
    unsigned handles; /* open */
    bool closing;
    void (*on_closed)(void *arg);
    void *closed_arg;
    uv_thread_t thread;

    /* between the two, under the mutex */
    uv_mutex_t mutex;
    uv_cond_t wake;
    struct queue ready, done;
    struct fail broken; /* the first write that failed */
    bool stop;

    /* the thread's */
    sqlite3 *db;
    struct entry_statements statements;
};

/* ---- queues ------------------------------------------------------------------------ */

static void queue_init(struct queue *q)
{
    q->first = NULL;
    q->last = &q->first;
}

/* Append all of `from`, which is empty then. */
static void queue_move(struct queue *to, struct queue *from)
{
    if (!from->first)
        return;
    *to->last = from->first;
    to->last = from->last;
    queue_init(from);
}

static void queue_add(struct queue *q, struct entry *e)
{
    e->next = NULL;
    *q->last = e;
    q->last = &e->next;
}

/* ---- the writer thread ----------------------------------------------------------------
 */

/* All of them or none. */
static int write_batch(struct writer *w, const struct queue *batch, struct fail *why)
{
    int result = database_do(w->db, "BEGIN IMMEDIATE", why);

    for (const struct entry *e = batch->first; e && result == 0; e = e->next)
        result = entry_write(e, w->db, &w->statements, why);
    if (result == 0)
        result = database_do(w->db, "COMMIT", why);
    if (result < 0 && !sqlite3_get_autocommit(w->db))
        database_do(w->db, "ROLLBACK", NULL);
    return result;
}

static void write_ready(struct writer *w)
{
    struct fail why = w->broken;
    struct queue batch;

    queue_init(&batch);
    queue_move(&batch, &w->ready);
    uv_mutex_unlock(&w->mutex);
    if (!why.code)
        write_batch(w, &batch, &why);
    uv_mutex_lock(&w->mutex);
    w->broken = why;
    queue_move(&w->done, &batch);
    uv_async_send(&w->news);
}

static void run(void *arg)
{
    struct writer *w = arg;

    uv_mutex_lock(&w->mutex);
    while (w->ready.first || !w->stop) {
        if (w->ready.first)
            write_ready(w);
        else
            uv_cond_wait(&w->wake, &w->mutex);
    }
    uv_mutex_unlock(&w->mutex);
}

/* ---- the loop's side ----------------------------------------------------------- */

static void finish(struct writer *w);

/* After this turn's callbacks, before the loop waits: what they put is one batch. */
static void on_hand_over(uv_prepare_t *handle)
{
    struct writer *w = handle->data;

    uv_prepare_stop(handle);
    uv_mutex_lock(&w->mutex);
    queue_move(&w->ready, &w->fresh);
    uv_cond_signal(&w->wake);
    uv_mutex_unlock(&w->mutex);
}

static void on_news(uv_async_t *handle)
{
    struct writer *w = handle->data;
    struct entry *e, *next;
    struct queue done;
    struct fail why;

    queue_init(&done);
    uv_mutex_lock(&w->mutex);
    queue_move(&done, &w->done);
    why = w->broken;
    uv_mutex_unlock(&w->mutex);
    for (e = done.first; e; e = next) {
        next = e->next;
        w->waiting_bytes -= e->size_bytes;
        if (e->written)
            e->written(e->arg, why.code ? &why : NULL);
        free(e);
    }
    if (w->closing && !w->waiting_bytes)
        finish(w);
    else if (!w->waiting_bytes)
        uv_unref((uv_handle_t *)&w->news);
}

static int check_room(struct writer *w, size_t size_bytes, struct fail *why)
{
    struct fail broken;

    uv_mutex_lock(&w->mutex);
    broken = w->broken;
    uv_mutex_unlock(&w->mutex);
    if (broken.code)
        return fail_set(why, broken.code, "%s", broken.text);
    if (w->waiting_bytes + size_bytes > JOURNAL_MAX_QUEUE_BYTES)
        return fail_set(why, FAIL_STATE, "the disk does not keep up with the journal");
    return 0;
}

int writer_put(struct writer *w, const struct entry *like, struct fail *why)
{
    struct entry *e;

    assert(!w->closing);
    if (check_room(w, entry_size(like), why) < 0)
        return -1;
    e = entry_new(like);
    if (!e)
        return fail_memory(why);
    if (!w->waiting_bytes)
        uv_ref((uv_handle_t *)&w->news);
    w->waiting_bytes += e->size_bytes;
    queue_add(&w->fresh, e);
    uv_prepare_start(&w->hand_over, on_hand_over);
    return 0;
}

/* ---- opening and closing ------------------------------------------------------- */

static void on_handle_closed(uv_handle_t *handle)
{
    struct writer *w = handle->data;
    void (*on_closed)(void *arg) = w->on_closed;
    void *arg = w->closed_arg;

    if (--w->handles)
        return;
    entry_statements_done(&w->statements);
    database_close(w->db);
    uv_mutex_destroy(&w->mutex);
    uv_cond_destroy(&w->wake);
    free(w);
    on_closed(arg);
}

/* Nothing waits any more: the thread goes first, then the handles it uses. */
static void finish(struct writer *w)
{
    if (uv_is_closing((uv_handle_t *)&w->news))
        return;
    uv_mutex_lock(&w->mutex);
    w->stop = true;
    uv_cond_signal(&w->wake);
    uv_mutex_unlock(&w->mutex);
    uv_thread_join(&w->thread);
    uv_close((uv_handle_t *)&w->hand_over, on_handle_closed);
    uv_close((uv_handle_t *)&w->news, on_handle_closed);
}

void writer_close(struct writer *w, void (*on_closed)(void *arg), void *arg)
{
    assert(!w->closing);
    w->closing = true;
    w->on_closed = on_closed;
    w->closed_arg = arg;
    if (!w->waiting_bytes)
        finish(w);
}

static void init_handles(struct writer *w, uv_loop_t *loop)
{
    uv_prepare_init(loop, &w->hand_over);
    uv_async_init(loop, &w->news, on_news);
    uv_unref((uv_handle_t *)&w->news);
    w->hand_over.data = w->news.data = w;
    w->handles = 2;
}

/* The thread before the handles: until it runs there is nothing to take back. */
int writer_open(uv_loop_t *loop, sqlite3 *db, struct writer **w, struct fail *why)
{
    struct writer *made = calloc(1, sizeof *made);

    if (!made)
        return fail_memory(why);
    uv_mutex_init(&made->mutex);
    uv_cond_init(&made->wake);
    queue_init(&made->fresh);
    queue_init(&made->ready);
    queue_init(&made->done);
    made->db = db;
    if (uv_thread_create(&made->thread, run, made) < 0) {
        uv_mutex_destroy(&made->mutex);
        uv_cond_destroy(&made->wake);
        free(made);
        return fail_set(why, FAIL_STATE, "no thread for the journal");
    }
    init_handles(made, loop);
    *w = made;
    return 0;
}
