/* faults - what is wrong with each stretch of the lab's fabric
 *
 * A frame from node a to node b passes three stretches: out of a, the pair a:b, into
 * b.  Each may be cut, slow, late or lossy.  Pure: the clock is the caller's.
 *
 *     cut TARGET              nothing gets through
 *     slow TARGET KBIT_PER_S  at most that fast
 *     delay TARGET US         that much later
 *     lose TARGET PERMILLE    drop that many of a thousand frames
 *     heal [TARGET]           as good as new
 *
 * TARGET is 1 (all that node 1 exchanges), 1: (what it sends), :1 (what it gets),
 * 1-2 (the pair, both ways) or 1:2 (from 1 to 2).
 */
#ifndef TESTS_LAB_FAULTS_H
#define TESTS_LAB_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NODES_MAX    16
#define KBIT_MAX     100000000u
#define DELAY_MAX_US 100000u

/* All zero is healthy. */
struct fault {
    bool cut;
    unsigned kbit;
    unsigned delay_us;
    unsigned permille;
    uint64_t free_ns; /* slow: when the stretch has room again */
};

/* Nodes count from 0 here, and from 1 in commands. */
struct faults {
    unsigned nodes;
    uint64_t dice; /* chance, the same in each run */
    struct fault out[NODES_MAX], in[NODES_MAX], pair[NODES_MAX][NODES_MAX];
};

void faults_init(struct faults *all, unsigned nodes);

/* Obey one command.  False, and nothing changed, when it is not understood. */
bool faults_obey(struct faults *all, const char *line);

bool faults_cut(const struct faults *all, unsigned from, unsigned to);

/* Throws the dice of a lossy way: ask once per frame. */
bool faults_lose(struct faults *all, unsigned from, unsigned to);

/* When a frame that arrived then may leave. */
uint64_t faults_due_ns(const struct faults *all, unsigned from, unsigned to,
                       uint64_t arrived_ns);

/* Bytes left now: what is slow on the way has no room for a while. */
void faults_occupy(struct faults *all, unsigned from, unsigned to, size_t len_bytes,
                   uint64_t now_ns);

/* What a late way has to hold beside its queue, at the fabric's full speed. */
size_t faults_under_way_bytes(const struct faults *all, unsigned from, unsigned to);

#endif
