#include "inventory/fleet_file.h"

#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/fleet.h"
#include "protocol/fail.h"

#define SPACES      " \t\r\n\v\f"
#define MAX_SECTION 48 /* inih cuts at 49 without a word */

/* One reading: inih asks next_line() for text and tells on_key() what it found. */
struct reading {
    const char *at, *end;
    const char *file;
    unsigned number;
    struct fleet_lines *lines;
    struct fail *why;
    int status;
};

static int refuse(struct reading *r, const char *what)
{
    r->status = fail_set(r->why, FAIL_FLEET_FILE, "%s:%u: %s", r->file, r->number, what);
    return -1;
}

static struct fleet_line *new_line(struct fleet_lines *lines)
{
    size_t room = lines->room ? 2 * lines->room : 64;
    struct fleet_line *more;

    if (lines->count < lines->room)
        return &lines->lines[lines->count++];
    more = realloc(lines->lines, room * sizeof *more);
    if (!more)
        return NULL;
    lines->lines = more;
    lines->room = room;
    return &more[lines->count++];
}

static int keep(struct reading *r, const char *section, const char *key,
                const char *value)
{
    struct arena *text = &r->lines->text;
    struct fleet_line *line = new_line(r->lines);

    if (line) {
        line->number = r->number;
        line->section = arena_copy(text, section, strlen(section));
        line->key = key ? arena_copy(text, key, strlen(key)) : NULL;
        line->value = value ? arena_copy(text, value, strlen(value)) : NULL;
    }
    if (!line || !line->section || (key && !line->key) || (value && !line->value)) {
        r->status = fail_memory(r->why);
        return -1;
    }
    return 0;
}

/* Cut the comment, then the space before it. */
static void trim(char *line)
{
    size_t len;

    for (char *c = line; *c; c++)
        if ((*c == '#' || *c == ';') && (c == line || strchr(SPACES, c[-1]))) {
            *c = '\0';
            break;
        }
    len = strlen(line);
    while (len && strchr(SPACES, line[len - 1]))
        line[--len] = '\0';
}

static int check_section(struct reading *r, char *line)
{
    size_t len = strlen(line);

    if (line[len - 1] != ']')
        return refuse(r, "a section needs ']' at its end");
    if (len > MAX_SECTION)
        return refuse(r, "the name of a section is too long");
    line[len - 1] = '\0';
    if (keep(r, line + 1, NULL, NULL) < 0)
        return -1;
    line[len - 1] = ']';
    return 0;
}

static int check_line(struct reading *r, char *line)
{
    size_t key = strcspn(line, "=:");

    if (*line == '[')
        return check_section(r, line);
    if (key == 0 && *line)
        return refuse(r, "there is nothing before '='");
    if (line[key] == ':')
        return refuse(r, "write 'name = value'; ':' cannot be in a name here");
    if (*line && !line[key])
        strcat(line, "=");
    return 0;
}

/* ---- what inih calls ------------------------------------------------------------ */

static char *next_line(char *line, int size, void *arg)
{
    struct reading *r = arg;
    const char *at = r->at, *newline;
    size_t len;

    if (r->status < 0 || at == r->end)
        return NULL;
    newline = memchr(at, '\n', (size_t)(r->end - at));
    r->at = newline ? newline + 1 : r->end;
    r->number++;
    if (r->number == 1 && r->end - at >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
        at += 3;
    while (at < r->at && strchr(SPACES, *at))
        at++;
    len = (size_t)((newline ? newline : r->end) - at);
    if (at == r->at)
        len = 0;
    if (len > FLEET_MAX_LINE || len + 2 > (size_t)size) {
        refuse(r, "the line is too long");
        return NULL;
    }
    memcpy(line, at, len);
    line[len] = '\0';
    trim(line);
    return check_line(r, line) < 0 ? NULL : line;
}

static int on_key(void *arg, const char *section, const char *key, const char *value)
{
    struct reading *r = arg;

    if (!*section)
        return refuse(r, "this stands before the first [section]") == 0;
    return r->status == 0 && keep(r, section, key, value) == 0;
}

int fleet_lines_read(const char *text, size_t len_bytes, const char *file,
                     struct fleet_lines *lines, struct fail *why)
{
    struct reading r = {
        .at = text, .end = text + len_bytes, .file = file, .lines = lines, .why = why};
    int line;

    if (len_bytes > FLEET_MAX_TEXT)
        return fail_set(why, FAIL_FLEET_FILE, "%s: more than %zu bytes", file,
                        FLEET_MAX_TEXT);
    if (memchr(text, '\0', len_bytes))
        return fail_set(why, FAIL_FLEET_FILE, "%s: not a text file", file);
    line = ini_parse_stream(next_line, &r, on_key, &r);
    if (r.status == 0 && line != 0)
        return fail_set(why, FAIL_FLEET_FILE, "%s:%d: not understood", file, line);
    return r.status;
}

void fleet_lines_done(struct fleet_lines *lines)
{
    arena_done(&lines->text);
    free(lines->lines);
    *lines = (struct fleet_lines){0};
}
