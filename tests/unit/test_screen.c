#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "controller/screen/fold.h"
#include "controller/screen/matrix.h"
#include "controller/screen/table.h"
#include "controller/screen/text.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

/* ---- text ---------------------------------------------------------------------------
 */

static void a_text_stops_at_its_ceiling(void **state)
{
    CLEANUP(text_clear) struct text t = {.max_bytes = 10};

    (void)state;
    assert_string_equal(text_of(&t), "");
    text_add(&t, "%s", "12345");
    text_add(&t, "%s", "123456");
    assert_true(text_is_cut(&t));
    text_put(&t, "x", 1); /* once cut it stays: no holes */
    assert_string_equal(text_of(&t), "12345");
    text_reset(&t);
    text_fill(&t, '-', 10);
    assert_false(text_is_cut(&t));
    assert_string_equal(text_of(&t), "----------");
}

/* ---- table --------------------------------------------------------------------------
 */

static struct table *two_rows(void)
{
    struct table *t = table_new("NODE|>SECONDS|~WHY");

    table_row(t, COLOR_PLAIN);
    table_cell(t, "ib1");
    table_cell(t, "%d", 7);
    table_row(t, COLOR_BAD);
    table_cell(t, "节点2");
    table_cell(t, "%d", 12345678);
    table_cell(t, "the disk of this node is full");
    return t;
}

static void columns_line_up_by_what_the_eye_sees(void **state)
{
    CLEANUP(table_done) struct table *t = two_rows();
    CLEANUP(text_clear) struct text text = {0};

    (void)state;
    table_render(t, 0, false, &text);
    assert_string_equal(text_of(&text),
                        "NODE    SECONDS  WHY\n"
                        "ib1           7\n"
                        "节点2  12345678  the disk of this node is full\n");
}

static void a_narrow_screen_shortens_words_and_never_numbers(void **state)
{
    CLEANUP(table_done) struct table *t = two_rows();
    CLEANUP(text_clear) struct text text = {0};

    (void)state;
    table_render(t, 30, false, &text);
    assert_string_equal(text_of(&text), "NODE    SECONDS  WHY\n"
                                        "ib1           7\n"
                                        "节点2  12345678  the disk of ~\n");
}

/* A run that cannot be copied is worse than a line that the terminal breaks. */
static void what_is_copied_is_never_shortened(void **state)
{
    CLEANUP(table_done) struct table *t = table_new("RUN|~BY|>NODES");
    CLEANUP(text_clear) struct text text = {0};

    (void)state;
    table_row(t, COLOR_PLAIN);
    table_cell(t, "20261120-1412-ab3f");
    table_cell(t, "administrator");
    table_cell(t, "4");
    table_render(t, 30, false, &text);
    assert_string_equal(text_of(&text), "RUN                 BY        NODES\n"
                                        "20261120-1412-ab3f  adminis~      4\n");
}

static void a_colour_covers_its_row_and_ends(void **state)
{
    CLEANUP(table_done) struct table *t = two_rows();
    CLEANUP(text_clear) struct text text = {0};

    (void)state;
    table_render(t, 0, true, &text);
    assert_non_null(strstr(text_of(&text), "\033[31m节点2"));
    assert_non_null(strstr(text_of(&text), "full\033[0m\n"));
    assert_non_null(strstr(text_of(&text), "\nib1 "));
}

static void what_a_cell_says_cannot_leave_it(void **state)
{
    CLEANUP(table_done) struct table *t = table_new("A|B");
    CLEANUP(text_clear) struct text text = {0};

    (void)state;
    table_row(t, COLOR_PLAIN);
    table_cell(t, "%s", "x\ny\033[H");
    table_cell(t, "z");
    table_cell(t, "one too many");
    table_render(t, 0, false, &text);
    assert_string_equal(text_of(&text), "A         B\nx^Jy^[[H  z\n");
}

/* ---- fold ---------------------------------------------------------------------------
 */

static void equal_texts_fold_and_the_largest_comes_first(void **state)
{
    CLEANUP(fold_done) struct fold *f = fold_new();
    size_t len;

    (void)state;
    assert_int_equal(fold_add(f, "ib7", "odd", 3, NULL), 0);
    assert_int_equal(fold_add(f, "ib3", "same", 4, NULL), 0);
    assert_int_equal(fold_add(f, "ib1", "same", 4, NULL), 0);
    assert_int_equal(fold_add(f, "ib2", "same", 4, NULL), 0);
    assert_int_equal(fold_add(f, "ib6", "sam\0", 4, NULL), 0);
    fold_sort(f);
    assert_int_equal(fold_count(f), 3);
    assert_string_equal(fold_hosts(f, 0), "ib[1-3]");
    assert_int_equal(fold_size(f, 0), 3);
    assert_string_equal(fold_text(f, 0, &len), "same");
    assert_int_equal(len, 4);
    assert_string_equal(fold_hosts(f, 1), "ib6");
    assert_string_equal(fold_hosts(f, 2), "ib7");
}

static void a_hostlist_is_folded_anew_after_an_addition(void **state)
{
    CLEANUP(fold_done) struct fold *f = fold_new();

    (void)state;
    fold_add(f, "ib1", "x", 1, NULL);
    assert_string_equal(fold_hosts(f, 0), "ib1");
    fold_add(f, "ib2", "x", 1, NULL);
    assert_string_equal(fold_hosts(f, 0), "ib[1-2]");
}

static void what_is_no_name_is_not_folded(void **state)
{
    CLEANUP(fold_done) struct fold *f = fold_new();
    struct fail why;

    (void)state;
    assert_int_equal(fold_add(f, "../etc", "x", 1, &why), -1);
    assert_int_equal(why.code, FAIL_HOSTLIST);
    assert_int_equal(fold_count(f), 0);
}

/* ---- matrix -------------------------------------------------------------------------
 */

static const char *const names[] = {"ib1", "ib2", "node3"};
static const double values[] = {
    0, 1.25, MATRIX_FAILED, 1.5, 0, 12.125, MATRIX_NOT_MEASURED, 2, 0,
};
static const struct matrix three = {.title = "latency, us",
                                    .names = names,
                                    .count = 3,
                                    .values = values,
                                    .decimals = 2,
                                    .high_is_bad = true};

static void a_square_has_a_number_for_each_pair(void **state)
{
    CLEANUP(text_clear) struct text text = {0};

    (void)state;
    matrix_render(&three, 80, false, &text);
    assert_string_equal(text_of(&text), "latency, us\n"
                                        "             1      2      3\n"
                                        "1 ib1            1.25      !\n"
                                        "2 ib2     1.50         12.12\n"
                                        "3 node3      .   2.00\n");
}

static void what_does_not_fit_is_one_line_per_node(void **state)
{
    CLEANUP(text_clear) struct text text = {0};

    (void)state;
    matrix_render(&three, 30, false, &text);
    assert_string_equal(text_of(&text),
                        "latency, us\n"
                        "FROM   PAIRS  FAILED   MIN  MEDIAN    MAX  WORST TO\n"
                        "ib1        1       1  1.25    1.25   1.25  ib2\n"
                        "ib2        2       0  1.50   12.12  12.12  node3\n"
                        "node3      1       0  2.00    2.00   2.00  ib2\n");
}

static void a_marked_pair_is_coloured(void **state)
{
    static const bool marked[9] = {[5] = true};
    CLEANUP(text_clear) struct text text = {0};
    struct matrix m = three;

    (void)state;
    m.marked = marked;
    matrix_render(&m, 0, true, &text);
    assert_non_null(strstr(text_of(&text), "\033[31m12.12\033[0m"));
    assert_null(strstr(text_of(&text), "\033[31m 1.25"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_stops_at_its_ceiling),
        cmocka_unit_test(columns_line_up_by_what_the_eye_sees),
        cmocka_unit_test(a_narrow_screen_shortens_words_and_never_numbers),
        cmocka_unit_test(what_is_copied_is_never_shortened),
        cmocka_unit_test(a_colour_covers_its_row_and_ends),
        cmocka_unit_test(what_a_cell_says_cannot_leave_it),
        cmocka_unit_test(equal_texts_fold_and_the_largest_comes_first),
        cmocka_unit_test(a_hostlist_is_folded_anew_after_an_addition),
        cmocka_unit_test(what_is_no_name_is_not_folded),
        cmocka_unit_test(a_square_has_a_number_for_each_pair),
        cmocka_unit_test(what_does_not_fit_is_one_line_per_node),
        cmocka_unit_test(a_marked_pair_is_coloured),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
