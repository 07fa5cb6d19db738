/* facts - what a node is, as its agent found it
 *
 * Pure data: detected by node-agent/detect, sent once, judged by inventory/decide
 * and shown by `ibfleet probe`.  "Not there" and "not readable" are kept apart
 * from zero: text is NULL, a number is FACTS_UNKNOWN.
 *
 * Every string and array belongs to the struct facts and is freed with it.
 */
#ifndef PROTOCOL_FACTS_H
#define PROTOCOL_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/azure.h"
#include "protocol/platform.h"

struct fail;
struct json;

#define FACTS_SCHEMA  1
#define FACTS_UNKNOWN (-1)

/* Ceilings for what a node may claim to have; more is FAIL_GARBAGE. */
#define FACTS_MAX_HCAS     64
#define FACTS_MAX_PORTS    4
#define FACTS_MAX_GIDS     64
#define FACTS_MAX_PKEYS    128
#define FACTS_MAX_PCI      256
#define FACTS_MAX_NETDEVS  256
#define FACTS_MAX_MODULES  256
#define FACTS_MAX_PACKAGES 256

struct facts_os {
    char *id;         /* os-release ID: "debian", "ubuntu", "almalinux"          */
    char *id_like;    /* may be NULL                                            */
    char *version_id; /* "12", "22.04"; NULL on a rolling one                   */
    char *pretty;     /* for people                                             */
    char *kernel;     /* uname -r                                               */
    char *machine;    /* uname -m: "x86_64", "aarch64"                          */
    char *packages;   /* package manager: "apt", "dnf", "yum", "zypper", "tdnf" */
    bool systemd;     /* is it running (/run/systemd/system)?                   */
};

struct facts_pci {
    char *address; /* "0000:00:03.0" */
    uint16_t vendor, device;
    uint32_t class_code; /* 24 bits: 0x020700 is an InfiniBand controller */
    char *driver;        /* bound kernel driver or NULL */
    int numa;            /* node, or FACTS_UNKNOWN */
};

struct facts_netdev {
    char *name;
    char *driver; /* "virtio_net", "mlx5_core"; NULL for a virtual one */
    int mtu;
    bool up; /* operstate up (or unknown, with carrier) */
};

struct facts_gid {
    int index;
    char *gid;  /* as in sysfs: eight groups of four hex digits                 */
    char *type; /* "IB/RoCE v1", "RoCE v2"; NULL when sysfs does not say        */
};

struct facts_port {
    int number;
    char *link_layer; /* "InfiniBand" or "Ethernet"                             */
    char *state;      /* "ACTIVE", "DOWN", "INIT", "ARMED"                      */
    char *phys_state; /* "LinkUp", "Polling", "Disabled"                        */
    double rate_gbps; /* 0 when not known                                       */
    char *width;      /* "4X HDR" as sysfs prints it after the rate; may be NULL */
    int active_mtu;   /* bytes, or FACTS_UNKNOWN (sysfs does not tell it)       */
    int lid, sm_lid;  /* 0 on Ethernet                                          */
    uint16_t *pkeys;  /* non-zero entries of the table, in order                */
    size_t pkey_count;
    struct facts_gid *gids; /* non-zero ones */
    size_t gid_count;
};

struct facts_hca {
    char *name;      /* "mlx5_ib0", "rxe0"                                      */
    char *driver;    /* "mlx5_core" of its PCI device; "rxe" for Soft-RoCE      */
    char *firmware;  /* fw_ver; NULL                                            */
    char *board_id;  /* PSID; NULL                                              */
    char *node_guid; /* "0015:5dff:fe33:ff3e"                                   */
    char *pci;       /* address; NULL for Soft-RoCE                             */
    char *netdev;    /* interface of port 1; NULL                               */
    int numa;        /* or FACTS_UNKNOWN                                        */
    struct facts_port *ports;
    size_t port_count;
};

struct facts_package {
    char *name, *version;
};

struct facts {
    char *hostname;
    char *boot_id;       /* /proc/sys/kernel/random/boot_id: differs after a reboot */
    char *hypervisor;    /* "microsoft", "kvm", "qemu", "vmware", "none"; NULL      */
    char *size;          /* Azure size, when metadata says; NULL                    */
    char *physical_host; /* what Azure calls the machine below this one; NULL    */
    int cpus;
    uint64_t memory_bytes;
    uint64_t memlock_bytes; /* RLIMIT_MEMLOCK (soft) of a login; UINT64_MAX: none */
    uint64_t free_bytes;    /* on the file system of /var                        */
    uint32_t uid;           /* as whom the agent runs                            */
    struct facts_os os;

    struct facts_pci *pci; /* network class 02xx only */
    size_t pci_count;
    struct facts_netdev *netdevs;
    size_t netdev_count;
    struct facts_hca *hcas;
    size_t hca_count;
    char **modules; /* loaded, RDMA ones: ib_*, rdma_*, mlx*, iw_*, mana_ib       */
    size_t module_count;
    char **modules_available; /* of those, on disk for the running kernel         */
    size_t module_available_count;
    struct facts_package *packages; /* installed, RDMA ones */
    size_t package_count;
    char *rxe_kept;    /* interface on which ibfleet keeps Soft-RoCE over boots; NULL */
    bool memlock_kept; /* ibfleet's memlock limits file is in place               */
    struct facts_platform platform; /* all zero from agents that do not tell yet     */
    struct facts_azure *azure;      /* NULL: the metadata service was not asked        */
};

/* An empty one, numbers unknown.  NULL only when memory is exhausted. */
struct facts *facts_new(void);
void facts_free(struct facts *f); /* NULL is allowed */
void facts_done(struct facts **f);

/* The wire's form, with "schema": FACTS_SCHEMA.  NULL: out of memory. */
struct json *facts_encode(const struct facts *f);

/* The caller frees *f.  FAIL_GARBAGE names the field, FAIL_MEMORY. */
int facts_decode(const struct json *doc, struct facts **f, struct fail *why);

bool facts_have_module(const struct facts *f, const char *name); /* loaded */
bool facts_can_load(const struct facts *f, const char *name);    /* loaded or on disk */
const char *facts_package_version(const struct facts *f, const char *name); /* or NULL */

/* The HCA that measures: the first with an InfiniBand port, else the first with
 * an ACTIVE Ethernet port that is not Azure's Accelerated Networking function,
 * else Soft-RoCE.  NULL when there is none.  *port is its first suitable port.
 */
const struct facts_hca *facts_best_hca(const struct facts *f,
                                       const struct facts_port **port);

#endif
