#include "tests/fake/lockstep.h"

#include <errno.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "controller/journal/entry.h"
#include "controller/journal/writer.h"

#define TURNS_MAX         20000
#define WRITER_PATIENCE_S 60

int __real_writer_put(struct writer *w, const struct entry *like, struct fail *why);
int __wrap_writer_put(struct writer *w, const struct entry *like, struct fail *why);
int __real_uv_async_send(uv_async_t *handle);
int __wrap_uv_async_send(uv_async_t *handle);

static uv_prepare_t turn_end;
static sem_t written;
static bool is_put;
static void (*on_put)(struct entry *e);

/* The loop's clock.  That of the calendar stays as it is. */
int clock_gettime(clockid_t clock, struct timespec *t)
{
    static long now_ms = 1000;

    if (clock == CLOCK_REALTIME)
        return (int)syscall(SYS_clock_gettime, clock, t);
    now_ms++;
    *t = (struct timespec){now_ms / 1000, now_ms % 1000 * 1000000};
    return 0;
}

/* ---- between the loop and the thread ----------------------------------------------------- */

int __wrap_writer_put(struct writer *w, const struct entry *like, struct fail *why)
{
    struct entry *changed = entry_new(like);
    int rc;

    if (!changed)
        abort();
    if (on_put)
        on_put(changed);
    rc = __real_writer_put(w, changed, why);
    free(changed);
    is_put |= rc == 0;
    return rc;
}

int __wrap_uv_async_send(uv_async_t *handle)
{
    int rc = __real_uv_async_send(handle);

    sem_post(&written);
    return rc;
}

/* After the writer's own, which was started later, has given it what was put. */
static void on_turn_end(uv_prepare_t *handle)
{
    struct timespec until;
    int rc;

    (void)handle;
    if (!is_put)
        return;
    is_put = false;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WRITER_PATIENCE_S;
    do
        rc = sem_timedwait(&written, &until);
    while (rc < 0 && errno == EINTR);
    if (rc < 0) {
        fprintf(stderr, "lockstep: the writer does not write\n");
        abort();
    }
}

void lockstep_open(uv_loop_t *loop, void (*put)(struct entry *e))
{
    on_put = put;
    is_put = false;
    sem_init(&written, 0, 0);
    uv_prepare_init(loop, &turn_end);
    uv_prepare_start(&turn_end, on_turn_end);
    uv_unref((uv_handle_t *)&turn_end);
}

bool lockstep_run(uv_loop_t *loop)
{
    for (int turns = 0; turns < TURNS_MAX; turns++)
        if (!uv_run(loop, UV_RUN_NOWAIT))
            return true;
    return false;
}

void lockstep_close(uv_loop_t *loop)
{
    uv_close((uv_handle_t *)&turn_end, NULL);
    lockstep_run(loop);
    sem_destroy(&written);
}
