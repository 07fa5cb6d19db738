/* insert - what a manual page takes from the program's tables (pure) */
#ifndef CONTROLLER_INSERT_H
#define CONTROLLER_INSERT_H

struct command_row;
struct text;

/* The part of this name, which need not be NUL-terminated: "commands", "exit",
 * "settings", "failures", "hooks" and so on, as insert.c lists them.  Another is a bug.
 */
void insert_part(struct text *roff, const char *name, int len_bytes);

/* Examples and options of a command, the latter under the headings of the table. */
void insert_examples(const struct command_row *row, struct text *roff);
void insert_options(const struct command_row *row, struct text *roff);

#endif
