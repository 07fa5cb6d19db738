#include "node-agent/detect/tree.h"

#include <dirent.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node-agent/path.h"
#include "protocol/scope.h"

static FILE *open_path(const char *path)
{
    FILE *f = fopen(path, "re");
    struct stat st;

    if (f && (fstat(fileno(f), &st) < 0 || !S_ISREG(st.st_mode))) {
        fclose(f);
        return NULL;
    }
    return f;
}

static char *line_of(const char *path)
{
    char line[TREE_LINE_MAX_BYTES];
    FILE *f = open_path(path);
    size_t n;
    char *got;

    if (!f)
        return NULL;
    got = fgets(line, sizeof line, f);
    fclose(f);
    if (!got)
        return NULL;
    for (n = strlen(line); n > 0 && strchr(" \t\r\n", line[n - 1]); n--)
        ;
    line[n] = '\0';
    return strdup(line);
}

char *tree_line(const char *root, const char *fmt, ...)
{
    char path[PATH_MAX];
    va_list ap;
    bool fits;

    va_start(ap, fmt);
    fits = path_below(path, PATH_MAX, root, fmt, ap);
    va_end(ap);
    return fits ? line_of(path) : NULL;
}

long tree_number(const char *root, long fallback, const char *fmt, ...)
{
    CLEANUP(text_done) char *line = NULL;
    char path[PATH_MAX], *end;
    va_list ap;
    long n;

    va_start(ap, fmt);
    if (path_below(path, PATH_MAX, root, fmt, ap))
        line = line_of(path);
    va_end(ap);
    if (!line)
        return fallback;
    n = strtol(line, &end, 0);
    return end == line ? fallback : n;
}

char *tree_link(const char *root, const char *fmt, ...)
{
    char path[PATH_MAX], target[PATH_MAX], *slash;
    ssize_t n = -1;
    va_list ap;

    va_start(ap, fmt);
    if (path_below(path, PATH_MAX, root, fmt, ap))
        n = readlink(path, target, sizeof target - 1);
    va_end(ap);
    if (n <= 0)
        return NULL;
    target[n] = '\0';
    slash = strrchr(target, '/');
    return strdup(slash ? slash + 1 : target);
}

bool tree_target(const char *root, const char *path, char *target)
{
    char whole[PATH_MAX];
    ssize_t n;

    if (snprintf(whole, sizeof whole, "%s%s", root, path) >= (int)sizeof whole)
        return false;
    n = readlink(whole, target, PATH_MAX - 1);
    if (n <= 0)
        return false;
    target[n] = '\0';
    return true;
}

bool tree_exists(const char *root, const char *fmt, ...)
{
    char path[PATH_MAX];
    va_list ap;
    bool there;

    va_start(ap, fmt);
    there = path_below(path, PATH_MAX, root, fmt, ap) && access(path, F_OK) == 0;
    va_end(ap);
    return there;
}

FILE *tree_open(const char *root, const char *fmt, ...)
{
    char path[PATH_MAX];
    FILE *f = NULL;
    va_list ap;

    va_start(ap, fmt);
    if (path_below(path, PATH_MAX, root, fmt, ap))
        f = open_path(path);
    va_end(ap);
    return f;
}

/* ---- directories --------------------------------------------------------------- */

void *tree_grow(void *array, size_t *count, size_t max, size_t element_bytes)
{
    void *list, *more;

    if (*count >= max)
        return NULL;
    memcpy(&list, array, sizeof list); /* whatever it points to */
    more = realloc(list, (*count + 1) * element_bytes);
    if (!more)
        return NULL;
    memcpy(array, &more, sizeof more);
    return memset((char *)more + (*count)++ * element_bytes, 0, element_bytes);
}

static int compare(const void *a, const void *b)
{
    return strverscmp(*(char *const *)a, *(char *const *)b);
}

static void read_names(DIR *dir, struct tree_names *names)
{
    struct dirent *entry;

    while ((entry = readdir(dir))) {
        char **name;

        if (entry->d_name[0] == '.')
            continue;
        name =
            tree_grow(&names->list, &names->count, TREE_NAMES_MAX, sizeof *names->list);
        if (!name || !(*name = strdup(entry->d_name))) {
            names->count -= name != NULL;
            return;
        }
    }
}

struct tree_names tree_names(const char *root, const char *fmt, ...)
{
    struct tree_names names = {0};
    char path[PATH_MAX];
    DIR *dir = NULL;
    va_list ap;

    va_start(ap, fmt);
    if (path_below(path, PATH_MAX, root, fmt, ap))
        dir = opendir(path);
    va_end(ap);
    if (!dir)
        return names;
    read_names(dir, &names);
    closedir(dir);
    if (names.count > 1)
        qsort(names.list, names.count, sizeof *names.list, compare);
    return names;
}

void tree_names_done(struct tree_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->list[i]);
    free(names->list);
    *names = (struct tree_names){0};
}
