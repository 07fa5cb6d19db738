#include "controller/validate/listing.h"

#include "controller/fabric/pairs.h"
#include "controller/fabric/tally.h"

static bool is_bad(const struct tally *t, size_t a, size_t b)
{
    enum tally_word word = tally_pair(t, a, b)->word;

    return word != WORD_OK && word != WORD_NOT_MEASURED;
}

static size_t count_bad(const struct tally *t)
{
    size_t bad = 0;

    for (size_t a = 0; a < tally_size(t); a++)
        for (size_t b = a + 1; b < tally_size(t); b++)
            bad += is_bad(t, a, b);
    return bad;
}

struct listing listing_of(const struct tally *t, size_t most)
{
    struct listing l = {.tally = t, .left = most};

    l.all = pairs_count(tally_size(t)) <= most;
    l.cut = !l.all && count_bad(t) > most;
    return l;
}

/* From (0,0), which is no pair, to (0,1) (0,2) ... (1,2) ... */
static bool step(struct listing *l)
{
    size_t n = tally_size(l->tally);

    if (++l->at_b >= n) {
        l->at_a++;
        l->at_b = l->at_a + 1;
    }
    return l->at_b < n;
}

bool listing_next(struct listing *l, size_t *a, size_t *b)
{
    while (l->left && step(l))
        if (l->all || is_bad(l->tally, l->at_a, l->at_b)) {
            l->left--;
            *a = l->at_a;
            *b = l->at_b;
            return true;
        }
    l->left = 0;
    return false;
}

const char *listing_name(const struct listing *l)
{
    return l->all ? "all" : l->cut ? "some-not-ok" : "not-ok";
}
