/* Is this a guest of Hyper-V, and one of Azure's? */
#include "node-agent/detect/part.h"

#include <stdlib.h>
#include <string.h>

#include "node-agent/detect/detect.h"
#include "node-agent/detect/tree.h"
#include "protocol/facts.h"
#include "protocol/scope.h"

/* Every machine of Azure's carries it, in every region and cloud. */
#define ASSET_TAG "7783-7084-3265-9085-8269-3286-77"

#define CLASS_PASS_THROUGH   "44c4f61d-4444-4400-9d52-802e27ede19f"
#define CLASS_NETWORK_DIRECT "8c2eaf3d-32a7-4b09-ab99-bd1f1c86b501"

bool detect_is_azure(const char *root)
{
    CLEANUP(text_done)
    char *tag = tree_line(root, "/sys/class/dmi/id/chassis_asset_tag");

    return tag && strcmp(tag, ASSET_TAG) == 0;
}

static void look(const char *root, const char *device, struct facts_platform *on)
{
    CLEANUP(text_done)
    char *class = tree_line(root, "/sys/bus/vmbus/devices/%s/class_id", device);

    if (class && strstr(class, CLASS_PASS_THROUGH))
        on->pass_through = true;
    if (class && strstr(class, CLASS_NETWORK_DIRECT))
        on->network_direct = true;
}

void part_hyperv(const char *root, struct facts *f)
{
    CLEANUP(tree_names_done)
    struct tree_names names = tree_names(root, "/sys/bus/vmbus/devices");

    f->platform.azure = detect_is_azure(root);
    f->platform.vmbus = names.count > 0;
    for (size_t i = 0; i < names.count; i++)
        look(root, names.list[i], &f->platform);
}
