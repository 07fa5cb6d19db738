/* logbook-tool STATE N [names=NODE] [slow=K] [cut=A-B] [gone=K]   a validation that never was
 *
 * Judges a fabric of N nodes NODE1 to NODEN (node1), on which what is named is broken, and
 * writes it down in a state folder as validate does; prints what validate prints.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "controller/command.h"
#include "controller/fabric/islands.h"
#include "controller/fabric/member.h"
#include "controller/fabric/tally.h"
#include "controller/fabric/verdict.h"
#include "controller/options.h"
#include "controller/screen/text.h"
#include "controller/validate/logbook.h"
#include "controller/validate/result.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define MOST 400

struct fabric {
    size_t n;
    struct member members[MOST];
    char names[MOST][32];
    size_t slow, cut_a, cut_b; /* from 1; 0: none */
    struct tally *tally;
    struct verdict *verdict;
};

static void settle(struct fabric *f)
{
    for (size_t i = 0; i < f->n; i++) {
        struct member *m = &f->members[i];

        snprintf(f->names[i], sizeof f->names[i], "node%zu", i + 1);
        m->name = f->names[i];
        m->joined = true;
        m->endpoint = (struct endpoint){.hca = "mlx5_ib0",
                                        .port = 1,
                                        .lid = (uint16_t)(i + 1),
                                        .mtu_bytes = 4096,
                                        .pkey = 0x8001,
                                        .rate_gbps = 200};
    }
}

static void lose(struct fabric *f, size_t gone)
{
    f->members[gone - 1].joined = false;
    f->members[gone - 1].endpoint = (struct endpoint){0};
    fail_set(&f->members[gone - 1].why, FAIL_CONNECT, "no route to host");
}

static void name_all(struct fabric *f, const char *prefix)
{
    for (size_t i = 0; i < f->n; i++)
        snprintf(f->names[i], sizeof f->names[i], "%.10s%zu", prefix, i + 1);
}

static int break_something(struct fabric *f, const char *what)
{
    size_t gone = 0;

    if (strncmp(what, "names=", 6) == 0) {
        name_all(f, what + 6);
        return 0;
    }
    if (sscanf(what, "slow=%zu", &f->slow) != 1 &&
        sscanf(what, "cut=%zu-%zu", &f->cut_a, &f->cut_b) != 2 &&
        sscanf(what, "gone=%zu", &gone) != 1)
        return -1;
    if (gone)
        lose(f, gone);
    return f->slow > f->n || f->cut_a > f->n || f->cut_b > f->n || gone > f->n ? -1 : 0;
}

/* Once with all the others and, to be sure of it, three times alone. */
static int meet(struct fabric *f, size_t a, size_t b, struct fail *why)
{
    bool slow = a + 1 == f->slow || b + 1 == f->slow;
    struct measure_result of_a = {.windows = 1, .out_gbps = {slow ? 41.5 : 197}}, of_b;

    of_a.latency = of_a.ack = (struct measure_latency){1.5, 1.7, 2.5, 9, 1000};
    if (a + 1 == f->cut_a && b + 1 == f->cut_b)
        of_a.why = (struct fail){FAIL_PATH, "no answer \x1b[2J from a node"};
    of_b = of_a;
    for (int i = 0; i < 4; i++)
        if (tally_add(f->tally, a, b, i > 0, &of_a, &of_b, why) < 0)
            return -1;
    return 0;
}

static int judge(struct fabric *f, struct fail *why)
{
    f->tally = tally_new(f->n);
    if (!f->tally)
        return fail_memory(why);
    for (size_t a = 0; a < f->n; a++)
        for (size_t b = a + 1; b < f->n; b++)
            if (f->members[a].joined && f->members[b].joined && meet(f, a, b, why) < 0)
                return -1;
    islands_number(f->members, f->n);
    return verdict_judge(f->members, f->n, f->tally, &f->verdict, why);
}

static int write_down(const struct fabric *f, struct command *c, struct fail *why)
{
    CLEANUP(text_clear) struct text text = {0};
    struct result r = {.campaign = "c1",
                       .members = f->members,
                       .n = f->n,
                       .tally = f->tally,
                       .verdict = f->verdict,
                       .seconds = 12.3};
    struct logbook *logbook;

    if (logbook_open(c, &logbook, why) < 0)
        return -1;
    logbook_close(logbook, &r);
    uv_run(c->loop, UV_RUN_DEFAULT);
    result_render(&r, 0, false, &text);
    fputs(text_of(&text), stdout);
    return 0;
}

int main(int argc, char **argv)
{
    static struct fabric f;
    char program[] = "ibfleet", status[] = "status", state[] = "--state";
    char *words[] = {program, status, state, argc > 2 ? argv[1] : NULL, NULL};
    struct options options;
    struct command c;
    struct fail why;
    int result;

    f.n = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    if (f.n < 2 || f.n > MOST)
        return 2;
    settle(&f);
    for (int i = 3; i < argc; i++)
        if (break_something(&f, argv[i]) < 0)
            return 2;
    if (options_parse(4, words, &options, &why) < 0 ||
        command_open(&options, &c, &why) < 0)
        return 2;
    result = judge(&f, &why) < 0 || write_down(&f, &c, &why) < 0;
    if (result)
        fprintf(stderr, "logbook-tool: %s\n", why.text);
    command_close(&c);
    options_clear(&options);
    verdict_free(f.verdict);
    tally_free(f.tally);
    return result;
}
