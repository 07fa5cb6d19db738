/* machines - the machines of tests/data/trees, and what is decided for each
 *
 * make.py has written them below a folder.  Facts are the agent's own, with what its
 * metadata service would have answered; the decision is that of the agent alone: driver =
 * auto, the catalog of the program, all else as it is by default.
 */
#ifndef TESTS_MACHINES_H
#define TESTS_MACHINES_H

#include <stddef.h>
#include <stdio.h>

#include "inventory/decide.h"

struct facts;

#define MACHINES_MAX 128

struct machine {
    char name[64];
    char size[64]; /* "none": not one of Azure's */
    struct facts *facts;
    struct decision decision;
};

struct machines {
    struct machine list[MACHINES_MAX];
    size_t count;
};

/* All of folder, by name; a failure ends the program.  Free with machines_done(). */
void machines_read(const char *folder, struct machines *m);
void machines_done(struct machines *m);

/* How a lone agent's install would end: 0, 10, 11, ... */
int machine_exit(const struct machine *m);

/* "4 x ConnectX-7"; "-". */
void machine_nics(const struct machine *m, char *words, size_t size);

/* Name, size, system, kernel, NICs, decision and exit code of each, in aligned columns
 * that two blanks or more part.
 */
void machines_print(const struct machines *m, FILE *out);

#endif
