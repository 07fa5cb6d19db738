#include "controller/deed/deed_kinds.h"

#include <string.h>

#include "controller/deed/deed_instance.h"
#include "controller/extension/deed_extension.h"

/* Each gives its kinds one by one. */
static const struct deed_kind *(*const rooms[])(size_t nth) = {deed_instance_kinds,
                                                               deed_extension_kinds};

const struct deed_kind *deed_kind_named(const char *name)
{
    for (size_t room = 0; room < sizeof rooms / sizeof *rooms; room++) {
        const struct deed_kind *kind;

        for (size_t i = 0; (kind = rooms[room](i)); i++)
            if (strcmp(kind->name, name) == 0)
                return kind;
    }
    return NULL;
}
