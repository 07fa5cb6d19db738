/* azure - what Azure's instance metadata service says of a machine
 *
 * Part of the facts (protocol/facts.h), which own every string and array here; read by
 * protocol/instance.h.  An agent that is older than this part does not send it.
 */
#ifndef PROTOCOL_AZURE_H
#define PROTOCOL_AZURE_H

#include <stddef.h>

#include "protocol/record.h"

#define FACTS_MAX_EVENTS  64
#define FACTS_MAX_REFUSED 32

/* Something that Azure is about to do to this machine, in its own words. */
struct facts_event {
    char *id;
    char *type;       /* "Freeze", "Reboot", "Redeploy", "Preempt", "Terminate"     */
    char *status;     /* "Scheduled", "Started"; NULL                               */
    char *not_before; /* "Mon, 11 Apr 2022 22:26:58 GMT"; NULL: it may be any moment */
    char *source;     /* "Platform", "User"; NULL                                   */
    int duration_s;   /* how long it interrupts, or FACTS_UNKNOWN                   */
};

/* What the instance metadata service says of this machine.  Text is NULL where it said
 * nothing, or nothing that could be meant; in the latter case `refused` has the field.
 */
struct facts_azure {
    char *metadata;        /* how asking ended: "ok", "silent", "gone", ...      */
    char *metadata_detail; /* a sentence; NULL when all is well                  */
    char *events_asked;    /* the same of scheduled events; NULL: not asked      */
    char *events_detail;   /* likewise                                           */
    char *name;            /* Azure's name of the machine: "hbset_3"             */
    char *location, *zone; /* "westeurope", "1"                                  */
    char *publisher, *offer, *sku, *image_version; /* of the image                */
    char *os_type;       /* "Linux"                                            */
    char *environment;   /* "AzurePublicCloud"                                 */
    char *security_type; /* "TrustedLaunch", "ConfidentialVM"                  */
    int secure_boot;     /* 0, 1 or FACTS_UNKNOWN                              */
    char *scale_set;     /* its name, Uniform or Flexible                      */
    char *placement_group;
    char *vm_id, *resource_id;
    char **refused; /* fields with absurd values: "vmSize", "zone"                */
    size_t refused_count;
    struct facts_event *events; /* those that concern this machine                */
    size_t event_count;
};

extern const struct record_shape azure_shape;

#endif
