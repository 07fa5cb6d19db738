/* vendor - a driver of the vendor's on this node: is it there, and what is of it
 *
 * Shared by the steps that put one in and take one out.  It looks at files and at the
 * package manager, and changes nothing.
 */
#ifndef NODE_AGENT_INSTALL_VENDOR_H
#define NODE_AGENT_INSTALL_VENDOR_H

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct facts;
struct home;
struct was;

#define VENDOR_MLNX_OFED "mlnx-ofed"
#define VENDOR_DOCA_OFED "doca-ofed"

#define VENDOR_UNINSTALLER "/usr/sbin/ofed_uninstall.sh"
#define VENDOR_DKMS_PIN    "/etc/apt/preferences.d/doca-dkms-pin"

/* Of detect() only what is about the system, its packages and its RDMA driver.  The caller
 * frees *f.  FAIL_MEMORY.
 */
int vendor_look(const struct home *h, struct facts **f, struct fail *why);

/* Has the node one, and is it of that method and version?  Packages of DOCA-OFED have a
 * build behind the version: "3.2.1-044000" is 3.2.1.
 */
bool vendor_is_there(const struct facts *f);
bool vendor_is(const struct facts *f, const char *method, const char *version);

/* "mlnx-ofed 5.8-1", "doca-ofed 3.2.1" as catalogs name it, "inbox". */
void vendor_name(const struct facts *f, char *name, size_t size);

/* By its name or its version: is that package one of the vendor's? */
bool vendor_has_package(const char *name, const char *version);

/* The vendor's packages that dpkg has begun with and not ended; their names, as far as
 * there is room.  0 where there is no dpkg.
 */
size_t vendor_unfinished(char *names, size_t size);

#endif
