#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "controller/door/doorway.h"
#include "controller/door/retry.h"

#define MANY        400
#define PATIENCE_MS 120000

static uint32_t seed;

/* Numbers that are the same in each run. */
static uint32_t chance(void)
{
    seed = seed * 1664525u + 1013904223u;
    return seed >> 8;
}

/* ---- an sshd with MaxStartups begin:rate:full ---------------------------------- */

struct sshd {
    unsigned begin, rate, full, startups, others; /* others: connections of strangers */
};

static bool turns_away(const struct sshd *s)
{
    unsigned startups = s->startups + s->others, p;

    if (startups < s->begin)
        return false;
    if (startups >= s->full || s->rate == 100)
        return true;
    p = (100 - s->rate) * (startups - s->begin) / (s->full - s->begin) + s->rate;
    return chance() % 100 < p;
}

struct login {
    uint64_t over_ms; /* 0: not under way */
    enum doorway_end end;
    unsigned round, tries;
    bool in;
};

struct siege {
    struct sshd sshd;
    struct doorway way;
    struct login logins[MANY];
    unsigned count, in, drops, most_tries, widest;
    uint64_t now_ms;
};

static void knock(struct siege *s, struct login *l)
{
    bool away = turns_away(&s->sshd);

    l->round = doorway_enter(&s->way);
    l->tries++;
    l->end = away ? DOORWAY_TURNED_AWAY : DOORWAY_LET_IN;
    l->over_ms = s->now_ms + (away ? 1 : 5 + chance() % 20);
    s->sshd.startups += !away;
    s->drops += away;
    if (l->tries > s->most_tries)
        s->most_tries = l->tries;
    if (s->way.under_way > s->widest)
        s->widest = s->way.under_way;
}

static void finish(struct siege *s, struct login *l)
{
    l->over_ms = 0;
    l->in = l->end == DOORWAY_LET_IN;
    s->in += l->in;
    s->sshd.startups -= l->in;
    doorway_leave(&s->way, l->round, l->end, s->now_ms, chance());
}

/* One millisecond at a time, until all are in or the address is hopeless. */
static void besiege(struct siege *s, struct sshd sshd, unsigned count)
{
    *s = (struct siege){.sshd = sshd, .way = doorway_new(), .count = count};
    for (s->now_ms = 1; s->in < count; s->now_ms++) {
        assert_true(s->now_ms < 3600 * 1000);
        if (doorway_is_hopeless(&s->way, PATIENCE_MS))
            return;
        for (unsigned i = 0; i < count; i++)
            if (s->logins[i].over_ms == s->now_ms)
                finish(s, &s->logins[i]);
        for (unsigned i = 0; i < count; i++)
            if (!s->logins[i].in && !s->logins[i].over_ms &&
                doorway_admits(&s->way, s->now_ms))
                knock(s, &s->logins[i]);
        assert_true(s->way.under_way <= MANY && s->sshd.startups <= sshd.full);
    }
}

static void all_come_in_whatever_the_server_takes(void **state)
{
    static const struct sshd servers[] = {
        {.begin = 1, .rate = 100, .full = 1},
        {.begin = 2, .rate = 100, .full = 2},
        {.begin = 3, .rate = 100, .full = 3},
        {.begin = 10, .rate = 30, .full = 100},
        {.begin = 60, .rate = 100, .full = 60},
        {.begin = 2, .rate = 50, .full = 10},
        {.begin = 5, .rate = 100, .full = 5, .others = 3}};
    struct siege *s = malloc(sizeof *s);

    (void)state;
    for (size_t i = 0; i < sizeof servers / sizeof *servers; i++)
        for (seed = 1; seed <= 20; seed++) {
            besiege(s, servers[i], MANY);
            assert_int_equal(s->in, MANY);
            assert_true(s->most_tries <= RETRY_TURNED_AWAY_MOST);
            assert_true(s->drops <= MANY / 2);
        }
    free(s);
}

static void it_comes_to_the_width_that_the_server_takes(void **state)
{
    struct siege *s = malloc(sizeof *s);

    (void)state;
    for (seed = 1; seed <= 20; seed++) {
        besiege(s, (struct sshd){.begin = 4, .rate = 100, .full = 4}, MANY);
        assert_in_range(s->way.width, 2, 5);
    }
    free(s);
}

static void a_server_that_takes_all_is_not_held_back(void **state)
{
    struct siege *s = malloc(sizeof *s);

    (void)state;
    besiege(s, (struct sshd){.begin = 1000, .rate = 100, .full = 1000}, MANY);
    assert_int_equal(s->drops, 0);
    assert_true(s->widest > 100);
    assert_true(s->way.width <= DOORWAY_MOST);
    free(s);
}

static void a_server_that_takes_nobody_is_given_up(void **state)
{
    struct siege *s = malloc(sizeof *s);

    (void)state;
    besiege(s, (struct sshd){0}, MANY);
    assert_int_equal(s->in, 0);
    assert_in_range(s->now_ms, 5000, 30000);
    assert_true(s->drops < 3 * DOORWAY_FIRST + DOORWAY_PATIENT_TRIES);
    free(s);
}

/* ---- one at a time --------------------------------------------------------------- */

static void turned_away(struct doorway *d, enum doorway_end end, uint64_t now_ms)
{
    doorway_leave(d, doorway_enter(d), end, now_ms, chance());
}

static void one_burst_halves_once(void **state)
{
    struct doorway d = doorway_new();
    unsigned rounds[DOORWAY_FIRST];

    (void)state;
    for (unsigned i = 0; i < DOORWAY_FIRST; i++)
        rounds[i] = doorway_enter(&d);
    assert_false(doorway_admits(&d, 0));
    for (unsigned i = 0; i < DOORWAY_FIRST; i++)
        doorway_leave(&d, rounds[i], DOORWAY_TURNED_AWAY, 0, chance());
    assert_int_equal(d.width, DOORWAY_FIRST / 2);
    assert_true(doorway_admits(&d, 0)); /* all at once: that is no penalty */
}

static void who_is_turned_away_alone_waits_longer_each_time(void **state)
{
    struct doorway d = doorway_new();
    uint64_t now_ms = 0, pause_ms = DOORWAY_PAUSE_MS;

    (void)state;
    for (unsigned i = 1; i < DOORWAY_PATIENT_TRIES; i++) {
        turned_away(&d, DOORWAY_TURNED_AWAY, now_ms);
        assert_in_range(d.rests_until_ms - now_ms, pause_ms / 2, pause_ms);
        assert_false(doorway_admits(&d, d.rests_until_ms - 1));
        assert_true(doorway_admits(&d, d.rests_until_ms));
        assert_false(doorway_is_hopeless(&d, PATIENCE_MS));
        now_ms = d.rests_until_ms;
        pause_ms =
            2 * pause_ms < DOORWAY_PAUSE_MAX_MS ? 2 * pause_ms : DOORWAY_PAUSE_MAX_MS;
    }
    turned_away(&d, DOORWAY_TURNED_AWAY, now_ms);
    assert_true(doorway_is_hopeless(&d, PATIENCE_MS));
}

static void a_penalty_is_waited_for_and_never_shortened(void **state)
{
    struct doorway d = doorway_new();

    (void)state;
    turned_away(&d, DOORWAY_UNWANTED, 0); /* that may have been MaxStartups */
    assert_in_range(d.rests_until_ms, 1, DOORWAY_PAUSE_MS);
    turned_away(&d, DOORWAY_UNWANTED, 1000);
    assert_in_range(d.rests_until_ms - 1000, DOORWAY_PENALTY_MS,
                    DOORWAY_PENALTY_MS + DOORWAY_PENALTY_MS / 2);
    assert_false(doorway_is_hopeless(&d, PATIENCE_MS));
    turned_away(&d, DOORWAY_UNWANTED, 30000);
    assert_true(d.rests_until_ms - 30000 >= 2 * DOORWAY_PENALTY_MS);
    assert_true(doorway_is_hopeless(&d, 40000)); /* who has no time for that */
}

static void one_login_ends_all_rest(void **state)
{
    struct doorway d = doorway_new();

    (void)state;
    turned_away(&d, DOORWAY_UNWANTED, 0);
    turned_away(&d, DOORWAY_UNWANTED, 1000);
    doorway_leave(&d, doorway_enter(&d), DOORWAY_LET_IN, 20000, 0);
    assert_true(doorway_admits(&d, 20000));
    turned_away(&d, DOORWAY_TURNED_AWAY, 20000);
    assert_in_range(d.rests_until_ms - 20000, 1, DOORWAY_PAUSE_MS);
}

static void what_says_nothing_changes_nothing(void **state)
{
    struct doorway d = doorway_new(), same = d;

    (void)state;
    turned_away(&d, DOORWAY_SAYS_NOTHING, 5);
    assert_memory_equal(&d, &same, sizeof d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_come_in_whatever_the_server_takes),
        cmocka_unit_test(it_comes_to_the_width_that_the_server_takes),
        cmocka_unit_test(a_server_that_takes_all_is_not_held_back),
        cmocka_unit_test(a_server_that_takes_nobody_is_given_up),
        cmocka_unit_test(one_burst_halves_once),
        cmocka_unit_test(who_is_turned_away_alone_waits_longer_each_time),
        cmocka_unit_test(a_penalty_is_waited_for_and_never_shortened),
        cmocka_unit_test(one_login_ends_all_rest),
        cmocka_unit_test(what_says_nothing_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
