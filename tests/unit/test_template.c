#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "controller/extension/quote.h"
#include "controller/extension/template.h"
#include "controller/screen/text.h"
#include "inventory/armfield.h"
#include "inventory/vm_extension.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

static struct text text;
static struct vm_extension_wish wish;

static int set_up(void **state)
{
    (void)state;
    wish = (struct vm_extension_wish){.kind = vm_extension_named("linux")};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    text_clear(&text);
    return 0;
}

static struct json *parse(const char *from)
{
    struct json *doc = NULL;

    assert_int_equal(json_parse(from, strlen(from), &doc, NULL), 0);
    return doc;
}

static void render(enum template_form form, const char *group, const char *set)
{
    struct template_order order = {.wish = &wish,
                                   .form = form,
                                   .group = group,
                                   .set = set};

    text_reset(&text);
    assert_int_equal(template_render(&order, &text, NULL), 0);
}

/* The document that was rendered. */
static struct json *document(enum template_form form, const char *group, const char *set)
{
    render(form, group, set);
    return parse(text_of(&text));
}

static void assert_has(const char *wanted)
{
    if (!strstr(text_of(&text), wanted))
        fail_msg("no '%s' in:\n%s", wanted, text_of(&text));
}

/* ---- ARM ------------------------------------------------------------------------------------- */

static void nested_it_is_an_extension_profile(void **state)
{
    CLEANUP(json_done) struct json *doc = document(TEMPLATE_NESTED, NULL, NULL);
    const struct json *one = armfield_items(doc, "extensionProfile.extensions");

    (void)state;
    assert_string_equal(armfield_text(one, "name"), "InfiniBandDriverLinux");
    assert_string_equal(armfield_text(one, "properties.typeHandlerVersion"), "1.2");
    assert_null(json_next(one));
}

static void a_resource_depends_on_the_set_of_its_template(void **state)
{
    CLEANUP(json_done) struct json *doc = document(TEMPLATE_TOPLEVEL, NULL, NULL);

    (void)state;
    assert_string_equal(armfield_text(doc, "type"),
                        "Microsoft.Compute/virtualMachineScaleSets/extensions");
    assert_string_equal(armfield_text(doc, "name"),
                        "[concat(parameters('vmssName'), '/InfiniBandDriverLinux')]");
    assert_string_equal(armfield_first(doc, "dependsOn"),
                        "[resourceId('Microsoft.Compute/virtualMachineScaleSets', "
                        "parameters('vmssName'))]");
}

static void of_a_set_that_is_there_it_is_a_whole_template(void **state)
{
    CLEANUP(json_done) struct json *doc = document(TEMPLATE_TOPLEVEL, "hpc", "ib");
    const struct json *one = armfield_items(doc, "resources");

    (void)state;
    assert_string_equal(armfield_text(doc, "contentVersion"), "1.0.0.0");
    assert_string_equal(armfield_text(one, "name"), "ib/InfiniBandDriverLinux");
    assert_null(json_find(one, "dependsOn"));
}

static void of_a_machine_it_depends_on_that(void **state)
{
    CLEANUP(json_done) struct json *doc = document(TEMPLATE_MACHINE, "hpc", "ib");

    (void)state;
    assert_string_equal(armfield_text(doc, "type"),
                        "Microsoft.Compute/virtualMachines/extensions");
    assert_string_equal(armfield_text(doc, "location"), "[resourceGroup().location]");
    assert_string_equal(armfield_first(doc, "dependsOn"),
                        "[resourceId('Microsoft.Compute/virtualMachines', "
                        "parameters('vmName'))]");
}

static void settings_are_no_expressions(void **state)
{
    CLEANUP(json_done)
    struct json *settings =
        parse("{\"a\":\"[x]\",\"b\":[\"[y]\",\"[y\"],\"c\":{\"d\":\"[]\"}}");
    CLEANUP(json_done) struct json *doc = NULL;
    const struct json *one;

    (void)state;
    wish.settings = settings;
    doc = document(TEMPLATE_NESTED, NULL, NULL);
    one = armfield_items(doc, "extensionProfile.extensions");
    assert_string_equal(armfield_text(one, "properties.settings.a"), "[[x]");
    assert_string_equal(armfield_first(one, "properties.settings.b"), "[[y]");
    assert_string_equal(json_text_of(
                            json_next(armfield_items(one, "properties.settings.b"))),
                        "[y");
    assert_string_equal(armfield_text(one, "properties.settings.c.d"), "[[]");
}

/* ---- commands ---------------------------------------------------------------------------------- */

static void powershell_has_parameters_or_names(void **state)
{
    (void)state;
    render(TEMPLATE_POWERSHELL, NULL, NULL);
    assert_has("[Parameter(Mandatory)][string]$VMScaleSetName");
    assert_has(
        "-TypeHandlerVersion '1.2' -AutoUpgradeMinorVersion $true\nUpdate-AzVmss ");
    render(TEMPLATE_POWERSHELL, "hpc", "ib");
    assert_has("$ResourceGroupName = 'hpc'\n$VMScaleSetName = 'ib'\n");
    assert_null(strstr(text_of(&text), "param("));
}

static void az_has_variables_or_names(void **state)
{
    (void)state;
    render(TEMPLATE_AZ, NULL, NULL);
    assert_has(": \"${VMSS_NAME:?the name of the scale set}\"\n");
    render(TEMPLATE_AZ, "hpc", "ib");
    assert_has("RESOURCE_GROUP='hpc'\nVMSS_NAME='ib'\n");
    assert_null(strstr(text_of(&text), "--settings"));
    assert_has("ibfleet azure extension upgrade --os linux --vmss hpc/ib\n");
}

static void what_takes_all_at_once_is_not_run_unasked(void **state)
{
    (void)state;
    render(TEMPLATE_AZ, "hpc", "ib");
    assert_has("\n# az vmss update-instances ");
    assert_null(strstr(text_of(&text), "\naz vmss update-instances "));
    render(TEMPLATE_POWERSHELL, "hpc", "ib");
    assert_has("\n# Update-AzVmssInstance ");
    assert_null(strstr(text_of(&text), "\nUpdate-AzVmssInstance "));
}

static void assert_powershell(const char *json, const char *wanted)
{
    CLEANUP(json_done) struct json *doc = parse(json);

    text_reset(&text);
    assert_int_equal(quote_powershell(&text, doc, NULL), 0);
    assert_string_equal(text_of(&text), wanted);
}

static void powershell_reads_what_was_meant(void **state)
{
    (void)state;
    assert_powershell("{\"a\":[1,-2.5,true,false,null],\"b\":{}}",
                      "@{ 'a' = @(1, -2.5, $true, $false, $null); 'b' = @{ } }");
    assert_powershell("\"it's $HOME `n\"", "'it''s $HOME `n'");
    assert_powershell("\"\xe2\x80\x99\"", "'\xe2\x80\x99\xe2\x80\x99'");
    assert_powershell("\"\xe2\x80\x9c\"", "'\xe2\x80\x9c'");
    assert_powershell("\"true\"", "'true'");
}

static void a_quote_does_not_end_a_word(void **state)
{
    (void)state;
    quote_single(&text, "it's", "'\\''");
    assert_string_equal(text_of(&text), "'it'\\''s'");
}

static void forms_have_names(void **state)
{
    (void)state;
    assert_int_equal(template_form_of("nested"), TEMPLATE_NESTED);
    assert_int_equal(template_form_of("az"), TEMPLATE_AZ);
    assert_int_equal(template_form_of("bicep"), TEMPLATE_FORMS);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(nested_it_is_an_extension_profile),
        CASE(a_resource_depends_on_the_set_of_its_template),
        CASE(of_a_set_that_is_there_it_is_a_whole_template),
        CASE(of_a_machine_it_depends_on_that),
        CASE(settings_are_no_expressions),
        CASE(powershell_has_parameters_or_names),
        CASE(az_has_variables_or_names),
        CASE(what_takes_all_at_once_is_not_run_unasked),
        CASE(powershell_reads_what_was_meant),
        CASE(a_quote_does_not_end_a_word),
        CASE(forms_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
