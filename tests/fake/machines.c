#include "tests/fake/machines.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/catalog.h"
#include "inventory/extension_exit.h"
#include "node-agent/detect/detect.h"
#include "node-agent/detect/part.h"
#include "protocol/facts.h"
#include "protocol/instance.h"
#include "protocol/scope.h"

#define DOCUMENT_BYTES 65536
#define COLUMNS        7
#define CELL_BYTES     96

static void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

static void die(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    exit(2);
}

/* ---- facts ------------------------------------------------------------------------------ */

static FILE *open_below(const char *folder, const char *name, const char *file)
{
    char path[1024];

    if (snprintf(path, sizeof path, "%s/%s/%s", folder, name, file) >= (int)sizeof path)
        die("%s: too long", name);
    return fopen(path, "r");
}

static bool read_size(const char *folder, struct machine *m)
{
    FILE *file = open_below(folder, m->name, "SOURCE");
    int got;

    if (!file)
        return false;
    got = fscanf(file, "size: %63s source:", m->size);
    fclose(file);
    if (got != 1)
        die("%s/SOURCE names no size", m->name);
    return true;
}

/* Its length; 0: there is none. */
static size_t read_document(const char *folder, const char *name, const char *file,
                            char text[DOCUMENT_BYTES])
{
    FILE *in = open_below(folder, name, file);
    size_t len;

    if (!in)
        return 0;
    len = fread(text, 1, DOCUMENT_BYTES, in);
    fclose(in);
    return len;
}

static void forget_nics(struct facts_platform *on)
{
    for (size_t i = 0; i < on->nic_count; i++) {
        free(on->nics[i].pci);
        free(on->nics[i].family);
        free(on->nics[i].role);
        free(on->nics[i].hca);
    }
    free(on->nics);
    on->nics = NULL;
    on->nic_count = 0;
}

/* As metadata_ask() does, from files; what NICs there are may depend on the size. */
static void read_metadata(const char *folder, struct machine *m)
{
    static char text[DOCUMENT_BYTES];
    size_t len = read_document(folder, m->name, "metadata/instance.json", text);
    struct facts *f = m->facts;
    struct fail why;

    if (!len)
        return;
    f->azure = calloc(1, sizeof *f->azure);
    if (!f->azure || instance_parse(text, len, f->azure, &f->size, &why) < 0)
        die("%s/metadata/instance.json is none", m->name);
    len = read_document(folder, m->name, "metadata/events.json", text);
    if (instance_parse_events(text, len, f->azure, &why) < 0)
        die("%s/metadata/events.json: %s", m->name, why.text);
    f->azure->metadata = strdup("ok");
    forget_nics(&f->platform);
    part_nics("", f);
}

static void read_machine(const char *folder, struct machine *m)
{
    char path[1024];
    struct fail why;

    snprintf(path, sizeof path, "%s/%s", folder, m->name);
    if (detect(path, &m->facts, &why) < 0)
        die("%s: %s", m->name, why.text);
    read_metadata(folder, m);
}

/* ---- decisions --------------------------------------------------------------------------- */

static void decide_all(struct machines *m)
{
    CLEANUP(catalog_done) struct catalog *catalog = NULL;
    struct decide_want want = {.driver = FLEET_DRIVER_AUTO, .ipoib = true};
    struct fail why;

    if (catalog_builtin(&catalog, &why) < 0)
        die("%s", why.text);
    want.catalog = catalog;
    for (size_t i = 0; i < m->count; i++)
        if (decide(m->list[i].facts, &want, &m->list[i].decision, &why) < 0)
            die("%s: %s", m->list[i].name, why.text);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct machine *)a)->name, ((const struct machine *)b)->name);
}

void machines_read(const char *folder, struct machines *m)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    *m = (struct machines){.count = 0};
    if (!dir)
        die("%s: no such folder", folder);
    while ((entry = readdir(dir))) {
        struct machine *at = &m->list[m->count];

        if (m->count == MACHINES_MAX)
            die("more than %d machines", MACHINES_MAX);
        snprintf(at->name, sizeof at->name, "%.63s", entry->d_name);
        if (entry->d_name[0] != '.' && read_size(folder, at)) {
            read_machine(folder, at);
            m->count++;
        }
    }
    closedir(dir);
    qsort(m->list, m->count, sizeof *m->list, by_name);
    decide_all(m);
}

void machines_done(struct machines *m)
{
    while (m->count) {
        struct machine *at = &m->list[--m->count];

        facts_free(at->facts);
        decision_clear(&at->decision);
    }
}

/* ---- the table ----------------------------------------------------------------------------- */

int machine_exit(const struct machine *m)
{
    return (int)extension_exit(m->decision.refusal.code);
}

void machine_nics(const struct machine *m, char *words, size_t size)
{
    const struct facts_platform *on = &m->facts->platform;
    const char *family = NULL;
    size_t count = 0;

    for (size_t i = 0; i < on->nic_count; i++)
        if (strcmp(on->nics[i].role, "rdma") == 0) {
            family = on->nics[i].family;
            count++;
        }
    if (count)
        snprintf(words, size, "%zu x %s", count, family ? family : "?");
    else
        snprintf(words, size, "-");
}

static const struct step *find_step(const struct machine *m, enum step_verb verb)
{
    for (size_t i = 0; i < m->decision.steps.count; i++)
        if (m->decision.steps.list[i].verb == verb)
            return &m->decision.steps.list[i];
    return NULL;
}

/* What becomes of the driver; a refusal by its name. */
static void put_decision(const struct machine *m, char *words)
{
    const struct facts_platform *on = &m->facts->platform;
    const struct step *driver = find_step(m, STEP_DRIVER),
                      *drop = find_step(m, STEP_DROP);

    if (m->decision.verdict == DECIDE_REFUSE)
        snprintf(words, CELL_BYTES, "refused: %s",
                 fail_code_name(m->decision.refusal.code));
    else if (driver)
        snprintf(words, CELL_BYTES, "%s %s %s", drop ? "change to" : "install",
                 driver->args[0], driver->args[1]);
    else if (drop)
        snprintf(words, CELL_BYTES, "remove %s %s", drop->args[0], drop->args[1]);
    else
        snprintf(words, CELL_BYTES, "%s %s %s",
                 find_step(m, STEP_DKMS) ? "build" : "keep", on->driver,
                 on->driver_version ? on->driver_version : "");
}

static void put_cells(const struct machine *m, char cells[COLUMNS][CELL_BYTES])
{
    const struct facts_os *os = &m->facts->os;

    snprintf(cells[0], CELL_BYTES, "%s", m->name);
    snprintf(cells[1], CELL_BYTES, "%s", m->size);
    snprintf(cells[2], CELL_BYTES, "%s %s %s", os->id,
             os->version_id ? os->version_id : "", os->machine);
    snprintf(cells[3], CELL_BYTES, "%s", os->kernel);
    machine_nics(m, cells[4], CELL_BYTES);
    put_decision(m, cells[5]);
    snprintf(cells[6], CELL_BYTES, "%d", machine_exit(m));
}

void machines_print(const struct machines *m, FILE *out)
{
    static char cells[MACHINES_MAX][COLUMNS][CELL_BYTES];
    int width[COLUMNS] = {0};

    for (size_t i = 0; i < m->count; i++) {
        put_cells(&m->list[i], cells[i]);
        for (int c = 0; c < COLUMNS; c++)
            if ((int)strlen(cells[i][c]) > width[c])
                width[c] = (int)strlen(cells[i][c]);
    }
    for (size_t i = 0; i < m->count; i++)
        for (int c = 0; c < COLUMNS; c++)
            fprintf(out, "%*s%s", c < COLUMNS - 1 ? -width[c] - 2 : 0, cells[i][c],
                    c < COLUMNS - 1 ? "" : "\n");
}
