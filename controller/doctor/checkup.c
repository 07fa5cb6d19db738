#include "controller/doctor/checkup.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "controller/screen/color.h"
#include "controller/screen/text.h"
#include "controller/screen/wrap.h"
#include "protocol/json.h"

#define SCHEMA "ibfleet.doctor/1"

/* "warn  state folder  " */
#define LEVEL_COLUMNS 6
#define WORDS_COLUMN  20

static const struct {
    const char *name;
    enum color color;
} levels[] = {
    [CHECKUP_OK] = {"ok", COLOR_GOOD},
    [CHECKUP_WARN] = {"warn", COLOR_WARN},
    [CHECKUP_BAD] = {"bad", COLOR_BAD},
};

void checkup_add(struct checkup *c, enum checkup_level level, const char *about,
                 const char *advice, const char *fmt, ...)
{
    struct checkup_item *item = &c->items[c->count];
    va_list ap;

    if (c->count == CHECKUP_MAX) {
        c->is_full = true;
        return;
    }
    *item = (struct checkup_item){.level = level, .about = about, .advice = advice};
    va_start(ap, fmt);
    vsnprintf(item->words, sizeof item->words, fmt, ap);
    va_end(ap);
    c->count++;
}

enum checkup_level checkup_worst(const struct checkup *c)
{
    enum checkup_level worst = c->is_full ? CHECKUP_BAD : CHECKUP_OK;

    for (size_t i = 0; i < c->count; i++)
        if (c->items[i].level > worst)
            worst = c->items[i].level;
    return worst;
}

static void fill_to(struct text *text, size_t from, size_t column)
{
    size_t taken = text->len_bytes - from;

    text_fill(text, ' ', taken < column ? column - taken : 1);
}

static void render_item(const struct checkup_item *item, size_t width, bool color,
                        struct text *text)
{
    const char *name = levels[item->level].name;
    size_t start;

    text_add(text, "%s%s%s", color_of(levels[item->level].color, color), name,
             color_of(COLOR_PLAIN, color));
    text_fill(text, ' ', LEVEL_COLUMNS - strlen(name));
    start = text->len_bytes;
    text_add(text, "%s", item->about);
    fill_to(text, start, WORDS_COLUMN - LEVEL_COLUMNS);
    wrap_add_escaped(text, item->words, WORDS_COLUMN, width);
    if (!item->advice || item->level == CHECKUP_OK)
        return;
    text_fill(text, ' ', WORDS_COLUMN);
    text_add(text, "-> ");
    wrap_add(text, item->advice, WORDS_COLUMN + strlen("-> "), width);
}

void checkup_render(const struct checkup *c, size_t width, bool color, struct text *text)
{
    for (size_t i = 0; i < c->count; i++)
        render_item(&c->items[i], width, color, text);
    if (c->is_full)
        text_add(text, "and more than can be told\n");
}

static struct json *encode_item(const void *arg, size_t i)
{
    const struct checkup_item *item = &((const struct checkup *)arg)->items[i];
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "level", levels[item->level].name) == 0 &&
        json_put_text(doc, "about", item->about) == 0 &&
        json_put_text(doc, "words", item->words) == 0 &&
        json_put_text(doc, "advice", item->level == CHECKUP_OK ? NULL : item->advice) ==
            0)
        return doc;
    json_free(doc);
    return NULL;
}

struct json *checkup_encode(const struct checkup *c)
{
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "schema", SCHEMA) == 0 &&
        json_put_text(doc, "level", levels[checkup_worst(c)].name) == 0 &&
        json_put(doc, "checks", json_list(c->count, encode_item, c)) == 0)
        return doc;
    json_free(doc);
    return NULL;
}
