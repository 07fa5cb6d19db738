/* Whatever is read must be in order, fold, and be read back as the same set. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/hostset.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TOO_MANY 3000 /* names: more teaches nothing and takes long */

/* @a is the text itself, so that circles are met; some are known, so that patterns
 * match; all other groups are empty.
 */
static int hostlist_of(void *arg, const char *source, const char *name, const char **text,
                       struct fail *why)
{
    (void)source;
    (void)why;
    *text = strcmp(name, "a") == 0 ? arg : strcmp(name, "*") == 0 ? "ib[1-20]-e,a" : "";
    return 0;
}

static int file_text(void *arg, const char *path, const char **text, struct fail *why)
{
    return hostlist_of(arg, NULL, path, text, why);
}

static int count(void *arg, const char *name, struct fail *why)
{
    size_t *n = arg;

    (void)why;
    ++*n;
    return *name ? 0 : -1;
}

static void demand(int is_so)
{
    if (!is_so)
        abort();
}

static void check(const struct hostset *set)
{
    CLEANUP(hostset_done) struct hostset *back = NULL;
    CLEANUP(text_done) char *text = NULL;

    for (size_t i = 0; i < hostset_count(set); i++) {
        size_t found;

        demand(hostset_find(set, hostset_name(set, i), &found) && found == i);
        demand(i == 0 ||
               hostset_compare(hostset_name(set, i - 1), hostset_name(set, i)) < 0);
    }
    text = hostset_fold(set);
    demand(text && hostset_parse(text, NULL, &back, NULL) == 0);
    demand(hostset_count(back) == hostset_count(set));
    for (size_t i = 0; i < hostset_count(set); i++)
        demand(strcmp(hostset_name(set, i), hostset_name(back, i)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(hostset_done) struct hostset *set = NULL;
    CLEANUP(text_done) char *text = strndup((const char *)data, size);
    const struct hostset_groups groups = {.hostlist_of = hostlist_of,
                                          .file_text = file_text,
                                          .arg = text};
    struct fail why = {.code = FAIL_NONE};
    size_t names = 0;

    if (hostset_parse(text, &groups, &set, &why) == 0) {
        if (hostset_count(set) <= TOO_MANY)
            check(set);
    } else {
        demand(set == NULL && why.code == FAIL_HOSTLIST && *why.text);
    }
    if (hostset_each(text, count, &names, &why) == 0)
        demand(!set || hostset_count(set) <= names);
    return 0;
}
