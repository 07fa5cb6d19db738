#include "controller/exec/shell_line.h"

#include <string.h>

#include "controller/link/bootstrap.h"
#include "controller/screen/text.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

static int take(const struct text *text, char **line, struct fail *why)
{
    if (text->len_bytes > SHELL_LINE_MAX_BYTES)
        return fail_set(why, FAIL_USAGE, "exec: a command of more than %zu KiB",
                        SHELL_LINE_MAX_BYTES >> 10);
    *line = text_is_cut(text) ? NULL : strdup(text_of(text));
    return *line ? 0 : fail_memory(why);
}

int shell_line_join(char *const *words, size_t count, char **line, struct fail *why)
{
    CLEANUP(text_clear) struct text joined = {0};

    for (size_t i = 0; i < count; i++)
        text_add(&joined, "%s%s", i ? " " : "", words[i]);
    return take(&joined, line, why);
}

/* ---- what stands for the node ------------------------------------------------------ */

int shell_line_check(const struct shell_line *order, struct fail *why)
{
    const char *at = order->subst ? order->words : "";

    while ((at = strchr(at, '%'))) {
        if (!at[1] || !strchr("hnu%", at[1]))
            return fail_set(why, FAIL_USAGE,
                            "--subst: '%%%.*s' stands for nothing; %%h is the node, %%n "
                            "its number, %%u the login name, %%%% a percent sign",
                            at[1] & 0x80 ? 0 : 1, at + 1);
        at += 2;
    }
    return 0;
}

static void add_one(struct text *text, char what, const struct fleet_node *node,
                    size_t rank, const char *login)
{
    if (what == 'h')
        text_add(text, "%s", node->name);
    else if (what == 'n')
        text_add(text, "%zu", rank);
    else if (what == 'u')
        text_add(text, "%s", node->user ? node->user : login ? login : "");
    else
        text_add(text, "%%");
}

static void substitute(const char *words, const struct fleet_node *node, size_t rank,
                       const char *login, struct text *text)
{
    const char *percent;

    for (; (percent = strchr(words, '%')); words = percent + 2) {
        text_put(text, words, (size_t)(percent - words));
        add_one(text, percent[1], node, rank, login);
    }
    text_add(text, "%s", words);
}

/* ---- sudo -------------------------------------------------------------------------- */

/* Means itself to every shell, and to printf %b. */
static bool is_plain(char c)
{
    return c && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                       " ./,:_+-@",
                       c);
}

static bool is_plain_words(const char *line)
{
    while (is_plain(*line))
        line++;
    return !*line;
}

static void wrap(const char *line, struct text *text)
{
    if (is_plain_words(line)) {
        text_add(text, "sudo -n -- %s", line);
        return;
    }
    text_add(text, "sudo -n -- sh -c 'eval \"$(printf %%b \"$1\")\"' sh '");
    for (; *line; line++)
        if (is_plain(*line))
            text_put(text, line, 1);
        else
            text_add(text, "\\0%03o", (unsigned char)*line);
    text_add(text, "'");
}

int shell_line_for(const struct shell_line *order, const struct fleet_node *node,
                   size_t rank, const char *login, char **line, struct fail *why)
{
    CLEANUP(text_clear) struct text put_in = {0};
    CLEANUP(text_clear) struct text wrapped = {0};

    if (order->subst)
        substitute(order->words, node, rank, login, &put_in);
    else
        text_add(&put_in, "%s", order->words);
    if (!order->sudo)
        return take(&put_in, line, why);
    wrap(text_of(&put_in), &wrapped);
    wrapped.cut |= put_in.cut;
    return take(&wrapped, line, why);
}

bool shell_line_is_refused(const char *err, struct fail *why)
{
    char line[BOOTSTRAP_LINE_BYTES];

    bootstrap_last_line(err, line);
    if (strncmp(line, "sudo: ", 6) != 0)
        return false;
    if (strstr(line, "password"))
        fail_set(why, FAIL_SUDO_PASSWORD,
                 "sudo asks for a password, and nobody is there "
                 "to type one");
    else
        fail_set(why, FAIL_SUDO_PASSWORD, "sudo refuses: %s", line + 6);
    return true;
}
