/* manual - the manual pages, made from the tables and prose.txt (pure)
 *
 *     ibfleet(1)  ibfleet-COMMAND(1)  ibfleet.conf(5)  ibfleet-policy(7)  ibfleet-states(7)
 *     ibfleet-machines(7)  ibfleet-agent(8)
 *
 * Options, settings, states, failures and exit statuses stand in one table each, from
 * which parser, help and manual are made; here is only how a page is laid out.
 *
 *     if (manual_find("exec", &page, &why) < 0) ...
 *     manual_render(&page, &roff);           for `man -l -`
 */
#ifndef CONTROLLER_MANUAL_H
#define CONTROLLER_MANUAL_H

#include <stdbool.h>
#include <stddef.h>

struct command_row;
struct fail;
struct text;

struct manual_page {
    char name[40]; /* "ibfleet-exec", without its section */
    int section;
    const struct command_row *command; /* NULL: not a command's */
};

/* The page of this number from 0 on; false past the last one. */
bool manual_page(size_t i, struct manual_page *page);

/* By its name, with or without "ibfleet-"; NULL is ibfleet(1).  FAIL_USAGE, with the
 * nearest name.
 */
int manual_find(const char *topic, struct manual_page *page, struct fail *why);

/* The page in roff. */
void manual_render(const struct manual_page *page, struct text *roff);

#endif
