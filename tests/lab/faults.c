#include "tests/lab/faults.h"

#include <stdio.h>
#include <string.h>

/* A slow stretch may make up for this much lateness of ours. */
#define BURST_NS 10000000u
/* Faster than emulated machines get: 1 Gb/s. */
#define FULL_SPEED_BYTES_PER_US 125u
#define STRETCHES               3

void faults_init(struct faults *all, unsigned nodes)
{
    memset(all, 0, sizeof *all);
    all->nodes = nodes;
    all->dice = 88172645463325252u;
}

/* ---- commands ----------------------------------------------------------------- */

/* A target is one or two stretches; 0 when there is no such target. */
static int find_target(struct faults *all, const char *text, struct fault *hit[2])
{
    unsigned a = 1, b = 1;
    char mark = '\0', rest;
    int n = sscanf(text, "%u%c%u%c", &a, &mark, &b, &rest);
    bool into = sscanf(text, ":%u%c", &b, &rest) == 1;

    if (a < 1 || a > all->nodes || b < 1 || b > all->nodes)
        return 0;
    if (into) {
        hit[0] = &all->in[b - 1];
        return 1;
    }
    if (n == 1 || (n == 2 && mark == ':')) {
        hit[0] = &all->out[a - 1];
        hit[1] = &all->in[a - 1];
        return n == 1 ? 2 : 1;
    }
    if (n != 3 || a == b || (mark != '-' && mark != ':'))
        return 0;
    hit[0] = &all->pair[a - 1][b - 1];
    hit[1] = &all->pair[b - 1][a - 1];
    return mark == '-' ? 2 : 1;
}

static bool set(struct fault *f, const char *verb, unsigned value, bool has_value)
{
    if (!has_value && !strcmp(verb, "heal"))
        *f = (struct fault){0};
    else if (!has_value && !strcmp(verb, "cut"))
        f->cut = true;
    else if (has_value && !strcmp(verb, "slow") && value >= 1 && value <= KBIT_MAX)
        f->kbit = value;
    else if (has_value && !strcmp(verb, "delay") && value <= DELAY_MAX_US)
        f->delay_us = value;
    else if (has_value && !strcmp(verb, "lose") && value <= 1000)
        f->permille = value;
    else
        return false;
    return true;
}

bool faults_obey(struct faults *all, const char *line)
{
    char verb[8] = "", target[12] = "", rest;
    struct fault *hit[2];
    unsigned value = 0;
    int words = sscanf(line, "%7s %11s %u %c", verb, target, &value, &rest);
    int hits;

    if (words == 1 && !strcmp(verb, "heal")) {
        faults_init(all, all->nodes);
        return true;
    }
    if (words != 2 && words != 3)
        return false;
    hits = find_target(all, target, hit);
    for (int i = 0; i < hits; i++)
        if (!set(hit[i], verb, value, words == 3))
            return false;
    return hits > 0;
}

/* ---- what they do to a frame ------------------------------------------------------ */

#define WAY(all, from, to)                                        \
    {                                                             \
        &(all)->out[from], &(all)->pair[from][to], &(all)->in[to] \
    }

bool faults_cut(const struct faults *all, unsigned from, unsigned to)
{
    return all->out[from].cut || all->pair[from][to].cut || all->in[to].cut;
}

static unsigned throw_dice(struct faults *all)
{
    all->dice ^= all->dice << 13;
    all->dice ^= all->dice >> 7;
    all->dice ^= all->dice << 17;
    return (unsigned)(all->dice % 1000);
}

bool faults_lose(struct faults *all, unsigned from, unsigned to)
{
    const struct fault *way[STRETCHES] = WAY(all, from, to);

    for (int i = 0; i < STRETCHES; i++)
        if (way[i]->permille && throw_dice(all) < way[i]->permille)
            return true;
    return false;
}

static uint64_t delay_us(const struct faults *all, unsigned from, unsigned to)
{
    return (uint64_t)all->out[from].delay_us + all->pair[from][to].delay_us +
           all->in[to].delay_us;
}

uint64_t faults_due_ns(const struct faults *all, unsigned from, unsigned to,
                       uint64_t arrived_ns)
{
    const struct fault *way[STRETCHES] = WAY(all, from, to);
    uint64_t due = arrived_ns + delay_us(all, from, to) * 1000;

    for (int i = 0; i < STRETCHES; i++)
        if (way[i]->kbit && due < way[i]->free_ns)
            due = way[i]->free_ns;
    return due;
}

void faults_occupy(struct faults *all, unsigned from, unsigned to, size_t len_bytes,
                   uint64_t now_ns)
{
    struct fault *way[STRETCHES] = WAY(all, from, to);

    for (int i = 0; i < STRETCHES; i++) {
        if (!way[i]->kbit)
            continue;
        if (way[i]->free_ns + BURST_NS < now_ns)
            way[i]->free_ns = now_ns;
        way[i]->free_ns += len_bytes * 8 * 1000000 / way[i]->kbit;
    }
}

size_t faults_under_way_bytes(const struct faults *all, unsigned from, unsigned to)
{
    return delay_us(all, from, to) * FULL_SPEED_BYTES_PER_US;
}
