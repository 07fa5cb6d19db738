#include "node-agent/install/take.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "node-agent/clock.h"
#include "node-agent/fd.h"
#include "node-agent/home.h"
#include "node-agent/install/bundle.h"
#include "node-agent/install/fetch_proxy.h"
#include "node-agent/install/fetch_said.h"
#include "node-agent/install/fetch_tool.h"
#include "node-agent/install/steplog.h"
#include "protocol/fail.h"
#include "protocol/scope.h"
#include "protocol/steps.h"

/* Of all tries together.  What has come by then is kept for the next time. */
#define DEADLINE_MS (30 * 60 * 1000)

/* In a row, and none of them brought a byte that was not there before. */
#define TRIES 5

/* A server that wants us to wait longer is asked again sooner. */
#define RETRY_AFTER_MAX_S 60

#define PROGRESS_MS 3000

/* A full disk is bad for the node, and for our own record of it. */
#define SPARE_BYTES ((int64_t)64 << 20)

#define MIB ((int64_t)1 << 20)

struct fetch {
    const struct taking *t;
    const char *hash, *file, *url, *proxy; /* proxy: NULL                              */
    char host[FETCH_SAID_HOST_BYTES];
    char path[HOME_PATH_MAX_BYTES]; /* of what is there so far: FILE.part */
    unsigned patience_s;
    int64_t until_ms, told_ms;
    int64_t had_bytes;  /* when this try began                                         */
    int64_t most_bytes; /* that were ever there                                        */
    bool continued;     /* not all of it came in one answer                            */
    struct fetch_said said;
    struct fail stop; /* why this one must not go on */
};

static void tell(const struct fetch *f, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void tell(const struct fetch *f, const char *fmt, ...)
{
    char line[300];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    steplog_line(f->t->log, line);
}

static int64_t bytes_there(const struct fetch *f)
{
    int64_t bytes = bundle_size(f->path);

    return bytes > 0 ? bytes : 0;
}

/* Rehearsals have less of it: see home.h. */
static unsigned patience_of(const struct home *h)
{
    const char *said = *h->root ? getenv("IBFLEET_PATIENCE_S") : NULL;
    int seconds = said ? atoi(said) : 0;

    return seconds > 0 && seconds < FETCH_TOOL_PATIENCE_S ? (unsigned)seconds
                                                          : FETCH_TOOL_PATIENCE_S;
}

/* ---- while it comes ---------------------------------------------------------------- */

static int64_t mib(int64_t bytes)
{
    return (bytes + MIB - 1) / MIB;
}

static int check_size(const struct fetch *f, int64_t there, struct fail *why)
{
    int64_t bytes = f->said.total_bytes > there ? f->said.total_bytes : there;

    if (bytes <= BUNDLE_MAX_BYTES)
        return 0;
    return fail_set(why, FAIL_DOWNLOAD, "%s from %s has more than %lld GiB", f->file,
                    f->host, (long long)(BUNDLE_MAX_BYTES >> 30));
}

static int check_room(const struct fetch *f, int64_t there, struct fail *why)
{
    int64_t total = f->said.total_bytes, need, free_bytes;
    struct statvfs vfs;

    if (statvfs(f->t->home->state, &vfs) < 0)
        return 0;
    free_bytes = (int64_t)(vfs.f_bavail * vfs.f_frsize);
    need = (total > there ? total - there : 0) + SPARE_BYTES;
    if (free_bytes >= need)
        return 0;
    if (total < 0)
        return fail_set(why, FAIL_DISK_FULL, "%s: only %lld MiB are left in %s", f->file,
                        (long long)(free_bytes / MIB), f->t->home->state);
    return fail_set(why, FAIL_DISK_FULL,
                    "%s has %lld MiB: %lld MiB more must be free in %s", f->file,
                    (long long)mib(total), (long long)mib(need - free_bytes),
                    f->t->home->state);
}

static void tell_progress(struct fetch *f, int64_t there)
{
    int64_t now = clock_ms();

    if (now < f->told_ms + PROGRESS_MS)
        return;
    f->told_ms = now;
    if (f->said.total_bytes > 0)
        tell(f, "fetch: %lld of %lld MiB", (long long)(there / MIB),
             (long long)mib(f->said.total_bytes));
    else
        tell(f, "fetch: %lld MiB", (long long)(there / MIB));
}

static bool may_go_on(void *arg)
{
    struct fetch *f = arg;
    int64_t there = bytes_there(f);

    if (check_size(f, there, &f->stop) < 0 || check_room(f, there, &f->stop) < 0)
        return false;
    tell_progress(f, there);
    return true;
}

static void on_line(void *arg, const char *line)
{
    struct fetch *f = arg;

    fetch_said_line(&f->said, line);
}

/* ---- one try ----------------------------------------------------------------------- */

static int blame(const struct fetch *f, const struct fail *tool, struct fail *why)
{
    char reason[160], proxy[FETCH_SAID_HOST_BYTES] = "";
    int64_t there = bytes_there(f), total = f->said.total_bytes;

    fetch_said_reason(&f->said, reason, sizeof reason);
    if (f->proxy)
        fetch_said_host(f->proxy, proxy);
    if (f->said.status < 400 && total > there && there > f->had_bytes)
        snprintf(reason, sizeof reason, "cut off after %lld of %lld bytes",
                 (long long)there, (long long)total);
    return fail_set(why, FAIL_DOWNLOAD, "%s%s%s: %s", f->host,
                    *proxy ? " through the proxy " : "", proxy,
                    *reason ? reason : tool->text);
}

/* What is there so far is of no use to this server: it has no ranges, or what is there
 * is not the beginning of its file.
 */
static bool must_begin_anew(const struct fetch *f)
{
    return f->had_bytes > 0 && bytes_there(f) == f->had_bytes &&
           (f->said.status == 200 || f->said.status == 416);
}

/* 0: all of it is there, as far as the server and the program say. */
static int try_once(struct fetch *f, struct fail *why)
{
    struct fetch_tool tool = {.url = f->url,
                              .path = f->path,
                              .patience_s = f->patience_s,
                              .on_line = on_line,
                              .go_on = may_go_on,
                              .arg = f};
    int64_t left = f->until_ms - clock_ms();
    struct fail said;
    int rc;

    f->had_bytes = bytes_there(f);
    f->continued = f->had_bytes > 0;
    fetch_said_begin(&f->said);
    if (f->continued)
        tell(f, "fetch: continued after %lld bytes", (long long)f->had_bytes);
    tool.deadline_ms = left > 1 ? (unsigned)left : 1;
    rc = fetch_tool_run(&tool, &said);
    if (f->said.total_bytes > bytes_there(f))
        rc = -1;
    if (rc == 0)
        return 0;
    if (f->stop.code == FAIL_NONE)
        check_room(f, bytes_there(f), &f->stop); /* it may have filled up all at once */
    return blame(f, &said, why);
}

/* ---- all tries --------------------------------------------------------------------- */

/* Without patience there are no pauses to speak of: 1, 2, 4, 8 s are a 30th of it. */
static void pause_after(const struct fetch *f, int tries, const struct fail *why)
{
    int64_t pause_ms = (int64_t)f->patience_s * 1000 / 30 << (tries > 0 ? tries - 1 : 0);
    int64_t left = f->until_ms - clock_ms();
    int wish_s = f->said.retry_after_s;

    if (wish_s > RETRY_AFTER_MAX_S)
        wish_s = RETRY_AFTER_MAX_S;
    if (pause_ms < (int64_t)wish_s * 1000)
        pause_ms = (int64_t)wish_s * 1000;
    if (pause_ms > left)
        pause_ms = left;
    tell(f, "fetch: %s; again in %lld s", why->text, (long long)(pause_ms + 999) / 1000);
    if (pause_ms > 0)
        poll(NULL, 0, (int)pause_ms);
}

static bool is_over(struct fetch *f, struct fail *why)
{
    if (f->stop.code != FAIL_NONE) {
        *why = f->stop;
        return true;
    }
    if (clock_ms() < f->until_ms)
        return f->said.status != 416 && fetch_said_is_final(&f->said);
    fail_set(
        why, FAIL_DOWNLOAD,
        "%s: not all of it came within %d min; the next try continues after %lld MiB",
        f->host, DEADLINE_MS / 60000, (long long)(bytes_there(f) / MIB));
    return true;
}

static int download(struct fetch *f, struct fail *why)
{
    int tries = 0; /* since the last one that brought something */

    while (try_once(f, why) < 0) {
        int64_t there = bytes_there(f);

        if (is_over(f, why))
            return -1;
        tries = there > f->most_bytes ? 0 : tries + 1;
        if (there > f->most_bytes)
            f->most_bytes = there;
        if (tries >= TRIES)
            return -1;
        if (must_begin_anew(f)) {
            tell(f, "fetch: %s can not continue: begun anew", f->host);
            unlink(f->path);
        } else {
            pause_after(f, tries, why);
        }
    }
    return 0;
}

/* ---- and is it the right one? ------------------------------------------------------ */

/* 1: it is not, but it was put together from several answers, and may_be_anew. */
static int check(struct fetch *f, bool may_be_anew, struct fail *why)
{
    char hex[DIGEST_HEX_BYTES];

    tell(f, "fetch: %lld bytes have come; their SHA-256 is looked at",
         (long long)bytes_there(f));
    if (bundle_hash(f->path, hex, why) < 0)
        return -1;
    if (strcmp(hex, f->hash) == 0)
        return bundle_place(f->t->home, f->path, f->file, why);
    unlink(f->path);
    if (f->continued && may_be_anew)
        return 1;
    return fail_set(why, FAIL_HASH, "SHA-256 is %s, not %s: %.30s from %s", hex, f->hash,
                    f->file, f->host);
}

/* A rest of another file, or a file that was changed in between, is begun anew once. */
static int fetch_all(struct fetch *f, struct fail *why)
{
    int rc;

    if (download(f, why) < 0)
        return -1;
    rc = check(f, true, why);
    if (rc <= 0)
        return rc;
    tell(f, "fetch: not the right SHA-256: begun anew");
    f->most_bytes = 0;
    return download(f, why) < 0 ? -1 : check(f, false, why);
}

static int prepare(struct fetch *f, const struct step *step, struct fail *why)
{
    const struct home *h = f->t->home;

    f->hash = step->args[0];
    f->file = step->args[1];
    f->url = step->args[2];
    f->proxy = step->arg_count > 3 ? step->args[3] : NULL;
    f->patience_s = patience_of(h);
    f->until_ms = clock_ms() + DEADLINE_MS;
    fetch_said_host(f->url, f->host);
    if (home_in_state(h, f->path, why, "/" BUNDLE_FOLDER "/%s.part", f->file) < 0)
        return -1;
    return home_make(h, BUNDLE_FOLDER, why);
}

static int start(struct fetch *f, struct fail *why)
{
    if (!fetch_tool_name())
        return fail_set(why, FAIL_NO_TOOL,
                        "neither curl nor wget is there: install one, or  ibfleet copy "
                        "%.40s NODE:%.60s/" BUNDLE_FOLDER "/",
                        f->file, f->t->home->state);
    if (bytes_there(f) > BUNDLE_MAX_BYTES || bundle_size(f->path) < 0)
        unlink(f->path);
    tell(f, "# %s: %s from %s", fetch_tool_name(), f->file, f->host);
    fetch_proxy_use(f->t->home, f->proxy);
    f->told_ms = clock_ms();
    f->most_bytes = bytes_there(f);
    return fetch_all(f, why);
}

/* Of two runs that want a bundle at once, one waits for its next turn. */
int take_fetch(const struct taking *t, const struct step *step, bool *already,
               struct fail *why)
{
    CLEANUP(fd_done) int lock = -1;
    struct fetch f = {.t = t};
    bool found, moved;

    if (prepare(&f, step, why) < 0)
        return -1;
    lock = home_try_lock(t->home, "fetch");
    if (lock < 0)
        return fail_set(why, FAIL_DOWNLOAD, "another download is at work on this node");
    if (bundle_find(t->home, f.hash, f.file, &found, &moved, why) < 0)
        return -1;
    if (!found || moved)
        *already = false;
    if (!found && start(&f, why) < 0)
        return -1;
    bundle_tidy(t->home, f.file);
    return 0;
}
