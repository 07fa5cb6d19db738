/* deed_extension - one of Microsoft's extensions onto instances, or off them (pure)
 *
 * Three kinds, "extension-add", "extension-upgrade" and "extension-remove", whose arg is a
 * struct extension_deed.  It says what is wished, and which way: by the set's model, to
 * which each instance is brought, or to each machine itself.
 *
 *     extension_deed_new(&wish, EXTENSION_BY_MODEL, &arg, why)
 *     order.kind = deed_kind_named("extension-add"), order.arg = arg;   deed_kinds.h
 *     ...
 *     extension_deed_free(arg);
 */
#ifndef CONTROLLER_DEED_EXTENSION_H
#define CONTROLLER_DEED_EXTENSION_H

#include <stddef.h>

struct deed_kind;
struct extension_deed;
struct fail;
struct vm_extension_seen;
struct vm_extension_wish;

enum extension_way { EXTENSION_BY_MODEL, EXTENSION_BY_MACHINE };

/* All of them in their order; NULL past the last one. */
const struct deed_kind *deed_extension_kinds(size_t nth);

/* The wish is copied.  FAIL_MEMORY. */
int extension_deed_new(const struct vm_extension_wish *wish, enum extension_way way,
                       struct extension_deed **deed, struct fail *why);
void extension_deed_free(struct extension_deed *deed); /* NULL is allowed */

/* The extension has another name there than in the wish, so that name is the one to change
 * or to delete: Azure takes only one of a kind.  machine: its ARM id.  FAIL_MEMORY.
 */
int extension_deed_put_name(struct extension_deed *deed, const char *machine,
                            const char *name, struct fail *why);

/* Why it failed, with its exit code explained and what to do, into *why.  Returns -1. */
int extension_deed_explain(const struct vm_extension_seen *seen, struct fail *why);

#endif
