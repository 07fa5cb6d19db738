#include "controller/fabric/islands.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/fabric/finding.h"
#include "controller/fabric/member.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define PKEY_PARTITION 0x7fff
#define PKEY_FULL      0x8000
#define PREFIX_BYTES   8 /* of a GID: the subnet */

/* ---- numbering -------------------------------------------------------------------- */

static bool same_ground(const struct endpoint *a, const struct endpoint *b)
{
    if (a->ethernet != b->ethernet)
        return false;
    if ((a->pkey & PKEY_PARTITION) != (b->pkey & PKEY_PARTITION))
        return false;
    return a->ethernet || memcmp(a->gid, b->gid, PREFIX_BYTES) == 0;
}

static unsigned find_island(const struct member *members, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (members[j].joined && same_ground(&members[i].endpoint, &members[j].endpoint))
            return members[j].island;
    return ISLAND_NONE;
}

static size_t people_of(const struct member *members, size_t n, unsigned island)
{
    size_t people = 0;

    for (size_t i = 0; i < n; i++)
        people += members[i].island == island;
    return people;
}

/* The others are measured against the largest, so it gets number 0. */
static void put_largest_first(struct member *members, size_t n, unsigned count)
{
    unsigned largest = 0;

    for (unsigned i = 1; i < count; i++)
        if (people_of(members, n, i) > people_of(members, n, largest))
            largest = i;
    for (size_t i = 0; largest && i < n; i++) {
        if (members[i].island == 0)
            members[i].island = largest;
        else if (members[i].island == largest)
            members[i].island = 0;
    }
}

unsigned islands_number(struct member *members, size_t n)
{
    unsigned count = 0;

    for (size_t i = 0; i < n; i++) {
        members[i].island = ISLAND_NONE;
        if (!members[i].joined)
            continue;
        members[i].island = find_island(members, i);
        if (members[i].island == ISLAND_NONE)
            members[i].island = count++;
    }
    put_largest_first(members, n, count);
    return count;
}

static bool is_limited(const struct member *m)
{
    return m->joined && !m->endpoint.ethernet && !(m->endpoint.pkey & PKEY_FULL);
}

bool islands_can_meet(const struct member *a, const struct member *b)
{
    return a->joined && b->joined && a->island == b->island &&
           !(is_limited(a) && is_limited(b));
}

/* ---- telling ---------------------------------------------------------------------- */

/* Starts a finding about those members that `is_one` picks; none: who_count 0. */
static struct finding about(const struct member *members, size_t n,
                            bool (*is_one)(const struct member *m, const void *arg),
                            const void *arg)
{
    struct finding f = {.kind = FINDING_CONFIG,
                        .proved = true,
                        .measured = NAN,
                        .expected = NAN,
                        .who = calloc(n ? n : 1, sizeof *f.who)};

    for (size_t i = 0; i < n; i++)
        if (is_one(&members[i], arg)) {
            if (f.who)
                f.who[f.who_count] = i;
            f.who_count++;
        }
    return f;
}

/* Ends it: "NAMES what", or drops it when it is about nobody. */
static int tell(struct findings *all, struct finding *f, const struct member *members,
                const char *what, const char *advice, struct fail *why)
{
    CLEANUP(text_done) char *names = NULL;

    if (!f->who_count) {
        free(f->who);
        return 0;
    }
    names = f->who ? finding_names(members, f->who, f->who_count) : NULL;
    f->advice = strdup(advice);
    if (!names || asprintf(&f->text, "%s %s", names, what) < 0)
        f->text = NULL;
    return findings_add(all, f, why);
}

static bool is_on_island(const struct member *m, const void *arg)
{
    return m->island == *(const unsigned *)arg;
}

static void put_prefix(char *text, size_t room, const struct endpoint *e)
{
    snprintf(text, room, "%02x%02x:%02x%02x:%02x%02x:%02x%02x", e->gid[0], e->gid[1],
             e->gid[2], e->gid[3], e->gid[4], e->gid[5], e->gid[6], e->gid[7]);
}

/* Why this endpoint cannot talk to the fleet's. */
static void describe_ground(const struct endpoint *e, const struct endpoint *fleet,
                            char *text, size_t room)
{
    char prefix[32], usual[32];

    put_prefix(prefix, sizeof prefix, e);
    put_prefix(usual, sizeof usual, fleet);
    if (e->ethernet != fleet->ethernet)
        snprintf(text, room, "cannot talk to the others: link layer %s, theirs is %s",
                 e->ethernet ? "Ethernet" : "InfiniBand",
                 fleet->ethernet ? "Ethernet" : "InfiniBand");
    else if ((e->pkey & PKEY_PARTITION) != (fleet->pkey & PKEY_PARTITION))
        snprintf(text, room,
                 "cannot talk to the others: partition 0x%04x, theirs is 0x%04x",
                 e->pkey & PKEY_PARTITION, fleet->pkey & PKEY_PARTITION);
    else
        snprintf(text, room, "cannot talk to the others: subnet %s, theirs is %s", prefix,
                 usual);
}

static const struct endpoint *endpoint_on(const struct member *members, size_t n,
                                          unsigned island)
{
    for (size_t i = 0; i < n; i++)
        if (members[i].island == island)
            return &members[i].endpoint;
    return NULL;
}

static int tell_islands(const struct member *members, size_t n, struct findings *all,
                        struct fail *why)
{
    const struct endpoint *fleet = endpoint_on(members, n, 0), *other;

    for (unsigned island = 1; (other = endpoint_on(members, n, island)); island++) {
        struct finding f = about(members, n, is_on_island, &island);
        char what[160];

        describe_ground(other, fleet, what, sizeof what);
        if (tell(all, &f, members, what,
                 "not a cable: give them the same link layer, partition key and subnet "
                 "(on Azure: the same scale set)",
                 why) < 0)
            return -1;
    }
    return 0;
}

static bool is_limited_one(const struct member *m, const void *arg)
{
    (void)arg;
    return is_limited(m);
}

static int tell_limited(const struct member *members, size_t n, struct findings *all,
                        struct fail *why)
{
    struct finding f = about(members, n, is_limited_one, NULL);

    if (f.who_count < 2)
        f.who_count = 0;
    return tell(all, &f, members,
                "are limited members of their partition: they cannot talk to each other",
                "ask the subnet manager's owner for full membership (bit 15 of the key)",
                why);
}

/* What most of them have, of a number that is the same for all in a good fleet. */
static double usual(const struct member *members, size_t n,
                    double (*of)(const struct endpoint *e))
{
    double best = 0;
    size_t most = 0;

    for (size_t i = 0; i < n; i++) {
        size_t same = 0;

        for (size_t j = 0; members[i].joined && j < n; j++)
            same += members[j].joined &&
                    fabs(of(&members[j].endpoint) - of(&members[i].endpoint)) < 0.5;
        if (same > most) {
            most = same;
            best = of(&members[i].endpoint);
        }
    }
    return best;
}

static double mtu_of(const struct endpoint *e)
{
    return e->mtu_bytes;
}

static double rate_of(const struct endpoint *e)
{
    return e->rate_gbps;
}

struct lower {
    double (*of)(const struct endpoint *e);
    double usual;
};

static bool is_lower(const struct member *m, const void *arg)
{
    const struct lower *l = arg;

    return m->joined && l->of(&m->endpoint) > 0 && l->of(&m->endpoint) < l->usual - 0.5;
}

/* Those whose number is below the usual one; who is above is no fault. */
static int tell_lower(const struct member *members, size_t n,
                      double (*of)(const struct endpoint *e), const char *noun,
                      const char *advice, struct findings *all, struct fail *why)
{
    struct lower l = {of, usual(members, n, of)};
    struct finding f = about(members, n, is_lower, &l);
    char what[160];

    f.expected = l.usual;
    f.measured = f.who && f.who_count ? of(&members[f.who[0]].endpoint) : NAN;
    snprintf(what, sizeof what, "lower %s than the others: %.0f, theirs is %.0f", noun,
             f.measured, l.usual);
    return tell(all, &f, members, what, advice, why);
}

int islands_tell(const struct member *members, size_t n, struct findings *findings,
                 struct fail *why)
{
    if (tell_islands(members, n, findings, why) < 0 ||
        tell_limited(members, n, findings, why) < 0 ||
        tell_lower(members, n, mtu_of, "active MTU (bytes)",
                   "pairs use the lower of the two; set the same MTU on all", findings,
                   why) < 0)
        return -1;
    return tell_lower(members, n, rate_of, "link rate (Gb/s)",
                      "a cable or port that trained down: reseat or replace, then reset "
                      "the port",
                      findings, why);
}
