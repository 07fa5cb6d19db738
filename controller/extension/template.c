#include "controller/extension/template.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "controller/extension/quote.h"
#include "controller/screen/indent.h"
#include "controller/screen/text.h"
#include "inventory/vm_extension.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define API_VERSION "2024-03-01"
#define SCHEMA \
    "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
#define SETS     "Microsoft.Compute/virtualMachineScaleSets"
#define MACHINES "Microsoft.Compute/virtualMachines"

static const char *const forms[TEMPLATE_FORMS] = {"nested", "toplevel", "machine",
                                                  "powershell", "az"};

enum template_form template_form_of(const char *name)
{
    for (unsigned i = 0; i < TEMPLATE_FORMS; i++)
        if (strcmp(forms[i], name) == 0)
            return (enum template_form)i;
    return TEMPLATE_FORMS;
}

/* ---- ARM -------------------------------------------------------------------------------------- */

static int put_document(struct text *text, const struct json *doc, struct fail *why)
{
    CLEANUP(text_done) char *printed = doc ? json_print(doc) : NULL;

    if (!printed)
        return fail_memory(why);
    indent_add(text, printed);
    text_add(text, "\n");
    return 0;
}

/* The properties, with settings that ARM does not take for expressions. */
static struct json *properties_of(const struct vm_extension_wish *wish)
{
    CLEANUP(json_done)
    struct json *settings = wish->settings ? quote_arm(wish->settings) : json_object();
    struct vm_extension_wish quoted = *wish;

    quoted.settings = settings;
    return settings ? vm_extension_properties(&quoted) : NULL;
}

static int put_nested(const struct template_order *order, struct text *text,
                      struct fail *why)
{
    CLEANUP(json_done) struct json *doc = json_object();
    struct json *profile = json_object(), *list = json_array(), *one = json_object();
    bool is_bad = !one ||
                  json_put_text(one, "name", vm_extension_name_of(order->wish)) < 0 ||
                  json_put(one, "properties", properties_of(order->wish)) < 0;

    is_bad |= json_push(list, one) < 0;
    is_bad |= json_put(profile, "extensions", list) < 0;
    is_bad |= json_put(doc, "extensionProfile", profile) < 0;
    return is_bad ? fail_memory(why) : put_document(text, doc, why);
}

/* What the owner is called in an expression: 'ib', or parameters('vmssName'). */
static void put_owner(const struct template_order *order, bool is_machine,
                      struct text *expression)
{
    if (is_machine || !order->set)
        text_add(expression, "parameters('%s')", is_machine ? "vmName" : "vmssName");
    else
        quote_single(expression, order->set, "''");
}

static struct json *owners_of(const struct template_order *order, bool is_machine)
{
    CLEANUP(text_clear) struct text id = {0};
    struct json *list = json_array();

    text_add(&id, "[resourceId('%s', ", is_machine ? MACHINES : SETS);
    put_owner(order, is_machine, &id);
    text_add(&id, ")]");
    if (text_is_cut(&id) || json_push(list, json_text(text_of(&id))) < 0) {
        json_free(list);
        return NULL;
    }
    return list;
}

static struct json *resource_of(const struct template_order *order, bool is_machine)
{
    CLEANUP(text_clear) struct text name = {0};
    struct json *r = json_object();
    const char *own = vm_extension_name_of(order->wish);

    if (order->set && !is_machine)
        text_add(&name, "%s/%s", order->set, own);
    else
        text_add(&name, "[concat(parameters('%s'), '/%s')]",
                 is_machine ? "vmName" : "vmssName", own);
    if (!r || text_is_cut(&name) ||
        json_put_text(r, "type",
                      is_machine ? MACHINES "/extensions" : SETS "/extensions") < 0 ||
        json_put_text(r, "apiVersion", API_VERSION) < 0 ||
        json_put_text(r, "name", text_of(&name)) < 0 ||
        (is_machine && json_put_text(r, "location", "[resourceGroup().location]") < 0) ||
        ((is_machine || !order->set) &&
         json_put(r, "dependsOn", owners_of(order, is_machine)) < 0) ||
        json_put(r, "properties", properties_of(order->wish)) < 0) {
        json_free(r);
        return NULL;
    }
    return r;
}

/* The set is there already, so it is in no template, and depending on it were an error. */
static int put_whole(const struct template_order *order, struct text *text,
                     struct fail *why)
{
    CLEANUP(json_done) struct json *doc = json_object();
    struct json *resources = json_array();
    bool is_bad = json_push(resources, resource_of(order, false)) < 0;

    is_bad |= !doc || json_put_text(doc, "$schema", SCHEMA) < 0 ||
              json_put_text(doc, "contentVersion", "1.0.0.0") < 0;
    is_bad |= json_put(doc, "resources", resources) < 0;
    return is_bad ? fail_memory(why) : put_document(text, doc, why);
}

static int put_resource(const struct template_order *order, bool is_machine,
                        struct text *text, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = resource_of(order, is_machine);

    return put_document(text, doc, why);
}

/* ---- commands ------------------------------------------------------------------------------------ */

/* What a person has to know of either: the model alone changes no instance. */
static void put_remark(const struct template_order *order, struct text *text)
{
    text_add(
        text,
        "\n# The model has it now; instances get it when they are brought to the model.\n"
        "# Batch by batch, each looked at:\n"
        "#     ibfleet azure extension upgrade --os %s --vmss %s/%s\n"
        "# All of them at once:\n",
        order->wish->kind->system, order->group ? order->group : "RG",
        order->set ? order->set : "NAME");
}

static int put_powershell_settings(const struct template_order *order, struct text *text,
                                   struct fail *why)
{
    if (!order->wish->settings || !json_count(order->wish->settings))
        return 0;
    text_add(text, " `\n    -Setting ");
    return quote_powershell(text, order->wish->settings, why);
}

static void put_powershell_names(const struct template_order *order, struct text *text)
{
    if (!order->set) {
        text_add(text, "param(\n    [Parameter(Mandatory)][string]$ResourceGroupName,\n"
                       "    [Parameter(Mandatory)][string]$VMScaleSetName\n)\n");
        return;
    }
    text_add(text, "$ResourceGroupName = ");
    quote_single(text, order->group, "''");
    text_add(text, "\n$VMScaleSetName = ");
    quote_single(text, order->set, "''");
    text_add(text, "\n");
}

static int put_powershell(const struct template_order *order, struct text *text,
                          struct fail *why)
{
    const struct vm_extension_wish *wish = order->wish;

    put_powershell_names(order, text);
    text_add(text,
             "$vmss = Get-AzVmss -ResourceGroupName $ResourceGroupName "
             "-VMScaleSetName $VMScaleSetName\n"
             "Add-AzVmssExtension -VirtualMachineScaleSet $vmss -Name '%s' `\n"
             "    -Publisher '%s' -Type '%s' `\n"
             "    -TypeHandlerVersion '%s' -AutoUpgradeMinorVersion $true",
             vm_extension_name_of(wish), wish->kind->publisher, wish->kind->type,
             vm_extension_version_of(wish));
    if (put_powershell_settings(order, text, why) < 0)
        return -1;
    text_add(text, "\nUpdate-AzVmss -ResourceGroupName $ResourceGroupName "
                   "-VMScaleSetName $VMScaleSetName -VirtualMachineScaleSet $vmss\n");
    put_remark(order, text);
    text_add(text, "# Update-AzVmssInstance -ResourceGroupName $ResourceGroupName "
                   "-VMScaleSetName $VMScaleSetName -InstanceId '*'\n");
    return 0;
}

static void put_az_names(const struct template_order *order, struct text *text)
{
    if (!order->set) {
        text_add(text, ": \"${RESOURCE_GROUP:?the resource group of the scale set}\"\n"
                       ": \"${VMSS_NAME:?the name of the scale set}\"\n");
        return;
    }
    text_add(text, "RESOURCE_GROUP=");
    quote_single(text, order->group, "'\\''");
    text_add(text, "\nVMSS_NAME=");
    quote_single(text, order->set, "'\\''");
    text_add(text, "\n");
}

static int put_az(const struct template_order *order, struct text *text, struct fail *why)
{
    const struct vm_extension_wish *wish = order->wish;
    CLEANUP(text_done)
    char *settings =
        wish->settings && json_count(wish->settings) ? json_print(wish->settings) : NULL;

    if (wish->settings && json_count(wish->settings) && !settings)
        return fail_memory(why);
    put_az_names(order, text);
    text_add(text,
             "az vmss extension set --resource-group \"$RESOURCE_GROUP\" "
             "--vmss-name \"$VMSS_NAME\" \\\n"
             "    --publisher '%s' --name '%s' \\\n"
             "    --extension-instance-name '%s' --version '%s'",
             wish->kind->publisher, wish->kind->type, vm_extension_name_of(wish),
             vm_extension_version_of(wish));
    if (settings) {
        text_add(text, " \\\n    --settings ");
        quote_single(text, settings, "'\\''");
    }
    text_add(text, "\n");
    put_remark(order, text);
    text_add(text, "# az vmss update-instances --resource-group \"$RESOURCE_GROUP\" "
                   "--name \"$VMSS_NAME\" --instance-ids '*'\n");
    return 0;
}

/* ---- all ------------------------------------------------------------------------------------------- */

static int put_form(const struct template_order *order, struct text *text,
                    struct fail *why)
{
    switch (order->form) {
    case TEMPLATE_NESTED:
        return put_nested(order, text, why);
    case TEMPLATE_TOPLEVEL:
        return order->set ? put_whole(order, text, why)
                          : put_resource(order, false, text, why);
    case TEMPLATE_MACHINE:
        return put_resource(order, true, text, why);
    case TEMPLATE_POWERSHELL:
        return put_powershell(order, text, why);
    case TEMPLATE_AZ:
        return put_az(order, text, why);
    case TEMPLATE_FORMS:
        break;
    }
    return fail_set(why, FAIL_BUG, "no such form of a template: %d", order->form);
}

int template_render(const struct template_order *order, struct text *text,
                    struct fail *why)
{
    if (put_form(order, text, why) < 0)
        return -1;
    return text_is_cut(text) ? fail_memory(why) : 0;
}
