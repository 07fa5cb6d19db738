#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/exec/diff.h"
#include "controller/screen/text.h"
#include "protocol/scope.h"

static int render(const char *from, const char *to, struct text *text)
{
    struct diff_side a = {from, strlen(from)}, b = {to, strlen(to)};

    return diff_render(&a, &b, false, false, text);
}

static void gives(const char *from, const char *to, const char *wanted)
{
    CLEANUP(text_clear) struct text text = {0};

    assert_int_equal(render(from, to, &text), 0);
    assert_string_equal(text_of(&text), wanted);
}

static void hunks_are_those_of_diff(void **state)
{
    (void)state;
    gives("", "", "");
    gives("a\nb\n", "a\nb\n", "");
    gives("a\nb\nc\n", "a\nx\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n");
    gives("", "a\n", "@@ -0,0 +1,1 @@\n+a\n");
    gives("a\n", "", "@@ -1,1 +0,0 @@\n-a\n");
    gives("a\nb\n", "b\n", "@@ -1,2 +1,1 @@\n-a\n b\n");
}

static void changes_far_apart_are_hunks_of_their_own(void **state)
{
    (void)state;
    gives("x\n1\n2\n3\n4\n5\n6\ny\n", "X\n1\n2\n3\n4\n5\n6\nY\n",
          "@@ -1,8 +1,8 @@\n-x\n+X\n 1\n 2\n 3\n 4\n 5\n 6\n-y\n+Y\n");
    gives("x\n1\n2\n3\n4\n5\n6\n7\ny\n", "X\n1\n2\n3\n4\n5\n6\n7\nY\n",
          "@@ -1,4 +1,4 @@\n-x\n+X\n 1\n 2\n 3\n"
          "@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-y\n+Y\n");
}

static void a_missing_newline_is_a_difference(void **state)
{
    (void)state;
    gives("a\n", "a", "@@ -1,1 +1,1 @@\n-a\n+a\n\\ no newline at the end\n");
}

static void what_nodes_print_is_escaped(void **state)
{
    (void)state;
    gives("a\n", "\033[2J\n", "@@ -1,1 +1,1 @@\n-a\n+^[[2J\n");
}

/* ---- at random, against the definition -------------------------------------------- */

#define MAX_LINES 24

/* The length of the longest common subsequence: the best that can be done. */
static size_t common(const char *a, const char *b)
{
    static size_t best[MAX_LINES + 1][MAX_LINES + 1];
    size_t n = strlen(a), m = strlen(b);

    memset(best, 0, sizeof best);
    for (size_t i = n; i-- > 0;)
        for (size_t j = m; j-- > 0;)
            best[i][j] = a[i] == b[j]                      ? best[i + 1][j + 1] + 1
                         : best[i + 1][j] > best[i][j + 1] ? best[i + 1][j]
                                                           : best[i][j + 1];
    return best[0][0];
}

/* One letter a line. */
static void in_lines(const char *letters, char *lines)
{
    for (; *letters; letters++)
        lines += sprintf(lines, "%c\n", *letters);
    *lines = '\0';
}

/* What the hunks make of `from`, as patch(1) would; the number of edits. */
static size_t apply(const char *from, const char *hunks, char *to)
{
    size_t at = 0, edits = 0, first, lines;
    int len;

    while (*hunks) {
        if (sscanf(hunks, "@@ -%zu,%zu +%*u,%*u @@\n%n", &first, &lines, &len) == 2) {
            hunks += len - (hunks[len - 1] == ' ');
            for (first -= lines > 0; at < first; at++)
                *to++ = from[at];
            continue;
        }
        if (*hunks == '+')
            *to++ = hunks[1];
        else
            assert_int_equal(hunks[1], from[at]);
        if (*hunks == ' ')
            *to++ = hunks[1];
        edits += *hunks != ' ';
        at += *hunks != '+';
        hunks += 3;
    }
    strcpy(to, from + at);
    return edits;
}

static void draw(char *letters, unsigned *seed)
{
    size_t n = (size_t)rand_r(seed) % MAX_LINES;

    for (size_t i = 0; i < n; i++)
        letters[i] = (char)('a' + rand_r(seed) % 4);
    letters[n] = '\0';
}

static void hunks_lead_from_one_to_the_other_by_the_shortest_way(void **state)
{
    unsigned seed = 1;

    (void)state;
    for (int i = 0; i < 5000; i++) {
        char a[MAX_LINES], b[MAX_LINES], made[2 * MAX_LINES];
        char from[2 * MAX_LINES], to[2 * MAX_LINES];
        CLEANUP(text_clear) struct text text = {0};
        size_t edits;

        draw(a, &seed);
        draw(b, &seed);
        in_lines(a, from);
        in_lines(b, to);
        assert_int_equal(render(from, to, &text), 0);
        edits = apply(a, text_of(&text), made);
        assert_string_equal(made, b);
        assert_int_equal(edits, strlen(a) + strlen(b) - 2 * common(a, b));
    }
}

static void what_differs_in_too_much_is_not_compared(void **state)
{
    CLEANUP(text_clear) struct text from = {0};
    CLEANUP(text_clear) struct text to = {0};
    CLEANUP(text_clear) struct text text = {0};

    (void)state;
    for (size_t i = 0; i < DIFF_MAX_EDITS / 2; i++) {
        text_add(&from, "from %zu\n", i);
        text_add(&to, "to %zu\n", i);
    }
    assert_int_equal(render(text_of(&from), text_of(&to), &text), 0);
    text_reset(&text);
    text_add(&from, "one\n");
    text_add(&to, "more\n");
    assert_int_equal(render(text_of(&from), text_of(&to), &text), -1);
    assert_string_equal(text_of(&text), "");
    text_reset(&from);
    text_fill(&from, '\n', DIFF_MAX_LINES);
    assert_int_equal(render(text_of(&from), "", &text), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hunks_are_those_of_diff),
        cmocka_unit_test(changes_far_apart_are_hunks_of_their_own),
        cmocka_unit_test(a_missing_newline_is_a_difference),
        cmocka_unit_test(what_nodes_print_is_escaped),
        cmocka_unit_test(hunks_lead_from_one_to_the_other_by_the_shortest_way),
        cmocka_unit_test(what_differs_in_too_much_is_not_compared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
