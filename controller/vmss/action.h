/* action - what `ibfleet azure` can do, as data (pure)
 *
 *     used = action_find(words, count, &row, why);
 *     if (used < 0)
 *         return -1;
 *     ... words[used...] are HOSTS ...
 */
#ifndef CONTROLLER_ACTION_H
#define CONTROLLER_ACTION_H

#include <stddef.h>

struct fail;

enum action {
    ACTION_STATUS,
    ACTION_EXTENSION_STATUS,
    ACTION_EXTENSION_ADD,
    ACTION_EXTENSION_UPGRADE,
    ACTION_EXTENSION_REMOVE,
    ACTION_TEMPLATE,
    ACTION_START,
    ACTION_RESTART,
    ACTION_REDEPLOY,
    ACTION_REIMAGE,
    ACTION_UPGRADE,
    ACTION_PROTECT,
    ACTION_UNPROTECT,
    ACTION_REPAIRS_STATUS,
    ACTION_REPAIRS_SUSPEND,
    ACTION_REPAIRS_RESUME,
    ACTION_HEALTH,
    ACTION_RESUME,
};

/* Whom an action is for. */
enum action_hosts {
    ACTION_OF_SET,   /* takes no HOSTS                                         */
    ACTION_OF_SOME,  /* of the whole set, or of the instances that are named   */
    ACTION_OF_NAMED, /* they must be named: to Azure an empty list means all   */
    ACTION_OF_RUN,   /* takes a RUN                                            */
};

struct action_row {
    enum action kind;
    const char *first, *second; /* its words; second NULL: one word */
    enum action_hosts hosts;
    const char *help;
};

/* Ends with a row whose first is NULL. */
extern const struct action_row action_table[];

/* The row that these words begin with.  Returns how many of them it took, or -1:
 * FAIL_USAGE, with what there is, or what was meant.
 */
int action_find(const char *const *words, size_t count, const struct action_row **row,
                struct fail *why);

#endif
