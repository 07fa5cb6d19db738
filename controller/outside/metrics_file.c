/* At most one write is under way, in a thread of the loop's pool, which has the bytes, the
 * two names and the failure to itself meanwhile.
 */
#include "controller/outside/metrics_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <uv.h>

#include "controller/screen/text.h"
#include "controller/state_folder.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

struct metrics_file {
    uv_loop_t *loop;
    char *path, *beside;
    const struct metrics_file_hooks *hooks;
    void *arg;
    bool is_touched, is_writing, is_closed, has_last, has_complained;
    uv_timer_t timer; /* the pause after a write */
    uv_work_t work;
    struct text text; /* being written          */
    struct text last; /* until its turn comes   */
    struct fail why;  /* FAIL_NONE: the last write went well */
    void (*on_closed)(void *arg);
    void *closed_arg;
};

/* ---- in the thread ------------------------------------------------------------------------ */

static int write_all(int fd, const char *bytes, size_t len_bytes)
{
    while (len_bytes) {
        ssize_t n = write(fd, bytes, len_bytes);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        bytes += n;
        len_bytes -= (size_t)n;
    }
    return 0;
}

/* Whatever the umask is: node_exporter is another user.  A link in its place is no place of
 * ours.
 */
static int put_beside(const struct metrics_file *f)
{
    int fd = open(f->beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    int status, reason;

    if (fd < 0)
        return -1;
    status = fchmod(fd, 0644) < 0 || write_all(fd, f->text.bytes, f->text.len_bytes) < 0
                 ? -1
                 : fsync(fd);
    reason = errno;
    close(fd);
    errno = reason;
    return status;
}

static void write_file(uv_work_t *work)
{
    struct metrics_file *f = work->data;

    f->why.code = FAIL_NONE;
    if (text_is_cut(&f->text)) {
        fail_set(&f->why, FAIL_STATE, "%s: too much, or out of memory", f->path);
        return;
    }
    if (put_beside(f) == 0 && rename(f->beside, f->path) == 0)
        return;
    fail_set(&f->why, FAIL_STATE, "%s: %s", f->path, strerror(errno));
    unlink(f->beside);
}

/* ---- on the loop -------------------------------------------------------------------------- */

static void file_free(struct metrics_file *f)
{
    if (!f)
        return;
    text_clear(&f->text);
    text_clear(&f->last);
    free(f->path);
    free(f->beside);
    free(f);
}

static void on_handle_closed(uv_handle_t *timer)
{
    struct metrics_file *f = timer->data;

    if (f->on_closed)
        f->on_closed(f->closed_arg);
    file_free(f);
}

static void on_written(uv_work_t *work, int status);

static void begin(struct metrics_file *f)
{
    f->is_writing = true;
    f->work.data = f;
    uv_queue_work(f->loop, &f->work, write_file, on_written);
}

static void on_timer(uv_timer_t *timer)
{
    struct metrics_file *f = timer->data;

    if (!f->is_touched)
        return;
    f->is_touched = false;
    text_reset(&f->text);
    f->hooks->render(f->arg, &f->text);
    begin(f);
}

static void begin_last(struct metrics_file *f)
{
    struct text done = f->text;

    f->text = f->last;
    f->last = done;
    f->has_last = false;
    begin(f);
}

static void on_written(uv_work_t *work, int status)
{
    struct metrics_file *f = work->data;

    (void)status; /* it is never cancelled */
    f->is_writing = false;
    if (f->why.code != FAIL_NONE && !f->has_complained) {
        f->has_complained = true;
        f->hooks->failed(f->arg, &f->why);
    }
    if (!f->is_closed)
        uv_timer_start(&f->timer, on_timer, METRICS_FILE_MS, 0);
    else if (f->has_last)
        begin_last(f);
    else
        uv_close((uv_handle_t *)&f->timer, on_handle_closed);
}

/* ---- life ----------------------------------------------------------------------------------- */

/* What is wrong with the name or its folder, before anything has changed. */
static int check(const char *path, struct fail *why)
{
    size_t len = strlen(path), suffix = strlen(METRICS_FILE_SUFFIX);
    CLEANUP(text_done) char *folder = NULL;
    const char *slash = strrchr(path, '/'), *bad;
    struct statfs fs;

    if (len <= suffix || strcmp(path + len - suffix, METRICS_FILE_SUFFIX) != 0 ||
        path[len - suffix - 1] == '/')
        return fail_set(why, FAIL_USAGE,
                        "%s: its name must end in " METRICS_FILE_SUFFIX
                        ", or node_exporter passes it over",
                        path);
    folder =
        slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    if (!folder)
        return fail_memory(why);
    if (statfs(folder, &fs) < 0 ||
        faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) < 0)
        return fail_set(why, FAIL_USAGE, "%s: folder %s: %s", path, folder,
                        strerror(errno));
    bad = state_folder_refused((unsigned long)fs.f_type);
    if (bad)
        return fail_set(why, FAIL_USAGE, "%s is on %s, which may hang: name a local file",
                        path, bad);
    return 0;
}

int metrics_file_open(uv_loop_t *loop, const char *path,
                      const struct metrics_file_hooks *hooks, void *arg,
                      struct metrics_file **made, struct fail *why)
{
    struct metrics_file *f;

    if (check(path, why) < 0)
        return -1;
    f = calloc(1, sizeof *f);
    if (f)
        f->path = strdup(path);
    if (!f || !f->path || asprintf(&f->beside, "%s.tmp", path) < 0) {
        if (f)
            f->beside = NULL;
        file_free(f);
        return fail_memory(why);
    }
    f->loop = loop;
    f->hooks = hooks;
    f->arg = arg;
    f->timer.data = f;
    uv_timer_init(loop, &f->timer);
    *made = f;
    return 0;
}

void metrics_file_touch(struct metrics_file *f)
{
    f->is_touched = true;
    if (!f->is_writing && !uv_is_active((uv_handle_t *)&f->timer))
        uv_timer_start(&f->timer, on_timer, 0, 0);
}

/* A write that is under way comes first, or the last one would not be. */
void metrics_file_close(struct metrics_file *f, void (*on_closed)(void *arg), void *arg)
{
    f->is_closed = f->has_last = true;
    f->on_closed = on_closed;
    f->closed_arg = arg;
    uv_timer_stop(&f->timer);
    f->hooks->render(f->arg, &f->last);
    if (!f->is_writing)
        begin_last(f);
}
