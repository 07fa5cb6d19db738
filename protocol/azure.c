#include "protocol/azure.h"

#include <stdint.h>

/* clang-format off */
static const struct record_field event_fields[] = {
    RECORD_FIELD(facts_event, RECORD_TEXT,         id),
    RECORD_FIELD(facts_event, RECORD_TEXT,         type),
    RECORD_FIELD(facts_event, RECORD_TEXT_OR_NULL, status),
    RECORD_FIELD(facts_event, RECORD_TEXT_OR_NULL, not_before),
    RECORD_FIELD(facts_event, RECORD_TEXT_OR_NULL, source),
    RECORD_RANGE(facts_event, RECORD_INT, duration_s, RECORD_UNKNOWN, INT32_MAX),
};
static const struct record_shape event_shape = RECORD_SHAPE(facts_event, event_fields);

static const struct record_field azure_fields[] = {
    RECORD_FIELD(facts_azure, RECORD_TEXT,         metadata),
    RECORD_FIELD(facts_azure, RECORD_TEXT_OR_NULL, metadata_detail),
    RECORD_FIELD(facts_azure, RECORD_TEXT_OR_NULL, events_asked),
    RECORD_FIELD(facts_azure, RECORD_TEXT_OR_NULL, events_detail),
    RECORD_FIELD(facts_azure, RECORD_TEXT_OR_NULL, name),
    RECORD_FIELD(facts_azure, RECORD_TEXT_OR_NULL, location),
    RECORD_FIELD(facts_azure, RECORD_TEXT_OR_NULL, zone),
    RECORD_FIELD(facts_azure, RECORD_TEXT_OR_NULL, publisher),
    RECORD_FIELD(facts_azure, RECORD_TEXT_OR_NULL, offer),
    RECORD_FIELD(facts_azure, RECORD_TEXT_OR_NULL, sku),
    RECORD_FIELD(facts_azure, RECORD_TEXT_OR_NULL, image_version),
    RECORD_FIELD(facts_azure, RECORD_TEXT_OR_NULL, os_type),
    RECORD_FIELD(facts_azure, RECORD_TEXT_OR_NULL, environment),
    RECORD_FIELD(facts_azure, RECORD_TEXT_OR_NULL, security_type),
    RECORD_FIELD(facts_azure, RECORD_FLAG_OR_NULL, secure_boot),
    RECORD_FIELD(facts_azure, RECORD_TEXT_OR_NULL, scale_set),
    RECORD_FIELD(facts_azure, RECORD_TEXT_OR_NULL, placement_group),
    RECORD_FIELD(facts_azure, RECORD_TEXT_OR_NULL, vm_id),
    RECORD_FIELD(facts_azure, RECORD_TEXT_OR_NULL, resource_id),
    RECORD_ARRAY(facts_azure, RECORD_TEXTS, refused, refused_count, NULL,
                 FACTS_MAX_REFUSED),
    RECORD_ARRAY(facts_azure, RECORD_LIST, events, event_count, &event_shape,
                 FACTS_MAX_EVENTS),
};
const struct record_shape azure_shape = RECORD_SHAPE(facts_azure, azure_fields);
/* clang-format on */
