#include "protocol/platform.h"

/* clang-format off */
static const struct record_field nic_fields[] = {
    RECORD_FIELD(platform_nic, RECORD_TEXT,         pci),
    RECORD_FIELD(platform_nic, RECORD_TEXT_OR_NULL, family),
    RECORD_FIELD(platform_nic, RECORD_TEXT,         role),
    RECORD_FIELD(platform_nic, RECORD_TEXT_OR_NULL, hca),
};
static const struct record_shape nic_shape = RECORD_SHAPE(platform_nic, nic_fields);

static const struct record_field dkms_fields[] = {
    RECORD_FIELD(platform_dkms, RECORD_TEXT, module),
    RECORD_FIELD(platform_dkms, RECORD_TEXT, version),
    RECORD_FIELD(platform_dkms, RECORD_TEXT, state),
};
static const struct record_shape dkms_shape = RECORD_SHAPE(platform_dkms, dkms_fields);

static const struct record_field holder_fields[] = {
    RECORD_FIELD(platform_holder, RECORD_TEXT, kind),
    RECORD_FIELD(platform_holder, RECORD_TEXT, what),
};
static const struct record_shape holder_shape = RECORD_SHAPE(platform_holder, holder_fields);

static const struct record_field ipoib_fields[] = {
    RECORD_FIELD(platform_ipoib, RECORD_TEXT, mac),
    RECORD_FIELD(platform_ipoib, RECORD_TEXT, address),
    RECORD_FIELD(platform_ipoib, RECORD_FLAG, kept),
};
static const struct record_shape ipoib_shape = RECORD_SHAPE(platform_ipoib, ipoib_fields);

static const struct record_field platform_fields[] = {
    RECORD_FIELD(facts_platform, RECORD_FLAG, azure),
    RECORD_FIELD(facts_platform, RECORD_FLAG, vmbus),
    RECORD_FIELD(facts_platform, RECORD_FLAG, pass_through),
    RECORD_FIELD(facts_platform, RECORD_FLAG, network_direct),
    RECORD_FIELD(facts_platform, RECORD_TEXT_OR_NULL, driver),
    RECORD_FIELD(facts_platform, RECORD_TEXT_OR_NULL, driver_version),
    RECORD_FIELD(facts_platform, RECORD_TEXT_OR_NULL, driver_module),
    RECORD_FIELD(facts_platform, RECORD_TEXT_OR_NULL, image_driver),
    RECORD_FIELD(facts_platform, RECORD_TEXT_OR_NULL, headers),
    RECORD_FIELD(facts_platform, RECORD_TEXT_OR_NULL, vm_extension),
    RECORD_FIELD(facts_platform, RECORD_FLAG, names_kept),
    RECORD_FIELD(facts_platform, RECORD_TEXT_OR_NULL, held),
    RECORD_FIELD(facts_platform, RECORD_TEXT_OR_NULL, earlier),
    RECORD_ARRAY(facts_platform, RECORD_LIST, nics, nic_count, &nic_shape, PLATFORM_MAX_NICS),
    RECORD_ARRAY(facts_platform, RECORD_LIST, dkms, dkms_count, &dkms_shape, PLATFORM_MAX_DKMS),
    RECORD_ARRAY(facts_platform, RECORD_LIST, holders, holder_count, &holder_shape,
                 PLATFORM_MAX_HOLDERS),
    RECORD_ARRAY(facts_platform, RECORD_LIST, ipoib, ipoib_count, &ipoib_shape,
                 PLATFORM_MAX_IPOIB),
};
const struct record_shape platform_shape = RECORD_SHAPE(facts_platform, platform_fields);
/* clang-format on */
