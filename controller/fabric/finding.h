/* finding - one thing that is wrong, and who (pure)
 *
 * Findings are said most convincing first.  The text is for a person and folds
 * names; the numbers beside it are its evidence.
 */
#ifndef CONTROLLER_FINDING_H
#define CONTROLLER_FINDING_H

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct member;

enum finding_kind { /* in the order of conviction                              */
                    FINDING_CONFIG, /* nodes that differ, or cannot talk by configuration
                                     */
                    FINDING_UNREACHABLE, /* did not take part, or was lost */
                    FINDING_NODE,
                    FINDING_PAIR,    /* one of two nodes, or the path between them    */
                    FINDING_FLEET,   /* all of them alike   */
                    FINDING_PASSING, /* seen once and not again: told, held against nobody
                                      */
};

enum symptom { SYMPTOM_NONE, SYMPTOM_FAILED, SYMPTOM_SLOW, SYMPTOM_LATE };

/* Of a node; of a pair, sending is from the first to the second. */
enum side { SIDE_BOTH, SIDE_SENDING, SIDE_RECEIVING };

struct finding {
    enum finding_kind kind;
    enum symptom symptom;
    enum side side;
    bool proved; /* seen again when measured alone, or a plain fact     */
    size_t *who; /* indexes of members; owned                           */
    size_t who_count;
    double measured, expected; /* Gb/s when slow, us when late; NAN            */
    unsigned bad, tested;      /* partners with whom it showed, of how many    */
    char *text, *advice;       /* one line each; owned                         */
};

struct findings { /* all zero is none */
    struct finding *list;
    size_t count;
    size_t unsaid; /* beyond FINDINGS_MAX */
};

/* More than a person reads; the pairs' words still tell all. */
#define FINDINGS_MAX 200

/* Takes what *f owns, also on -1 (FAIL_MEMORY, also when text or advice is NULL). */
int findings_add(struct findings *all, struct finding *f, struct fail *why);
void findings_clear(struct findings *all);

/* Most convincing first. */
void findings_sort(struct findings *all);

/* Everything but what has passed. */
size_t findings_grave(const struct findings *all);

/* The names of these members as a folded hostlist; malloc'ed, NULL: no memory. */
char *finding_names(const struct member *members, const size_t *who, size_t count);

/* "config", "unreachable", "node", ...; "failed", "slow", "high-latency" or "none";
 * "both", "sending", "receiving".
 */
const char *finding_kind_name(enum finding_kind kind);
const char *finding_symptom_name(enum symptom symptom);
const char *finding_side_name(enum side side);

#endif
