/* extension_view - ask Azure how an extension stands: in the models, and on every instance
 *
 * Two lists a set: the extensions of its model, and its instances with what their agents
 * report.
 *
 *     extension_view_new(arm, sets, count, kind, on_done, me, &view, why)
 *     ... on_done(me, NULL): extension_view_model(view, 0), extension_view_of(view, "ib017")
 *     extension_view_free(view);          when arm is closed, or after on_done
 */
#ifndef CONTROLLER_EXTENSION_VIEW_H
#define CONTROLLER_EXTENSION_VIEW_H

#include <stddef.h>

struct arm;
struct extension_view;
struct fail;
struct scaleset;
struct vm_extension_kind;
struct vm_extension_seen;

/* The sets are closed, and borrowed until extension_view_free().  kind NULL: whichever of
 * ours is there.  done comes once, not before this has returned, and not after arm is
 * closed.  -1: as arm_call(), and done is not called.
 */
int extension_view_new(struct arm *arm, const struct scaleset *const *sets, size_t count,
                       const struct vm_extension_kind *kind,
                       void (*done)(void *arg, const struct fail *why), void *arg,
                       struct extension_view **view, struct fail *why);

/* NULL is allowed.  Not while calls of it are under way. */
void extension_view_free(struct extension_view *view);

/* Of the i-th set's model: absent when it has none; never NULL, borrowed. */
const struct vm_extension_seen *extension_view_model(const struct extension_view *view,
                                                     size_t i);

/* Of the instance of that name; NULL: Azure has not told of it (it is gone by now). */
const struct vm_extension_seen *extension_view_of(const struct extension_view *view,
                                                  const char *node);

#endif
