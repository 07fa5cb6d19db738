/* azure_data - answers of Azure, made up, out of tests/data/azure; for the unit tests */
#ifndef TESTS_UNIT_AZURE_DATA_H
#define TESTS_UNIT_AZURE_DATA_H

#include <stdio.h>
#include <stdlib.h>

#include "controller/whole_file.h"
#include "inventory/armfield.h"
#include "inventory/scaleset.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

static inline struct json *azure_data(const char *name)
{
    CLEANUP(text_done) char *text = NULL;
    struct json *doc = NULL;
    char path[128];
    size_t len;

    snprintf(path, sizeof path, "tests/data/azure/%s.json", name);
    assert_int_equal(whole_file_read(path, 1 << 20, &text, &len), 0);
    assert_int_equal(json_parse(text, len, &doc, NULL), 0);
    return doc;
}

/* A closed set; interfaces may be NULL. */
static inline struct scaleset *azure_set(const char *set, const char *instances,
                                         const char *interfaces)
{
    CLEANUP(json_done) struct json *answer = azure_data(set);
    CLEANUP(json_done) struct json *list = azure_data(instances);
    CLEANUP(json_done) struct json *cards = interfaces ? azure_data(interfaces) : NULL;
    struct scaleset *made = NULL;

    assert_int_equal(scaleset_new(answer, &made, NULL), 0);
    assert_int_equal(scaleset_add_instances(made, armfield_at(list, "value"), NULL), 0);
    if (cards)
        assert_int_equal(scaleset_add_interfaces(made, armfield_at(cards, "value"), NULL),
                         0);
    assert_int_equal(scaleset_close(made, NULL), 0);
    return made;
}

#endif
