#include "node-agent/install/exclude.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/scope.h"

#define BEGINS "# ibfleet hold begins"
#define BEFORE "; before: "
#define ENDS   "# ibfleet hold ends"

/* ---- lines -------------------------------------------------------------------------------- */

static const char *next_line(const char *line)
{
    line += strcspn(line, "\n");
    return *line ? line + 1 : line;
}

static bool starts(const char *line, const char *with)
{
    return strncmp(line, with, strlen(with)) == 0;
}

static void copy_line(FILE *out, const char *line)
{
    fprintf(out, "%.*s\n", (int)strcspn(line, "\n"), line);
}

static char *finish(FILE *out, char **text)
{
    if (fclose(out) == 0)
        return *text;
    free(*text);
    return NULL;
}

/* ---- as it was ------------------------------------------------------------------------------ */

static void copy_before(FILE *out, const char *line)
{
    const char *before = line + strlen(BEGINS);

    if (starts(before, BEFORE))
        copy_line(out, before + strlen(BEFORE));
}

/* Our own line is a single one; the end may be missing when somebody has edited there. */
static const char *skip_ours(const char *line)
{
    line = next_line(next_line(line));
    return starts(line, ENDS) ? next_line(line) : line;
}

char *exclude_remove(const char *text)
{
    char *made = NULL;
    size_t len;
    FILE *out = open_memstream(&made, &len);

    if (!out)
        return NULL;
    while (*text) {
        if (!starts(text, BEGINS)) {
            copy_line(out, text);
            text = next_line(text);
            continue;
        }
        copy_before(out, text);
        text = skip_ours(text);
    }
    return finish(out, &made);
}

/* ---- with ours ------------------------------------------------------------------------------ */

static bool is_key(const char *line, const char *key)
{
    if (!starts(line, key))
        return false;
    line += strlen(key);
    return line[strspn(line, " \t")] == '=';
}

static bool is_exclude(const char *line)
{
    return is_key(line, "exclude") || is_key(line, "excludepkgs");
}

static const char *find_main(const char *text)
{
    for (; *text; text = next_line(text))
        if (starts(text, "[main]"))
            return text;
    return NULL;
}

/* The line that excludes something in this section already, which ends where the next
 * begins; NULL.
 */
static const char *find_exclude(const char *line)
{
    for (line = next_line(line); *line && *line != '['; line = next_line(line))
        if (is_exclude(line))
            return line;
    return NULL;
}

/* A value goes on in lines that begin with a blank. */
static const char *end_of_value(const char *line)
{
    do
        line = next_line(line);
    while (*line == ' ' || *line == '\t');
    return line;
}

static void copy_value(FILE *out, const char *from, const char *to)
{
    bool blank = false;

    for (; from < to; from++)
        if (strchr(" \t\n", *from)) {
            blank = true;
        } else {
            fprintf(out, "%s%c", blank ? " " : "", *from);
            blank = false;
        }
}

static void write_ours(FILE *out, const char *old, const char *key, const char *names)
{
    fputs(BEGINS, out);
    if (old) {
        fputs(BEFORE, out);
        copy_value(out, old, end_of_value(old));
    }
    fputc('\n', out);
    if (old)
        copy_value(out, old, end_of_value(old));
    else
        fprintf(out, "%s=", key);
    fprintf(out, "%s%s\n" ENDS "\n", old ? " " : "", names);
}

static void copy_part(FILE *out, const char *from, const char *to)
{
    while (from < to) {
        copy_line(out, from);
        from = next_line(from);
    }
}

char *exclude_put(const char *text, const char *key, const char *names)
{
    CLEANUP(text_done) char *plain = exclude_remove(text);
    const char *section = plain ? find_main(plain) : NULL;
    const char *old = section ? find_exclude(section) : NULL, *end, *at;
    char *made = NULL;
    size_t len;
    FILE *out = plain ? open_memstream(&made, &len) : NULL;

    if (!out)
        return NULL;
    end = plain + strlen(plain);
    at = old ? old : section ? next_line(section) : end;
    copy_part(out, plain, at);
    if (!section)
        fputs("[main]\n", out);
    write_ours(out, old, key, names);
    copy_part(out, old ? end_of_value(old) : at, end);
    return finish(out, &made);
}

bool exclude_has(const char *text, const char *name)
{
    const char *line = text;
    size_t n = strlen(name);

    while (*line && !starts(line, BEGINS)) /* a comment may speak of it */
        line = next_line(line);
    line = next_line(line);
    for (const char *p = line; *p && *p != '\n'; p++)
        if ((p[-1] == ' ' || p[-1] == '=') && strncmp(p, name, n) == 0 &&
            (p[n] == ' ' || p[n] == '\n' || !p[n]))
            return true;
    return false;
}
