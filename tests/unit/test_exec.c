#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "controller/exec/answer.h"
#include "controller/exec/gather.h"
#include "controller/exec/shell_line.h"
#include "controller/screen/indent.h"
#include "controller/screen/lines.h"
#include "controller/screen/wrap.h"
#include "inventory/fleet.h"
#include "protocol/json.h"
#include "protocol/scope.h"

/* ---- lines --------------------------------------------------------------------------
 */

static void note(void *arg, const char *line, size_t len_bytes)
{
    struct text *seen = arg;

    text_add(seen, "[");
    text_put(seen, line, len_bytes);
    text_add(seen, "]");
}

static void lines_are_the_same_at_every_split(void **state)
{
    static const char said[] = "one\ntwo\r\n\nfour";

    (void)state;
    for (size_t cut = 0; cut <= strlen(said); cut++) {
        CLEANUP(text_clear) struct text seen = {0};
        struct lines l = {0};

        lines_push(&l, said, cut, note, &seen);
        lines_push(&l, said + cut, strlen(said) - cut, note, &seen);
        lines_end(&l, note, &seen);
        assert_string_equal(text_of(&seen), "[one][two][][four]");
    }
}

static void count_bytes(void *arg, const char *line, size_t len_bytes)
{
    size_t *longest = arg;

    (void)line;
    *longest = len_bytes > *longest ? len_bytes : *longest;
}

static void a_line_without_end_does_not_pile_up(void **state)
{
    char piece[5000];
    size_t longest = 0;
    struct lines l = {0};

    (void)state;
    memset(piece, 'x', sizeof piece);
    for (int i = 0; i < 100; i++)
        lines_push(&l, piece, sizeof piece, count_bytes, &longest);
    assert_int_equal(longest, LINES_MAX_BYTES);
    assert_true(l.part.len_bytes < LINES_MAX_BYTES);
    lines_end(&l, count_bytes, &longest);
}

static void words_wrap_at_the_width_and_never_inside(void **state)
{
    CLEANUP(text_clear) struct text text = {0};

    (void)state;
    text_add(&text, "ab  ");
    wrap_add(&text, "one two three averyverylongword x", 4, 12);
    assert_string_equal(text_of(&text), "ab  one two\n"
                                        "    three\n"
                                        "    averyverylongword\n"
                                        "    x\n");
}

static void json_is_laid_out_and_means_the_same(void **state)
{
    static const char compact[] =
        "{\"a\":[],\"b\":[1,\"x,y:{\\\"\"],\"nodes\":[{\"name\":\"ib1\",\"facts\":{}},"
        "{\"name\":\"a long one\",\"reason\":\"with words that do not fit on the line "
        "any "
        "more\",\"n\":null}]}";
    CLEANUP(json_done) struct json *doc = NULL;
    CLEANUP(text_clear) struct text text = {0};
    CLEANUP(text_done) char *printed = NULL;

    (void)state;
    indent_add(&text, compact);
    assert_string_equal(text_of(&text),
                        "{\n"
                        "  \"a\": [],\n"
                        "  \"b\": [1, \"x,y:{\\\"\"],\n"
                        "  \"nodes\": [\n"
                        "    {\n"
                        "      \"name\": \"ib1\",\n"
                        "      \"facts\": {}\n"
                        "    },\n"
                        "    {\n"
                        "      \"name\": \"a long one\",\n"
                        "      \"reason\": \"with words that do not fit on the line any "
                        "more\",\n"
                        "      \"n\": null\n"
                        "    }\n"
                        "  ]\n"
                        "}");
    assert_int_equal(json_parse(text_of(&text), text.len_bytes, &doc, NULL), 0);
    printed = json_print(doc);
    assert_string_equal(printed, compact);
}

/* ---- answers ------------------------------------------------------------------------
 */

static const struct fleet_node nodes[] = {{.name = "ib1"},
                                          {.name = "ib2"},
                                          {.name = "ib3"}};

static void a_status_other_than_zero_is_a_failure(void **state)
{
    struct answer a = {.node = nodes};

    (void)state;
    answer_end(&a, 0, NULL);
    assert_int_equal(a.why.code, FAIL_NONE);
    answer_end(&a, 3, NULL);
    assert_int_equal(a.why.code, FAIL_COMMAND);
    assert_string_equal(a.why.text, "exit status 3");
    answer_end(&a, SSH_STATUS_UNKNOWN, NULL);
    assert_string_equal(a.why.text, "ended without telling its status");
}

static void a_node_that_floods_is_stopped_and_its_beginning_kept(void **state)
{
    char *piece = calloc(1, 300000);
    struct answer a = {.node = nodes};
    struct fail why = {0};
    int kept = 0;

    (void)state;
    for (int i = 0; i < 10 && kept == 0; i++)
        kept = answer_keep(&a, SSH_STDOUT, piece, 300000, &why);
    assert_int_equal(kept, -1);
    assert_int_equal(why.code, FAIL_FLOOD);
    assert_string_equal(why.text, "stopped after 1 MiB of output");
    assert_int_equal(a.kept[0].len_bytes, ANSWER_MAX_KEPT_BYTES);
    assert_int_equal(answer_keep(&a, SSH_STDOUT, piece, 1, &why), -1);
    answer_clear(&a);
    free(piece);
}

static void an_answer_in_json_tells_everything(void **state)
{
    CLEANUP(json_done) struct json *doc = NULL;
    CLEANUP(text_done) char *printed = NULL;
    struct answer a = {.node = nodes, .took_ms = 1500, .way = "openssh"};

    (void)state;
    answer_keep(&a, SSH_STDOUT, "a\0b", 3, NULL);
    answer_keep(&a, SSH_STDERR, "bad\n", 4, NULL);
    answer_end(&a, 2, NULL);
    doc = answer_encode(&a);
    printed = json_print(doc);
    assert_string_equal(
        printed, "{\"name\":\"ib1\",\"state\":\"failed\",\"code\":\"command-failed\","
                 "\"reason\":\"exit status 2\",\"status\":2,\"seconds\":1.5,"
                 "\"through\":\"openssh\","
                 "\"stdout\":\"a\xef\xbf\xbd"
                 "b\",\"stderr\":\"bad\\n\"}");
    answer_clear(&a);
}

static void live_lines_have_their_node_and_wait_for_their_end(void **state)
{
    static const struct fleet_node ib1 = {.name = "ib1"};
    CLEANUP(text_clear) struct text page = {0};
    struct answer a = {.node = &ib1};

    (void)state;
    answer_cut(&a, SSH_STDOUT, "one\ntw", 6, false, &page);
    assert_string_equal(text_of(&page), "ib1: one\n");
    answer_cut(&a, SSH_STDERR, "\033[m\n", 4, false, &page);
    answer_cut(&a, SSH_STDERR, "\033[m\n", 4, true, &page);
    assert_string_equal(text_of(&page), "ib1: one\nib1: ^[[m\nib1: \033[m\n");
    text_clear(&page);
    answer_cut(&a, SSH_STDOUT, "o", 1, false, &page);
    assert_string_equal(text_of(&page), "");
    answer_cut(&a, SSH_STDOUT, NULL, 0, false, &page);
    assert_string_equal(text_of(&page), "ib1: two\n");
    answer_clear(&a);
}

static void gather(struct gather *g, size_t node, const char *said, int status)
{
    struct answer a = {.node = &nodes[node]};

    answer_keep(&a, SSH_STDOUT, said, strlen(said), NULL);
    answer_end(&a, status, NULL);
    assert_int_equal(gather_add(g, &a, NULL), 0);
    answer_clear(&a);
}

static void equal_output_folds_only_with_equal_status(void **state)
{
    CLEANUP(gather_done) struct gather *g = gather_new(false);
    CLEANUP(text_clear) struct text text = {0};

    (void)state;
    gather(g, 0, "same", 0);
    gather(g, 1, "same", 1);
    gather(g, 2, "same", 0);
    gather_render(g, false, &text);
    assert_string_equal(text_of(&text), "=== 2 nodes ib[1,3]\nsame\n"
                                        "=== 1 node ib2: exit status 1\nsame\n");
}

static void gathered_output_is_escaped_unless_raw(void **state)
{
    (void)state;
    for (int raw = 0; raw < 2; raw++) {
        CLEANUP(gather_done) struct gather *g = gather_new(raw);
        CLEANUP(text_clear) struct text text = {0};

        gather(g, 0, "\033[2J\tx\n", 0);
        gather_render(g, false, &text);
        assert_string_equal(text_of(&text), raw ? "=== 1 node ib1\n\033[2J\tx\n"
                                                : "=== 1 node ib1\n^[[2J\tx\n");
    }
}

static void who_failed_without_a_word_is_not_gathered(void **state)
{
    CLEANUP(gather_done) struct gather *g = gather_new(false);
    CLEANUP(text_clear) struct text text = {0};

    (void)state;
    gather(g, 0, "", 1);
    gather(g, 1, "", 0);
    gather_render(g, false, &text);
    assert_string_equal(text_of(&text), "=== 1 node ib2\n");
}

static void
what_differs_is_told_against_the_largest_group_of_the_lowest_status(void **state)
{
    CLEANUP(gather_done) struct gather *g = gather_new(false);
    CLEANUP(text_clear) struct text text = {0};

    (void)state;
    gather(g, 0, "bad\n", 2);
    gather(g, 1, "bad\n", 2);
    gather(g, 2, "good\n", 0);
    gather_render_diff(g, false, &text);
    assert_string_equal(text_of(&text), "--- 1 node ib3\n"
                                        "+++ 2 nodes ib[1-2]: exit status 2\n"
                                        "@@ -1,1 +1,1 @@\n-good\n+bad\n");
}

static void where_nothing_differs_that_is_told(void **state)
{
    CLEANUP(gather_done) struct gather *g = gather_new(false);
    CLEANUP(text_clear) struct text text = {0};

    (void)state;
    gather(g, 0, "same\n", 0);
    gather(g, 1, "same\n", 0);
    gather_render_diff(g, false, &text);
    assert_string_equal(text_of(&text), "=== 2 nodes ib[1-2]: no difference\n");
}

static void to_fail_alike_is_told_with_how(void **state)
{
    CLEANUP(gather_done) struct gather *g = gather_new(false);
    CLEANUP(text_clear) struct text text = {0};

    (void)state;
    gather(g, 0, "same\n", 2);
    gather(g, 1, "same\n", 2);
    gather_render_diff(g, false, &text);
    assert_string_equal(text_of(&text),
                        "=== 2 nodes ib[1-2]: exit status 2; no difference\n");
}

static void whom_we_ended_was_stopped_or_has_not_run(void **state)
{
    struct answer a = {.node = nodes};
    struct fail why;

    (void)state;
    fail_set(&why, FAIL_INTERRUPTED, "by you");
    answer_end(&a, 0, &why);
    assert_string_equal(answer_state(&a), "not-run");
    a.ran = true;
    assert_string_equal(answer_state(&a), "stopped");
}

/* ---- the shell line -----------------------------------------------------------------
 */

static void becomes(struct shell_line order, const char *wanted)
{
    static const struct fleet_node node = {.name = "ib7", .user = "root"};
    CLEANUP(text_done) char *line = NULL;

    assert_int_equal(shell_line_check(&order, NULL), 0);
    assert_int_equal(shell_line_for(&order, &node, 6, "me", &line, NULL), 0);
    assert_string_equal(line, wanted);
}

static void the_node_is_put_in_only_when_asked(void **state)
{
    (void)state;
    becomes((struct shell_line){.words = "date +%s"}, "date +%s");
    becomes((struct shell_line){.words = "echo %h %n %u 100%%%%h", .subst = true},
            "echo ib7 6 root 100%%h");
}

static void a_percent_sign_without_meaning_is_refused(void **state)
{
    static const char *const bad[] = {"date +%s", "100%", "%%%", "%\xc3\xa4"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct shell_line order = {.words = bad[i], .subst = true};
        struct fail why = {0};

        assert_int_equal(shell_line_check(&order, &why), -1);
        assert_int_equal(why.code, FAIL_USAGE);
    }
}

static void sudo_takes_plain_words_and_wraps_all_else(void **state)
{
    (void)state;
    becomes((struct shell_line){.words = "uname -r", .sudo = true},
            "sudo -n -- uname -r");
    becomes((struct shell_line){.words = "id|cat", .sudo = true},
            "sudo -n -- sh -c 'eval \"$(printf %b \"$1\")\"' sh 'id\\0174cat'");
}

static void a_line_too_long_is_refused(void **state)
{
    CLEANUP(text_clear) struct text words = {0};
    CLEANUP(text_done) char *line = NULL;
    struct shell_line order = {.sudo = true};
    struct fail why = {0};

    (void)state;
    text_fill(&words, '|', SHELL_LINE_MAX_BYTES / 2);
    order.words = text_of(&words);
    assert_int_equal(shell_line_for(&order, nodes, 0, NULL, &line, &why), -1);
    assert_int_equal(why.code, FAIL_USAGE);
}

static void sudo_that_wants_a_password_is_told_from_a_failed_command(void **state)
{
    struct fail why = {0};

    (void)state;
    assert_false(shell_line_is_refused("", &why));
    assert_false(shell_line_is_refused("sudo: x\nls: no such file\n", &why));
    assert_true(shell_line_is_refused("sudo: a password is required\n", &why));
    assert_int_equal(why.code, FAIL_SUDO_PASSWORD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_the_same_at_every_split),
        cmocka_unit_test(a_line_without_end_does_not_pile_up),
        cmocka_unit_test(words_wrap_at_the_width_and_never_inside),
        cmocka_unit_test(json_is_laid_out_and_means_the_same),
        cmocka_unit_test(a_status_other_than_zero_is_a_failure),
        cmocka_unit_test(a_node_that_floods_is_stopped_and_its_beginning_kept),
        cmocka_unit_test(an_answer_in_json_tells_everything),
        cmocka_unit_test(live_lines_have_their_node_and_wait_for_their_end),
        cmocka_unit_test(equal_output_folds_only_with_equal_status),
        cmocka_unit_test(gathered_output_is_escaped_unless_raw),
        cmocka_unit_test(who_failed_without_a_word_is_not_gathered),
        cmocka_unit_test(
            what_differs_is_told_against_the_largest_group_of_the_lowest_status),
        cmocka_unit_test(where_nothing_differs_that_is_told),
        cmocka_unit_test(to_fail_alike_is_told_with_how),
        cmocka_unit_test(whom_we_ended_was_stopped_or_has_not_run),
        cmocka_unit_test(the_node_is_put_in_only_when_asked),
        cmocka_unit_test(a_percent_sign_without_meaning_is_refused),
        cmocka_unit_test(sudo_takes_plain_words_and_wraps_all_else),
        cmocka_unit_test(a_line_too_long_is_refused),
        cmocka_unit_test(sudo_that_wants_a_password_is_told_from_a_failed_command),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
