/* Every machine of tests/data/trees: what is detected, against what expected.txt says. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inventory/sku.h"
#include "node-agent/detect/detect.h"
#include "node-agent/detect/part.h"
#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define MAX_MACHINES 128

struct machine {
    char name[64], size[64], told[1024];
    struct facts *facts;
};

static struct machine machines[MAX_MACHINES];
static size_t machine_count;

/* make.py has written them below what is built; static, good until the next call. */
static const char *tree(const char *name)
{
    static char path[1024];
    const char *build = getenv("BUILD");

    snprintf(path, sizeof path, "%s/trees/%s", build && *build ? build : "build", name);
    return path;
}

/* ---- the line that is expected -------------------------------------------------------- */

static const char *or_dash(const char *text)
{
    return text ? text : "-";
}

static double rate_of(const struct facts *f, const char *hca)
{
    for (size_t i = 0; hca && i < f->hca_count; i++)
        if (strcmp(f->hcas[i].name, hca) == 0 && f->hcas[i].port_count)
            return f->hcas[i].ports[0].rate_gbps;
    return 0;
}

/* "8 x ConnectX-7, 400" of those of a role; all of them must be alike. */
static size_t write_nics(FILE *out, const struct facts *f, const char *role)
{
    const struct facts_platform *on = &f->platform;
    const struct platform_nic *first = NULL;
    size_t count = 0;

    for (size_t i = 0; i < on->nic_count; i++) {
        const struct platform_nic *nic = &on->nics[i];

        if (strcmp(nic->role, role) != 0)
            continue;
        first = first ? first : nic;
        assert_string_equal(or_dash(nic->family), or_dash(first->family));
        count++;
    }
    if (count)
        fprintf(out, "%zu x %s, %.0f", count, or_dash(first->family),
                rate_of(f, first->hca));
    else
        fputs("-", out);
    return count;
}

static void write_lists(FILE *out, const struct facts_platform *on)
{
    for (size_t i = 0; i < on->dkms_count; i++)
        fprintf(out, "%s%s %s", i ? ", " : "", on->dkms[i].module, on->dkms[i].state);
    fputs(on->dkms_count ? " | " : "- | ", out);
    for (size_t i = 0; i < on->holder_count; i++)
        fprintf(out, "%s%s %s", i ? ", " : "", on->holders[i].kind, on->holders[i].what);
    fputs(on->holder_count ? " | " : "- | ", out);
    for (size_t i = 0; i < on->ipoib_count && i < 2; i++)
        fprintf(out, "%s%s", i ? ", " : "", on->ipoib[i].address);
    fputs(!on->ipoib_count ? "-" : on->ipoib_count > 2 ? ", ..." : "", out);
}

static void tell(struct machine *m)
{
    const struct facts_platform *on = &m->facts->platform;
    FILE *out = fmemopen(m->told, sizeof m->told, "w");

    assert_non_null(out);
    fprintf(out, "%s | %s | %s %s %s | %s%s%s | ", m->name, m->size, m->facts->os.id,
            or_dash(m->facts->os.version_id), m->facts->os.machine,
            on->azure   ? "azure"
            : on->vmbus ? "hyper-v"
                        : "-",
            on->pass_through ? "+pci" : "", on->network_direct ? "+nd" : "");
    write_nics(out, m->facts, "rdma");
    fputs(" | ", out);
    write_nics(out, m->facts, "ethernet");
    fprintf(out, " | %s%s%s %s | ", or_dash(on->driver), on->driver_version ? " " : "",
            on->driver_version ? on->driver_version : "", or_dash(on->image_driver));
    write_lists(out, on);
    fclose(out);
}

/* ---- all machines ---------------------------------------------------------------------- */

static bool read_size(const char *name, char size[64])
{
    char path[512];
    FILE *file;
    int got;

    snprintf(path, sizeof path, "%.200s/SOURCE", name);
    file = fopen(tree(path), "r");
    if (!file)
        return false;
    got = fscanf(file, "size: %63s source:", size);
    fclose(file);
    assert_int_equal(got, 1);
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct machine *)a)->name, ((const struct machine *)b)->name);
}

static int detect_all(void **state)
{
    DIR *dir = opendir(tree(""));
    struct dirent *entry;
    struct fail why;

    (void)state;
    assert_non_null(dir);
    while ((entry = readdir(dir))) {
        struct machine *m = &machines[machine_count];

        if (entry->d_name[0] == '.' || !read_size(entry->d_name, m->size))
            continue;
        assert_true(machine_count + 1 < MAX_MACHINES);
        snprintf(m->name, sizeof m->name, "%.63s", entry->d_name);
        assert_int_equal(detect(tree(entry->d_name), &m->facts, &why), 0);
        machine_count++;
    }
    closedir(dir);
    qsort(machines, machine_count, sizeof *machines, by_name);
    for (size_t i = 0; i < machine_count; i++)
        tell(&machines[i]);
    return 0;
}

static int forget_all(void **state)
{
    (void)state;
    while (machine_count)
        facts_free(machines[--machine_count].facts);
    return 0;
}

/* Blanks that align the columns are no part of a line. */
static void squeeze(char *line)
{
    char *to = line;

    for (const char *p = line; *p; p++)
        if (!isspace((unsigned char)*p))
            *to++ = *p;
        else if (to > line && to[-1] != ' ')
            *to++ = ' ';
    while (to > line && to[-1] == ' ')
        to--;
    *to = '\0';
}

static bool next_expected(FILE *table, char line[1024])
{
    while (fgets(line, 1024, table)) {
        squeeze(line);
        if (*line && *line != '#')
            return true;
    }
    return false;
}

static void each_machine_is_told_as_expected(void **state)
{
    FILE *table = fopen(tree("expected.txt"), "r");
    char line[1024];
    size_t i = 0, wrong = 0;

    (void)state;
    assert_non_null(table);
    for (; next_expected(table, line) && i < machine_count; i++)
        if (strcmp(line, machines[i].told) != 0) {
            print_error("expected  %s\ndetected  %s\n", line, machines[i].told);
            wrong++;
        }
    assert_false(next_expected(table, line));
    fclose(table);
    assert_int_equal(i, machine_count);
    assert_int_equal(wrong, 0);
}

static size_t count_rdma(const struct facts_platform *on)
{
    size_t count = 0;

    for (size_t i = 0; i < on->nic_count; i++)
        count += strcmp(on->nics[i].role, "rdma") == 0;
    return count;
}

/* Machines that are there because they lack what they should have. */
static bool is_lacking(const char *name)
{
    static const char *const lacking[] = {"hb176v4-ubuntu2204-gone",
                                          "hb120v3-custom-novmbus", "h16r-centos76"};

    for (size_t i = 0; i < sizeof lacking / sizeof *lacking; i++)
        if (strcmp(lacking[i], name) == 0)
            return true;
    return false;
}

/* Two sources that know nothing of each other: the tree and the table of sizes. */
static void a_machine_has_what_its_size_promises(void **state)
{
    (void)state;
    for (size_t i = 0; i < machine_count; i++) {
        const struct sku_known *size = sku_known(machines[i].size);
        const struct facts_platform *on = &machines[i].facts->platform;

        if (!size || is_lacking(machines[i].name))
            continue;
        assert_int_equal(count_rdma(on), size->is_sr_iov ? size->hcas : 0);
        assert_int_equal(on->network_direct, !size->is_sr_iov);
        for (size_t k = 0; k < on->nic_count; k++) {
            const struct platform_nic *nic = &on->nics[k];

            if (strcmp(nic->role, "rdma") != 0)
                continue;
            if (nic->family)
                assert_string_equal(nic->family, nic_family_name(size->family));
            if (nic->hca)
                assert_int_equal(rate_of(machines[i].facts, nic->hca), size->gbps);
        }
    }
}

static void every_family_of_sizes_has_a_machine(void **state)
{
    static const char *const sizes[] = {"Standard_HB60rs",
                                        "Standard_HC44rs",
                                        "Standard_HB120rs_v2",
                                        "Standard_HB120rs_v3",
                                        "Standard_HB176rs_v4",
                                        "Standard_HX176rs",
                                        "Standard_HB368rs_v5",
                                        "Standard_H16mr",
                                        "Standard_NC24r",
                                        "Standard_NC24rs_v2",
                                        "Standard_NC24rs_v3",
                                        "Standard_ND40rs_v2",
                                        "Standard_ND96asr_v4",
                                        "Standard_ND96amsr_A100_v4",
                                        "Standard_ND96asr_MI200_v4",
                                        "Standard_ND96isr_H100_v5",
                                        "Standard_ND96isrf_H200_v5",
                                        "Standard_ND96isr_MI300X_v5",
                                        "Standard_ND128isr_GB300_v6",
                                        "Standard_ND128isr_NDR_GB200_v6"};

    (void)state;
    assert_true(machine_count >= 24);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const struct sku_known *family = sku_known(sizes[i]);
        size_t k = 0;

        assert_non_null(family);
        while (k < machine_count && sku_known(machines[k].size) != family)
            k++;
        if (k == machine_count)
            fail_msg("no machine of the sizes %s", family->pattern);
    }
}

static bool is_of(const struct facts_os *os, const char *id, const char *version)
{
    return strcmp(os->id, id) == 0 && os->version_id &&
           strncmp(os->version_id, version, strlen(version)) == 0;
}

/* What Microsoft's extension served, and what runs today. */
static void every_distribution_has_a_machine(void **state)
{
    static const struct {
        const char *id, *version;
    } wanted[] = {{"ubuntu", "16.04"}, {"ubuntu", "18.04"},   {"ubuntu", "20.04"},
                  {"ubuntu", "22.04"}, {"ubuntu", "24.04"},   {"rhel", "7.4"},
                  {"centos", "7.5"},   {"rhel", "7.6"},       {"centos", "7.7"},
                  {"centos", "7.8"},   {"rhel", "7.9"},       {"rhel", "8.1"},
                  {"rhel", "8.2"},     {"rhel", "8.10"},      {"rhel", "9"},
                  {"almalinux", "8"},  {"almalinux", "9"},    {"rocky", "8"},
                  {"rocky", "9"},      {"azurelinux", "3.0"}, {"sles", "15"},
                  {"debian", "12"}};

    (void)state;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        size_t k = 0;

        while (k < machine_count &&
               !is_of(&machines[k].facts->os, wanted[i].id, wanted[i].version))
            k++;
        if (k == machine_count)
            fail_msg("no machine with %s %s", wanted[i].id, wanted[i].version);
    }
}

/* Whatever was detected must survive the way to the controller. */
static void what_was_detected_travels(void **state)
{
    (void)state;
    for (size_t i = 0; i < machine_count; i++) {
        CLEANUP(json_done) struct json *doc = facts_encode(machines[i].facts);
        CLEANUP(facts_done) struct facts *back = NULL;
        struct fail why;

        assert_int_equal(facts_decode(doc, &back, &why), 0);
        assert_int_equal(back->platform.nic_count, machines[i].facts->platform.nic_count);
        assert_int_equal(back->platform.dkms_count,
                         machines[i].facts->platform.dkms_count);
        assert_int_equal(back->platform.ipoib_count,
                         machines[i].facts->platform.ipoib_count);
        assert_string_equal(back->platform.driver, machines[i].facts->platform.driver);
    }
}

/* No driver, so no firmware and no rate: what the metadata service says is left. */
static void a_size_names_the_nic_that_no_driver_serves(void **state)
{
    const char *root = tree("hb176v4-rocky9");
    CLEANUP(facts_done) struct facts *f = facts_new();

    (void)state;
    f->size = strdup("Standard_HB176-24rs_v4");
    part_pci(root, f);
    part_nics(root, f);
    assert_int_equal(f->platform.nic_count, 1);
    assert_string_equal(f->platform.nics[0].family, "ConnectX-7");
}

/* The DKMS of one kernel says nothing of another whose name starts alike. */
static void only_the_running_kernel_counts(void **state)
{
    char root[] = "/tmp/ibfleet-machines-XXXXXX", command[512];
    CLEANUP(facts_done) struct facts *f = NULL;
    struct fail why;

    (void)state;
    assert_non_null(mkdtemp(root));
    snprintf(command, sizeof command,
             "cd %s && mkdir -p proc/sys/kernel var/lib/dkms/m/1/build "
             "var/lib/dkms/m/1/6.1-10/x"
             " && echo 6.1-1 >proc/sys/kernel/osrelease && echo x >proc/sys/kernel/arch"
             " && ln -s /usr/src/m-1 var/lib/dkms/m/1/source"
             " && ln -s 1/6.1-10/x var/lib/dkms/m/kernel-6.1-10-x"
             " && echo 'DKMS make.log for m-1 for kernel 6.1-10 (x)' "
             ">var/lib/dkms/m/1/build/make.log",
             root);
    assert_int_equal(system(command), 0);
    assert_int_equal(detect(root, &f, &why), 0);
    snprintf(command, sizeof command, "rm -rf %s", root);
    assert_int_equal(system(command), 0);
    assert_int_equal(f->platform.dkms_count, 1);
    assert_string_equal(f->platform.dkms[0].state, "added");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_machine_is_told_as_expected),
        cmocka_unit_test(a_machine_has_what_its_size_promises),
        cmocka_unit_test(every_family_of_sizes_has_a_machine),
        cmocka_unit_test(every_distribution_has_a_machine),
        cmocka_unit_test(what_was_detected_travels),
        cmocka_unit_test(a_size_names_the_nic_that_no_driver_serves),
        cmocka_unit_test(only_the_running_kernel_counts),
    };

    return cmocka_run_group_tests(tests, detect_all, forget_all);
}
