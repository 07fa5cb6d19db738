/* catalog - which driver is for which machine
 *
 * Data, not code: inventory/catalog.json is in both programs, and a site may have one of
 * its own.  It has two lists.  `nics` says which versions of which driver a family of
 * NICs can live with (NDR needs MLNX_OFED 5.6-1.0.3.3; ConnectX-3 Pro was dropped in
 * 5.1).  `rows` are drivers, the preferred ones first, each with the NICs, distributions,
 * versions, architecture and kernels it is for, and with where this was read.
 *
 *     CLEANUP(catalog_done) struct catalog *c = NULL;
 *     struct catalog_question q = {.family = "ConnectX-6", .id = "ubuntu",
 *                                  .version = "22.04", .arch = "x86_64",
 *                                  .kernel = "5.15.0-1041-azure"};
 *
 *     if (catalog_builtin(&c, why) < 0 || catalog_choose(c, &q, &row, why) != CATALOG_SERVED)
 *         return -1;
 *     fetch(row->url, row->sha256);
 *
 * A row whose SHA-256 nobody published has none: the operator must pin it, in a catalog
 * of the site's.  Pure.
 */
#ifndef INVENTORY_CATALOG_H
#define INVENTORY_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct catalog;
struct fail;

/* A file that has more of something is refused. */
#define CATALOG_MAX_BYTES ((size_t)1 << 20)
#define CATALOG_MAX_ROWS  2000
#define CATALOG_MAX_NICS  32
#define CATALOG_MAX_LIST  16  /* names, distributions, drivers or flags of one entry */
#define CATALOG_MAX_TEXT  300 /* bytes of one text */

enum catalog_method {
    CATALOG_ANY, /* in a question only */
    CATALOG_INBOX,
    CATALOG_DOCA_OFED,
    CATALOG_MLNX_OFED,
    CATALOG_NONE, /* nothing is to be installed; the note says why */
    CATALOG_METHODS
};

/* Texts live as long as the catalog; what is null in the file is NULL. */
struct catalog_row {
    const char *name; /* of this row, once in the catalog */
    uint32_t nics;    /* a bit for each of the catalog's families */
    const char *distributions[CATALOG_MAX_LIST]; /* as os-release's ID; or one "*" */
    size_t distribution_count;
    bool id_like;          /* also for whoever names one of them in ID_LIKE */
    const char *from, *to; /* of the distribution; `to` 8 has 8.10 in it */
    const char *arch;      /* as uname has it */
    const char *kernel_from, *kernel_below;
    enum catalog_method method;
    const char *version;
    const char *url;
    const char *sha256;                  /* NULL: not known, the operator must pin it */
    const char *flags[CATALOG_MAX_LIST]; /* of the installer; {kernel}: the running one */
    size_t flag_count;
    const char *source; /* where this was read */
    const char *note;
};

struct catalog_question {
    const char *family;  /* "ConnectX-6", "CX6"; only letters and digits count */
    const char *id;      /* os-release's ID */
    const char *id_like; /* its ID_LIKE; NULL: none */
    const char *version; /* with the minor one, which CentOS keeps in centos-release */
    const char *arch, *kernel;
    enum catalog_method method; /* wanted; CATALOG_ANY: what the catalog prefers */
    const char *driver;         /* its version that is wanted; NULL: the preferred one */
};

/* What stands in the way, in the order in which it is looked at. */
enum catalog_miss {
    CATALOG_NIC,          /* no such family in the catalog */
    CATALOG_DISTRIBUTION, /* none for that NIC; and so on */
    CATALOG_VERSION,
    CATALOG_ARCH,
    CATALOG_KERNEL,
    CATALOG_DRIVER,
    CATALOG_SERVED
};

/* Read one; name is the file's, for what is said of it.  On success *c is the caller's
 * (catalog_free).  -1: FAIL_CATALOG names row and field, or FAIL_MEMORY.
 */
int catalog_parse(const char *text, size_t len_bytes, const char *name,
                  struct catalog **c, struct fail *why);

/* The one that is in the program. */
int catalog_builtin(struct catalog **c, struct fail *why);

/* NULL is allowed. */
void catalog_free(struct catalog *c);
void catalog_done(struct catalog **c);

size_t catalog_count(const struct catalog *c);
const struct catalog_row *catalog_row(const struct catalog *c, size_t i);

/* CATALOG_SERVED: *row, borrowed.  Else what is not served; *why (FAIL_UNSUPPORTED) says
 * it, and what is near, and *row is as it was.
 */
enum catalog_miss catalog_choose(const struct catalog *c,
                                 const struct catalog_question *q,
                                 const struct catalog_row **row, struct fail *why);

/* Can NICs of that family live with what is installed?  version may be NULL: not known.
 * -1: FAIL_UNSUPPORTED says which versions they need.
 */
int catalog_check_driver(const struct catalog *c, const char *family,
                         enum catalog_method method, const char *version,
                         struct fail *why);

/* "inbox", "doca-ofed", "mlnx-ofed", "none", "any". */
const char *catalog_method_name(enum catalog_method method);

#endif
