/* classes - nodes that are alike, in one row; what differs, by name (pure)
 *
 *     NODES    N  OS         KERNEL          HCA   LINK                   RDMA
 *     ib[1-3]  3  debian 12  6.1.0-28-amd64  rxe0  Ethernet 2.5 Gb/s ACTIVE  44.0-2
 *     ib4      1  debian 12  6.1.0-27-amd64  none  none                   none
 *
 *     Same on all 4:
 *       machine   kvm, 1 CPU, 0.5 GiB
 *     Differs:
 *       kernel    ib[1-3]: 6.1.0-28-amd64 x86_64
 *                 ib4: 6.1.0-27-amd64 x86_64
 */
#ifndef CONTROLLER_CLASSES_H
#define CONTROLLER_CLASSES_H

#include <stdbool.h>
#include <stddef.h>

struct classes;
struct facts;
struct fail;
struct text;

/* NULL only when memory is exhausted. */
struct classes *classes_new(void);
void classes_free(struct classes *c); /* NULL is allowed */
void classes_done(struct classes **c);

/* facts are read at once.  FAIL_MEMORY. */
int classes_add(struct classes *c, const char *name, const struct facts *f,
                struct fail *why);

/* Nodes added. */
size_t classes_count(const struct classes *c);

/* width 0: as wide as it gets.  Nothing when nobody was added. */
void classes_render(struct classes *c, size_t width, bool color, struct text *text);

#endif
