/* Whatever a package manager's configuration says: with our lines in it our names are found,
 * a second time changes nothing, and without them it is what it was without them before.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "node-agent/install/exclude.h"
#include "protocol/scope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int is_so)
{
    if (!is_so)
        abort();
}

/* What we put there never holds a line of ours that stood there before. */
static int is_forged(const char *text)
{
    static const char begins[] = "# ibfleet hold begins";
    CLEANUP(text_done) char *plain = exclude_remove(text);

    for (const char *at = plain; (at = strstr(at, begins)); at++)
        if (at == plain || at[-1] == '\n')
            return 1;
    return 0;
}

static void try(const char *text)
{
    static const char names[] = "mlnx-tools opensm";
    CLEANUP(text_done) char *put = exclude_put(text, "exclude", names);
    CLEANUP(text_done) char *twice = exclude_put(put, "exclude", names);
    CLEANUP(text_done) char *plain = exclude_remove(put);
    CLEANUP(text_done) char *again = exclude_put(plain, "exclude", names);

    demand(exclude_has(put, "mlnx-tools") && exclude_has(put, "opensm"));
    demand(strcmp(put, twice) == 0);
    demand(strcmp(put, again) == 0);
    demand(!exclude_has(plain, "opensm"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(text_done) char *text = strndup((const char *)data, size);

    if (!is_forged(text))
        try(text);
    return 0;
}
