/* A look: all questions are asked and all answers read before anything of it counts. */
#include <stdlib.h>

#include "controller/scheduler/command_answer.h"
#include "controller/scheduler/scheduler_parts.h"
#include "controller/scheduler/sighting.h"
#include "controller/scheduler/slurm_calls.h"
#include "controller/scheduler/slurm_jobs.h"
#include "controller/scheduler/slurm_nodes.h"
#include "inventory/hostset.h"
#include "protocol/scope.h"

enum { NODES, JOBS, RESERVATIONS, DONE };

static void ask_next(struct scheduler *s);

/* ---- it is over ------------------------------------------------------------------------ */

static void forget_fresh(struct scheduler *s)
{
    sightings_free(s->fresh, s->count);
    s->fresh = NULL;
    slurm_reservations_done(&s->fresh_made);
}

static void on_failure(struct scheduler *s, const struct fail *why)
{
    forget_fresh(s);
    s->trouble = *why;
    if (!s->is_ready) {
        scheduler_refuse(s, why);
        return;
    }
    scheduler_sweep(s);
    if (!s->is_closing)
        scheduler_rest(s, true);
}

static void show(struct scheduler *s, size_t i)
{
    const struct sighting *at = &s->seen[i];
    bool is_ours = custody_is_ours(&s->nodes[i].custody, &s->rules, at);

    s->shown[i] = (struct scheduler_seen){
        .standing = sighting_standing(at),
        .is_ours = is_ours,
        .by_other = sighting_is_out(at) && !is_ours,
        .reason = at->reason ? at->reason : "",
        .partitions = at->partitions ? at->partitions : "",
        .jobs_end_s = at->has_endless_job ? 0 : at->jobs_end_s,
    };
}

static void believe(struct scheduler *s)
{
    sightings_free(s->seen, s->count);
    s->seen = s->fresh;
    s->fresh = NULL;
    slurm_reservations_done(&s->made);
    s->made = s->fresh_made;
    s->fresh_made = (struct slurm_reservations){0};
    for (size_t i = 0; i < s->count; i++) {
        s->nodes[i].custody.was_known |= s->seen[i].is_known;
        show(s, i);
    }
}

/* ---- the first one ------------------------------------------------------------------------ */

static void note_strangers(struct scheduler *s, const size_t *nodes, size_t count)
{
    CLEANUP(text_done) char *folded = scheduler_fold(s, nodes, count);

    if (folded)
        scheduler_note(s, "%s: no node%s of the scheduler%s%s%s: taken without a drain",
                       folded, count == 1 ? "" : "s",
                       *s->settings.cluster ? " of cluster '" : "", s->settings.cluster,
                       *s->settings.cluster ? "'" : "");
}

static void note_reservations(struct scheduler *s)
{
    for (size_t i = 0; i < s->made.count && !s->is_closing; i++) {
        CLEANUP(text_done) char *folded = hostset_fold(s->made.list[i].nodes);

        scheduler_note(s,
                       "reservation %s of this run is still there, with %s: it is used "
                       "again, and its nodes leave it when they are given back",
                       s->made.list[i].name, folded ? folded : "nodes");
    }
}

/* A fleet of which Slurm knows nobody is another cluster's, or is called otherwise: without
 * this, all of its nodes would be taken under their jobs.
 */
static int check(struct scheduler *s, struct fail *why)
{
    size_t *strangers = calloc(s->count + 1, sizeof *strangers), count = 0;

    if (!strangers)
        return fail_memory(why);
    for (size_t i = 0; i < s->count; i++)
        if (!s->seen[i].is_known)
            strangers[count++] = i;
    if (count == s->count && count > 0) {
        free(strangers);
        return fail_set(
            why, FAIL_PREFLIGHT,
            "none of the %zu nodes (such as %s) is a node of the scheduler%s%s%s: "
            "another cluster's, or other names?",
            s->count, namebook_name(s->book, 0),
            *s->settings.cluster ? " of cluster '" : "", s->settings.cluster,
            *s->settings.cluster ? "'" : "");
    }
    if (count)
        note_strangers(s, strangers, count);
    free(strangers);
    return 0;
}

static int be_ready(struct scheduler *s)
{
    struct fail why;

    if (s->config.kind != SCHEDULER_NONE && check(s, &why) < 0) {
        scheduler_refuse(s, &why);
        return -1;
    }
    if (!s->is_closing)
        note_reservations(s);
    s->is_ready = true;
    if (!s->is_closing)
        s->hooks->ready(s->arg, NULL);
    return s->is_closing ? -1 : 0;
}

static void finish(struct scheduler *s)
{
    believe(s);
    s->trouble.code = FAIL_NONE;
    if (!s->is_ready && be_ready(s) < 0)
        return;
    if (s->hooks->seen)
        s->hooks->seen(s->arg);
    if (!s->is_closing)
        scheduler_act(s);
}

/* ---- questions and answers ----------------------------------------------------------------- */

static int read_answer(struct scheduler *s, char *out, struct fail *why)
{
    if (s->config.kind == SCHEDULER_COMMAND)
        return command_answer_read(out, s->book, s->fresh, why);
    switch (s->step) {
    case NODES:
        return slurm_nodes_read(out, s->book, s->fresh, why);
    case JOBS:
        return slurm_jobs_read(out, s->book, s->fresh, why);
    default:
        return slurm_reservations_read(out, s->run, s->book, s->fresh, &s->fresh_made,
                                       why);
    }
}

static void on_answer(struct scheduler *s, char *out)
{
    struct fail why;

    if (read_answer(s, out, &why) < 0) {
        on_failure(s, &why);
        return;
    }
    s->step++;
    ask_next(s);
}

static bool is_asked(const struct scheduler *s, int step)
{
    if (s->config.kind == SCHEDULER_COMMAND)
        return step == NODES;
    return step < RESERVATIONS ||
           (step == RESERVATIONS && s->config.strategy == SCHEDULER_RESERVATION);
}

static int word(struct scheduler *s, struct words *w)
{
    static const enum slurm_question questions[] = {[NODES] = SLURM_ASK_NODES,
                                                    [JOBS] = SLURM_ASK_JOBS,
                                                    [RESERVATIONS] =
                                                        SLURM_ASK_RESERVATIONS};
    CLEANUP(text_done) char *all = NULL; /* size_t indices, as bytes */
    size_t *nodes;

    if (s->config.kind == SCHEDULER_SLURM)
        return slurm_question(questions[s->step], w);
    all = calloc(s->count + 1, sizeof *nodes);
    if (!all)
        return -1;
    nodes = (size_t *)(void *)all;
    for (size_t i = 0; i < s->count; i++)
        nodes[i] = i;
    w->input = hook_question(s->run, s->reason, s->book, nodes, s->count);
    return w->input && words_add(w, "%s", s->command) == 0 && words_add(w, "look") == 0
               ? 0
               : -1;
}

static void ask_next(struct scheduler *s)
{
    struct words words = {0};
    struct fail why;

    if (s->config.kind == SCHEDULER_NONE || !is_asked(s, s->step)) {
        finish(s);
        return;
    }
    if (word(s, &words) == 0) {
        scheduler_call(s, &words, on_answer, on_failure);
        return;
    }
    words_done(&words);
    fail_memory(&why);
    on_failure(s, &why);
}

void scheduler_sight(struct scheduler *s)
{
    struct fail why;

    s->phase = SCHEDULER_LOOKING;
    s->step = NODES;
    s->looks++;
    s->is_look_wanted = false;
    s->fresh = sightings_new(s->count);
    if (s->fresh) {
        ask_next(s);
        return;
    }
    fail_memory(&why);
    on_failure(s, &why);
}
