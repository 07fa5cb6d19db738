/* Whatever stands in the record of what was on a node before a driver: it is read whole or
 * called damaged, and what was read is read again when it has been written.
 */
#include "node-agent/home.h"
#include "node-agent/install/was.h"
#include "tests/fuzz/scratch.h"

#define RECORD "var/lib/ibfleet/" WAS_FILE

static void check_packages(const struct was_packages *p)
{
    demand(p->count <= WAS_MAX_PACKAGES);
    for (size_t i = 0; i < p->count; i++) {
        demand(p->list[i].name && p->list[i].version);
        demand(was_find(p, p->list[i].name) != NULL);
    }
}

static int is_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void check(const struct home *h, const struct was *w)
{
    CLEANUP(was_clear) struct was again = {0};
    CLEANUP(text_done) char *earlier = NULL;

    demand(w->state >= WAS_NOTHING && w->state <= WAS_DROPPED);
    check_packages(&w->before);
    check_packages(&w->came);
    check_packages(&w->went);
    demand(was_write(h, w, NULL) == 0 && was_read(h, &again, NULL) == 0);
    demand(again.state == w->state && is_same(again.method, w->method));
    demand(again.before.count == w->before.count && again.went.count == w->went.count);
    earlier = was_earlier(scratch_root);
    demand(is_same(earlier, w->earlier));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(was_clear) struct was w = {0};
    struct fail why = {.code = FAIL_NONE};
    struct home h = {.may_install = true};

    scratch_begin();
    snprintf(h.root, sizeof h.root, "%s", scratch_root);
    snprintf(h.state, sizeof h.state, "%s/var/lib/ibfleet", scratch_root);
    scratch_put(RECORD, data, size);
    if (was_read(&h, &w, &why) == 0)
        check(&h, &w);
    else
        demand(why.code == FAIL_STEP && strstr(why.text, WAS_FILE));
    scratch_remove(RECORD);
    return 0;
}
