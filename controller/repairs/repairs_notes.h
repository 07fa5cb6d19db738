/* repairs_notes - which automatic repairs we have suspended, and for whom; on disk
 *
 * One file in FOLDER/repairs for each set and holder, written before Azure is asked.  A
 * holder is a run, or the operator.  Each writes only its own files, so that several
 * controllers need no lock between them: who leaves says so in its note, then looks for
 * others; who comes writes its note, then looks for those who leave.
 *
 *     repairs_notes_put(folder, &note, why);         before the call
 *     repairs_notes_read(folder, &all, why); ... repairs_notes_clear(&all);
 *     repairs_notes_remove(folder, &note, why);      when they run again
 */
#ifndef CONTROLLER_VMSS_REPAIRS_NOTES_H
#define CONTROLLER_VMSS_REPAIRS_NOTES_H

#include <stdbool.h>
#include <stddef.h>

#include "controller/repairs/repairs_choice.h"

struct fail;

#define REPAIRS_FOLDER         "repairs"
#define REPAIRS_OPERATOR       "operator" /* `ibfleet azure repairs`, not a run */
#define REPAIRS_HOLDER_BYTES   40
#define REPAIRS_RESOURCE_BYTES 512
#define REPAIRS_MAX_NOTES      1024

struct repairs_note {
    char resource[REPAIRS_RESOURCE_BYTES]; /* ARM id of the set; case does not count */
    char holder[REPAIRS_HOLDER_BYTES];     /* letters, digits, '-' */
    enum repairs_mark mark;
};

struct repairs_notes { /* all zero is empty */
    struct repairs_note *list;
    size_t count;
};

/* -1: FAIL_AZURE_ANSWER (an id that is too long), FAIL_BUG (such a holder). */
int repairs_note_make(const char *resource, const char *holder, enum repairs_mark mark,
                      struct repairs_note *note, struct fail *why);

bool repairs_note_is_of(const struct repairs_note *note, const char *resource);

/* FAIL_STATE, FAIL_MEMORY: nothing may be asked of Azure then. */
int repairs_notes_put(const char *folder, const struct repairs_note *note,
                      struct fail *why);

/* One that is not there is no failure. */
int repairs_notes_remove(const char *folder, const struct repairs_note *note,
                         struct fail *why);

/* All of them, in no order.  FAIL_STATE names a file that is no note. */
int repairs_notes_read(const char *folder, struct repairs_notes *notes, struct fail *why);

void repairs_notes_clear(struct repairs_notes *notes);

#endif
