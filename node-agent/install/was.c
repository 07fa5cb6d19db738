#include "node-agent/install/was.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node-agent/home.h"
#include "node-agent/install/manager.h"
#include "node-agent/install/vendor.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/record.h"
#include "protocol/scope.h"

#define FILE_MAX_BYTES ((size_t)4 << 20)
#define STATE_FOLDER   "/var/lib/ibfleet" /* root's, see home.h */

static const struct record_field package_fields[] = {
    RECORD_FIELD(was_package, RECORD_TEXT, name),
    RECORD_FIELD(was_package, RECORD_TEXT, version),
};
static const struct record_shape package_shape =
    RECORD_SHAPE(was_package, package_fields);

/* clang-format off */
#define PACKAGES(name) \
    {#name, RECORD_LIST, offsetof(struct was, name.list), offsetof(struct was, name.count), \
     &package_shape, 0, WAS_MAX_PACKAGES}

static const struct record_field was_fields[] = {
    RECORD_RANGE(was, RECORD_INT, state, WAS_NOTHING, WAS_DROPPED),
    RECORD_FIELD(was, RECORD_TEXT_OR_NULL, run),
    RECORD_FIELD(was, RECORD_TEXT_OR_NULL, method),
    RECORD_FIELD(was, RECORD_TEXT_OR_NULL, version),
    RECORD_FIELD(was, RECORD_TEXT_OR_NULL, sha256),
    RECORD_FIELD(was, RECORD_TEXT_OR_NULL, file),
    RECORD_FIELD(was, RECORD_TEXT_OR_NULL, kernel),
    RECORD_FIELD(was, RECORD_TEXT_OR_NULL, earlier),
    PACKAGES(before),
    PACKAGES(came),
    PACKAGES(went),
};
/* clang-format on */
static const struct record_shape was_shape = RECORD_SHAPE(was, was_fields);

void was_clear(struct was *w)
{
    record_clear(&was_shape, w);
}

/* ---- the file ---------------------------------------------------------------------- */

static int read_from(const char *path, struct was *w, struct fail *why)
{
    CLEANUP(text_done) char *text = NULL;
    CLEANUP(json_done) struct json *doc = NULL;

    if (access(path, F_OK) < 0 && errno == ENOENT)
        return 0;
    text = home_read(path, FILE_MAX_BYTES);
    if (!text)
        return home_fail(why, "reading", path);
    if (json_parse(text, strlen(text), &doc, why) < 0 ||
        record_decode(&was_shape, doc, w, why) < 0)
        return why->code == FAIL_MEMORY
                   ? -1
                   : fail_set(why, FAIL_STEP, "%s is damaged: remove it", path);
    return 0;
}

int was_read(const struct home *h, struct was *w, struct fail *why)
{
    char path[HOME_PATH_MAX_BYTES];

    return home_in_state(h, path, why, "/%s", WAS_FILE) < 0 ? -1
                                                            : read_from(path, w, why);
}

int was_write(const struct home *h, const struct was *w, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = record_encode(&was_shape, w);
    CLEANUP(text_done) char *text = doc ? json_print(doc) : NULL;
    char path[HOME_PATH_MAX_BYTES];

    if (!text)
        return fail_memory(why);
    if (home_in_state(h, path, why, "/%s", WAS_FILE) < 0)
        return -1;
    return home_write(path, text, 0644, why);
}

char *was_earlier(const char *root)
{
    CLEANUP(was_clear) struct was w = {0};
    char path[HOME_PATH_MAX_BYTES], *earlier;
    struct fail why;

    if (snprintf(path, sizeof path, "%s%s/%s", root, STATE_FOLDER, WAS_FILE) >=
            (int)sizeof path ||
        read_from(path, &w, &why) < 0)
        return NULL;
    earlier = w.earlier;
    w.earlier = NULL;
    return earlier;
}

bool was_is_unfinished(const struct was *w)
{
    return w->state == WAS_STARTED || w->state == WAS_HALF || w->state == WAS_DROPPING;
}

int was_set(char **field, const char *text, struct fail *why)
{
    char *copy = text ? strdup(text) : NULL;

    if (text && !copy)
        return fail_memory(why);
    free(*field);
    *field = copy;
    return 0;
}

/* ---- packages ----------------------------------------------------------------------- */

struct gathering {
    struct was_packages *p;
    size_t room;
    bool no_memory;
};

void was_packages_clear(struct was_packages *p)
{
    for (size_t i = 0; i < p->count; i++) {
        free(p->list[i].name);
        free(p->list[i].version);
    }
    free(p->list);
    *p = (struct was_packages){0};
}

static int grow(struct gathering *g)
{
    size_t room = g->room ? g->room * 2 : 256;
    struct was_package *list;

    if (g->p->count < g->room)
        return 0;
    list = realloc(g->p->list, room * sizeof *list);
    if (!list)
        return -1;
    g->p->list = list;
    g->room = room;
    return 0;
}

static void gather(void *arg, const char *name, const char *version)
{
    struct gathering *g = arg;
    struct was_package *entry;

    if (g->no_memory || g->p->count == WAS_MAX_PACKAGES)
        return;
    if (grow(g) < 0) {
        g->no_memory = true;
        return;
    }
    entry = &g->p->list[g->p->count++];
    entry->name = strdup(name);
    entry->version = strdup(version);
    g->no_memory = !entry->name || !entry->version;
}

int was_list(const struct manager *m, struct was_packages *p, struct fail *why)
{
    struct gathering g = {.p = p};

    was_packages_clear(p);
    if (manager_each(m, gather, &g, why) < 0)
        return -1;
    return g.no_memory ? fail_memory(why) : 0;
}

const char *was_find(const struct was_packages *p, const char *name)
{
    for (size_t i = 0; i < p->count; i++)
        if (strcmp(p->list[i].name, name) == 0)
            return p->list[i].version;
    return NULL;
}

static bool is_same(const struct was_package *p, const char *version)
{
    return version && strcmp(version, p->version) == 0;
}

/* What the vendor put in place of another version.  Other packages may be brought up to
 * date by somebody else in the meantime: that is none of our business.
 */
static bool is_replaced(const char *name, const char *was, const char *is)
{
    return vendor_has_package(name, was) || vendor_has_package(name, is);
}

static int find_came(const struct was_packages *before, const struct was_packages *now,
                     struct was_packages *came, struct fail *why)
{
    struct gathering g = {.p = came};

    was_packages_clear(came);
    for (size_t i = 0; i < now->count; i++) {
        const struct was_package *p = &now->list[i];
        const char *was = was_find(before, p->name);

        if (!is_same(p, was) && (!was || is_replaced(p->name, was, p->version)))
            gather(&g, p->name, p->version);
    }
    return g.no_memory ? fail_memory(why) : 0;
}

static int find_went(const struct was_packages *before, const struct was_packages *now,
                     struct was_packages *went, struct fail *why)
{
    struct gathering g = {.p = went};

    was_packages_clear(went);
    for (size_t i = 0; i < before->count; i++) {
        const struct was_package *p = &before->list[i];
        const char *is = was_find(now, p->name);

        if (!is_same(p, is) && (!is || is_replaced(p->name, p->version, is)))
            gather(&g, p->name, p->version);
    }
    return g.no_memory ? fail_memory(why) : 0;
}

int was_compare(struct was *w, const struct was_packages *now, struct fail *why)
{
    if (find_came(&w->before, now, &w->came, why) < 0)
        return -1;
    return find_went(&w->before, now, &w->went, why);
}
