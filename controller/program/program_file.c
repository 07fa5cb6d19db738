#include "controller/program/program_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/scope.h"

/* As execvp() does, when there is none. */
#define USUAL_PATH "/usr/bin:/bin"

static int check(const char *path, enum fail_code code, struct fail *why)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return fail_set(why, code, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return fail_set(why, code, "%s is no file: name a program", path);
    if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
        return fail_set(why, code, "%s cannot be run: %s; chmod +x", path,
                        strerror(errno));
    if (st.st_mode & S_IWOTH)
        return fail_set(why, code,
                        "%s may be written by everybody, who would so become who runs "
                        "ibfleet; chmod o-w",
                        path);
    return 0;
}

/* Into *path, malloc'ed. */
static int make_absolute(const char *word, const char *folder, char **path,
                         struct fail *why)
{
    CLEANUP(text_done) char *here = NULL;

    if (*word == '/') {
        *path = strdup(word);
        return *path ? 0 : fail_memory(why);
    }
    if (!folder || *folder != '/') {
        here = getcwd(NULL, 0);
        if (!here)
            return fail_set(why, FAIL_USAGE, "the folder we are in: %s", strerror(errno));
    }
    if (asprintf(path, "%s%s%s/%s", here ? here : "", here && folder ? "/" : "",
                 folder ? folder : "", word) < 0) {
        *path = NULL;
        return fail_memory(why);
    }
    return 0;
}

/* Whichever $PATH has first that can be run; an empty folder in it would be where we are,
 * which nobody means, and a relative one likewise.
 */
static int look_in_path(const char *word, enum fail_code code, char **path,
                        struct fail *why)
{
    const char *search = getenv("PATH");

    for (const char *at = search ? search : USUAL_PATH; *at; at += *at == ':') {
        size_t len = strcspn(at, ":");

        if (*at == '/') {
            if (asprintf(path, "%.*s/%s", (int)len, at, word) < 0) {
                *path = NULL;
                return fail_memory(why);
            }
            if (faccessat(AT_FDCWD, *path, X_OK, AT_EACCESS) == 0)
                return 0;
            free(*path);
            *path = NULL;
        }
        at += len;
    }
    return fail_set(why, code, "there is no program '%s' in $PATH", word);
}

int program_file_find(const char *word, const char *folder, enum fail_code code,
                      char **path, struct fail *why)
{
    CLEANUP(text_done) char *found = NULL;

    if (!*word)
        return fail_set(why, code, "no program is named");
    if ((strchr(word, '/') ? make_absolute(word, folder, &found, why)
                           : look_in_path(word, code, &found, why)) < 0 ||
        check(found, code, why) < 0)
        return -1;
    *path = found;
    found = NULL;
    return 0;
}
