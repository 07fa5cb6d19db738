#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "protocol/tree/baggage.h"
#include "controller/copy/giver.h"
#include "controller/copy/opening.h"
#include "controller/copy/taker.h"
#include "controller/exec/shot.h"
#include "controller/link/agentfile.h"
#include "controller/link/bootstrap.h"
#include "protocol/tree/landing.h"
#include "protocol/fail.h"
#include "protocol/frame.h"
#include "protocol/json.h"
#include "protocol/parcel.h"
#include "protocol/scope.h"

static char folder[] = "/tmp/ibfleet-copy.XXXXXX";

static int set_up(void **state)
{
    (void)state;
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    char command[100];

    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return chdir("/") == 0 ? system(command) : -1;
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void holds(const char *path, const char *wanted)
{
    char text[100] = "";
    FILE *f = fopen(path, "r");

    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    assert_string_equal(text, wanted);
}

/* ---- parcels ---------------------------------------------------------------------- */

static void only_paths_below_the_top_are_inside(void **state)
{
    static const char *const good[] = {"a", "a/b", "...", ".a", "a..", "-rf", "a b"};
    static const char *const bad[] = {"",    "/",     "/a",   "a/",   "a//b",
                                      ".",   "..",    "../a", "a/..", "a/../b",
                                      "./a", "a/./b", "a/.",  "/.."};
    char much[PARCEL_MAX_PATH_BYTES + 2];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(parcel_is_inside(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(parcel_is_inside(bad[i]));
    memset(much, 'a', sizeof much - 1);
    much[sizeof much - 1] = '\0';
    assert_false(parcel_is_inside(much));
}

static void a_parcel_is_read_as_it_was_written(void **state)
{
    static const struct parcel parcels[] = {
        {.kind = PARCEL_FOLDER, .path = "a", .mode = 0755},
        {.kind = PARCEL_LINK, .path = "a/l", .target = "../x"},
        {.kind = PARCEL_FILE,
         .path = "a/f",
         .mode = 0640,
         .size = (uint64_t)1 << 60,
         .sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof parcels / sizeof *parcels; i++) {
        CLEANUP(json_done) struct json *doc = parcel_encode(&parcels[i]);
        struct parcel read;

        assert_int_equal(parcel_decode(doc, &read, NULL), 0);
        assert_int_equal(read.kind, parcels[i].kind);
        assert_string_equal(read.path, parcels[i].path);
        assert_int_equal(read.mode, parcels[i].mode);
        assert_int_equal(read.size, parcels[i].size);
        assert_string_equal(read.sha256, parcels[i].sha256);
    }
}

static void a_parcel_that_is_none_is_refused(void **state)
{
    static const char *const bad[] = {
        "{\"path\":\"../a\",\"kind\":\"folder\",\"mode\":493}",
        "{\"path\":\"a\",\"kind\":\"device\",\"mode\":493}",
        "{\"path\":\"a\",\"kind\":\"folder\",\"mode\":2541}", /* setuid */
        "{\"path\":\"a\",\"kind\":\"file\",\"mode\":420,\"size\":\"1\",\"sha256\":\"0\"}",
        "{\"path\":\"a\",\"kind\":\"link\"}",
        "{\"kind\":\"folder\",\"mode\":493}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CLEANUP(json_done) struct json *doc = NULL;
        struct fail why = {0};
        struct parcel read;

        assert_int_equal(json_parse(bad[i], strlen(bad[i]), &doc, &why), 0);
        assert_int_equal(parcel_decode(doc, &read, &why), -1);
        assert_int_equal(why.code, FAIL_GARBAGE);
    }
}

/* ---- where they land ------------------------------------------------------------------ */

static struct parcel file_of(const char *path, const char *bytes)
{
    struct parcel p = {.kind = PARCEL_FILE,
                       .path = path,
                       .mode = 0644,
                       .size = strlen(bytes)};

    digest_of(bytes, strlen(bytes), p.sha256);
    return p;
}

static int bring(const char *dest, const struct parcel *p, const char *bytes,
                 struct fail *why)
{
    CLEANUP(landing_done) struct landing *l = NULL;
    char sha256[DIGEST_HEX_BYTES];
    uint64_t have;

    if (landing_open(dest, LANDING_FILE, &l, why) < 0 ||
        landing_begin(l, p, &have, sha256, NULL, NULL, why) < 0 ||
        landing_add(l, bytes, strlen(bytes), why) < 0)
        return -1;
    return landing_place(l, p, why);
}

static void other_bytes_than_announced_never_get_the_name(void **state)
{
    struct parcel p = file_of("f", "right");
    struct fail why = {0};

    (void)state;
    write_file("f", "old");
    assert_int_equal(bring("f", &p, "wrong", &why), -1);
    assert_int_equal(why.code, FAIL_COPY);
    holds("f", "old");
    assert_int_equal(bring("f", &p, "right", &why), 0);
    holds("f", "right");
}

static void a_link_on_the_way_is_not_followed(void **state)
{
    struct parcel p = file_of("d/f", "x");
    struct fail why = {0};

    (void)state;
    mkdir("elsewhere", 0700);
    mkdir("top", 0700);
    assert_int_equal(symlink("../elsewhere", "top/d"), 0);
    assert_int_equal(bring("top/", &p, "x", &why), -1);
    assert_int_equal(why.code, FAIL_COPY);
    assert_int_equal(access("elsewhere/f", F_OK), -1);
}

static void a_beginning_that_is_a_link_is_no_beginning(void **state)
{
    struct parcel p = file_of("f", "x");
    char name[100];

    (void)state;
    write_file("precious", "precious");
    snprintf(name, sizeof name, ".ibfleet-%.32s.part", p.sha256);
    assert_int_equal(symlink("precious", name), 0);
    assert_int_equal(bring("f", &p, "x", NULL), 0);
    holds("precious", "precious");
    holds("f", "x");
    unlink("f");
    assert_int_equal(link("precious", name), 0); /* nor one with a second name */
    assert_int_equal(bring("f", &p, "x", NULL), 0);
    holds("precious", "precious");
}

/* A copy that was cut has not given the folder its permissions. */
static void a_folder_has_its_permissions_before_it_is_finished(void **state)
{
    struct parcel p = {.kind = PARCEL_FOLDER, .path = "d", .mode = 0555};
    CLEANUP(landing_done) struct landing *l = NULL;
    struct stat st;
    bool made;

    (void)state;
    assert_int_equal(landing_open("d", LANDING_TREE, &l, NULL), 0);
    assert_int_equal(landing_folder(l, &p, &made, NULL), 0);
    assert_true(made);
    assert_int_equal(stat("d", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0755); /* it is to be filled yet */
    assert_int_equal(landing_finish_folder(l, &p, NULL), 0);
    assert_int_equal(stat("d", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0555);
}

static void a_link_takes_a_files_place_and_not_a_folders(void **state)
{
    struct parcel p = {.kind = PARCEL_LINK, .path = "l", .target = "to"};
    CLEANUP(landing_done) struct landing *l = NULL;
    char target[10] = "";
    struct fail why = {0};
    bool made;

    (void)state;
    write_file("l", "a file");
    assert_int_equal(landing_open("l", LANDING_FILE, &l, NULL), 0);
    assert_int_equal(landing_link(l, &p, &made, NULL), 0);
    assert_true(made);
    assert_int_equal(readlink("l", target, sizeof target - 1), 2);
    assert_string_equal(target, "to");
    assert_int_equal(landing_link(l, &p, &made, NULL), 0);
    assert_false(made);
    assert_int_equal(unlink("l"), 0);
    assert_int_equal(mkdir("l", 0700), 0);
    assert_int_equal(landing_link(l, &p, &made, &why), -1);
    assert_int_equal(why.code, FAIL_COPY);
    assert_int_equal(rmdir("l"), 0);
    assert_int_equal(system("[ -z \"$(ls -A)\" ]"), 0); /* nothing is left over */
}

/* As where a file system has no locks, for the code under test. */
static bool without_locks;

int flock(int fd, int operation)
{
    if (!without_locks)
        return (int)syscall(SYS_flock, fd, operation);
    errno = ENOSYS;
    return -1;
}

static void without_locks_each_copy_has_a_beginning_of_its_own(void **state)
{
    struct parcel p = file_of("f", "right");
    CLEANUP(landing_done) struct landing *one = NULL;
    CLEANUP(landing_done) struct landing *other = NULL;
    char sha256[DIGEST_HEX_BYTES];
    uint64_t have;

    (void)state;
    without_locks = true;
    assert_int_equal(landing_open("f", LANDING_FILE, &one, NULL), 0);
    assert_int_equal(landing_open("f", LANDING_FILE, &other, NULL), 0);
    assert_int_equal(landing_begin(one, &p, &have, sha256, NULL, NULL, NULL), 0);
    assert_int_equal(landing_begin(other, &p, &have, sha256, NULL, NULL, NULL), 0);
    assert_int_equal(landing_add(one, "rig", 3, NULL), 0);
    assert_int_equal(landing_add(other, "right", 5, NULL), 0);
    assert_int_equal(landing_place(other, &p, NULL), 0);
    holds("f", "right");
    landing_done(&one); /* cut: it leaves nothing */
    one = NULL;
    without_locks = false;
    assert_int_equal(system("[ \"$(ls -A)\" = f ]"), 0);
}

/* ---- the giver: the node is not to be trusted --------------------------------------- */

static const struct agentfiles agents = {
    .files = {{.bytes = (char *)(uintptr_t) "AGENT", .len_bytes = 5, .machine = "-"}},
    .count = 1,
};

static struct baggage *pack(void)
{
    static const char *const sources[] = {"d"};
    struct baggage *b;

    mkdir("d", 0755);
    write_file("d/f", "hello");
    assert_int_equal(baggage_pack(sources, 1, NULL, NULL, &b, NULL), 0);
    assert_int_equal(baggage_count(b), 2);
    return b;
}

static int hear(struct giver *g, const char *text, struct fail *why)
{
    unsigned char *frame;
    size_t frame_bytes;
    int rc;

    assert_int_equal(frame_encode(text, strlen(text), &frame, &frame_bytes, NULL), 0);
    rc = giver_hear(g, (const char *)frame, frame_bytes, why);
    free(frame);
    return rc;
}

/* All that it has to say now, as one string in which a NUL is '.'; how it ended. */
static ssize_t drain(struct giver *g, char *said)
{
    size_t len = 0;
    ssize_t n;

    while ((n = giver_next(g, said + len, 7, NULL)) > 0)
        len += (size_t)n;
    for (size_t i = 0; i < len; i++)
        said[i] = said[i] ? said[i] : '.';
    said[len] = '\0';
    return n;
}

static struct giver *greeted(const struct baggage *b)
{
    const struct giver_order order = {.agents = &agents, .baggage = b, .into = "/x"};
    struct giver *g = giver_new(&order);
    char said[2000];

    assert_int_equal(drain(g, said), SHOT_LATER);
    assert_string_equal(said, "");
    assert_int_equal(giver_hear(g, BOOTSTRAP_NEED "-\n", sizeof BOOTSTRAP_NEED + 1, NULL),
                     0);
    assert_int_equal(drain(g, said), SHOT_LATER);
    assert_string_equal(said, "AGENT");
    assert_int_equal(giver_hear(g, FRAME_MARKER, sizeof FRAME_MARKER - 1, NULL), 0);
    assert_int_equal(drain(g, said), SHOT_LATER);
    assert_non_null(strstr(said, "\"into\":\"/x\""));
    assert_non_null(strstr(said, "\"path\":\"d/f\""));
    return g;
}

static void what_a_node_wants_is_given_and_then_it_is_done(void **state)
{
    struct baggage *b = pack();
    struct giver *g = greeted(b);
    char said[2000];

    (void)state;
    assert_int_equal(hear(g, "{\"busy\":true}", NULL), 0);
    assert_int_equal(hear(g, "{\"want\":1,\"have\":\"0\",\"sha256\":\"\"}", NULL), 0);
    assert_int_equal(drain(g, said), SHOT_LATER);
    assert_non_null(strstr(said, "{\"from\":\"0\"}...\006Dhello"));
    assert_int_equal(hear(g,
                          "{\"done\":true,\"sent\":\"1\",\"same\":\"0\",\"bytes\":\"5\"}",
                          NULL),
                     0);
    assert_int_equal(drain(g, said), 0);
    assert_int_equal(giver_end(g, 0, NULL), 0);
    assert_int_equal(giver_tally(g).sent_bytes, 5);
    giver_free(g);
    baggage_free(b);
}

static void what_a_node_may_not_say_ends_it(void **state)
{
    static const char *const bad[] = {
        "{\"want\":0,\"have\":\"0\",\"sha256\":\"\"}", /* a folder */
        "{\"want\":2,\"have\":\"0\",\"sha256\":\"\"}",
        "{\"want\":-1}",
        "{}",
        "[]",
        "x",
        "{\"fail\":{\"code\":\"disk-full\",\"text\":\"f: full\"}}",
        "{\"fail\":{\"code\":\"out-of-memory\",\"text\":\"out of memory\"}}",
        "{\"fail\":{\"code\":\"interrupted\",\"text\":\"a signal\"}}",
        "{\"fail\":{\"code\":\"failure-budget\",\"text\":\"enough\"}}",
    };
    struct baggage *b = pack();

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct giver *g = greeted(b);
        struct fail why = {0};

        assert_int_equal(hear(g, bad[i], &why), -1);
        assert_int_equal(why.code, i > 6    ? FAIL_COPY
                                   : i == 6 ? FAIL_DISK_FULL
                                            : FAIL_GARBAGE);
        assert_int_equal(giver_end(g, 0, &why), -1);
        giver_free(g);
    }
    baggage_free(b);
}

/* It would get bytes of one file while it is given another. */
static void a_node_that_wants_two_files_at_once_is_refused(void **state)
{
    struct baggage *b = pack();
    struct giver *g = greeted(b);
    struct fail why = {0};

    (void)state;
    assert_int_equal(hear(g, "{\"want\":1,\"have\":\"0\",\"sha256\":\"\"}", NULL), 0);
    assert_int_equal(hear(g, "{\"want\":1,\"have\":\"0\",\"sha256\":\"\"}", &why), -1);
    assert_int_equal(why.code, FAIL_GARBAGE);
    assert_int_equal(hear(g, "{\"done\":true,\"sent\":\"1\",\"same\":\"0\"}", &why), -1);
    giver_free(g);
    baggage_free(b);
}

#define MANY 2000

/* They are more than is queued at a time. */
static void all_of_a_wide_tree_is_announced(void **state)
{
    static const char *const sources[] = {"d"};
    char name[30], *said = calloc(1, MANY * 300);
    struct baggage *b;
    struct giver *g;
    size_t count = 0;

    (void)state;
    mkdir("d", 0755);
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "d/file-%d", i);
        write_file(name, "");
    }
    assert_int_equal(baggage_pack(sources, 1, NULL, NULL, &b, NULL), 0);
    g = giver_new(&(struct giver_order){.agents = &agents, .baggage = b, .into = "/x"});
    assert_int_equal(giver_hear(g, FRAME_MARKER, sizeof FRAME_MARKER - 1, NULL), 0);
    assert_int_equal(drain(g, said), SHOT_LATER);
    for (const char *at = said; (at = strstr(at, "\"path\":")); at++)
        count++;
    assert_int_equal(count, 1 + MANY);
    giver_free(g);
    baggage_free(b);
    free(said);
}

static void what_a_node_has_taken_is_not_kept(void **state)
{
    static char piece[1 + PARCEL_PIECE_BYTES] = {PARCEL_DATA};
    char taken[1 << 14];
    struct opening o;

    (void)state;
    assert_int_equal(opening_begin(&o, &agents), 0);
    for (size_t i = 0; i < TEXT_MAX_BYTES / PARCEL_PIECE_BYTES; i++) {
        assert_int_equal(opening_say_frame(&o, piece, sizeof piece, NULL), 0);
        while (!opening_is_silent(&o))
            assert_true(opening_next(&o, taken, sizeof taken, NULL) > 0);
    }
    assert_true(o.said.room_bytes <= 4 * PARCEL_PIECE_BYTES);
    opening_clear(&o);
}

static int grow(void *arg, struct fail *why)
{
    FILE *f = fopen("big", "a");

    (void)why;
    ++*(int *)arg;
    assert_non_null(f);
    fputs("more", f);
    fclose(f);
    return 0;
}

static void a_file_that_grows_is_packed_as_it_was_and_what_lasts_is_told(void **state)
{
    static const char *const sources[] = {"big"}, *const proc[] = {"/proc/self/status"};
    const off_t size = (off_t)40 << 20;
    struct baggage *b;
    struct fail why;
    int told = 0;

    (void)state;
    write_file("big", "");
    assert_int_equal(truncate("big", size), 0);
    assert_int_equal(baggage_pack(sources, 1, grow, &told, &b, NULL), 0);
    assert_int_equal(told, 2);
    assert_int_equal(baggage_parcel(b, 0)->size, size);
    baggage_free(b);
    assert_int_equal(baggage_pack(proc, 1, NULL, NULL, &b, &why), -1);
    assert_int_equal(why.code, FAIL_USAGE);
}

static void only_what_is_the_same_so_far_is_taken_up(void **state)
{
    static const char *const sources[] = {"big"};
    char *bytes = calloc(1, 2 * PARCEL_BLOCK_BYTES + 1), sha256[DIGEST_HEX_BYTES];
    struct baggage *b;

    (void)state;
    memset(bytes, 'x', 2 * PARCEL_BLOCK_BYTES);
    write_file("big", bytes);
    assert_int_equal(baggage_pack(sources, 1, NULL, NULL, &b, NULL), 0);
    digest_of(bytes, PARCEL_BLOCK_BYTES, sha256);
    assert_true(baggage_begins(b, 0, PARCEL_BLOCK_BYTES, sha256));
    assert_false(baggage_begins(b, 0, 2 * PARCEL_BLOCK_BYTES, sha256));
    assert_false(baggage_begins(b, 0, 3 * PARCEL_BLOCK_BYTES, sha256));
    assert_false(baggage_begins(b, 0, PARCEL_BLOCK_BYTES - 1, sha256));
    assert_false(baggage_begins(b, 0, 0, sha256));
    assert_true(
        baggage_begins(b, 0, 2 * PARCEL_BLOCK_BYTES, baggage_parcel(b, 0)->sha256));
    baggage_free(b);
    free(bytes);
}

/* ---- the taker: nor is it when it gives ---------------------------------------------- */

static int taker_frame(struct taker *t, const char *text, struct fail *why)
{
    unsigned char *frame;
    size_t frame_bytes;
    int rc;

    assert_int_equal(frame_encode(text, strlen(text), &frame, &frame_bytes, NULL), 0);
    rc = taker_hear(t, (const char *)frame, frame_bytes, why);
    free(frame);
    return rc;
}

static struct taker *told(const char *const *lines, struct fail *why)
{
    const struct taker_order order = {.agents = &agents, .path = "/f", .into = "got"};
    struct taker *t = taker_new(&order);
    int rc = taker_hear(t, FRAME_MARKER, sizeof FRAME_MARKER - 1, why);

    for (; *lines; lines++) {
        assert_int_equal(rc, 0);
        rc = taker_frame(t, *lines, why);
    }
    if (rc == 0)
        why->code = FAIL_NONE;
    return t;
}

#define BUSY  "{\"busy\":true}"
#define ORDER "{\"take\":{\"count\":1}}"
#define PARCEL                                                                  \
    "{\"path\":\"f\",\"kind\":\"file\",\"mode\":420,\"size\":\"5\",\"sha256\":" \
    "\"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\"}"
#define FROM "{\"from\":\"0\"}"

static void a_file_is_taken_piece_by_piece(void **state)
{
    static const char *const lines[] = {BUSY, BUSY,   ORDER, PARCEL,
                                        FROM, "Dhel", "Dlo", NULL};
    struct fail why = {0};
    struct taker *t = told(lines, &why);

    (void)state;
    assert_int_equal(why.code, FAIL_NONE);
    assert_int_equal(taker_end(t, 0, &why), 0);
    assert_int_equal(taker_tally(t).sent_files, 1);
    holds("got/f", "hello");
    taker_free(t);
}

static void what_a_giver_may_not_say_ends_it(void **state)
{
    static const char *const bad[][6] = {
        {"Dhello"},
        {"{}"},
        {"{\"take\":{\"count\":0}}"},
        {ORDER, "Dhello"},
        {ORDER, BUSY},
        {ORDER, "{\"path\":\"../f\",\"kind\":\"folder\",\"mode\":493}"},
        {ORDER, PARCEL, "Dhello"},
        {ORDER, PARCEL, "{\"from\":\"3\"}"},
        {ORDER, PARCEL, FROM, "Dhello!"},
        {ORDER, PARCEL, FROM, "D"},
        {ORDER, PARCEL, FROM, "{}"},
        {ORDER, PARCEL, FROM, "Dhello", "Dhello"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fail why = {0};
        struct taker *t = told(bad[i], &why);

        assert_int_equal(why.code, FAIL_GARBAGE);
        taker_free(t);
        unlink("got/f");
    }
}

static void other_bytes_than_a_giver_announced_are_not_kept(void **state)
{
    static const char *const lines[] = {ORDER, PARCEL, FROM, "Dworld", NULL};
    struct fail why = {0};
    struct taker *t = told(lines, &why);

    (void)state;
    assert_int_equal(why.code, FAIL_COPY);
    assert_int_equal(access("got/f", F_OK), -1);
    taker_free(t);
}

#define COPY_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        COPY_TEST(only_paths_below_the_top_are_inside),
        COPY_TEST(a_parcel_is_read_as_it_was_written),
        COPY_TEST(a_parcel_that_is_none_is_refused),
        COPY_TEST(other_bytes_than_announced_never_get_the_name),
        COPY_TEST(a_link_on_the_way_is_not_followed),
        COPY_TEST(a_beginning_that_is_a_link_is_no_beginning),
        COPY_TEST(a_folder_has_its_permissions_before_it_is_finished),
        COPY_TEST(a_link_takes_a_files_place_and_not_a_folders),
        COPY_TEST(without_locks_each_copy_has_a_beginning_of_its_own),
        COPY_TEST(what_a_node_wants_is_given_and_then_it_is_done),
        COPY_TEST(what_a_node_may_not_say_ends_it),
        COPY_TEST(a_node_that_wants_two_files_at_once_is_refused),
        COPY_TEST(all_of_a_wide_tree_is_announced),
        COPY_TEST(what_a_node_has_taken_is_not_kept),
        COPY_TEST(a_file_that_grows_is_packed_as_it_was_and_what_lasts_is_told),
        COPY_TEST(a_file_is_taken_piece_by_piece),
        COPY_TEST(what_a_giver_may_not_say_ends_it),
        COPY_TEST(other_bytes_than_a_giver_announced_are_not_kept),
        COPY_TEST(only_what_is_the_same_so_far_is_taken_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
