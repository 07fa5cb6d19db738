#include "controller/manual/manual.h"

#include <stdio.h>
#include <string.h>

#include "controller/manual/insert.h"
#include "controller/manual/prose.h"
#include "controller/manual/roff.h"
#include "controller/option_table.h"
#include "controller/screen/text.h"
#include "inventory/nearest.h"
#include "protocol/fail.h"

#define PREFIX "ibfleet-"

/* Beside those of the commands. */
static const struct {
    const char *name;
    int section;
    const char *summary;
} pages[] = {
    {"ibfleet", 1, "from bare virtual machines to a proven InfiniBand fabric"},
    {"ibfleet.conf", 5, "the fleet file: who the nodes are and what they should have"},
    {"ibfleet-agent", 8, "the agent alone on one machine, as Azure's extension is used"},
    {"ibfleet-hooks", 7, "what a rollout tells others: hooks, metrics, the system's log"},
    {"ibfleet-machines", 7, "which driver which machine gets, and why another gets none"},
    {"ibfleet-states", 7, "states, failures and exit statuses of ibfleet"},
};
#define PAGES (sizeof pages / sizeof *pages)

bool manual_page(size_t i, struct manual_page *page)
{
    const struct command_row *row = command_table;

    *page = (struct manual_page){.section = i < PAGES ? pages[i].section : 1};
    if (i < PAGES) {
        snprintf(page->name, sizeof page->name, "%s", pages[i].name);
        return true;
    }
    for (i -= PAGES; i && row->name; i--)
        row++;
    if (!row->name)
        return false;
    snprintf(page->name, sizeof page->name, PREFIX "%s", row->name);
    page->command = row;
    return true;
}

static bool is_named(const struct manual_page *page, const char *topic)
{
    return strcmp(page->name, topic) == 0 ||
           (strncmp(page->name, PREFIX, strlen(PREFIX)) == 0 &&
            strcmp(page->name + strlen(PREFIX), topic) == 0);
}

int manual_find(const char *topic, struct manual_page *page, struct fail *why)
{
    const char *words[OPTION_ROWS_MAX], *near;
    char names[OPTION_ROWS_MAX][sizeof page->name];
    size_t count = 0;

    for (; count < OPTION_ROWS_MAX - 1 && manual_page(count, page); count++) {
        if (is_named(page, topic ? topic : "ibfleet"))
            return 0;
        strcpy(names[count], page->name);
        words[count] = names[count];
    }
    words[count] = NULL;
    near = nearest_word(topic, words);
    return fail_set(why, FAIL_USAGE, "no manual page '%s'; %s%s", topic,
                    near ? "did you mean " : "see: ibfleet man --list", near ? near : "");
}

/* ---- layout ----------------------------------------------------------------------- */

static void put_name(const struct manual_page *page, struct text *roff)
{
    const char *summary = page->command ? page->command->summary : NULL;

    for (size_t i = 0; !summary && i < PAGES; i++)
        if (strcmp(page->name, pages[i].name) == 0)
            summary = pages[i].summary;
    roff_section(roff, "NAME");
    roff_line(roff, page->name, strlen(page->name));
    roff->len_bytes--; /* on one line with what follows, as whatis wants it */
    text_add(roff, " \\- ");
    roff_words(roff, summary, strlen(summary));
}

static void put_command(const struct command_row *row, const char *page,
                        struct text *roff)
{
    char synopsis[200];

    snprintf(synopsis, sizeof synopsis, "`ibfleet %s` %s", row->name, row->synopsis);
    roff_section(roff, "SYNOPSIS");
    roff_words(roff, synopsis, strlen(synopsis));
    roff_section(roff, "DESCRIPTION");
    prose_render(page, insert_part, roff);
    roff_section(roff, "EXAMPLES");
    insert_examples(row, roff);
    roff_section(roff, "OPTIONS");
    insert_options(row, roff);
    roff_section(roff, "EXIT STATUS");
    insert_part(roff, "exit", 4);
}

static void put_see_also(const struct manual_page *page, struct text *roff)
{
    struct manual_page other;
    bool any = false;

    roff_section(roff, "SEE ALSO");
    for (size_t i = 0; manual_page(i, &other); i++) {
        /* A command's page names the pages that concern all, not its siblings. */
        if (strcmp(other.name, page->name) == 0 || (page->command && other.command))
            continue;
        text_add(roff, "%s", any ? ",\n" : "");
        text_add(roff, ".BR ");
        roff_line(roff, other.name, strlen(other.name));
        roff->len_bytes--;
        text_add(roff, " (%d)", other.section);
        any = true;
    }
    text_add(roff, "\n");
}

void manual_render(const struct manual_page *page, struct text *roff)
{
    roff_title(roff, page->name, page->section);
    put_name(page, roff);
    if (page->command)
        put_command(page->command, page->name, roff);
    else
        prose_render(page->name, insert_part, roff);
    put_see_also(page, roff);
}
