#include "node-agent/install/hold.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node-agent/home.h"
#include "node-agent/install/exclude.h"
#include "node-agent/install/exec.h"
#include "node-agent/install/kept.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define RELEASE_DEADLINE_MS 120000
#define BATCH               64
#define RECORD_MAX_BYTES    ((size_t)256 << 10)
#define FILE_MAX_BYTES      ((size_t)64 << 20) /* dpkg's status is some megabytes */

static const char *const kind_names[HOLD_KINDS] = {"driver", "kernel"};

/* By manager; the word is that of facts. */
static const struct {
    const char *word, *file;
} places[] = {
    [MANAGER_APT] = {"apt", "/var/lib/dpkg/status"},
    [MANAGER_TDNF] = {"tdnf", "/etc/tdnf/tdnf.conf"},
    [MANAGER_DNF] = {"dnf", "/etc/dnf/dnf.conf"},
    [MANAGER_YUM] = {"yum", "/etc/yum.conf"},
    [MANAGER_ZYPPER] = {"zypper", "/etc/zypp/locks"},
};

#define PLACES (sizeof places / sizeof *places)

const char *hold_kind_name(enum hold_kind kind)
{
    return kind_names[kind];
}

const char *hold_file(enum manager_kind manager)
{
    return places[manager].file;
}

/* ---- what is held ---------------------------------------------------------------------------- */

/* dpkg writes these two lines one after the other. */
static bool is_held_by_apt(const char *text, const char *name)
{
    char lines[300];
    const char *hit;

    snprintf(lines, sizeof lines, "Package: %s\nStatus: hold ", name);
    for (hit = text; (hit = strstr(hit, lines)); hit++)
        if (hit == text || hit[-1] == '\n')
            return true;
    return false;
}

static bool is_locked_by_zypper(const char *text, const char *name)
{
    char line[300];
    const char *hit = text;
    size_t n = (size_t)snprintf(line, sizeof line, "solvable_name: %s", name);

    while ((hit = strstr(hit, line)) && hit[n] && hit[n] != '\n')
        hit++;
    return hit != NULL;
}

bool hold_is_in(enum manager_kind manager, const char *text, const char *name)
{
    switch (manager) {
    case MANAGER_APT:
        return is_held_by_apt(text, name);
    case MANAGER_ZYPPER:
        return is_locked_by_zypper(text, name);
    case MANAGER_TDNF:
    case MANAGER_DNF:
    case MANAGER_YUM:
        break;
    }
    return exclude_has(text, name);
}

int hold_read(const struct home *h, enum manager_kind manager, char **text,
              struct fail *why)
{
    char path[HOME_PATH_MAX_BYTES];

    if (home_in_root(h, path, why, "%s", hold_file(manager)) < 0)
        return -1;
    *text = home_read(path, FILE_MAX_BYTES);
    if (!*text && access(path, F_OK) == 0)
        return home_fail(why, "reading", path);
    if (!*text)
        *text = strdup("");
    return *text ? 0 : fail_memory(why);
}

/* ---- the record: "driver" for the kind, "driver mlnx-tools" for each package of it ------------ */

bool hold_record_has(const struct hold_record *r, const char *name)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->list[i].name, name) == 0)
            return true;
    return false;
}

int hold_record_add(struct hold_record *r, enum hold_kind kind, const char *name,
                    struct fail *why)
{
    struct hold_entry *list;

    if (hold_record_has(r, name))
        return 0;
    list = realloc(r->list, (r->count + 1) * sizeof *list);
    if (!list)
        return fail_memory(why);
    r->list = list;
    list[r->count] = (struct hold_entry){kind, strdup(name)};
    if (!list[r->count].name)
        return fail_memory(why);
    r->count++;
    return 0;
}

static void read_line(struct hold_record *r, const char *line)
{
    char kind[32], name[256];
    int words = sscanf(line, "%31s %255s", kind, name);

    for (int k = 0; words > 0 && k < HOLD_KINDS; k++)
        if (strcmp(kind, kind_names[k]) == 0) {
            r->kinds[k] = true;
            if (words == 2)
                hold_record_add(r, (enum hold_kind)k, name, NULL);
        }
}

void hold_record_read(const char *root, struct hold_record *r)
{
    CLEANUP(text_done) char *text = NULL;
    char path[HOME_PATH_MAX_BYTES], *save = NULL;

    *r = (struct hold_record){.count = 0};
    if (snprintf(path, sizeof path, "%s" KEPT_HOLDS_FILE, root) < (int)sizeof path)
        text = home_read(path, RECORD_MAX_BYTES);
    for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
         line = strtok_r(NULL, "\n", &save))
        read_line(r, line);
}

void hold_record_clear(struct hold_record *r)
{
    for (size_t i = 0; i < r->count; i++)
        free(r->list[i].name);
    free(r->list);
    *r = (struct hold_record){.count = 0};
}

int hold_record_write(const struct home *h, const struct hold_record *r, struct fail *why)
{
    CLEANUP(text_done) char *text = NULL;
    char path[HOME_PATH_MAX_BYTES];
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        return fail_memory(why);
    for (int k = 0; k < HOLD_KINDS; k++)
        if (r->kinds[k])
            fprintf(out, "%s\n", kind_names[k]);
    for (size_t i = 0; i < r->count; i++)
        fprintf(out, "%s %s\n", kind_names[r->list[i].kind], r->list[i].name);
    if (fclose(out) != 0)
        return fail_memory(why);
    if (home_in_root(h, path, why, "%s", KEPT_HOLDS_FILE) < 0)
        return -1;
    return home_write(path, text, 0600, why);
}

/* ---- told by detect ----------------------------------------------------------------------------- */

static bool is_in_force(const struct hold_record *r, enum hold_kind kind,
                        enum manager_kind manager, const char *text)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->list[i].kind == kind && !hold_is_in(manager, text, r->list[i].name))
            return false;
    return r->kinds[kind];
}

static char *kinds_in_force(const struct hold_record *r, enum manager_kind manager,
                            const char *text)
{
    char told[32] = "";

    for (int k = 0; k < HOLD_KINDS; k++)
        if (is_in_force(r, (enum hold_kind)k, manager, text))
            snprintf(told + strlen(told), sizeof told - strlen(told), "%s%s",
                     *told ? " " : "", kind_names[k]);
    return *told ? strdup(told) : NULL;
}

char *hold_told(const char *root, const char *manager)
{
    CLEANUP(hold_record_clear) struct hold_record r;
    CLEANUP(text_done) char *text = NULL;
    char path[HOME_PATH_MAX_BYTES];

    hold_record_read(root, &r);
    if (!r.kinds[HOLD_DRIVER] && !r.kinds[HOLD_KERNEL])
        return NULL;
    for (size_t m = 0; manager && m < PLACES; m++) {
        if (strcmp(manager, places[m].word) != 0 ||
            snprintf(path, sizeof path, "%s%s", root, places[m].file) >= (int)sizeof path)
            continue;
        text = home_read(path, FILE_MAX_BYTES);
        return kinds_in_force(&r, (enum manager_kind)m, text ? text : "");
    }
    return NULL;
}

/* ---- let go ---------------------------------------------------------------------------------------- */

struct saying {
    char last[200];
};

static void note_last(void *arg, const char *line)
{
    struct saying *s = arg;

    snprintf(s->last, sizeof s->last, "%s", line);
}

static int run(const char *const *argv, struct fail *why)
{
    struct saying s = {""};
    struct exec e = {.argv = argv,
                     .deadline_ms = RELEASE_DEADLINE_MS,
                     .on_line = note_last,
                     .arg = &s};
    int status;

    if (exec_run(&e, &status, why) < 0)
        return -1;
    if (status == 0)
        return 0;
    return fail_set(why, strstr(s.last, "lock") ? FAIL_LOCKED : FAIL_PACKAGES,
                    "%s %s ended with %d: %s", argv[0], argv[1], status, s.last);
}

/* Of those in our record, what is still held. */
static int let_go(const struct hold_record *r, enum manager_kind manager,
                  const char *text, struct fail *why)
{
    static const char *const apt[] = {"apt-mark", "unhold"};
    static const char *const zypper[] = {"zypper", "--non-interactive", "removelock"};
    const char *argv[BATCH + 4] = {0};
    size_t first = manager == MANAGER_APT ? 2 : 3, n = first;

    memcpy(argv, manager == MANAGER_APT ? apt : zypper, first * sizeof *argv);
    for (size_t i = 0; i < r->count; i++) {
        if (hold_is_in(manager, text, r->list[i].name))
            argv[n++] = r->list[i].name;
        if (n == first || (n < BATCH && i + 1 < r->count))
            continue;
        argv[n] = NULL;
        if (run(argv, why) < 0)
            return -1;
        n = first;
    }
    return 0;
}

static int take_out(const struct home *h, enum manager_kind manager, const char *text,
                    struct fail *why)
{
    CLEANUP(text_done) char *without = exclude_remove(text);
    char path[HOME_PATH_MAX_BYTES];

    if (!without)
        return fail_memory(why);
    if (strcmp(without, text) == 0)
        return 0;
    if (home_in_root(h, path, why, "%s", hold_file(manager)) < 0)
        return -1;
    return home_write(path, without, 0644, why);
}

int hold_release(const struct home *h, struct fail *why)
{
    CLEANUP(hold_record_clear) struct hold_record r;
    CLEANUP(text_done) char *text = NULL;
    char path[HOME_PATH_MAX_BYTES];
    const struct manager *m;
    bool by_file;

    hold_record_read(h->root, &r);
    if (!r.kinds[HOLD_DRIVER] && !r.kinds[HOLD_KERNEL])
        return 0;
    m = manager_find(h, why);
    if (!m || hold_read(h, manager_kind(m), &text, why) < 0)
        return -1;
    by_file = manager_kind(m) != MANAGER_APT && manager_kind(m) != MANAGER_ZYPPER;
    if ((by_file ? take_out(h, manager_kind(m), text, why)
                 : let_go(&r, manager_kind(m), text, why)) < 0 ||
        home_in_root(h, path, why, "%s", KEPT_HOLDS_FILE) < 0)
        return -1;
    return home_remove(path, why);
}
