#include "controller/vmss/census.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#include "controller/azure/arm.h"
#include "controller/azure/preflight.h"
#include "controller/azure/survey.h"
#include "controller/vmss/census_note.h"
#include "controller/vmss/recall.h"
#include "inventory/fleet_azure.h"
#include "inventory/hostset.h"
#include "inventory/joined.h"
#include "inventory/scaleset.h"
#include "inventory/scaleset_change.h"
#include "inventory/scaleset_filter.h"
#include "inventory/sku.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define SIZES_MAX_AGE_S 86400 /* Azure seldom has a new one */
#define QUIET_MS        3000  /* after that a person is told what we wait for */

struct census {
    uv_loop_t *loop;
    struct census_order order;
    char *folder; /* of the order */
    const struct fleet_azure *azure;
    struct arm *arm;
    uv_timer_t patience;
    bool has_patience; /* the handle is open */

    struct survey_order orders[CENSUS_MAX_SETS];
    struct recall kept[CENSUS_MAX_SETS];
    const struct scaleset *sets[CENSUS_MAX_SETS];
    size_t count;
    struct scaleset_filter filter;

    struct sku_list sizes; /* of all sets */
    struct preflight_right *rights;
    size_t right_count;

    struct fleet_found *found; /* the instances that are nodes */
    size_t found_count;

    bool is_waiting;
    struct fail why; /* of the survey that is waited for */
};

struct census *census_new(struct uv_loop_s *loop, const struct census_order *order)
{
    struct census *m = calloc(1, sizeof *m);

    if (!m)
        return NULL;
    m->loop = loop;
    m->order = *order;
    m->folder = order->folder ? strdup(order->folder) : NULL;
    m->order.folder = m->folder;
    return m;
}

void census_close(struct census *m)
{
    if (m && m->arm)
        arm_close(m->arm, NULL, NULL);
    if (m && m->has_patience)
        uv_close((uv_handle_t *)&m->patience, NULL);
    if (m)
        m->arm = NULL, m->has_patience = false;
}

void census_free(struct census *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < CENSUS_MAX_SETS; i++)
        recall_done(&m->kept[i]);
    scaleset_filter_done(&m->filter);
    sku_list_done(&m->sizes);
    free(m->folder);
    free(m->rights);
    free(m->found);
    free(m);
}

/* ---- which sets ------------------------------------------------------------------------ */

static int add_set(struct census *m, const char *name, size_t len_bytes, struct fail *why)
{
    CLEANUP(text_done) char *text = strndup(name, len_bytes);
    struct survey_order order;

    if (!text)
        return fail_memory(why);
    if (survey_order_parse(text, &order, why) < 0)
        return -1;
    for (size_t i = 0; i < m->count; i++)
        if (strcasecmp(m->orders[i].group, order.group) == 0 &&
            strcasecmp(m->orders[i].name, order.name) == 0)
            return 0;
    if (m->count == CENSUS_MAX_SETS)
        return fail_set(why, FAIL_USAGE, "more than %d scale sets", CENSUS_MAX_SETS);
    m->orders[m->count++] = order;
    return 0;
}

static int add_sets(struct census *m, const char *sets, struct fail *why)
{
    for (sets += strspn(sets, ", "); *sets; sets += strspn(sets, ", ")) {
        size_t len_bytes = strcspn(sets, ", ");

        if (add_set(m, sets, len_bytes, why) < 0)
            return -1;
        sets += len_bytes;
    }
    return 0;
}

static const char *typed_or(const char *typed, const char *of_file)
{
    return typed ? typed : of_file;
}

static int read_orders(struct census *m, struct fail *why)
{
    const char *sets = typed_or(m->order.sets, m->azure->vmss);
    const char *filter = typed_or(m->order.filter, m->azure->filter);

    if (sets && add_sets(m, sets, why) < 0)
        return -1;
    if (filter && !m->count)
        return fail_set(why, FAIL_USAGE, "a filter goes with --vmss RG/NAME");
    return filter ? scaleset_filter_parse(filter, &m->filter, why) : 0;
}

/* ---- the way to Azure ------------------------------------------------------------------ */

static struct arm_settings settings_of(const struct census *m)
{
    const struct census_order *o = &m->order;
    const struct fleet_azure *a = m->azure;
    struct arm_settings settings = {
        .subscription = typed_or(o->subscription, a->subscription),
        .cloud = typed_or(o->cloud, a->cloud),
        .credential = typed_or(o->credential, a->credential),
        .tenant = a->tenant,
        .client_id = a->client_id,
        .object_id = a->object_id,
        .msi_res_id = a->msi_res_id,
        .certificate_path = a->certificate,
        .federated_token_path = a->federated_token,
        .token_path = a->token,
        .arm = a->arm,
        .login = a->login,
        .resource = a->resource,
        .metadata = a->metadata,
        .ca_bundle = a->ca_bundle,
    };

    arm_settings_from_environment(&settings);
    return settings;
}

int census_arm(struct census *m, struct arm **arm, struct fail *why)
{
    struct arm_settings settings = settings_of(m);

    if (!m->arm && arm_open(m->loop, &settings, &m->arm, why) < 0)
        return -1;
    *arm = m->arm;
    return 0;
}

struct uv_loop_s *census_loop(const struct census *m)
{
    return m->loop;
}

const char *census_metadata(const struct census *m)
{
    return settings_of(m).metadata;
}

/* ---- what Azure says now ------------------------------------------------------------------ */

static void on_surveyed(void *arg, const struct fail *why)
{
    struct census *m = arg;

    m->is_waiting = false;
    m->why = why ? *why : (struct fail){.code = FAIL_NONE};
}

static void on_impatient(uv_timer_t *timer)
{
    struct census *m = timer->data;

    m->order.tell("waiting for Azure");
}

/* Runs the loop until the survey has ended. */
static int wait_for_survey(struct census *m, struct fail *why)
{
    if (!m->has_patience && uv_timer_init(m->loop, &m->patience) == 0)
        m->has_patience = true;
    m->patience.data = m;
    uv_timer_start(&m->patience, on_impatient, QUIET_MS, 0);
    while (m->is_waiting)
        uv_run(m->loop, UV_RUN_ONCE);
    uv_timer_stop(&m->patience);
    if (m->why.code == FAIL_NONE)
        return 0;
    *why = m->why;
    return -1;
}

static int keep_rights(struct census *m, const struct survey *survey, struct fail *why)
{
    size_t count;
    const struct preflight_right *rights = survey_rights(survey, &count);
    struct preflight_right *more =
        reallocarray(m->rights, m->right_count + count + 1, sizeof *more);

    if (!more)
        return fail_memory(why);
    m->rights = more;
    for (size_t i = 0; i < count; i++)
        m->rights[m->right_count++] = rights[i];
    return 0;
}

static int keep_sizes(struct recall *kept, const struct survey *survey, int64_t now_s,
                      struct fail *why)
{
    const struct sku_list *sizes = survey_sizes(survey);

    for (size_t i = 0; sizes && i < sizes->count; i++)
        if (sku_list_put(&kept->sizes, sizes->sizes[i].name, sizes->sizes[i].is_rdma,
                         why) < 0)
            return -1;
    if (sizes)
        kept->sizes_asked_s = now_s;
    return 0;
}

/* Written before the change and not after it: its controller may be killed. */
static void write_kept(struct census *m, size_t i)
{
    struct fail why;

    m->kept[i].is_outdated = m->order.changes;
    if (m->order.folder &&
        recall_write(m->order.folder, &m->orders[i], &m->kept[i], &why) < 0)
        m->order.tell(why.text);
}

/* From a survey that went well into what is kept of set i, and to the disk. */
static int take_survey(struct census *m, size_t i, struct survey *survey,
                       struct fail *why)
{
    struct recall *kept = &m->kept[i];
    CLEANUP(scaleset_done) struct scaleset *set = survey_take_set(survey);
    CLEANUP(scaleset_done) struct scaleset *before = kept->set;
    int64_t now_s = time(NULL);

    kept->set = NULL;
    if (before && (scaleset_remember(before, set, now_s, why) < 0 ||
                   census_note_changes(before, set, m->order.tell, why) < 0))
        return -1;
    kept->set = set;
    set = NULL;
    kept->asked_s = now_s;
    if (keep_rights(m, survey, why) < 0 || keep_sizes(kept, survey, now_s, why) < 0)
        return -1;
    write_kept(m, i);
    return 0;
}

/* A failure that an older answer could help with says so; a wrong word is put right. */
static int hint(const struct census *m, size_t i, struct fail *why)
{
    char age[CENSUS_AGE_BYTES];
    int64_t age_s = time(NULL) - m->kept[i].asked_s;

    if (!m->kept[i].set || why->code == FAIL_USAGE ||
        fail_kind_of(why->code) == FAIL_KIND_HERE)
        return -1;
    return fail_set(why, why->code,
                    "%s; what it said %s ago is kept: --max-age %lld takes it",
                    strdupa(why->text), census_age(age_s, age), (long long)age_s + 60);
}

static int ask(struct census *m, size_t i, struct fail *why)
{
    struct recall *kept = &m->kept[i];
    struct survey *survey = NULL;
    struct arm *arm;
    int status;

    m->orders[i].wants_sizes = time(NULL) - kept->sizes_asked_s > SIZES_MAX_AGE_S;
    m->is_waiting = true;
    if (census_arm(m, &arm, why) < 0 ||
        survey_new(arm, &m->orders[i], on_surveyed, m, &survey, why) < 0)
        return hint(m, i, why);
    status = wait_for_survey(m, why);
    status = status < 0 ? hint(m, i, why) : take_survey(m, i, survey, why);
    survey_free(survey);
    return status;
}

/* ---- kept or asked ------------------------------------------------------------------------- */

/* Is what is kept of another subscription than the one that is said? */
static bool is_elsewhere(const struct census *m, const struct recall *kept)
{
    const char *said = settings_of(m).subscription;

    return said && *said && strcasecmp(said, kept->set->subscription) != 0;
}

static int64_t max_age_s(const struct census *m)
{
    return m->order.max_age_s >= 0 ? m->order.max_age_s : (int64_t)m->azure->max_age_s;
}

/* Azure need not be asked again. */
static bool is_good(const struct census *m, const struct recall *kept, int64_t age_s)
{
    return kept->set && age_s >= 0 && age_s < max_age_s(m) &&
           (!kept->is_outdated || m->order.max_age_s >= 0);
}

static int find_set(struct census *m, size_t i, struct fail *why)
{
    struct recall *kept = &m->kept[i];
    int64_t age_s;

    if (m->order.folder)
        recall_read(m->order.folder, &m->orders[i], kept);
    if (kept->set && is_elsewhere(m, kept))
        recall_done(kept);
    age_s = time(NULL) - kept->asked_s;
    if (is_good(m, kept, age_s)) {
        if (m->order.changes)
            write_kept(m, i);
    } else {
        if (ask(m, i, why) < 0)
            return -1;
        age_s = 0;
    }
    m->sets[i] = kept->set;
    census_note_age(kept->set, age_s, m->order.tell);
    if (!m->order.takes_all)
        census_note_left_out(kept->set, &m->filter, m->order.tell);
    for (size_t s = 0; s < kept->sizes.count; s++)
        if (sku_list_put(&m->sizes, kept->sizes.sizes[s].name,
                         kept->sizes.sizes[s].is_rdma, why) < 0)
            return -1;
    return 0;
}

/* ---- nodes --------------------------------------------------------------------------------- */

static void find_nodes_of(struct census *m, const struct scaleset *set)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct scaleset_instance *instance = &set->instances[i];

        if (census_is_meant(set, instance, &m->filter, m->order.takes_all))
            m->found[m->found_count++] = (struct fleet_found){
                .name = instance->name,
                .address = instance->address,
                .group = set->name,
                .machine = instance->vm_id,
                .former = instance->former_vm_id,
            };
    }
}

static int find_nodes(struct census *m, struct fail *why)
{
    size_t room = 1;

    for (size_t i = 0; i < m->count; i++)
        room += m->sets[i]->count;
    m->found = calloc(room, sizeof *m->found);
    if (!m->found)
        return fail_memory(why);
    for (size_t i = 0; i < m->count; i++)
        find_nodes_of(m, m->sets[i]);
    if (m->found_count || !m->count)
        return 0;
    return fail_set(why, FAIL_HOSTLIST, "scale set %s/%s%s: none of %zu instances is %s",
                    m->sets[0]->group, m->sets[0]->name,
                    m->count > 1 ? " and others" : "", room - 1,
                    m->filter.count ? "what the filter wants" : "running");
}

static int find(void *arg, const struct fleet_azure *azure,
                const struct fleet_found **found, size_t *count, struct fail *why)
{
    struct census *m = arg;

    m->azure = azure;
    if (read_orders(m, why) < 0)
        return -1;
    for (size_t i = 0; i < m->count; i++)
        if (find_set(m, i, why) < 0)
            return -1;
    if (find_nodes(m, why) < 0)
        return -1;
    *found = m->found;
    *count = m->found_count;
    return 0;
}

struct fleet_finder census_finder(struct census *m)
{
    return (struct fleet_finder){.find = find, .arg = m};
}

/* ---- look ---------------------------------------------------------------------------------- */

const struct scaleset *const *census_sets(const struct census *m, size_t *count)
{
    *count = m ? m->count : 0;
    return m ? m->sets : NULL;
}

char *census_hosts(const struct census *m)
{
    CLEANUP(hostset_done) struct hostset *set = m && m->count ? hostset_new() : NULL;

    for (size_t i = 0; set && i < m->found_count; i++)
        if (hostset_add(set, m->found[i].name, NULL) < 0)
            return NULL;
    return set ? hostset_fold(set) : NULL;
}

const struct scaleset_instance *census_instance(const struct census *m, const char *node)
{
    const struct scaleset_instance *instance = NULL;

    for (size_t i = 0; m && i < m->count && !instance; i++)
        instance = scaleset_find(m->sets[i], node);
    return instance;
}

const struct sku_list *census_sizes(const struct census *m)
{
    return m && m->sizes.count ? &m->sizes : NULL;
}

const struct preflight_right *census_rights(const struct census *m, size_t *count)
{
    *count = m ? m->right_count : 0;
    return m ? m->rights : NULL;
}
