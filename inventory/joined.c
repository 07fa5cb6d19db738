#include "inventory/joined.h"

#include <stdbool.h>
#include <stdlib.h>

#include "protocol/fail.h"

int joined_open(struct joined *j, struct fail *why)
{
    *j = (struct joined){0};
    j->out = open_memstream(&j->text, &j->len_bytes);
    return j->out ? 0 : fail_memory(why);
}

void joined_add(struct joined *j, const char *name, size_t len_bytes)
{
    fprintf(j->out, "%s%.*s", ftell(j->out) > 0 ? "," : "", (int)len_bytes, name);
}

int joined_close(struct joined *j, int status, char **text, struct fail *why)
{
    bool whole = !ferror(j->out);

    if (fclose(j->out) != 0 || !whole)
        status = fail_memory(why);
    if (status < 0)
        free(j->text);
    else
        *text = j->text;
    return status;
}
