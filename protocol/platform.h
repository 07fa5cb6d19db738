/* platform - what a node's RDMA stands on: the virtual machine, its NICs, its driver
 *
 * Part of the facts (protocol/facts.h), which own every string and array here.  An
 * agent that is older than this part does not send it: everything is then zero.
 */
#ifndef PROTOCOL_PLATFORM_H
#define PROTOCOL_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/record.h"

#define PLATFORM_MAX_NICS    256
#define PLATFORM_MAX_DKMS    64
#define PLATFORM_MAX_HOLDERS 64
#define PLATFORM_MAX_IPOIB   64

/* A PCI function of NVIDIA's (15b3), or of Microsoft's MANA. */
struct platform_nic {
    char *pci;    /* address */
    char *family; /* "ConnectX-7"; NULL: nothing tells which (inventory/nic.h) */
    char *role;   /* "rdma"; "ethernet": on Azure, Accelerated Networking       */
    char *hca;    /* "mlx5_ib0"; NULL while no driver serves it                 */
};

/* What DKMS has for the running kernel. */
struct platform_dkms {
    char *module, *version;
    char *state; /* "installed"; "built", not installed; "failed"; "added", not built */
};

/* Storage that keeps the RDMA modules from being unloaded. */
struct platform_holder {
    char *kind; /* "lustre", "nfs", "nvme", "iscsi", "srp" */
    char *what; /* a mount point, a controller or a module */
};

/* The address that Azure means for an IPoIB interface. */
struct platform_ipoib {
    char *mac;     /* "00:15:5d:33:ff:0b": of the virtual function */
    char *address; /* "172.16.1.2" */
    bool kept;     /* ibfleet keeps it there over boots */
};

struct facts_platform {
    bool azure;          /* DMI carries Azure's asset tag                              */
    bool vmbus;          /* the guest sees Hyper-V's bus                               */
    bool pass_through;   /* PCI functions of the host are handed to the guest          */
    bool network_direct; /* RDMA without SR-IOV, which no driver of ours serves        */

    char *driver;         /* "inbox", "mlnx-ofed", "doca-ofed", "none"; NULL: not told */
    char *driver_version; /* of the vendor's; NULL                                     */
    char *driver_module;  /* where mlx5_ib (mlx4_ib) of this kernel lies; NULL         */
    char *image_driver;   /* version in the component record of an HPC image; NULL     */
    char *headers;        /* of the running kernel: "present"; "offered" by a repository
                             whose lists are here; "missing"; NULL: not told           */
    char *vm_extension;   /* folder of Microsoft's extension; NULL                     */
    bool names_kept;      /* ibfleet keeps the names of RDMA devices                   */
    char *held;           /* what ibfleet holds against updates: "driver",
                             "driver kernel"; NULL                                     */
    char *earlier;        /* what --rollback leads to: "inbox", "mlnx-ofed 5.8-1"; NULL */

    struct platform_nic *nics;
    size_t nic_count;
    struct platform_dkms *dkms;
    size_t dkms_count;
    struct platform_holder *holders;
    size_t holder_count;
    struct platform_ipoib *ipoib;
    size_t ipoib_count;
};

extern const struct record_shape platform_shape;

#endif
