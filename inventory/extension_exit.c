#include "inventory/extension_exit.h"

enum extension_exit extension_exit(enum fail_code code)
{
    switch (code) {
    case FAIL_NONE:
        return EXTENSION_OK;
    case FAIL_USAGE:
    case FAIL_CATALOG:
        return EXTENSION_USAGE;
    case FAIL_NO_PASS_THROUGH:
        return EXTENSION_NO_HYPER_V;
    case FAIL_NO_HCA:
        return EXTENSION_NO_DEVICE;
    case FAIL_DISTRIBUTION:
    case FAIL_KERNEL:
    case FAIL_DRIVER:
    case FAIL_MANA:
        return EXTENSION_DISTRIBUTION;
    case FAIL_SIZE:
    case FAIL_NETWORK_DIRECT:
        return EXTENSION_SIZE;
    default:
        return EXTENSION_FAILED;
    }
}

const char *extension_exit_text(enum extension_exit exit)
{
    switch (exit) {
    case EXTENSION_OK:
        return "well";
    case EXTENSION_USAGE:
        return "incorrect usage";
    case EXTENSION_NO_HYPER_V:
        return "no PCI pass-through of Hyper-V";
    case EXTENSION_NO_DEVICE:
        return "no InfiniBand device on this size";
    case EXTENSION_DISTRIBUTION:
        return "image not supported";
    case EXTENSION_SIZE:
        return "size not supported";
    case EXTENSION_FAILED:
        break;
    }
    return "operation unsuccessful";
}
