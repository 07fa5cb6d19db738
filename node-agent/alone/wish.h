/* wish - what somebody wants of this machine: the settings of an install by hand
 *
 * They are those of a fleet file, by the same names and the same rules (fleet_setting.h),
 * so that a fleet and an agent alone want the same in the same words; only what holds
 * without them differs: the driver is `auto`, and nothing reboots.
 *
 *     CLEANUP(wish_done) struct wish w = {0};
 *
 *     if (wish_read(&w, &options, why) < 0)
 *         end with 1
 *     wish_want(&w, &want);       for decide()
 *     memo.wish = wish_encode(&w);   for `status`, later
 */
#ifndef NODE_AGENT_WISH_H
#define NODE_AGENT_WISH_H

#include <stdbool.h>

#include "inventory/arena.h"
#include "inventory/fleet.h"

struct agent_options;
struct catalog;
struct decide_want;
struct fail;
struct json;

/* Owns all of it; all zero is empty. */
struct wish {
    struct arena text;
    struct json *settings; /* object of what was said: {"driver": "inbox"} */
    struct fleet_node node;
    struct catalog *catalog;
    char *catalog_text; /* of a site's own; NULL: the one in the agent */
    bool remove, back;
};

/* *w is empty, and to be cleared also after -1.  FAIL_USAGE names the option,
 * FAIL_CATALOG, FAIL_MEMORY.
 */
int wish_read(struct wish *w, const struct agent_options *o, struct fail *why);

/* The driver of the vendor's is to go, and that is all: uninstall --driver. */
int wish_remove(struct wish *w, struct fail *why);

/* {settings, remove, back, catalog: SHA-256 of a site's own}: equal for equal wishes.
 * NULL: out of memory.
 */
struct json *wish_encode(const struct wish *w);

/* Its settings for people: URLs without passwords and queries.  NULL: out of memory. */
struct json *wish_show(const struct json *settings);

/* The same back; catalog_text is the site's catalog when there was one, and else NULL.
 * Fails as wish_read().
 */
int wish_decode(struct wish *w, const struct json *doc, const char *catalog_text,
                struct fail *why);

/* What is borrowed lives as long as the wish. */
void wish_want(const struct wish *w, struct decide_want *want);

/* "Back to what was before" becomes the driver that this was, `earlier` of the facts before
 * anything was done: once there, the way back leads somewhere else.  Nothing happens to
 * other wishes.  FAIL_USAGE, FAIL_MEMORY.
 */
int wish_settle(struct wish *w, const char *earlier, struct fail *why);

void wish_done(struct wish *w);

#endif
