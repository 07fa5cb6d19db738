#include "controller/extension/quote.h"

#include <stdbool.h>
#include <string.h>

#include "controller/screen/text.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

void quote_single(struct text *text, const char *word, const char *inner)
{
    text_add(text, "'");
    for (; *word; word++)
        if (*word == '\'')
            text_add(text, "%s", inner);
        else
            text_put(text, word, 1);
    text_add(text, "'");
}

/* ---- PowerShell --------------------------------------------------------------------------------- */

/* PowerShell takes U+2018 to U+201B for a single quote, too; whichever it is, twice is the
 * character itself.
 */
static size_t quote_here(const char *at)
{
    bool is_curly =
        strncmp(at, "\xe2\x80", 2) == 0 && ((unsigned char)at[2] & 0xfc) == 0x98;

    return *at == '\'' ? 1 : is_curly ? 3 : 0;
}

static void put_word(struct text *text, const char *word)
{
    text_add(text, "'");
    while (*word) {
        size_t len = quote_here(word);

        if (len)
            text_put(text, word, len);
        text_put(text, word, len ? len : 1);
        word += len ? len : 1;
    }
    text_add(text, "'");
}

static int put_value(struct text *text, const struct json *value, unsigned depth,
                     struct fail *why);

static int put_items(struct text *text, const struct json *list, unsigned depth,
                     struct fail *why)
{
    const char *gap = "";

    text_add(text, "@(");
    for (const struct json *e = json_first(list); e; e = json_next(e), gap = ", ") {
        text_add(text, "%s", gap);
        if (put_value(text, e, depth, why) < 0)
            return -1;
    }
    text_add(text, ")");
    return 0;
}

static int put_members(struct text *text, const struct json *object, unsigned depth,
                       struct fail *why)
{
    const char *gap = " ";

    text_add(text, "@{");
    for (const struct json *m = json_first(object); m; m = json_next(m), gap = "; ") {
        text_add(text, "%s", gap);
        put_word(text, json_key(m));
        text_add(text, " = ");
        if (put_value(text, m, depth, why) < 0)
            return -1;
    }
    text_add(text, " }");
    return 0;
}

/* true, false and null are variables there; numbers are written the same. */
static int put_scalar(struct text *text, const struct json *value, struct fail *why)
{
    CLEANUP(text_done) char *printed = json_print(value);
    const char *word = json_text_of(value);

    if (!printed)
        return fail_memory(why);
    if (word)
        put_word(text, word);
    else
        text_add(text, "%s%s", strchr("tfn", *printed) ? "$" : "", printed);
    return 0;
}

static int put_value(struct text *text, const struct json *value, unsigned depth,
                     struct fail *why)
{
    if (depth > QUOTE_MAX_DEPTH)
        return fail_set(why, FAIL_USAGE, "settings are nested more than %d deep",
                        QUOTE_MAX_DEPTH);
    if (json_is_object(value))
        return put_members(text, value, depth + 1, why);
    return json_is_array(value) ? put_items(text, value, depth + 1, why)
                                : put_scalar(text, value, why);
}

int quote_powershell(struct text *text, const struct json *value, struct fail *why)
{
    return put_value(text, value, 1, why);
}

/* ---- ARM ---------------------------------------------------------------------------------------------- */

static struct json *quote_text(const char *word)
{
    CLEANUP(text_clear) struct text quoted = {0};
    size_t len = strlen(word);

    if (len < 2 || word[0] != '[' || word[len - 1] != ']')
        return json_text(word);
    text_add(&quoted, "[%s", word);
    return text_is_cut(&quoted) ? NULL : json_text(text_of(&quoted));
}

static struct json *quote_items(const struct json *list)
{
    struct json *made = json_array();

    for (const struct json *e = json_first(list); made && e; e = json_next(e))
        if (json_push(made, quote_arm(e)) < 0) {
            json_free(made);
            return NULL;
        }
    return made;
}

static struct json *quote_members(const struct json *object)
{
    struct json *made = json_object();

    for (const struct json *m = json_first(object); made && m; m = json_next(m))
        if (json_put(made, json_key(m), quote_arm(m)) < 0) {
            json_free(made);
            return NULL;
        }
    return made;
}

/* As deep as json_parse() has let through. */
struct json *quote_arm(const struct json *value)
{
    if (json_is_object(value))
        return quote_members(value);
    if (json_is_array(value))
        return quote_items(value);
    return json_text_of(value) ? quote_text(json_text_of(value)) : json_copy(value);
}
