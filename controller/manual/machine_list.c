#include "controller/manual/machine_list.h"

#include <stdio.h>
#include <string.h>

/* machines.txt, as it is; the Makefile rebuilds us when it changes. */
extern const char machines_txt[];
__asm__(".pushsection .rodata\n"
        "machines_txt: .incbin \"controller/manual/machines.txt\"\n"
        ".byte 0\n"
        ".popsection\n");

/* Up to two blanks or the end of the line. */
static size_t column_bytes(const char *at)
{
    size_t len = 0;

    while (at[len] && at[len] != '\n' && !(at[len] == ' ' && at[len + 1] == ' '))
        len++;
    return len;
}

bool machine_list_next(const char **at, struct machine_line *line)
{
    const char *p = *at ? *at : machines_txt;

    if (!*p)
        return false;
    for (int c = 0; c < MACHINE_COLUMNS; c++) {
        size_t len = column_bytes(p);

        snprintf(line->columns[c], sizeof line->columns[c], "%.*s", (int)len, p);
        p += len;
        p += strspn(p, " ");
    }
    p += strcspn(p, "\n");
    *at = p + (*p == '\n');
    return true;
}
