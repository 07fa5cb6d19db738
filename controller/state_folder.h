/* state_folder - where runs are kept, and whether it may be there
 *
 * DIR when given; else /var/lib/ibfleet for root, $XDG_STATE_HOME/ibfleet, or
 * ~/.local/state/ibfleet.  NFS and Lustre are refused: SQLite's locks and its WAL
 * cannot be trusted there.
 */
#ifndef CONTROLLER_STATE_FOLDER_H
#define CONTROLLER_STATE_FOLDER_H

#include <stdbool.h>

struct fail;

/* Who asks; texts may be NULL. */
struct state_folder_asker {
    const char *given; /* --state */
    bool is_root;
    const char *xdg_state_home, *home;
};

/* The path alone, the caller's to free; nothing is touched.  FAIL_STATE when there
 * is no home either, FAIL_MEMORY.
 */
int state_folder_path(const struct state_folder_asker *asker, char **path,
                      struct fail *why);

/* Make it (0700, parents 0755), and see that it is a folder that we may write on a
 * file system that locks.  FAIL_STATE names it.
 */
int state_folder_make(const char *path, struct fail *why);

/* "NFS", "Lustre", or NULL for the magic number (statfs) of any other. */
const char *state_folder_refused(unsigned long magic);

#endif
