/* part - what detect() is made of: each fills its own corner of the facts
 *
 * What a node does not have, or has in a shape that we do not know, stays NULL,
 * FACTS_UNKNOWN or zero.  Lists are cut at the ceilings of facts.h.
 */
#ifndef NODE_AGENT_DETECT_PART_H
#define NODE_AGENT_DETECT_PART_H

struct facts;

void part_os(const char *root, struct facts *f);      /* os, systemd, package manager */
void part_machine(const char *root, struct facts *f); /* names, sizes, hypervisor     */
void part_kvp(const char *root, struct facts *f);     /* what Hyper-V has told */
void part_pci(const char *root, struct facts *f);
void part_netdevs(const char *root, struct facts *f);
void part_hcas(const char *root, struct facts *f);
void part_modules(const char *root,
                  struct facts *f); /* after part_os: needs the kernel */
void part_packages(const char *root, struct facts *f); /* after part_os */
void part_headers(const char *root, struct facts *f); /* after part_os */
void part_waagent(const char *root, struct facts *f);
void part_hyperv(const char *root, struct facts *f);
void part_nics(const char *root, struct facts *f); /* after part_pci and part_hcas */
void part_ofed(const char *root, struct facts *f); /* after part_packages, part_modules */
void part_dkms(const char *root, struct facts *f); /* after part_os */
void part_holders(const char *root, struct facts *f);
void part_kept(const char *root, struct facts *f); /* what an earlier run left in place */
/* The same of names and addresses: after part_nics and part_kvp. */
void part_kept_devices(const char *root, struct facts *f);

#endif
