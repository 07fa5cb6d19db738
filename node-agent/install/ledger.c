#include "node-agent/install/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "node-agent/fd.h"
#include "node-agent/home.h"
#include "protocol/fail_wire.h"
#include "protocol/json.h"
#include "protocol/scope.h"
#include "protocol/tree/folder.h"

static const char *const states[LEDGER_STATES] = {"nothing", "intent",  "running",
                                                  "done",    "already", "failed"};

const char *ledger_state_name(enum ledger_state state)
{
    return states[state];
}

int ledger_is_over(enum ledger_state state)
{
    return state >= LEDGER_DONE;
}

void ledger_clear(struct ledger_entry *e)
{
    json_free(e->what);
    *e = (struct ledger_entry){0};
}

/* ---- one line -------------------------------------------------------------------------
 */

static struct json *encode(const struct ledger_entry *e)
{
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "run", e->run) == 0 &&
        json_put_text(doc, "step", e->step) == 0 &&
        json_put_int(doc, "attempt", e->attempt) == 0 &&
        json_put_text(doc, "state", states[e->state]) == 0 &&
        json_put_int(doc, "at_s", (int64_t)time(NULL)) == 0 &&
        json_put_text(doc, "boot_id", e->boot_id) == 0 &&
        json_put_real(doc, "seconds", e->seconds) == 0 &&
        (!e->what || e->state != LEDGER_INTENT ||
         json_put(doc, "what", json_copy(e->what)) == 0) &&
        (e->state != LEDGER_FAILED || fail_wire_put(doc, &e->why) == 0))
        return doc;
    json_free(doc);
    return NULL;
}

static int get_word(const struct json *doc, const char *key, char *word, size_t size,
                    struct fail *why)
{
    const char *text;

    if (json_get_text(doc, key, &text, why) < 0)
        return -1;
    if (strlen(text) >= size)
        return fail_set(why, FAIL_GARBAGE, "'%s' is too long", key);
    strcpy(word, text);
    return 0;
}

static enum ledger_state state_of(const char *name)
{
    for (int i = 0; i < LEDGER_STATES; i++)
        if (strcmp(states[i], name) == 0)
            return (enum ledger_state)i;
    return LEDGER_NOTHING;
}

static int decode(const struct json *doc, struct ledger_entry *e, struct fail *why)
{
    char state[16];
    int64_t attempt;

    if (get_word(doc, "run", e->run, sizeof e->run, why) < 0 ||
        get_word(doc, "step", e->step, sizeof e->step, why) < 0 ||
        get_word(doc, "state", state, sizeof state, why) < 0 ||
        get_word(doc, "boot_id", e->boot_id, sizeof e->boot_id, why) < 0 ||
        json_get_int(doc, "attempt", 0, 1000000, &attempt, why) < 0 ||
        json_get_int(doc, "at_s", 0, (int64_t)1 << 53, &e->at_s, why) < 0 ||
        json_get_real(doc, "seconds", &e->seconds, why) < 0)
        return -1;
    e->attempt = (int)attempt;
    e->state = state_of(state);
    return e->state == LEDGER_FAILED ? fail_wire_get(doc, &e->why, why) : 0;
}

/* False for a line that is torn or not ours. */
static bool parse_line(const char *line, size_t len, struct ledger_entry *e)
{
    CLEANUP(json_done) struct json *doc = NULL;

    *e = (struct ledger_entry){0};
    if (json_parse(line, len, &doc, NULL) < 0 || decode(doc, e, NULL) < 0)
        return false;
    if (json_find(doc, "what"))
        e->what = json_copy(json_find(doc, "what"));
    return e->state != LEDGER_NOTHING;
}

/* ---- reading ------------------------------------------------------------------- */

/* "" when there is none yet. */
static char *read_all(const struct home *h, size_t *len, struct fail *why)
{
    char path[HOME_PATH_MAX_BYTES], *text;

    *len = 0;
    if (home_in_state(h, path, why, "/ledger") < 0)
        return NULL;
    text = home_read_bytes(path, 2 * LEDGER_MAX_BYTES, len);
    if (text)
        return text;
    if (access(path, F_OK) < 0 && errno == ENOENT)
        return strdup("");
    fail_set(why, FAIL_STEP, "%s can not be read", path);
    return NULL;
}

/* Of a line that a power cut has torn some sectors may be zeros, and others there. */
static bool is_torn(const char *line, size_t len)
{
    return memchr(line, '\0', len) != NULL;
}

int ledger_walk(const struct home *h,
                void (*each)(void *arg, const struct ledger_entry *e), void *arg,
                struct fail *why)
{
    size_t all, len;
    CLEANUP(text_done) char *text = read_all(h, &all, why);

    if (!text)
        return -1;
    for (const char *line = text, *end = text + all; line < end; line += len + 1) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        struct ledger_entry e;

        len = (size_t)((newline ? newline : end) - line);
        if (is_torn(line, len))
            continue;
        if (parse_line(line, len, &e))
            each(arg, &e);
        ledger_clear(&e);
    }
    return 0;
}

struct search {
    const char *run, *step;
    struct ledger_entry last;
};

static void keep_last(void *arg, const struct ledger_entry *e)
{
    struct search *s = arg;
    struct json *what = s->last.what;

    if (strcmp(e->run, s->run) != 0 || strcmp(e->step, s->step) != 0)
        return;
    s->last = *e;
    s->last.what = what;
    if (e->what) {
        json_free(what);
        s->last.what = json_copy(e->what);
    }
}

int ledger_last(const struct home *h, const char *run, const char *step,
                struct ledger_entry *e, struct fail *why)
{
    struct search s = {.run = run, .step = step};

    if (ledger_walk(h, keep_last, &s, why) < 0)
        return -1;
    *e = s.last;
    return 0;
}

/* ---- writing ------------------------------------------------------------------- */

/* Whole lines of it, without those that are torn. */
static char *younger_half(char *text, size_t len)
{
    char *half = memchr(text + len / 2, '\n', len - len / 2), *end = text + len;
    char *kept = text, *line = half ? half + 1 : end, *next;

    for (; line < end; line = next) {
        next = memchr(line, '\n', (size_t)(end - line));
        next = next ? next + 1 : end;
        if (is_torn(line, (size_t)(next - line)))
            continue;
        memmove(kept, line, (size_t)(next - line));
        kept += next - line;
    }
    *kept = '\0';
    return text;
}

static int shorten(const char *path, struct fail *why)
{
    size_t len;
    CLEANUP(text_done) char *text = home_read_bytes(path, 2 * LEDGER_MAX_BYTES, &len);

    return text ? home_write(path, younger_half(text, len), 0600, why) : 0;
}

static void lay_ballast(const struct home *h)
{
    char path[HOME_PATH_MAX_BYTES];
    CLEANUP(fd_done) int fd = -1;

    if (home_in_state(h, path, NULL, "/ballast") < 0)
        return;
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0 && posix_fallocate(fd, 0, (off_t)LEDGER_BALLAST_BYTES) != 0)
        unlink(path); /* a small disk: then without */
}

static bool drop_ballast(const struct home *h)
{
    char path[HOME_PATH_MAX_BYTES];
    bool dropped;

    if (home_in_state(h, path, NULL, "/ballast") < 0)
        return false;
    dropped = unlink(path) == 0;
    errno = ENOSPC; /* which is why we came here */
    return dropped;
}

/* One write() for the line, so that what is torn is the last line and no other. */
static bool put_line(int fd, off_t end, const char *line, size_t len)
{
    ssize_t n = write(fd, line, len);
    int saved = n >= 0 && n < (ssize_t)len ? ENOSPC : errno;

    if (n == (ssize_t)len) {
        if (fsync(fd) == 0)
            return true;
        saved = errno;
    }
    if (ftruncate(fd, end) < 0)
        saved = errno;
    errno = saved;
    return false;
}

static int add_line(const struct home *h, const char *path, const char *line, size_t len,
                    struct fail *why)
{
    CLEANUP(fd_done)
    int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    char last = '\n';
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return home_fail(why, "opening", path);
    if (st.st_size == 0 && folder_sync_above(path) < 0) /* it may have come just now */
        return home_fail(why, "syncing", path);
    if (st.st_size > 0 && pread(fd, &last, 1, st.st_size - 1) != 1)
        return home_fail(why, "reading", path);
    if (last == '\n') { /* else the line's own newline, in front, ends a torn one */
        line++;
        len--;
    }
    if (put_line(fd, st.st_size, line, len))
        return 0;
    if (errno == ENOSPC && drop_ballast(h) && put_line(fd, st.st_size, line, len))
        return 0;
    return home_fail(why, "writing", path);
}

static int append_text(const struct home *h, const char *text, struct fail *why)
{
    CLEANUP(fd_done) int lock = home_lock(h, "ledger", why);
    CLEANUP(text_done) char *line = NULL;
    char path[HOME_PATH_MAX_BYTES];
    struct stat st;
    int len;

    if (lock < 0 || home_in_state(h, path, why, "/ledger") < 0)
        return -1;
    if (stat(path, &st) == 0 && st.st_size > (off_t)LEDGER_MAX_BYTES &&
        shorten(path, why) < 0)
        return -1;
    len = asprintf(&line, "\n%s\n", text);
    if (len < 0) {
        line = NULL;
        return fail_memory(why);
    }
    return add_line(h, path, line, (size_t)len, why);
}

int ledger_append(const struct home *h, const struct ledger_entry *e, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = encode(e);
    CLEANUP(text_done) char *text = doc ? json_print(doc) : NULL;

    if (!text)
        return fail_memory(why);
    if (home_make(h, NULL, why) < 0 || append_text(h, text, why) < 0)
        return -1;
    if (e->state == LEDGER_INTENT)
        lay_ballast(h);
    return 0;
}
