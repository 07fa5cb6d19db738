/* preflight_policy - what else acts on a set's instances while we do, or may not be asked */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "controller/azure/preflight_parts.h"
#include "inventory/hostset.h"
#include "inventory/scaleset.h"
#include "protocol/scope.h"

static bool is_word(const char *text, const char *word)
{
    return text && strcasecmp(text, word) == 0;
}

static bool is_rollout(const struct preflight_judge *j)
{
    return j->question->deed == PREFLIGHT_ROLLOUT;
}

/* ---- the model --------------------------------------------------------------------------- */

static bool is_driver_extension(const struct scaleset_extension *e)
{
    return is_word(e->publisher, "Microsoft.HpcCompute") &&
           (is_word(e->type, "InfiniBandDriverLinux") ||
            is_word(e->type, "InfiniBandDriverWindows"));
}

static void look_at_extensions(struct preflight_judge *j, const struct scaleset *set)
{
    for (size_t i = 0; i < set->extension_count; i++) {
        const struct scaleset_extension *e = &set->extensions[i];

        if (is_driver_extension(e))
            preflight_note_set(
                j, PREFLIGHT_EXTENSION, set,
                "take it out of the model first (ibfleet azure extension remove), or "
                "roll out "
                "with --keep-extension and know that it will undo it",
                "extension %s (%s) is in its model: it runs at every boot and installs "
                "its own driver over what is there",
                e->name ? e->name : "without a name", e->type);
    }
}

static bool is_old(const void *arg, const struct scaleset *set,
                   const struct scaleset_instance *i)
{
    (void)arg;
    (void)set;
    return i->model == SCALESET_MODEL_OLD;
}

static void look_at_models(struct preflight_judge *j, const struct scaleset *set)
{
    CLEANUP(hostset_done) struct hostset *old = preflight_nodes(j, set, is_old, NULL);

    preflight_note_nodes(j, PREFLIGHT_OLD_MODEL, old,
                         "bring them to it before, as an upgrade may reimage them",
                         "not as the model of %s/%s says now", set->group, set->name);
}

static void look_at_upgrades(struct preflight_judge *j, const struct scaleset *set)
{
    if (set->upgrade_mode && !is_word(set->upgrade_mode, "Manual"))
        preflight_note_set(j, PREFLIGHT_UPGRADE, set,
                           "set upgradePolicy.mode to Manual while nodes are worked on",
                           "its upgrade policy is %s: a change of the model reaches "
                           "running instances at once",
                           set->upgrade_mode);
    if (set->upgrades_os)
        preflight_note_set(j, PREFLIGHT_OS_UPGRADE, set,
                           "set enableAutomaticOSUpgrade to false, and take new images "
                           "when you choose to",
                           "automatic OS upgrades are on: a new image replaces the disk "
                           "with the driver on it");
}

/* ---- who takes nodes away ------------------------------------------------------------------ */

static void look_at_repairs(struct preflight_judge *j, const struct scaleset *set)
{
    if (set->repairs)
        preflight_note_set(
            j, PREFLIGHT_REPAIRS, set,
            "ibfleet azure repairs suspend; a rollout does it by itself, and "
            "resumes them",
            "automatic repairs (%s) are its policy: unless they are suspended, a node "
            "that reboots for its driver may be taken for a sick one",
            set->repair_action ? set->repair_action : "Replace");
}

static bool is_unprotected(const void *arg, const struct scaleset *set,
                           const struct scaleset_instance *i)
{
    (void)arg;
    (void)set;
    return !i->keeps_from_scale_in;
}

/* An autoscaler is not the set's business, so whoever is not protected may be taken. */
static void look_at_scale_in(struct preflight_judge *j, const struct scaleset *set)
{
    CLEANUP(hostset_done) struct hostset *bare = NULL;

    if (!is_rollout(j))
        return;
    bare = preflight_nodes(j, set, is_unprotected, NULL);
    preflight_note_nodes(j, PREFLIGHT_SCALE_IN, bare,
                         "for as long as it takes: ibfleet azure protect",
                         "not protected from scale-in (%s): an autoscaler may delete "
                         "them in the middle",
                         set->scale_in ? set->scale_in : "Default");
}

static bool is_spot(const void *arg, const struct scaleset *set,
                    const struct scaleset_instance *i)
{
    (void)arg;
    (void)set;
    return i->is_spot;
}

static void look_at_spot(struct preflight_judge *j, const struct scaleset *set)
{
    CLEANUP(hostset_done) struct hostset *spot = preflight_nodes(j, set, is_spot, NULL);

    preflight_note_nodes(j, PREFLIGHT_SPOT, spot,
                         "leave room for failures (--max-failures), or take regular ones",
                         "Spot: Azure may take them away with 30 seconds' notice%s%s",
                         set->eviction ? ", and then: " : "",
                         set->eviction ? set->eviction : "");
}

static void look_at_overprovision(struct preflight_judge *j, const struct scaleset *set)
{
    if (set->overprovisions && set->capacity >= 0 && set->count > (size_t)set->capacity)
        preflight_note_set(
            j, PREFLIGHT_OVERPROVISION, set,
            "wait until it has grown, or set overprovision to false",
            "it overprovisions, and has %zu instances where %d are wanted: "
            "Azure will delete the others",
            set->count, set->capacity);
}

/* ---- what Azure has announced --------------------------------------------------------------- */

static bool is_announced(const void *arg, const struct scaleset *set,
                         const struct scaleset_instance *i)
{
    (void)arg;
    (void)set;
    return i->awaits_maintenance;
}

/* Azure calls a Uniform instance SET_NUMBER there, a machine by its name. */
static bool is_meant(const struct scaleset *set, const struct scaleset_instance *i,
                     const char *resource)
{
    size_t len = strlen(set->name);

    if (set->is_flexible)
        return strcasecmp(resource, i->id) == 0;
    return strncasecmp(resource, set->name, len) == 0 && resource[len] == '_' &&
           strcmp(resource + len + 1, i->id) == 0;
}

static void look_at_event(struct preflight_judge *j, const struct scaleset *set,
                          const struct preflight_event *e)
{
    CLEANUP(hostset_done) struct hostset *nodes = hostset_new();

    for (size_t i = 0; nodes && i < set->count; i++)
        if (is_meant(set, &set->instances[i], e->resource) &&
            hostset_add(nodes, set->instances[i].name, NULL) < 0) {
            j->out_of_memory = true;
            return;
        }
    j->out_of_memory |= !nodes;
    preflight_note_nodes(j, PREFLIGHT_EVENTS, nodes,
                         "leave them out with -x until it is over",
                         "Azure has a %s for it (%s%s%s)", e->type, e->status,
                         *e->not_before ? ", not before " : "", e->not_before);
}

static void look_at_announcements(struct preflight_judge *j, const struct scaleset *set)
{
    CLEANUP(hostset_done)
    struct hostset *nodes = preflight_nodes(j, set, is_announced, NULL);

    preflight_note_nodes(j, PREFLIGHT_MAINTENANCE, nodes,
                         "redeploy them when it suits you, before Azure does",
                         "Azure has announced maintenance: they move to other hardware");
    for (size_t e = 0; e < j->question->event_count; e++)
        look_at_event(j, set, &j->question->events[e]);
}

/* ---- what we may not ask ---------------------------------------------------------------------- */

static void look_at_rights(struct preflight_judge *j)
{
    const struct preflight_question *q = j->question;

    for (size_t r = 0; q->set_count && r < q->right_count; r++)
        preflight_note_set(
            j, PREFLIGHT_RIGHTS, q->sets[0],
            "give our identity the role Reader there (what it may do comes "
            "into force within minutes)",
            "our identity may not %s on %s: what it would have said is "
            "not known",
            q->rights[r].action, q->rights[r].scope);
}

void preflight_look_at_policy(struct preflight_judge *j)
{
    for (size_t s = 0; s < j->question->set_count; s++) {
        const struct scaleset *set = j->question->sets[s];

        look_at_extensions(j, set);
        look_at_spot(j, set);
        look_at_announcements(j, set);
        look_at_models(j, set);
        look_at_repairs(j, set);
        look_at_upgrades(j, set);
        look_at_scale_in(j, set);
        look_at_overprovision(j, set);
    }
    look_at_rights(j);
}
