/* Whatever a node says, what reaches the terminal is valid UTF-8 without controls,
 * in lines of ours; and a JSON document stays one.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "controller/screen/escape.h"
#include "controller/screen/indent.h"
#include "controller/screen/lines.h"
#include "controller/screen/table.h"
#include "protocol/character.h"
#include "protocol/json.h"
#include "protocol/scope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool is_so)
{
    if (!is_so)
        abort();
}

/* No control but those the style lets stay, nothing that turns or hides. */
static void check(const struct text *t, const char *kept)
{
    for (size_t at = 0; at < t->len_bytes;) {
        uint32_t point = 0;
        size_t len = character_decode(t->bytes + at, t->len_bytes - at, &point);

        demand(len > 0);
        demand((point >= 0x20 && !(point >= 0x7f && point <= 0x9f)) ||
               strchr(kept, (int)point));
        demand(!(point >= 0x200b && point <= 0x200f) &&
               !(point >= 0x2028 && point <= 0x202e) &&
               !(point >= 0x2060 && point <= 0x206f));
        at += len;
    }
}

static void add_line(void *arg, const char *line, size_t len_bytes)
{
    CLEANUP(text_clear) struct text t = {0};

    (void)arg;
    demand(len_bytes <= LINES_MAX_BYTES);
    escape_put(&t, line, len_bytes, ESCAPE_TABS);
    check(&t, "\t");
}

static void print_lines(const char *bytes, size_t size)
{
    struct lines l = {0};

    lines_push(&l, bytes, size / 2, add_line, NULL);
    lines_push(&l, bytes + size / 2, size - size / 2, add_line, NULL);
    lines_end(&l, add_line, NULL);
}

/* A table of one cell has two lines, whatever the cell says. */
static void print_table(const char *bytes, size_t size)
{
    CLEANUP(table_done) struct table *t = table_new("~SAID|>N");
    CLEANUP(text_clear) struct text text = {0};
    size_t lines = 0;

    table_row(t, COLOR_PLAIN);
    table_cell(t, "%.*s", (int)size, bytes);
    table_cell(t, "1");
    table_render(t, 20, false, &text);
    check(&text, "\n");
    for (size_t i = 0; i < text.len_bytes; i++)
        lines += text.bytes[i] == '\n';
    demand(lines == 2);
}

static void print_json(const char *bytes, size_t size)
{
    CLEANUP(json_done) struct json *doc = NULL, *again = NULL;
    CLEANUP(text_clear) struct text escaped = {0}, laid_out = {0};
    CLEANUP(text_done) char *printed = NULL;

    if (json_parse(bytes, size, &doc, NULL) < 0)
        return;
    printed = json_print(doc);
    escape_put(&escaped, printed, strlen(printed), ESCAPE_JSON);
    indent_add(&laid_out, text_of(&escaped));
    check(&laid_out, "\n\t");
    demand(json_parse(text_of(&laid_out), laid_out.len_bytes, &again, NULL) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;

    if (!size)
        return 0;
    print_lines(bytes, size);
    print_table(bytes, size);
    print_json(bytes, size);
    return 0;
}
