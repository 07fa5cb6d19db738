/* traits - what a node is, in the words of the operator (pure)
 *
 * A trait is one short text made of facts, so that equal nodes have equal texts and
 * fold, and different ones stand out.
 */
#ifndef CONTROLLER_TRAITS_H
#define CONTROLLER_TRAITS_H

struct facts;
struct text;

enum trait {
    TRAIT_OS,       /* Debian GNU/Linux 12 (bookworm)                          */
    TRAIT_KERNEL,   /* 6.1.0-28-amd64 x86_64                                   */
    TRAIT_MACHINE,  /* Standard_HB120rs_v3, microsoft, 120 CPUs, 448 GiB       */
    TRAIT_AZURE,    /* westeurope zone 1, scale set hb, image P:O:S:V, no event  */
    TRAIT_DRIVER,   /* doca-ofed 3.2.2, or inbox                               */
    TRAIT_DKMS,     /* mlnx-ofed-kernel 25.10 not built for 5.15.0-1060-azure  */
    TRAIT_STORAGE,  /* lustre /lustre: what keeps the modules from being unloaded */
    TRAIT_HCA,      /* mlx5_ib[0-7] mlx5_core                                  */
    TRAIT_LINK,     /* 8x InfiniBand 400 Gb/s ACTIVE, 1x Ethernet 100 Gb/s ACTIVE */
    TRAIT_FIT,      /* yes; else what its ports lack of what its size has      */
    TRAIT_FIRMWARE, /* mlx5_ib[0-7] 28.41.1000 MT_0000000838                   */
    TRAIT_NICS,     /* 2x 1af4:1000 virtio-pci, 1x 15b3:101a no driver         */
    TRAIT_PACKAGES, /* rdma-core 44.0-2, ibverbs-providers 44.0-2              */
    TRAIT_MODULES,  /* ib_core ib_uverbs mlx5_ib                               */
    TRAIT_MEMLOCK,  /* unlimited, or 64 KiB                                    */
    TRAIT_KEPT,     /* Soft-RoCE on eth1, memlock limits: what ibfleet keeps there */
    TRAITS
};

/* "os", "kernel", ...; never NULL. */
const char *trait_name(enum trait trait);

/* Add its text; never empty ("none", "unknown").  Not escaped. */
void trait_add(const struct facts *f, enum trait trait, struct text *text);

/* For a table: "mlx5_ib[0-7]", and "8x IB 400G" or "7x IB 400G, 1x IB DOWN". */
void trait_add_hca_names(const struct facts *f, struct text *text);
void trait_add_links(const struct facts *f, struct text *text);

/* "doca-ofed 3.2.2", "doca-ofed 3.2.2 NOT BUILT", or rdma-core's version with the inbox
 * driver.
 */
void trait_add_rdma(const struct facts *f, struct text *text);

#endif
