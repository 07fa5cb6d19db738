#include "controller/openssh/environment.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As arguments.c has it. */
#define MARK_VARIABLE "LC_IBFLEET"

extern char **environ;

static bool names(const char *variable, const char *name)
{
    size_t len_bytes = strlen(name);

    return strncmp(variable, name, len_bytes) == 0 && variable[len_bytes] == '=';
}

static bool is_passed_on(const char *variable)
{
    return !names(variable, MARK_VARIABLE) && !names(variable, "SSH_CONNECTION") &&
           !names(variable, "SHELL");
}

char **environment_new(const char *mark)
{
    static char shell[] = "SHELL=/bin/sh";
    size_t count = 0, kept = 0;
    size_t mark_bytes = mark ? sizeof MARK_VARIABLE + strlen(mark) + 1 : 0;
    char **made;

    while (environ && environ[count])
        count++;
    made = malloc((count + 3) * sizeof *made + mark_bytes);
    if (!made)
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (is_passed_on(environ[i]))
            made[kept++] = environ[i];
    made[kept++] = shell;
    if (mark) {
        made[kept] = (char *)(made + count + 3);
        snprintf(made[kept++], mark_bytes, MARK_VARIABLE "=%s", mark);
    }
    made[kept] = NULL;
    return made;
}
