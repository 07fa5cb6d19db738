/* hold - packages that no update may change: apt's holds, zypper's locks, dnf's excludes
 *
 * What is held by us is written down on the node before it is done, so that only that is
 * ever released; what an administrator held is neither taken over nor let go.
 */
#ifndef NODE_AGENT_INSTALL_HOLD_H
#define NODE_AGENT_INSTALL_HOLD_H

#include <stdbool.h>
#include <stddef.h>

#include "node-agent/install/manager.h"

struct fail;
struct home;

/* Both are also the arguments of the step and the words of the record. */
enum hold_kind { HOLD_DRIVER, HOLD_KERNEL, HOLD_KINDS };
const char *hold_kind_name(enum hold_kind kind);

/* A kind that is held, and the packages of it that we hold; empty where there were none. */
struct hold_record {
    bool kinds[HOLD_KINDS];
    struct hold_entry {
        enum hold_kind kind;
        char *name;
    } * list;
    size_t count;
};

/* Empty when there is no record.  Free with hold_record_clear(). */
void hold_record_read(const char *root, struct hold_record *r);
int hold_record_add(struct hold_record *r, enum hold_kind kind, const char *name,
                    struct fail *why);
int hold_record_write(const struct home *h, const struct hold_record *r,
                      struct fail *why);
void hold_record_clear(struct hold_record *r);
bool hold_record_has(const struct hold_record *r, const char *name);

/* Where that manager keeps what is held, below the node's root, and whether a text of it
 * holds a package.
 */
const char *hold_file(enum manager_kind manager);
bool hold_is_in(enum manager_kind manager, const char *text, const char *name);

/* That file's text, the caller's; "" where there is no file.  FAIL_STEP, FAIL_MEMORY. */
int hold_read(const struct home *h, enum manager_kind manager, char **text,
              struct fail *why);

/* "driver kernel": the kinds that are in force, all their packages held, with the manager
 * that facts call so ("apt"; NULL is allowed); the caller's.  NULL: none.
 */
char *hold_told(const char *root, const char *manager);

/* Let go of all that we hold, and forget it.  FAIL_PACKAGES, FAIL_LOCKED. */
int hold_release(const struct home *h, struct fail *why);

#endif
