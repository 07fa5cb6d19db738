/* measure - what two nodes must know to measure each other, and what they found
 *
 * A campaign: each node joins once and gets an endpoint (one RC queue pair, one
 * registered memory region).  The controller spreads endpoints and sends orders:
 * a batch of rounds, in each of which a node has one partner.  In a round the
 * pair
 *   1 connects the queue pairs to each other and meets (in band),
 *   2 the first plays write ping-pong with the second: latency,
 *   3 the first writes to the second as fast as it goes: bandwidth first->second,
 *   4 then the other way round.
 * The first of a pair is the side with the lower index.
 *
 * Rounds of a batch follow each other without a word to the controller.  The
 * round of slot i of a batch (0, 1, ...) must be over slot_ms * (i + 1) after the
 * order came, so a dead partner costs its slot and lateness never adds up.
 */
#ifndef PROTOCOL_MEASURE_H
#define PROTOCOL_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/fail.h"

struct json;

#define MEASURE_MAX_ROUNDS        64 /* in one order                              */
#define MEASURE_MAX_NODES         65536
#define MEASURE_MAX_WINDOWS       32
#define MEASURE_MAX_SAMPLES       1000000
#define MEASURE_MAX_DEPTH         512
#define MEASURE_MAX_LATENCY_BYTES 4096
#define MEASURE_MAX_MESSAGE_BYTES (1 << 20)

/* Nothing that was measured is larger; it also keeps a liar's digits in bounds. */
#define MEASURE_MAX_GBPS 1000000
#define MEASURE_MAX_US   600000000 /* the longest slot */

/* Letters, digits and "-_.:"; with the byte that ends it. */
#define MEASURE_CAMPAIGN_BYTES 40
#define MEASURE_HCA_BYTES      64

struct measure_join {
    char campaign[MEASURE_CAMPAIGN_BYTES];
    char hca[MEASURE_HCA_BYTES];
    int port; /* 1..255                                                */
};

struct endpoint {
    char hca[MEASURE_HCA_BYTES];
    int port;
    bool ethernet; /* link layer: RoCE v2, addressed by GID; else LID           */
    uint16_t lid;  /* 0 on Ethernet                                             */
    uint8_t gid[16];
    int gid_index; /* the owner's                                             */
    uint32_t qpn;
    uint32_t rkey;
    uint64_t addr; /* of the registered buffer, whose layout queue.h tells    */
    int mtu_bytes; /* active MTU: 256 512 1024 2048 4096; a pair takes the lower */
    uint16_t pkey; /* as in the table, with the membership bit                */
    double rate_gbps;
    bool soft; /* Soft-RoCE: polling must yield                           */
};

struct measure_round {
    unsigned round;         /* number in the campaign, echoed in the result        */
    unsigned slot;          /* place in the batch; a node may rest in some slots   */
    unsigned peer;          /* index of the partner                                */
    bool first;             /* are we the first of the pair?                       */
    uint32_t psn, peer_psn; /* 24 bits: ours and the partner's first packet number */
    struct endpoint partner;
};

struct measure_plan {       /* how to measure; the same for all rounds          */
    unsigned slot_ms;       /* 100..600000                                      */
    unsigned warmup;        /* ping-pongs thrown away; 0..MEASURE_MAX_SAMPLES   */
    unsigned samples;       /* ping-pongs kept; 0: no latency                   */
    unsigned latency_bytes; /* 1..4096; 8 by default                            */
    unsigned window_ms;     /* length of a bandwidth window; 0: no bandwidth; ..60000 */
    unsigned windows;       /* kept, after one thrown away                      */
    unsigned message_bytes; /* of a bandwidth write, at least 8; 65536 by default */
    unsigned depth;         /* writes in flight; 1..512                         */
};

struct measure_order {
    char campaign[MEASURE_CAMPAIGN_BYTES];
    unsigned batch;
    struct measure_plan plan;
    struct measure_round *rounds;
    size_t round_count;
};

struct measure_latency { /* microseconds */
    double min_us, p50_us, p99_us, max_us;
    unsigned samples; /* 0: not measured */
};

struct measure_result {
    unsigned round, peer;
    struct fail why;                /* code FAIL_NONE: all was measured              */
    struct measure_latency latency; /* half a write ping-pong; the first reports it */
    struct measure_latency ack;     /* post to completion; the first reports it     */
    double
        out_gbps[MEASURE_MAX_WINDOWS]; /* payload we wrote to the partner, per window */
    unsigned windows;
    unsigned met_ms;  /* from the start of the round until the partner was there */
    unsigned took_ms; /* the whole round                                         */
};

/* The wire's forms.  Encoders: NULL when memory is exhausted.  Decoders:
 * FAIL_GARBAGE names the field, FAIL_MEMORY.
 */
struct json *measure_join_encode(const struct measure_join *j);
int measure_join_decode(const struct json *doc, struct measure_join *j, struct fail *why);

/* {"campaign": ...} and no more */
struct json *measure_leave_encode(const char *campaign);

struct json *endpoint_encode(const struct endpoint *e);
int endpoint_decode(const struct json *doc, struct endpoint *e, struct fail *why);

struct json *measure_order_encode(const struct measure_order *o);
/* *o is to be cleared. */
int measure_order_decode(const struct json *doc, struct measure_order *o,
                         struct fail *why);
void measure_order_clear(struct measure_order *o);

struct json *measure_result_encode(const struct measure_result *r);
int measure_result_decode(const struct json *doc, struct measure_result *r,
                          struct fail *why);

/* The body of the answer to an order: {"results": [...]}.  Of more than max_results
 * (MEASURE_MAX_ROUNDS will do) decoding is FAIL_GARBAGE.
 */
struct json *measure_results_encode(const struct measure_result *results, size_t count);
int measure_results_decode(const struct json *doc, struct measure_result *results,
                           size_t max_results, size_t *count, struct fail *why);

/* The median of the windows that were kept, Gb/s of payload; NAN with none. */
double measure_result_gbps(const struct measure_result *r);

#endif
