/* keyagent_list - the keys that an ssh-agent has, asked for once, before the work begins
 *
 *     keyagent_list(path, KEYAGENT_LIST_MS, &list, why);
 *     while (list.left-- && keyagent_next_key(&list.keys, &key, &comment) == 0)
 *         ...
 *     keyagent_list_clear(&list);
 *
 * It waits for the answer as one waits for a file: without it nobody can be reached.
 */
#ifndef CONTROLLER_KEYAGENT_LIST_H
#define CONTROLLER_KEYAGENT_LIST_H

#include <stdint.h>

#include "controller/ssh/blob.h"

struct fail;

/* An agent that has not answered by then is given up. */
#define KEYAGENT_LIST_MS 3000

struct keyagent_list {
    char *answer;
    struct blob keys; /* in it: keyagent_next_key() */
    uint32_t count;   /* as the agent says */
};

/* path is the agent's socket; it waits up to wait_ms, twice that for one that dribbles.
 * FAIL_KEY_FILE: it cannot be connected to, does not answer or
 * not sensibly; FAIL_MEMORY.
 */
int keyagent_list(const char *path, unsigned wait_ms, struct keyagent_list *list,
                  struct fail *why);

/* All zero is allowed. */
void keyagent_list_clear(struct keyagent_list *list);

#endif
