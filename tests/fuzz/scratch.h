/* scratch - a root directory in memory, for the fuzzers of what detection reads
 *
 * Each writes what it was given where a parser looks, lets that read it, and demands that
 * what came of it survives the wire.
 */
#ifndef TESTS_FUZZ_SCRATCH_H
#define TESTS_FUZZ_SCRATCH_H

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char scratch_root[64];

static inline void demand(int is_so)
{
    if (!is_so)
        abort();
}

static inline void scratch_forget(void)
{
    char command[128];

    snprintf(command, sizeof command, "rm -rf %s", scratch_root);
    demand(system(command) == 0);
}

/* True for the first call: the caller then writes what stays. */
static inline int scratch_begin(void)
{
    if (*scratch_root)
        return 0;
    snprintf(scratch_root, sizeof scratch_root, "/dev/shm/ibfleet-fuzz-XXXXXX");
    demand(mkdtemp(scratch_root) != NULL);
    atexit(scratch_forget);
    return 1;
}

static inline void scratch_path(const char *path, char whole[PATH_MAX])
{
    snprintf(whole, PATH_MAX, "%s/%s", scratch_root, path);
}

/* The folders above it, too. */
static inline void scratch_put(const char *path, const void *bytes, size_t size)
{
    char whole[PATH_MAX];
    FILE *f;

    scratch_path(path, whole);
    for (char *slash = whole + strlen(scratch_root) + 1; (slash = strchr(slash, '/'));
         slash++) {
        *slash = '\0';
        mkdir(whole, 0700);
        *slash = '/';
    }
    f = fopen(whole, "w");
    demand(f != NULL);
    fwrite(bytes, 1, size, f);
    fclose(f);
}

static inline void scratch_put_text(const char *path, const char *text)
{
    scratch_put(path, text, strlen(text));
}

static inline void scratch_remove(const char *path)
{
    char whole[PATH_MAX];

    scratch_path(path, whole);
    unlink(whole);
}

static inline void scratch_need(char **text)
{
    if (!*text)
        *text = strdup("x");
}

/* As its agent sends it: what the rest of a node must have is filled in. */
static inline void scratch_survives(struct facts *f)
{
    CLEANUP(json_done) struct json *doc = NULL;
    CLEANUP(json_done) struct json *again = NULL;
    CLEANUP(json_done) struct json *twice = NULL;
    CLEANUP(text_done) char *text = NULL;
    CLEANUP(text_done) char *last = NULL;
    CLEANUP(facts_done) struct facts *back = NULL;
    char **needed[] = {&f->hostname,  &f->boot_id,   &f->os.id,
                       &f->os.pretty, &f->os.kernel, &f->os.machine};

    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        scratch_need(needed[i]);
    doc = facts_encode(f);
    text = json_print(doc);
    demand(text && json_parse(text, strlen(text), &again, NULL) == 0);
    demand(facts_decode(again, &back, NULL) == 0);
    twice = facts_encode(back);
    last = json_print(twice);
    demand(last && strcmp(text, last) == 0);
}

#endif
