#include "controller/deed/deed_kinds.h"

#include <stddef.h>

#include "controller/extension/deed_extension.h"
#include "controller/deed/deed_instance.h"

typedef const struct deed_kind *(*find_fn)(const char *name);

static const find_fn finders[] = {deed_instance_kind, deed_extension_kind};

const struct deed_kind *deed_kind_named(const char *name)
{
    const struct deed_kind *kind = NULL;

    for (size_t i = 0; i < sizeof finders / sizeof *finders && !kind; i++)
        kind = finders[i](name);
    return kind;
}
