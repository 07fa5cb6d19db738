/* fakes: disk_log disk_after */

/* The power goes while the agent takes steps on its node: at each operation on what it
 * keeps there, with what the disk then makes of what was not synced (disk_after.h says
 * what is modelled).  The node boots, and the agent is asked for the same steps again.
 *
 * The agent's own code works below a folder: claim, ledger, steps in their units, the
 * record of what is held and of the driver, the memo.  Units are called, not started, and
 * programs (modprobe, rdma, rpm) are acted here.  A boot forgets what modprobe and rdma
 * did, and does it itself where files say so.  POWERCUT_SEED and POWERCUT_DRAWS as in
 * tests/loop/test_journal_cut.c.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "node-agent/alone/memo.h"
#include "node-agent/claim.h"
#include "node-agent/home.h"
#include "node-agent/install/exec.h"
#include "node-agent/install/follow.h"
#include "node-agent/install/hold.h"
#include "node-agent/install/kept.h"
#include "node-agent/install/ledger.h"
#include "node-agent/install/reboot.h"
#include "node-agent/install/unit.h"
#include "node-agent/install/was.h"
#include "node-agent/install/worker.h"
#include "node-agent/voice.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"
#include "protocol/steps.h"
#include "tests/fake/disk_after.h"
#include "tests/fake/disk_log.h"

#define RUN          "20261120-1412-ab3f"
#define NOW_S        1800000000
#define APPENDED_MAX 100
#define VERSIONS_MAX 12
#define MODULES      8
#define MODULE_NAME \
    "a_module_%0100zu" /* so that their step's intent takes some sectors */
#define SEED  20261120
#define DRAWS 3 /* of each fate that draws, at each cut */

static char base[DISK_BASE_BYTES];
static struct home recorded, after;
static struct steps steps;

/* ---- the node's programs, and its boot ------------------------------------------------------ */

static struct home *node; /* on which programs act */
static unsigned programs; /* that changed something */

/* Not on the disk: by the kernel, or there when the power comes back. */
static void furnish(const struct home *h, const char *path, const char *text)
{
    char whole[HOME_PATH_MAX_BYTES];
    FILE *f;

    assert_int_equal(home_in_root(h, whole, NULL, "%s", path), 0);
    for (char *slash = whole + strlen(h->root) + 1; (slash = strchr(slash, '/'));
         *slash++ = '/') {
        *slash = '\0';
        syscall(SYS_mkdirat, AT_FDCWD, whole, 0755);
    }
    f = fopen(whole, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static char *text_of(const struct home *h, const char *path)
{
    char whole[HOME_PATH_MAX_BYTES];

    assert_int_equal(home_in_root(h, whole, NULL, "%s", path), 0);
    return home_read(whole, LEDGER_MAX_BYTES);
}

static void load(const struct home *h, const char *module)
{
    char path[200];

    snprintf(path, sizeof path, "/sys/module/%s/live", module);
    furnish(h, path, "");
}

static void boot(const struct home *h, const char *boot_id)
{
    CLEANUP(text_done) char *modules = text_of(h, KEPT_MODULES_FILE);
    CLEANUP(text_done) char *unit = text_of(h, KEPT_RXE_UNIT);
    char wanted[HOME_PATH_MAX_BYTES], *save = NULL;
    struct stat st;

    furnish(h, "/proc/sys/kernel/random/boot_id", boot_id);
    furnish(h, "/proc/sys/kernel/osrelease", "5.14.0-503.el9.x86_64\n");
    furnish(h, "/usr/bin/dnf", "");
    furnish(h, "/usr/sbin/rdma", "");
    furnish(h, "/sys/class/net/eth1/address", "");
    for (char *m = modules ? strtok_r(modules, "\n", &save) : NULL; m;
         m = strtok_r(NULL, "\n", &save))
        if (*m != '#')
            load(h, m);
    assert_int_equal(home_in_root(h, wanted, NULL, "%s", KEPT_RXE_WANTED), 0);
    if (unit && *unit && lstat(wanted, &st) == 0)
        furnish(h, "/sys/class/infiniband/rxe0/parent", "eth1\n");
}

int __wrap_exec_run(const struct exec *e, int *status, struct fail *why);
int __wrap_unit_start(const struct home *h, const char *run, const char *step,
                      int attempt, struct fail *why);
int __wrap_unit_detach(const struct home *h, const char *name, unsigned delay_s,
                       const char *const *argv, struct fail *why);

int __wrap_exec_run(const struct exec *e, int *status, struct fail *why)
{
    (void)why;
    *status = 0;
    if (strcmp(e->argv[0], "rpm") == 0) {
        e->on_line(e->arg, "installed ofed-scripts 24.10.OFED.24.10.1.1.4-1");
        e->on_line(e->arg, "installed mlnx-tools 24.10-0.2410114");
        return 0;
    }
    programs++;
    if (strcmp(e->argv[0], "modprobe") == 0)
        load(node, e->argv[1]);
    else if (strcmp(e->argv[0], "rdma") == 0)
        furnish(node, "/sys/class/infiniband/rxe0/parent", "eth1\n");
    else
        fail_msg("who is %s?", e->argv[0]);
    return 0;
}

int __wrap_unit_start(const struct home *h, const char *run, const char *step,
                      int attempt, struct fail *why)
{
    (void)why;
    worker_run(h, run, step, attempt, &(struct fail){0}); /* the ledger tells */
    return 0;
}

int __wrap_unit_detach(const struct home *h, const char *name, unsigned delay_s,
                       const char *const *argv, struct fail *why)
{
    (void)h;
    (void)name;
    (void)delay_s;
    (void)argv;
    (void)why;
    return 0; /* the test boots when it likes */
}

/* ---- what was promised: the ledger ----------------------------------------------------------- */

static struct {
    char step[65];
    int attempt;
    enum ledger_state state;
    size_t begun, done; /* operations at the call, and when it had returned */
} appended[APPENDED_MAX];
static size_t appended_count;
static bool is_recording;

int __real_ledger_append(const struct home *h, const struct ledger_entry *e,
                         struct fail *why);
int __wrap_ledger_append(const struct home *h, const struct ledger_entry *e,
                         struct fail *why);

int __wrap_ledger_append(const struct home *h, const struct ledger_entry *e,
                         struct fail *why)
{
    size_t begun = disk_log_count(), n = appended_count;

    if (__real_ledger_append(h, e, why) < 0)
        return -1;
    if (!is_recording)
        return 0;
    assert_true(++appended_count < APPENDED_MAX);
    memcpy(appended[n].step, e->step, sizeof appended[n].step);
    appended[n].attempt = e->attempt;
    appended[n].state = e->state;
    appended[n].begun = begun;
    appended[n].done = disk_log_count();
    return 0;
}

static void match(void *arg, const struct ledger_entry *e)
{
    size_t *n = arg;

    if (*n == appended_count || strcmp(e->step, appended[*n].step) != 0 ||
        e->attempt != appended[*n].attempt || e->state != appended[*n].state)
        fail_msg("the ledger has %s %d %s, which was not the next to be written", e->step,
                 e->attempt, ledger_state_name(e->state));
    if (e->state == LEDGER_INTENT && strncmp(e->step, "reboot", 6) != 0)
        assert_non_null(e->what);
    ++*n;
}

/* All that was written, and at most the one that was being written. */
static void check_ledger(const struct home *h, size_t cut)
{
    struct fail why;
    size_t n = 0;

    if (ledger_walk(h, match, &n, &why) < 0)
        fail_msg("%s", why.text);
    for (size_t i = 0; i < appended_count; i++) {
        if (appended[i].done <= cut && n <= i)
            fail_msg("%s %s was written, and is not in the ledger", appended[i].step,
                     ledger_state_name(appended[i].state));
        if (appended[i].begun >= cut)
            assert_true(n <= i);
    }
}

/* ---- what was promised: other files ------------------------------------------------------------ */

/* In the state folder each is replaced as a whole; of the others, which steps keep, there
 * is one text, or none yet.
 */
static struct record {
    const char *path;
    struct {
        char *text; /* NULL: no file */
        size_t begun, done;
    } versions[VERSIONS_MAX];
    size_t count;
} records[] = {
    {.path = "/var/lib/ibfleet/claim"},
    {.path = "/var/lib/ibfleet/" WAS_FILE},
    {.path = "/var/lib/ibfleet/alone.json"},
    {.path = "/var/lib/ibfleet/alone-catalog.json"},
    {.path = KEPT_HOLDS_FILE},
    {.path = KEPT_MODULES_FILE},
    {.path = KEPT_RXE_UNIT},
    {.path = KEPT_MEMLOCK_FILE},
    {.path = KEPT_MANAGER_FILE},
    {.path = "/etc/dnf/dnf.conf"},
};

#define RECORDS (sizeof records / sizeof *records)

static bool is_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static size_t change_begun;

static void begin_change(void)
{
    change_begun = disk_log_count();
}

static void end_change(void)
{
    for (size_t i = 0; i < RECORDS; i++) {
        struct record *r = &records[i];
        char *text = text_of(&recorded, r->path);

        if (is_same(text, r->count ? r->versions[r->count - 1].text : NULL) && r->count) {
            free(text);
            continue;
        }
        assert_true(r->count < VERSIONS_MAX);
        r->versions[r->count].text = text;
        r->versions[r->count].begun = r->count ? change_begun : 0;
        r->versions[r->count].done = r->count ? disk_log_count() : 0;
        r->count++;
    }
}

/* The last that was finished, or one that was begun after it: whole, and no other. */
static void check_record(const struct record *r, const struct home *h, size_t cut)
{
    CLEANUP(text_done) char *text = text_of(h, r->path);
    size_t last = 0;

    for (size_t v = 0; v < r->count; v++)
        if (r->versions[v].done <= cut)
            last = v;
    for (size_t v = last; v < r->count; v++)
        if (r->versions[v].begun < cut + !v && is_same(text, r->versions[v].text))
            return;
    fail_msg("%s is not as it was written: %s", r->path, text ? text : "it has gone");
}

/* ---- the agent ------------------------------------------------------------------------------------ */

static void take_claim(const struct home *h, int64_t epoch)
{
    struct claim c = {.run = RUN, .controller = "head", .user = "ann", .epoch = epoch};
    struct fail why;

    c.until_s = NOW_S + 3600;
    if (claim_take(h, &c, NOW_S, &why) < 0)
        fail_msg("%s", why.text);
}

static void deaf(void *arg, const char *name, const struct json *body)
{
    (void)arg;
    (void)name;
    (void)body;
}

static void take_steps(struct home *h, int64_t epoch)
{
    const struct voice voice = {.fd = -1, .hear = deaf};
    CLEANUP(json_done) struct json *answer = NULL;
    struct fail why;

    node = h;
    if (follow_steps(h, RUN, epoch, &steps, &voice, &answer, &why) < 0)
        fail_msg("%s", why.text);
}

/* As take_driver() does before and after an installer. */
static void write_was(const struct home *h, int state)
{
    CLEANUP(was_clear) struct was w = {0};
    struct fail why;

    if (was_read(h, &w, &why) < 0)
        fail_msg("%s", why.text);
    w.state = state;
    assert_int_equal(was_set(&w.run, RUN, &why), 0);
    assert_int_equal(was_set(&w.earlier, "inbox", &why), 0);
    assert_int_equal(was_write(h, &w, &why), 0);
}

static void save_memo(const struct home *h, bool over)
{
    struct memo m = {.run = RUN, .over = over, .wish = json_object()};
    struct fail why;

    m.catalog_text = over ? NULL : strdup("{\"schema\": 1}");
    assert_int_equal(memo_save(h, &m, &why), 0);
    memo_clear(&m);
}

static void let_go(const struct home *h, int64_t epoch)
{
    struct fail why;

    if (claim_release(h, RUN, epoch, &why) < 0)
        fail_msg("%s", why.text);
}

static void reboot_once(const struct home *h, int64_t epoch)
{
    struct fail why;
    bool already;

    assert_int_equal(reboot_node(h, RUN, epoch, "boot-1", &already, &why), 0);
    assert_false(already);
}

/* ---- the road, recorded ---------------------------------------------------------------------------- */

static void plan(void)
{
    static const char *const eth1[] = {"eth1"}, *const driver[] = {"driver"};
    char names[MODULES][160];
    const char *args[MODULES];
    struct fail why;

    for (size_t i = 0; i < MODULES; i++) {
        snprintf(names[i], sizeof names[i], MODULE_NAME, i);
        args[i] = names[i];
    }
    assert_int_equal(steps_add(&steps, STEP_MODULES, args, MODULES, &why), 0);
    assert_int_equal(steps_add(&steps, STEP_RXE, eth1, 1, &why), 0);
    assert_int_equal(steps_add(&steps, STEP_MEMLOCK, NULL, 0, &why), 0);
    assert_int_equal(steps_add(&steps, STEP_HOLD, driver, 1, &why), 0);
}

#define CHANGE(what) (begin_change(), (what), end_change())

static void travel(void)
{
    struct home *h = &recorded;

    end_change(); /* nothing is there yet */
    CHANGE(save_memo(h, false));
    CHANGE(take_claim(h, 1));
    CHANGE(write_was(h, WAS_STARTED));
    CHANGE(take_steps(h, 1));
    CHANGE(write_was(h, WAS_INSTALLED));
    CHANGE(reboot_once(h, 1));
    boot(h, "boot-2");
    CHANGE(take_claim(h, 2));
    CHANGE(take_steps(h, 2));
    CHANGE(save_memo(h, true));
    CHANGE(let_go(h, 2));
}

static void make_home(struct home *h, const char *name)
{
    snprintf(h->root, sizeof h->root, "%s/%s", base, name);
    snprintf(h->state, sizeof h->state, "%.80s/var/lib/ibfleet", h->root);
    h->may_install = true;
    assert_int_equal(mkdir(h->root, 0755), 0);
}

static int record(void **state)
{
    (void)state;
    if (disk_base_make(base) < 0)
        return -1;
    make_home(&recorded, "recorded");
    make_home(&after, "after");
    plan();
    boot(&recorded, "boot-1");
    disk_log_begin(recorded.root, NULL);
    is_recording = true;
    travel();
    is_recording = false;
    disk_log_end();
    print_message("# %zu operations, %zu entries\n", disk_log_count(), appended_count);
    return 0;
}

static int tidy_up(void **state)
{
    (void)state;
    steps_clear(&steps);
    for (size_t i = 0; i < RECORDS; i++)
        for (size_t v = 0; v < records[i].count; v++)
            free(records[i].versions[v].text);
    disk_after_clear(base);
    return rmdir(base);
}

/* ---- cuts -------------------------------------------------------------------------------------------- */

/* Where each step stood after the cut, by its id. */
struct standing {
    char id[65];
    struct ledger_entry last;
};

static void look(struct standing *s, size_t count)
{
    struct fail why;

    for (size_t i = 0; i < count; i++) {
        assert_int_equal(step_id(&steps.list[i], s[i].id, &why), 0);
        ledger_clear(&s[i].last);
        assert_int_equal(ledger_last(&after, RUN, s[i].id, &s[i].last, &why), 0);
    }
}

/* What the ledger says is so, is so after the boot: no program is run for it, and nothing
 * is begun.
 */
static void check_nothing_is_repeated(const struct standing *was, struct standing *is,
                                      size_t count)
{
    look(is, count);
    for (size_t i = 0; i < count; i++) {
        assert_true(ledger_is_over(is[i].last.state));
        assert_int_not_equal(is[i].last.state, LEDGER_FAILED);
        if (ledger_is_over(was[i].last.state))
            assert_int_equal(is[i].last.attempt, was[i].last.attempt);
        else
            assert_int_equal(is[i].last.attempt, was[i].last.attempt + 1);
    }
}

static void check_end(void)
{
    CLEANUP(text_done)
    char *rxe = text_of(&after, "/sys/class/infiniband/rxe0/parent");
    char path[HOME_PATH_MAX_BYTES], target[128] = "";
    struct claim c;

    assert_non_null(rxe);
    for (size_t i = 0; i < MODULES; i++) {
        assert_int_equal(home_in_root(&after, path, NULL, "/sys/module/" MODULE_NAME, i),
                         0);
        assert_int_equal(access(path, F_OK), 0);
    }
    for (size_t i = 0; i < RECORDS; i++) {
        CLEANUP(text_done) char *text = text_of(&after, records[i].path);
        const char *end = records[i].versions[records[i].count - 1].text;

        if (strstr(records[i].path, "alone.json"))
            continue; /* has the time in it */
        if (!is_same(text, end))
            fail_msg("%s comes to another end: %s", records[i].path, text ? text : "");
    }
    assert_int_equal(home_in_root(&after, path, NULL, "%s", KEPT_RXE_WANTED), 0);
    assert_true(readlink(path, target, sizeof target - 1) > 0);
    assert_string_equal(target, KEPT_RXE_UNIT);
    assert_false(claim_read(&after, &c));
}

static void clear_standings(struct standing *s, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ledger_clear(&s[i].last);
}

static void cut_at(const struct disk_cut *cut)
{
    struct standing was[4] = {0}, is[4] = {0};

    disk_after_clear(after.root);
    disk_after_make(cut, after.root);
    boot(&after, "boot-3");
    check_ledger(&after, cut->at);
    for (size_t i = 0; i < RECORDS; i++)
        check_record(&records[i], &after, cut->at);
    look(was, steps.count);
    take_claim(&after, 3);
    write_was(&after, WAS_INSTALLED);
    take_steps(&after, 3);
    check_nothing_is_repeated(was, is, steps.count);
    save_memo(&after, true);
    let_go(&after, 3);
    check_end();
    clear_standings(was, steps.count);
    clear_standings(is, steps.count);
}

/* cmocka says which check failed; this, of which cut. */
static struct disk_cut current;

static int tell_cut(void **state)
{
    char text[256] = "";

    (void)state;
    if (current.at > 0)
        disk_log_tell(current.at - 1, text, sizeof text);
    print_message("# the last cut: POWERCUT_SEED=%llu, %s, after operation %zu (%s)\n",
                  (unsigned long long)current.seed, disk_fate_name(current.fate),
                  current.at, text);
    return 0;
}

static unsigned long long number(const char *variable, unsigned long long fallback)
{
    const char *text = getenv(variable);

    return text ? strtoull(text, NULL, 10) : fallback;
}

static void cut_everywhere(enum disk_fate fate, unsigned long long draws)
{
    unsigned long long seed = number("POWERCUT_SEED", SEED);

    for (unsigned long long s = 0; s < draws; s++)
        for (size_t at = 0; at <= disk_log_count(); at++) {
            current = (struct disk_cut){.at = at, .fate = fate, .seed = seed + s};
            cut_at(&current);
        }
}

static void what_was_not_synced_may_be_lost(void **state)
{
    (void)state;
    cut_everywhere(DISK_LOSES, 1);
}

static void what_was_not_synced_may_be_kept(void **state)
{
    (void)state;
    cut_everywhere(DISK_KEEPS, 1);
}

static void names_may_come_without_what_was_written(void **state)
{
    (void)state;
    cut_everywhere(DISK_KEEPS_NAMES, 1);
}

static void what_was_written_may_come_without_names(void **state)
{
    (void)state;
    cut_everywhere(DISK_KEEPS_DATA, 1);
}

static void the_disk_may_stop_anywhere(void **state)
{
    (void)state;
    cut_everywhere(DISK_STOPS, number("POWERCUT_DRAWS", DRAWS));
}

static void writes_may_be_torn_and_change_places(void **state)
{
    (void)state;
    cut_everywhere(DISK_DRAWS, number("POWERCUT_DRAWS", DRAWS));
}

#define TEST(f) cmocka_unit_test_teardown(f, tell_cut)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_not_synced_may_be_lost),
        TEST(what_was_not_synced_may_be_kept),
        TEST(names_may_come_without_what_was_written),
        TEST(what_was_written_may_come_without_names),
        TEST(the_disk_may_stop_anywhere),
        TEST(writes_may_be_torn_and_change_places),
    };

    return cmocka_run_group_tests(tests, record, tidy_up);
}
