#include "controller/screen/screen.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "controller/outcome.h"
#include "controller/screen/escape.h"
#include "controller/screen/indent.h"
#include "controller/screen/text.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

/* The first error of stdout, 0 while all is well; EPIPE is nobody's fault. */
static int broken;

size_t screen_width(int fd)
{
    struct winsize size;

    if (ioctl(fd, TIOCGWINSZ, &size) < 0)
        return 0;
    return size.ws_col;
}

size_t screen_height(int fd)
{
    struct winsize size;

    return ioctl(fd, TIOCGWINSZ, &size) < 0 ? 0 : size.ws_row;
}

static void put(FILE *stream, const struct text *text)
{
    if (stream == stdout && broken)
        return;
    errno = 0;
    if ((fwrite(text_of(text), 1, text->len_bytes, stream) < text->len_bytes ||
         fflush(stream) != 0) &&
        stream == stdout)
        broken = errno ? errno : EIO;
}

void screen_out(const struct text *text)
{
    put(stdout, text);
    if (text_is_cut(text))
        screen_warn("the output was cut: it is too long, or memory is short");
}

void screen_err(const struct text *text)
{
    put(stderr, text);
}

void screen_warn(const char *fmt, ...)
{
    CLEANUP(text_clear) struct text line = {0};
    char raw[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(raw, sizeof raw, fmt, ap);
    va_end(ap);
    text_add(&line, "ibfleet: ");
    escape_add(&line, raw);
    text_add(&line, "\n");
    put(stderr, &line);
}

int screen_fail(const struct fail *why)
{
    screen_warn("%s", why->text);
    return outcome_of_fail(why);
}

/* A document can hold what many nodes have said, each byte escaped. */
#define JSON_MAX_BYTES ((size_t)2 << 30)

static int put_json(const struct json *doc, bool indented, struct fail *why)
{
    CLEANUP(text_clear) struct text escaped = {.max_bytes = JSON_MAX_BYTES};
    CLEANUP(text_clear) struct text text = {.max_bytes = JSON_MAX_BYTES};
    CLEANUP(text_done) char *printed = json_print(doc);

    if (!printed)
        return fail_memory(why);
    escape_put(&escaped, printed, strlen(printed), ESCAPE_JSON);
    if (indented)
        indent_add(&text, text_of(&escaped));
    else
        text_put(&text, text_of(&escaped), escaped.len_bytes);
    text_add(&text, "\n");
    if (text_is_cut(&escaped) || text_is_cut(&text))
        return fail_memory(why);
    put(stdout, &text);
    return 0;
}

int screen_json(const struct json *doc, struct fail *why)
{
    return put_json(doc, true, why);
}

int screen_ndjson(const struct json *doc, struct fail *why)
{
    return put_json(doc, false, why);
}

bool screen_is_closed(void)
{
    return broken != 0;
}

int screen_flush(struct fail *why)
{
    if (!broken || broken == EPIPE)
        return 0;
    return fail_set(why, FAIL_STATE, "standard output: %s", strerror(broken));
}
