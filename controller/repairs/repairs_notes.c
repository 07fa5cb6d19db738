#include "controller/repairs/repairs_notes.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "controller/vmss/keep_file.h"
#include "controller/whole_file.h"
#include "protocol/digest.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define SUFFIX         ".json"
#define MAX_NOTE_BYTES ((size_t)4096)

/* ---- one note ---------------------------------------------------------------------------- */

static bool is_holder(const char *holder)
{
    size_t len = strlen(holder);

    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)holder[i]) && holder[i] != '-')
            return false;
    return len > 0 && len < REPAIRS_HOLDER_BYTES;
}

int repairs_note_make(const char *resource, const char *holder, enum repairs_mark mark,
                      struct repairs_note *note, struct fail *why)
{
    if (strlen(resource) >= sizeof note->resource)
        return fail_set(why, FAIL_AZURE_ANSWER, "the id of a scale set is too long: %s",
                        resource);
    if (!is_holder(holder))
        return fail_set(why, FAIL_BUG, "'%s' cannot hold automatic repairs", holder);
    *note = (struct repairs_note){.mark = mark};
    strcpy(note->resource, resource);
    strcpy(note->holder, holder);
    return 0;
}

bool repairs_note_is_of(const struct repairs_note *note, const char *resource)
{
    return strcasecmp(note->resource, resource) == 0;
}

/* The id's digest, since no file can be called like it. */
static char *path_of(const char *folder, const struct repairs_note *note)
{
    char key[DIGEST_HEX_BYTES], lower[REPAIRS_RESOURCE_BYTES], *path;
    size_t len = strlen(note->resource);

    for (size_t i = 0; i <= len; i++)
        lower[i] = (char)tolower((unsigned char)note->resource[i]);
    digest_of(lower, len, key);
    return asprintf(&path, "%s/" REPAIRS_FOLDER "/%.16s-%s" SUFFIX, folder, key,
                    note->holder) < 0
               ? NULL
               : path;
}

static char *print(const struct repairs_note *note)
{
    CLEANUP(json_done) struct json *doc = json_object();

    return doc && json_put_text(doc, "resource", note->resource) == 0 &&
                   json_put_text(doc, "holder", note->holder) == 0 &&
                   json_put_text(doc, "state", repairs_mark_name(note->mark)) == 0
               ? json_print(doc)
               : NULL;
}

static int parse(const char *text, size_t len_bytes, struct repairs_note *note,
                 struct fail *why)
{
    CLEANUP(json_done) struct json *doc = NULL;
    const char *resource, *holder, *state;

    if (json_parse(text, len_bytes, &doc, why) < 0 ||
        json_get_text(doc, "resource", &resource, why) < 0 ||
        json_get_text(doc, "holder", &holder, why) < 0 ||
        json_get_text(doc, "state", &state, why) < 0 ||
        repairs_note_make(resource, holder, repairs_mark_of(state), note, why) < 0)
        return -1;
    return note->mark ? 0 : fail_set(why, FAIL_STATE, "no such state: '%s'", state);
}

/* ---- the folder --------------------------------------------------------------------------- */

int repairs_notes_put(const char *folder, const struct repairs_note *note,
                      struct fail *why)
{
    CLEANUP(text_done) char *path = path_of(folder, note);
    CLEANUP(text_done) char *text = print(note);

    if (!path || !text)
        return fail_memory(why);
    return keep_file(path, text, strlen(text), why);
}

int repairs_notes_remove(const char *folder, const struct repairs_note *note,
                         struct fail *why)
{
    CLEANUP(text_done) char *path = path_of(folder, note);

    return path ? keep_file_remove(path, why) : fail_memory(why);
}

static int add(struct repairs_notes *notes, const struct repairs_note *note,
               struct fail *why)
{
    struct repairs_note *grown;

    if (notes->count == REPAIRS_MAX_NOTES)
        return fail_set(why, FAIL_STATE, "more than %d notes", REPAIRS_MAX_NOTES);
    grown = reallocarray(notes->list, notes->count + 1, sizeof *grown);
    if (!grown)
        return fail_memory(why);
    notes->list = grown;
    notes->list[notes->count++] = *note;
    return 0;
}

/* Another controller may have removed it meanwhile. */
static int read_one(const char *path, struct repairs_notes *notes, struct fail *why)
{
    CLEANUP(text_done) char *text = NULL;
    struct repairs_note note;
    size_t len_bytes;

    if (whole_file_read(path, MAX_NOTE_BYTES, &text, &len_bytes) < 0)
        return errno == ENOENT
                   ? 0
                   : fail_set(why, FAIL_STATE, "%s: %s", path, strerror(errno));
    if (parse(text, len_bytes, &note, why) < 0)
        return fail_set(why, FAIL_STATE,
                        "%s does not say which automatic repairs are suspended: see "
                        "ibfleet azure repairs status, resume them, and remove it",
                        path);
    return add(notes, &note, why);
}

static bool is_note(const char *name)
{
    size_t len = strlen(name);

    return len > strlen(SUFFIX) && strcmp(name + len - strlen(SUFFIX), SUFFIX) == 0;
}

static int read_all(DIR *dir, const char *path, struct repairs_notes *notes,
                    struct fail *why)
{
    const struct dirent *entry;
    int rc = 0;

    while (rc == 0 && (entry = readdir(dir))) {
        CLEANUP(text_done) char *file = NULL;

        if (!is_note(entry->d_name))
            continue;
        if (asprintf(&file, "%s/%s", path, entry->d_name) < 0) {
            file = NULL;
            return fail_memory(why);
        }
        rc = read_one(file, notes, why);
    }
    return rc;
}

int repairs_notes_read(const char *folder, struct repairs_notes *notes, struct fail *why)
{
    CLEANUP(text_done) char *path = NULL;
    DIR *dir;
    int rc;

    *notes = (struct repairs_notes){0};
    if (asprintf(&path, "%s/" REPAIRS_FOLDER, folder) < 0) {
        path = NULL;
        return fail_memory(why);
    }
    dir = opendir(path);
    if (!dir)
        return errno == ENOENT
                   ? 0
                   : fail_set(why, FAIL_STATE, "%s: %s", path, strerror(errno));
    rc = read_all(dir, path, notes, why);
    closedir(dir);
    if (rc < 0)
        repairs_notes_clear(notes);
    return rc;
}

void repairs_notes_clear(struct repairs_notes *notes)
{
    free(notes->list);
    *notes = (struct repairs_notes){0};
}
