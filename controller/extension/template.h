/* template - one of Microsoft's extensions for an ARM template, PowerShell or az (pure)
 *
 *     order = (struct template_order){.wish = &wish, .form = TEMPLATE_AZ,
 *                                     .group = "hpc", .set = "ib"};
 *     if (template_render(&order, &text, why) < 0) ...
 *
 * What is rendered is valid as it is.  Where no set is named it has parameters: of a
 * template vmssName or vmName, of PowerShell a param block, of az two variables.
 */
#ifndef CONTROLLER_TEMPLATE_H
#define CONTROLLER_TEMPLATE_H

struct fail;
struct text;
struct vm_extension_wish;

enum template_form {
    TEMPLATE_NESTED, /* in the set's virtualMachineProfile: "extensionProfile" and all */
    TEMPLATE_TOPLEVEL, /* a resource beside the set's in the same template; of a set that
                            is named, and so is there, a whole template to deploy */
    TEMPLATE_MACHINE,  /* a resource beside a machine's                        */
    TEMPLATE_POWERSHELL, /* commands for a set                                  */
    TEMPLATE_AZ,
    TEMPLATE_FORMS
};

struct template_order {
    const struct vm_extension_wish *wish;
    enum template_form form;
    const char *group, *set; /* both or none */
};

/* The form of that name ("nested", ...); TEMPLATE_FORMS: there is none. */
enum template_form template_form_of(const char *name);

/* Onto the end of *text.  -1: FAIL_USAGE (settings nested too deep to be written),
 * FAIL_MEMORY.
 */
int template_render(const struct template_order *order, struct text *text,
                    struct fail *why);

#endif
