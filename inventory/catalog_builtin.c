#include <string.h>

#include "inventory/catalog.h"

/* catalog.json, as it is; the Makefile rebuilds us when it changes. */
extern const char catalog_json[];
__asm__(".pushsection .rodata\n"
        "catalog_json: .incbin \"inventory/catalog.json\"\n"
        ".byte 0\n"
        ".popsection\n");

int catalog_builtin(struct catalog **c, struct fail *why)
{
    return catalog_parse(catalog_json, strlen(catalog_json), "the built-in catalog", c,
                         why);
}
