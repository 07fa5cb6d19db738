/* hostlist-tool [GROUPS]   read expressions, one on each line; answer each with one line:
 *
 *     = FOLDED SLURM NAME NAME ...      or      ! what is wrong
 *
 * GROUPS has lines of "SOURCE:NAME=HOSTLIST"; of the default source "NAME=HOSTLIST".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/whole_file.h"
#include "inventory/hostset.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define MAX_GROUPS_BYTES ((size_t)1 << 20)

/* arg is the text of GROUPS, in which '\n' became NUL, and which an empty line ends. */
static int hostlist_of(void *arg, const char *source, const char *name, const char **text,
                       struct fail *why)
{
    char key[2 * HOSTSET_MAX_NAME + 8];
    int len = snprintf(key, sizeof key, "%s%s%s=", source ? source : "",
                       source ? ":" : "", name);

    for (const char *line = arg; *line; line += strlen(line) + 1)
        if (strncmp(line, key, (size_t)len) == 0) {
            *text = line + len;
            return 0;
        }
    return fail_set(why, FAIL_HOSTLIST, "no such group: '%.*s'", len - 1, key);
}

/* In GROUPS they stand as "SOURCE:@=NAME,NAME". */
static int group_names(void *arg, const char *source, const char **text, struct fail *why)
{
    return hostlist_of(arg, source, "@", text, why);
}

static int answer(const char *expression, const struct hostset_groups *groups)
{
    CLEANUP(hostset_done) struct hostset *set = NULL;
    CLEANUP(text_done) char *text = NULL;
    CLEANUP(text_done) char *slurm = NULL;
    struct fail why;

    if (hostset_parse(expression, groups, &set, &why) < 0) {
        printf("! %s\n", why.text);
        return 0;
    }
    text = hostset_fold(set);
    slurm = hostset_fold_suffix(set);
    if (!text || !slurm)
        return -1;
    printf("= %s %s", *text ? text : ",", *slurm ? slurm : ",");
    for (size_t i = 0; i < hostset_count(set); i++)
        printf(" %s", hostset_name(set, i));
    putchar('\n');
    return 0;
}

static int read_groups(const char *path, char **text)
{
    size_t len;

    if (whole_file_read(path, MAX_GROUPS_BYTES, text, &len) < 0)
        return -1;
    for (size_t i = 0; i < len; i++)
        if ((*text)[i] == '\n')
            (*text)[i] = '\0';
    return 0;
}

int main(int argc, char **argv)
{
    CLEANUP(text_done) char *line = NULL;
    CLEANUP(text_done) char *text = NULL;
    struct hostset_groups groups = {.hostlist_of = hostlist_of,
                                    .group_names = group_names};
    size_t room = 0;
    ssize_t len;

    if (argc > 1 && read_groups(argv[1], &text) < 0)
        return 1;
    groups.arg = text;
    while ((len = getline(&line, &room, stdin)) > 0) {
        line[len - (line[len - 1] == '\n')] = '\0';
        if (answer(line, text ? &groups : NULL) < 0)
            return 1;
    }
    return 0;
}
