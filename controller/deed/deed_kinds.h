/* deed_kinds - every kind of deed by its name, for who takes up a run */
#ifndef CONTROLLER_DEED_KINDS_H
#define CONTROLLER_DEED_KINDS_H

struct deed_kind;

/* NULL: no such kind. */
const struct deed_kind *deed_kind_named(const char *name);

#endif
