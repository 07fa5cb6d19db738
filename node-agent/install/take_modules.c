#include "node-agent/install/take.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node-agent/home.h"
#include "node-agent/install/kept.h"
#include "protocol/fail.h"
#include "protocol/scope.h"
#include "protocol/steps.h"

#define MODPROBE_DEADLINE_MS 60000
#define FILE_MAX_BYTES       ((size_t)16 << 10)

#define HEAD "# ibfleet: loaded at every boot\n"

/* The kernel writes '_' where a name has '-'. */
static bool is_loaded(const struct home *h, const char *module)
{
    char name[160], path[HOME_PATH_MAX_BYTES];

    snprintf(name, sizeof name, "%s", module);
    for (char *c = name; *c; c++)
        if (*c == '-')
            *c = '_';
    return home_in_root(h, path, NULL, "/sys/module/%s", name) == 0 &&
           access(path, F_OK) == 0;
}

static int load(const struct taking *t, char *module, struct fail *why)
{
    static const char *const modprobe[] = {"modprobe", NULL};
    int status;

    if (take_program(t, modprobe, &module, 1, MODPROBE_DEADLINE_MS, &status, why) < 0)
        return -1;
    if (status != 0)
        return take_blame(t, FAIL_MODULE, "modprobe", status, why);
    return 0;
}

/* ---- and at every boot ----------------------------------------------------------------
 */

static bool has_line(const char *text, const char *line)
{
    size_t len = strlen(line);

    for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n')
        if (strncmp(p, line, len) == 0 && (p[len] == '\n' || !p[len]))
            return true;
    return false;
}

/* What earlier runs wanted stays. */
static int keep(const struct taking *t, const struct step *step, bool *already,
                struct fail *why)
{
    CLEANUP(text_done) char *now = NULL;
    CLEANUP(text_done) char *next = NULL;
    char path[HOME_PATH_MAX_BYTES];
    size_t room;

    if (home_in_root(t->home, path, why, "%s", KEPT_MODULES_FILE) < 0)
        return -1;
    now = home_read(path, FILE_MAX_BYTES);
    room = sizeof HEAD + (now ? strlen(now) : 0) + 1;
    for (size_t i = 0; i < step->arg_count; i++)
        room += strlen(step->args[i]) + 1;
    next = malloc(room);
    if (!next)
        return fail_memory(why);
    strcpy(next, now ? now : HEAD);
    for (size_t i = 0; i < step->arg_count; i++)
        if (!has_line(next, step->args[i])) {
            strcat(next, step->args[i]);
            strcat(next, "\n");
        }
    return take_file(t, KEPT_MODULES_FILE, next, already, why);
}

int take_modules(const struct taking *t, const struct step *step, bool *already,
                 struct fail *why)
{
    for (size_t i = 0; i < step->arg_count; i++) {
        if (is_loaded(t->home, step->args[i]))
            continue;
        *already = false;
        if (load(t, step->args[i], why) < 0)
            return -1;
    }
    return keep(t, step, already, why);
}
