/* repairs - a set's automatic repairs, suspended while we work and resumed when we end
 *
 * A node that reboots or installs looks unhealthy, and Azure would replace it in the middle.
 * Only what we have suspended is resumed: what we suspend is noted in the state folder
 * before Azure is asked (repairs_notes.h), so that whoever takes up after a controller that
 * was killed restores it.
 *
 *     struct repairs_order order = {loop, arm, folder, run};
 *
 *     repairs_suspend(&order, sets, n, on_suspended, me, why);   before the first node
 *     ...
 *     repairs_restore(&order, on_restored, me, why);             at the end; needs no sets
 *
 * One set after the other.  done comes once, never before the starting call has returned;
 * arm must not be closed before.  What is in a report is borrowed by the callback.
 */
#ifndef CONTROLLER_VMSS_REPAIRS_H
#define CONTROLLER_VMSS_REPAIRS_H

#include <stddef.h>

#include "controller/repairs/repairs_choice.h"
#include "protocol/fail.h"

struct arm;
struct scaleset;
struct text;
struct uv_loop_s;

#define REPAIRS_DEADLINE_MS 600000u /* of one operation, with all its polls */
#define REPAIRS_LABEL_BYTES 192
#define REPAIRS_OTHERS      256 /* bytes of names of other holders */

/* Texts are borrowed until done has come. */
struct repairs_order {
    struct uv_loop_s *loop;
    struct arm *arm;
    const char *folder; /* the state folder */
    const char *holder; /* the run, or REPAIRS_OPERATOR, which insists */
};

enum repairs_deed { REPAIRS_LOOK, REPAIRS_SUSPEND, REPAIRS_RESUME };

struct repairs_report {
    char set[REPAIRS_LABEL_BYTES]; /* "scale set RG/NAME" */
    const char *name;              /* "RG/NAME" */
    const char *resource;
    enum repairs_view view; /* as Azure said it before anything was done */
    enum repairs_end end;
    char others[REPAIRS_OTHERS]; /* who else holds them, of a look: all; "": nobody */
    struct fail why;             /* of REPAIRS_FAILED */
};

typedef void repairs_done(void *arg, const struct repairs_report *reports, size_t count);

/* The repairs of these sets.  -1: FAIL_MEMORY, FAIL_AZURE_ANSWER; done does not come. */
int repairs_suspend(const struct repairs_order *order, const struct scaleset *const *sets,
                    size_t count, repairs_done *done, void *arg, struct fail *why);

/* Of all sets what order->holder holds.  FAIL_STATE: the notes cannot be read. */
int repairs_restore(const struct repairs_order *order, repairs_done *done, void *arg,
                    struct fail *why);

/* Of these sets, whichever run of this state folder holds them. */
int repairs_resume(const struct repairs_order *order, const struct scaleset *const *sets,
                   size_t count, repairs_done *done, void *arg, struct fail *why);

/* Nothing is changed: end is REPAIRS_NONE or REPAIRS_FAILED. */
int repairs_look(const struct repairs_order *order, const struct scaleset *const *sets,
                 size_t count, repairs_done *done, void *arg, struct fail *why);

/* "scale set RG/NAME" of an ARM id; "RG/NAME" of that.  (pure) */
void repairs_label(const char *resource, char label[REPAIRS_LABEL_BYTES]);
const char *repairs_name(const char *label);

/* One sentence without a newline, of what came of it; nothing where there is nothing to
 * say.  (pure)
 */
void repairs_tell(enum repairs_deed deed, const struct repairs_report *report,
                  struct text *text);

#endif
