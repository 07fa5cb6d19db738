/* fakes: fuse */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "controller/deed/deed.h"
#include "controller/deed/deed_kinds.h"
#include "controller/extension/deed_extension.h"
#include "controller/extension/template.h"
#include "controller/outside/hook_doc.h"
#include "controller/screen/text.h"
#include "inventory/catalog.h"
#include "inventory/fleet.h"
#include "inventory/groups_conf.h"
#include "inventory/groups_yaml.h"
#include "inventory/hostset.h"
#include "inventory/hostset_part.h"
#include "inventory/vm_extension.h"
#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/frame.h"
#include "protocol/instance.h"
#include "protocol/json.h"
#include "protocol/measure.h"
#include "protocol/message.h"
#include "protocol/scope.h"
#include "protocol/steps.h"
#include "tests/fake/fuse.h"

static struct fail why;

/* Out of memory is the only failure that these may know. */
static int only_memory(int status)
{
    if (status < 0)
        assert_int_equal(why.code, FAIL_MEMORY);
    return status;
}

static int send_a_request(void)
{
    CLEANUP(json_done) struct json *body = json_object();
    struct message m;
    unsigned char *frame;
    size_t bytes;
    int status;

    if (!body || json_put_u64(body, "guid", 7) < 0 || json_put_flag(body, "up", true) < 0)
        return -1;
    status = message_encode_request(1, "detect", body, &frame, &bytes, &why);
    if (only_memory(status) < 0)
        return -1;
    status = message_parse((char *)frame + 4, bytes - 4, &m, &why);
    free(frame);
    if (status < 0)
        return -1; /* cJSON can not tell a lack of memory from bad text */
    message_clear(&m);
    return 0;
}

static int send_a_failure(void)
{
    struct fail reason = {.code = FAIL_STEP, .text = "it broke"};
    unsigned char *frame;
    size_t bytes;

    if (only_memory(message_encode_failure(1, &reason, &frame, &bytes, &why)) < 0)
        return -1;
    free(frame);
    return 0;
}

/* cJSON cannot tell a lack of memory from bad text: FAIL_CATALOG is that. */
static int read_a_catalog(void)
{
    static const char text[] =
        "{\"catalog\":1,\"nics\":[{\"family\":\"CX7\",\"also\":[],\"drivers\":["
        "{\"method\":\"inbox\",\"from\":null,\"below\":null}]}],\"rows\":["
        "{\"name\":\"a\",\"nics\":[\"CX7\"],\"distributions\":[\"rhel\"],\"id_like\":"
        "true,"
        "\"from\":\"9\",\"to\":\"9\",\"arch\":\"x86_64\",\"kernel_from\":null,"
        "\"kernel_below\":null,\"method\":\"inbox\",\"version\":null,\"url\":null,"
        "\"sha256\":null,\"flags\":[],\"source\":\"a table\",\"note\":null}]}";
    CLEANUP(catalog_done) struct catalog *c = NULL;

    if (catalog_parse(text, sizeof text - 1, "a file", &c, &why) == 0)
        return 0;
    assert_true(why.code == FAIL_MEMORY || why.code == FAIL_CATALOG);
    assert_null(c);
    return -1;
}

static int tell_a_hook(void)
{
    static const struct hook_node nodes[] = {{.name = "ib1", .state = "done"},
                                             {.name = "ib2", .state = "done"}};
    const struct hook_doc doc = {.kind = HOOK_AFTER_BATCH,
                                 .run = "r1",
                                 .nodes = nodes,
                                 .node_count = 2,
                                 .batch = 1,
                                 .batches = 1,
                                 .batch_nodes = 2};
    CLEANUP(text_done) char *text = hook_doc_print(&doc);

    return text ? 0 : -1;
}

static int read_frames(void)
{
    struct frame_reader *r = frame_reader_new(false);
    int status;

    if (!r)
        return -1;
    status = only_memory(frame_push(r, "\0\0\0\2{}", 6, &why));
    frame_reader_free(r);
    return status;
}

static int plan_steps(void)
{
    static const char *const names[] = {"rdma-core", "ibverbs-providers"};
    CLEANUP(json_done) struct json *list = NULL;
    struct steps s = {0}, back = {0};
    int status = -1;

    if (only_memory(steps_add(&s, STEP_PACKAGES, names, 2, &why)) == 0 &&
        only_memory(steps_add(&s, STEP_MEMLOCK, NULL, 0, &why)) == 0)
        list = steps_encode(&s);
    if (list)
        status = only_memory(steps_decode(list, &back, &why));
    steps_clear(&s);
    steps_clear(&back);
    return status;
}

static int order_a_round(void)
{
    CLEANUP(json_done) struct json *doc = NULL;
    struct measure_round round = {
        .partner = {.hca = "rxe0", .port = 1, .mtu_bytes = 1024}};
    struct measure_order back, o = {.campaign = "c", .rounds = &round, .round_count = 1};

    o.plan = (struct measure_plan){.slot_ms = 1000,
                                   .samples = 10,
                                   .latency_bytes = 8,
                                   .message_bytes = 65536,
                                   .depth = 1};
    round.partner.rate_gbps = 10;
    doc = measure_order_encode(&o);
    if (!doc)
        return -1;
    if (only_memory(measure_order_decode(doc, &back, &why)) < 0)
        return -1;
    measure_order_clear(&back);
    return 0;
}

static int read_a_hostlist(void)
{
    CLEANUP(text_done) char *text = NULL;
    struct hostset *set = NULL;

    if (only_memory(hostset_parse("ib[001-020,30]-x,gpu7!ib003-x", NULL, &set, &why)) < 0)
        return -1;
    text = hostset_fold(set);
    hostset_free(set);
    return text ? 0 : -1;
}

static int hostlist_of(void *arg, const char *source, const char *name, const char **text,
                       struct fail *fail)
{
    (void)arg;
    (void)source;
    (void)fail;
    *text = strcmp(name, "*") == 0 ? "ib[1-20]" : "ib[1-3] @slurm:idle";
    if (strcmp(name, "idle") == 0)
        *text = "ib7";
    return 0;
}

static int read_groups_and_patterns(void)
{
    const struct hostset_groups groups = {.hostlist_of = hostlist_of};
    struct hostset *set = NULL;

    if (only_memory(hostset_parse("@a,ib1?!ib[15-16],/ib/", &groups, &set, &why)) < 0)
        return -1;
    hostset_free(set);
    return 0;
}

static int take_some(void)
{
    struct hostset *set = NULL, *part = NULL;
    int status;

    if (only_memory(hostset_parse("ib[1-20]", NULL, &set, &why)) < 0)
        return -1;
    status = only_memory(hostset_pick(set, 7, 1, &part, &why));
    hostset_free(part);
    part = NULL;
    if (status == 0)
        status = only_memory(hostset_split(set, 3, 1, &part, &why));
    hostset_free(part);
    hostset_free(set);
    return status;
}

static int read_groups_yaml(void)
{
    static const char text[] = "a:\n  b: n1\n  c:\n  - n2\n  - n3\nd: {e: n4}\n";
    CLEANUP(text_done) char *all = NULL;
    struct groups_yaml yaml = {0};
    int status = only_memory(groups_yaml_read(&yaml, text, sizeof text - 1, "f", &why));

    if (status == 0)
        status = only_memory(groups_yaml_hostlist(&yaml, "a", "b", &all, &why));
    groups_yaml_done(&yaml);
    return status;
}

static int read_groups_conf(void)
{
    static const char text[] =
        "[Main]\ndefault: a\n[a,b]\nmap: x $GROUP\n  y\n[c]\nmap: z\n";
    struct groups_conf conf = {0};
    CLEANUP(text_done) char *line = NULL;
    int status = only_memory(
        groups_conf_read(&conf, text, sizeof text - 1, "f", "/", GROUPS_CONF_MAIN, &why));

    if (status == 0)
        line = groups_conf_line(&conf.sources[0], conf.sources[0].map, "g");
    groups_conf_done(&conf);
    return line ? 0 : -1;
}

static int read_a_fleet(void)
{
    static const char file[] =
        "[defaults]\nuser = azure\n[nodes]\nib[1-3]\nx = 10.0.0.1:23\n"
        "[groups]\ng = ib[1-2]\n[group:g]\nrxe = eth1\n";
    struct fleet *fleet = NULL;
    struct hostset *set = NULL;
    int status;

    status = fleet_parse(file, sizeof file - 1, "f.ini", NULL, NULL, &fleet, &why);
    if (only_memory(status) < 0)
        return -1;
    status = only_memory(fleet_select(fleet, "@g,x", NULL, &set, &why));
    hostset_free(set);
    fleet_free(fleet);
    return status;
}

static int make_a_fleet(void)
{
    CLEANUP(fleet_done) struct fleet *fleet = NULL;

    if (only_memory(fleet_of("ib[1-100]", NULL, &fleet, &why)) < 0)
        return -1;
    return only_memory(fleet_override(fleet, "key", "~/id", "/home/me", &why));
}

static struct json *some_settings(void)
{
    static const char text[] = "{\"a\":\"[x]\",\"it's\":[1,{\"b\":true}]}";
    struct json *doc = NULL;

    return json_parse(text, sizeof text - 1, &doc, NULL) < 0 ? NULL : doc;
}

static int render_a_template(enum template_form form, const char *set)
{
    CLEANUP(text_clear) struct text text = {0};
    CLEANUP(json_done) struct json *settings = some_settings();
    struct vm_extension_wish wish = {.kind = vm_extension_named("linux"),
                                     .settings = settings};
    struct template_order order = {.wish = &wish,
                                   .form = form,
                                   .group = set ? "hpc" : NULL,
                                   .set = set};

    return settings ? only_memory(template_render(&order, &text, &why)) : -1;
}

static int render_templates(void)
{
    for (unsigned form = 0; form < TEMPLATE_FORMS; form++)
        if (render_a_template((enum template_form)form, NULL) < 0 ||
            render_a_template((enum template_form)form, "ib") < 0)
            return -1;
    return 0;
}

static int take_up_an_extension(void)
{
    CLEANUP(json_done) struct json *settings = some_settings();
    CLEANUP(json_done) struct json *said = NULL;
    struct vm_extension_wish wish = {.kind = vm_extension_named("linux"),
                                     .settings = settings};
    const struct deed_kind *kind = deed_kind_named("extension-add");
    struct extension_deed *deed = NULL;
    void *again = NULL;
    int status = -1;

    if (settings &&
        only_memory(extension_deed_new(&wish, EXTENSION_BY_MACHINE, &deed, &why)) == 0 &&
        only_memory(extension_deed_put_name(deed, "/x/3", "mine", &why)) == 0)
        said = kind->encode(deed);
    if (said)
        status = only_memory(kind->decode(said, &again, &why));
    extension_deed_free(deed);
    extension_deed_free(again);
    return status;
}

static int read_an_instance(void)
{
    static const char text[] = "{\"vmSize\":\"Standard_A3\",\"zone\":[],\"sku\":1,"
                               "\"securityProfile\":{\"secureBootEnabled\":true}}";
    static const char events[] = "{\"Events\":[{\"EventId\":\"A\",\"EventType\":"
                                 "\"Reboot\",\"EventStatus\":\"Scheduled\"}]}";
    CLEANUP(facts_done) struct facts *f = facts_new();

    if (!f || !(f->azure = calloc(1, sizeof *f->azure)))
        return -1;
    if (instance_parse(text, sizeof text - 1, f->azure, &f->size, &why) < 0 ||
        instance_parse_events(events, sizeof events - 1, f->azure, &why) < 0)
        return -1; /* cJSON can not tell a lack of memory from bad text */
    return 0;
}

static void nothing_leaks_and_nothing_lies_when_memory_runs_out(void **state)
{
    static int (*const work[])(void) = {
        send_a_request,
        send_a_failure,
        read_frames,
        tell_a_hook,
        plan_steps,
        order_a_round,
        read_a_hostlist,
        read_a_fleet,
        make_a_fleet,
        read_groups_and_patterns,
        read_groups_conf,
        read_groups_yaml,
        take_some,
        render_templates,
        take_up_an_extension,
        read_an_instance,
        read_a_catalog,
    };

    (void)state;
    for (size_t i = 0; i < sizeof work / sizeof *work; i++)
        assert_true(fuse_burn(work[i]) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_leaks_and_nothing_lies_when_memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
