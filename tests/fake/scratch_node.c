#include "tests/fake/scratch_node.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node-agent/home.h"

int scratch_node_make(void **state)
{
    struct home *h = calloc(1, sizeof *h);

    assert_non_null(h);
    strcpy(h->root, "/tmp/ibfleet-test-XXXXXX");
    assert_non_null(mkdtemp(h->root));
    snprintf(h->state, sizeof h->state, "%s/var/lib/ibfleet", h->root);
    *state = h;
    return 0;
}

int scratch_node_drop(void **state)
{
    struct home *h = *state;
    char command[HOME_PATH_MAX_BYTES];

    snprintf(command, sizeof command, "rm -rf %s", h->root);
    assert_int_equal(system(command), 0);
    free(h);
    return 0;
}
