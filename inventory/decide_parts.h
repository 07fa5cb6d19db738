/* decide_parts - what the files of decide share among themselves */
#ifndef INVENTORY_DECIDE_PARTS_H
#define INVENTORY_DECIDE_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "inventory/catalog.h"
#include "inventory/decide.h"

struct facts_hca;
struct facts_pci;

/* A node, what is wanted of it, and what follows; filled in the order of the questions. */
struct decide_case {
    const struct facts *f;
    const struct decide_want *want;
    const struct facts_pci
        *hca; /* the one that RDMA is done with; NULL: Soft-RoCE      */

    enum catalog_method method; /* the driver that is to be there afterwards          */
    const char *version;        /* of the vendor's                                    */
    const struct catalog_row
        *row;     /* it is to be installed from there; NULL: it is kept */
    bool drop;    /* the vendor's driver that is there goes             */
    bool rebuild; /* it stays, and DKMS has to build it for this kernel */
};

/* Returns 0: a refusal is a result, not a failure.  The steps so far are forgotten. */
int decide_refuse(struct decision *d, enum fail_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

bool decide_text_is(const char *text, const char *other); /* text may be NULL */
const char *decide_or_unknown(const char *text);

/* ---- is there a device? (decide_device.c) ----------------------------------------------- */

/* Is it a function that RDMA is done with? */
bool decide_is_hca(const struct facts *f, const struct facts_pci *pci);

/* NULL: none that does RDMA.  The InfiniBand one, when there are several. */
const struct facts_pci *decide_find_hca(const struct facts *f);
bool decide_is_infiniband(const struct facts_pci *hca);
bool decide_is_connectx3(const struct facts_pci *hca);

/* "ConnectX-7"; "Soft-RoCE" where there is no HCA; NULL: nothing tells. */
const char *decide_family(const struct decide_case *c);

/* NULL when it is not there. */
const struct facts_hca *decide_find_rxe(const struct facts *f, const char *netdev);

/* Is there anything that could be brought up?  Refuses when there is not. */
void decide_check_device(const struct decide_case *c, struct decision *d);

/* All is installed: is there a port that works? */
void decide_check_port(const struct decide_case *c, struct decision *d);

/* ---- which driver? (decide_driver.c, decide_installed.c) --------------------------------- */

/* Fills method, version, row, drop and rebuild, or refuses. */
void decide_driver(struct decide_case *c, struct decision *d);

/* One of the vendor's, not the kernel's own. */
bool decide_is_vendors(enum catalog_method method);

/* CATALOG_INBOX where the node's agent does not tell. */
enum catalog_method decide_installed_method(const struct facts *f);

/* Can this family live with the installed driver of the vendor's?  NULL: taken to. */
bool decide_installed_suits(const struct decide_case *c, const char *family);

/* Is it the one of that version, or of that row (or a newer one)? */
bool decide_installed_is(const struct facts *f, const char *version);
bool decide_installed_is_row(const struct facts *f, const struct catalog_row *row);
bool decide_installed_reaches(const struct facts *f, const struct catalog_row *row);

/* Of the vendor's modules, those that DKMS knows and has not installed for the running
 * kernel, in the order in which they build on each other.  Returns how many.
 */
#define DECIDE_MAX_DKMS 8
size_t decide_unbuilt(const struct facts *f, const char *names[DECIDE_MAX_DKMS]);

/* Without DKMS: was it built for another kernel than the running one? */
bool decide_is_of_other_kernel(const struct facts *f);

/* ---- does something speak against it? (decide_objection.c) -------------------------------- */

/* Against putting in, taking out or building a driver; refuses. */
void decide_check_objections(const struct decide_case *c, struct decision *d);

/* Against a reboot. */
void decide_check_events(const struct decide_case *c, const char *what,
                         struct decision *d);

/* ---- steps (decide_steps.c, decide_packages.c); -1: FAIL_MEMORY ----------------------------- */

/* All of them, in the order in which they are to be taken, and d->reboot. */
int decide_steps(const struct decide_case *c, struct decision *d, struct fail *why);

/* What has to be installed by the node's own package manager. */
int decide_packages(const struct decide_case *c, struct decision *d, struct fail *why);

/* Does a driver change: is one put in, taken out or built? */
bool decide_changes_driver(const struct decide_case *c);

/* The modules that DKMS will have once the row's driver is in; how many. */
size_t decide_dkms_of_row(const struct decide_case *c,
                          const char *names[DECIDE_MAX_DKMS]);

#endif
