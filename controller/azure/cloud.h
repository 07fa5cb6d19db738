/* cloud - which Azure: where its Resource Manager and its login are (pure) */
#ifndef CONTROLLER_CLOUD_H
#define CONTROLLER_CLOUD_H

#include <stdbool.h>

struct fail;

#define CLOUD_MAX_URL  256
#define CLOUD_METADATA "http://169.254.169.254"

struct cloud {
    char name[24];
    char arm[CLOUD_MAX_URL]; /* none of the three ends in '/' */
    char login[CLOUD_MAX_URL];
    char resource[CLOUD_MAX_URL]; /* what a token is for */
};

/* public, usgov, china, or the names of az, the SDKs and azEnvironment, in any case.  -1:
 * FAIL_USAGE, with the names there are.
 */
int cloud_named(const char *name, struct cloud *cloud, struct fail *why);

/* Put what is said in the place of what is; NULL: not said.  All must be https:// URLs
 * without a query, or http:// ones to loopback (for tests: nobody hears them).  An arm of its own makes it "custom".  -1: FAIL_USAGE.
 */
int cloud_change(struct cloud *cloud, const char *arm, const char *login,
                 const char *resource, struct fail *why);

/* May the metadata service be asked at this URL: http:// to 169.254.169.254 or loopback,
 * or https://?  -1: FAIL_USAGE.
 */
int cloud_check_metadata(const char *url, struct fail *why);

/* http:// to loopback? */
bool cloud_is_loopback(const char *url);

/* Same scheme, host and port? */
bool cloud_same_host(const char *url, const char *other);

#endif
