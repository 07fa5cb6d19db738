/* rollout - many nodes along the road, so many at once
 *
 *     r = rollout_new(&crew, nodes, count, &hooks, arg);
 *     rollout_probe(r);                 ... hooks->planned, when all were looked at
 *     rollout_arrange(r, &terms, why);  ... whose turn it will be
 *     rollout_go(r, journal, &claim);       hooks->ended, when all is over
 *     rollout_close(r, on_closed);
 *
 * Before rollout_go() nothing is changed on any node and nothing is written.  From
 * then on each move is in the journal before it is acted on.  When the journal fails
 * nothing more is done; what the nodes have begun goes on.
 */
#ifndef CONTROLLER_ROLLOUT_H
#define CONTROLLER_ROLLOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "controller/rollout/node_state.h"

struct course;
struct dispatch_seen;
struct dispatch_terms;
struct fail;
struct fleet_node;
struct journal;
struct news;
struct node;
struct node_claim;
struct node_crew;
struct node_move;
struct rollout;

struct rollout_hooks {
    /* Node i moved, for whoever shows it.  May be NULL. */
    void (*moved)(void *arg, size_t i, const struct node_move *move);

    /* Node i tells of its steps.  May be NULL. */
    void (*heard)(void *arg, size_t i, const struct news *news);

    /* To the run as a whole, as the journal has it: "batch", "waits", "stopped", or what
     * rollout_tell() was given; a sentence.  May be NULL.
     */
    void (*happened)(void *arg, const char *word, const char *text);

    /* May nodes of this batch be begun now?  False: not yet; rollout_look() asks for another
     * turn.  May be NULL.
     */
    bool (*may_begin_batch)(void *arg, size_t batch);

    /* It is node i's turn.  True: begin it.  False: rollout_begin() follows.  May be NULL. */
    bool (*may_begin_node)(void *arg, size_t i);

    /* Node i, which was begun, has come to its end here.  May be NULL. */
    void (*node_ended)(void *arg, size_t i);

    /* Node i waits for somebody to act: node_hooks.wants; rollout_answer() follows.  With a
     * run whose nodes have such legs.
     */
    void (*wants)(void *arg, size_t i, enum node_state state);

    /* How the scheduler has node i, which is to be drained, for the journal.  May be NULL,
     * and give it.
     */
    const char *(*found)(void *arg, size_t i);

    /* What follows from the latest moves was decided.  From within: no node is to be answered
     * yet.  May be NULL.
     */
    void (*turned)(void *arg);

    /* All nodes were probed: some wait in planned, or none. */
    void (*planned)(void *arg);

    /* After rollout_go(): nobody is under way and nobody will be; why is NULL.  Or at
     * any time: the journal has failed, and *why says how.
     */
    void (*ended)(void *arg, const struct fail *why);
};

/* Borrows crew, nodes and hooks until it is closed.  NULL: out of memory. */
struct rollout *rollout_new(const struct node_crew *crew,
                            const struct fleet_node *const *nodes, size_t count,
                            const struct rollout_hooks *hooks, void *arg);

/* A run that is taken up: the rows of the nodes are in the journal already, and from
 * now on moves are written too.  Before rollout_probe().
 */
void rollout_take_up(struct rollout *r, struct journal *journal);

void rollout_probe(struct rollout *r);

/* When it is planned: the order and the batches of the planned ones.  The terms are borrowed
 * until it is closed.  FAIL_MEMORY.
 */
int rollout_arrange(struct rollout *r, const struct dispatch_terms *terms,
                    struct fail *why);

/* That order; NULL before it is arranged.  Its travellers are node numbers. */
const struct course *rollout_course(const struct rollout *r);

/* Begin with them.  Journal and claim are borrowed until it is closed. */
void rollout_go(struct rollout *r, struct journal *journal,
                const struct node_claim *claim);

/* Begin nobody new. */
void rollout_hold(struct rollout *r);

/* After may_begin_node has said no: begin it now (why NULL), or it has failed unchanged. */
void rollout_begin(struct rollout *r, size_t i, const struct fail *why);

/* As node_answer(), of node i. */
void rollout_answer(struct rollout *r, size_t i, enum node_state in,
                    const struct fail *why);

/* Node i is well, and is kept out of service for others' sake: policy_keep().  May it be, and
 * are there others?  policy_may_keep(), policy_needs_kept().  While it acts.
 */
void rollout_keep(struct rollout *r, size_t i);
bool rollout_may_keep(const struct rollout *r, size_t i);
bool rollout_needs_kept(const struct rollout *r);

/* Something has happened to the run as a whole: for the journal and hooks->happened.  While it
 * acts.
 */
void rollout_tell(struct rollout *r, const char *word, const char *text);

/* The scheduler was looked at. */
void rollout_set_seen(struct rollout *r, const struct dispatch_seen *seen);

/* Something outside has changed: see who may be begun. */
void rollout_look(struct rollout *r);

/* The veto's answer; and the reason for which nothing new is begun for good. */
void rollout_set_veto(struct rollout *r, bool is_vetoed);
void rollout_stop(struct rollout *r, const char *why);

/* The canaries were looked at. */
void rollout_promote(struct rollout *r);

/* Leave every node where it is; who has not begun stays planned.  While probing,
 * `planned` follows; else `ended`. */
void rollout_pause(struct rollout *r);

/* At any time; frees it, then on_closed. */
void rollout_close(struct rollout *r, void (*on_closed)(void *arg), void *arg);

size_t rollout_count(const struct rollout *r);
struct node *rollout_node(const struct rollout *r, size_t i);

/* On the road, not counting the wait for its turn. */
double rollout_seconds(const struct rollout *r, size_t i);

/* Of a run that is taken up: what an earlier controller had counted, whether it had begun
 * the node, and of which batch it was (-1: of none).  Before rollout_probe().
 */
void rollout_restore(struct rollout *r, size_t i, double seconds, bool was_begun,
                     long stage);

/* The batch of node i, from 0; -1: none, or not known yet. */
long rollout_stage(const struct rollout *r, size_t i);

/* How many nodes are in this state. */
size_t rollout_in_state(const struct rollout *r, enum node_state state);

/* So many nodes of the fleet are unavailable, as the policy counts them. */
size_t rollout_unavailable(const struct rollout *r);

/* Stopped by a limit of the policy, with nodes left? */
bool rollout_is_stopped(const struct rollout *r);

/* What stopped it, or what is waited for; FAIL_NONE: nothing does. */
void rollout_why(const struct rollout *r, struct fail *why);

#endif
