#include "node-agent/install/loglist.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define SUFFIX ".log"

/* A folder with more is not one that steps have filled. */
#define MAX_FILES 4096

struct kept {
    char file[2 * HOME_NAME_MAX_BYTES + 32];
    char run[HOME_NAME_MAX_BYTES + 1], step[HOME_NAME_MAX_BYTES + 1];
    int attempt;
    int64_t at_s, bytes;
};

struct shelf {
    int folder;
    struct kept *kept;
    size_t count;
};

static void shelf_done(struct shelf *s)
{
    free(s->kept);
    if (s->folder >= 0)
        close(s->folder);
}

/* ---- names ------------------------------------------------------------------------ */

static bool take_part(char *to, const char *from, size_t len)
{
    if (len > HOME_NAME_MAX_BYTES)
        return false;
    memcpy(to, from, len);
    to[len] = '\0';
    return home_name_is_safe(to);
}

/* RUN.STEP.ATTEMPT.log; only a run may have dots. */
static bool read_name(const char *file, struct kept *k)
{
    size_t len = strlen(file), end = strlen(SUFFIX);
    const char *attempt, *step;

    if (len >= sizeof k->file || len <= end || strcmp(file + len - end, SUFFIX) != 0)
        return false;
    strcpy(k->file, file);
    attempt = memrchr(file, '.', len - end);
    step = attempt ? memrchr(file, '.', (size_t)(attempt - file)) : NULL;
    if (!step)
        return false;
    k->attempt = atoi(attempt + 1);
    return take_part(k->run, file, (size_t)(step - file)) &&
           take_part(k->step, step + 1, (size_t)(attempt - step - 1));
}

/* ---- which of them ------------------------------------------------------------------ */

static int by_time(const void *left, const void *right)
{
    const struct kept *a = left, *b = right;

    if (a->at_s != b->at_s)
        return a->at_s < b->at_s ? -1 : 1;
    return strcmp(a->file, b->file);
}

static void note_file(struct shelf *s, const char *file, const char *run,
                      const char *step)
{
    struct kept *k = &s->kept[s->count];
    struct stat found;

    if (s->count == MAX_FILES || !read_name(file, k) ||
        (run && strcmp(k->run, run) != 0) || (step && strcmp(k->step, step) != 0) ||
        fstatat(s->folder, file, &found, AT_SYMLINK_NOFOLLOW) < 0 ||
        !S_ISREG(found.st_mode))
        return;
    k->at_s = found.st_mtime;
    k->bytes = found.st_size;
    s->count++;
}

static int find_all(const struct home *h, const char *run, const char *step,
                    struct shelf *s, struct fail *why)
{
    char path[HOME_PATH_MAX_BYTES];
    struct dirent *entry;
    DIR *dir;

    if (home_in_state(h, path, why, "/logs") < 0)
        return -1;
    dir = opendir(path);
    if (!dir)
        return errno == ENOENT ? 0 : home_fail(why, "reading", path);
    s->folder = dup(dirfd(dir));
    s->kept = calloc(MAX_FILES + 1, sizeof *s->kept);
    while (s->folder >= 0 && s->kept && (entry = readdir(dir)))
        note_file(s, entry->d_name, run, step);
    closedir(dir);
    if (s->folder < 0 || !s->kept)
        return fail_memory(why);
    qsort(s->kept, s->count, sizeof *s->kept, by_time);
    return 0;
}

/* Without a run, only that of the latest; and of those the latest. */
static void choose(struct shelf *s)
{
    const struct kept latest = s->kept[s->count - 1];
    size_t chosen = 0, first;

    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->kept[i].run, latest.run) == 0)
            s->kept[chosen++] = s->kept[i];
    first = chosen > LOGLIST_MAX_LOGS ? chosen - LOGLIST_MAX_LOGS : 0;
    memmove(s->kept, s->kept + first, (chosen - first) * sizeof *s->kept);
    s->count = chosen - first;
}

/* ---- what they say ------------------------------------------------------------------ */

/* The end of the file, from the beginning of a line on; NULL: no memory. */
static char *read_end(const struct shelf *s, const struct kept *k, size_t most_bytes)
{
    int fd = openat(s->folder, k->file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    char *text = calloc(1, most_bytes + 1), *line;
    int64_t from = k->bytes > (int64_t)most_bytes ? k->bytes - (int64_t)most_bytes : 0;
    ssize_t n = fd >= 0 && text ? pread(fd, text, most_bytes, from) : 0;

    if (fd >= 0)
        close(fd);
    for (ssize_t i = 0; i < n; i++)
        if (!text[i])
            text[i] = '?';
    line = from && text ? strchr(text, '\n') : NULL;
    if (line)
        memmove(text, line + 1, strlen(line + 1) + 1);
    return text;
}

static struct json *encode(const struct shelf *s, const struct kept *k, size_t most_bytes)
{
    CLEANUP(text_done) char *text = read_end(s, k, most_bytes);
    struct json *doc = json_object();

    if (doc && text && json_put_text(doc, "run", k->run) == 0 &&
        json_put_text(doc, "step", k->step) == 0 &&
        json_put_int(doc, "attempt", k->attempt) == 0 &&
        json_put_int(doc, "at_s", k->at_s) == 0 &&
        json_put_int(doc, "bytes", k->bytes) == 0 &&
        json_put_text(doc, "text", text) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

int loglist_read(const struct home *h, const char *run, const char *step,
                 struct json **logs, struct fail *why)
{
    CLEANUP(shelf_done) struct shelf s = {.folder = -1};
    CLEANUP(json_done) struct json *made = json_array();

    if (find_all(h, run, step, &s, why) < 0)
        return -1;
    if (s.count)
        choose(&s);
    for (size_t i = 0; i < s.count; i++)
        if (!made ||
            json_push(made, encode(&s, &s.kept[i], LOGLIST_MAX_BYTES / s.count)) < 0)
            return fail_memory(why);
    if (!made)
        return fail_memory(why);
    *logs = made;
    made = NULL;
    return 0;
}
