#include "node-agent/alone/narrate.h"

#include <stdarg.h>
#include <string.h>

#include "inventory/decide.h"
#include "protocol/json.h"
#include "protocol/scope.h"

static void put_line(FILE *out, const char *line)
{
    fputs("    ", out);
    for (const unsigned char *c = (const unsigned char *)line; *c; c++)
        fputc(*c == '\t' ? ' ' : *c < ' ' || *c == 0x7f ? '?' : *c, out);
    fputc('\n', out);
}

static void put_step(FILE *out, const struct json *body)
{
    const char *name, *state;
    double seconds;

    if (json_get_text(body, "name", &name, NULL) < 0 ||
        json_get_text(body, "state", &state, NULL) < 0 ||
        json_get_real(body, "seconds", &seconds, NULL) < 0)
        return;
    if (strcmp(state, "running") == 0)
        fprintf(out, "%s: begun\n", name);
    else if (strcmp(state, "already") == 0)
        fprintf(out, "%s: so already\n", name);
    else
        fprintf(out, "%s: %s after %.1f s\n", name, state, seconds);
}

void narrate(void *out, const char *name, const struct json *body)
{
    const char *line;

    if (!out)
        return;
    if (strcmp(name, "step") == 0)
        put_step(out, body);
    else if (json_get_text(body, "line", &line, NULL) == 0)
        put_line(out, line);
    fflush(out);
}

void narrate_plan(FILE *out, const struct decision *d)
{
    CLEANUP(text_done) char *summary = out ? decision_summary(d) : NULL;

    if (summary)
        fprintf(out, "plan: %s\n", summary);
    if (out)
        fflush(out);
}

void narrate_note(FILE *out, const char *fmt, ...)
{
    va_list ap;

    if (!out)
        return;
    va_start(ap, fmt);
    vfprintf(out, fmt, ap);
    va_end(ap);
    fputc('\n', out);
    fflush(out);
}
