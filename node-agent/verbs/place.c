#include "node-agent/verbs/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define CPULIST_BYTES 4096

bool place_parse_cpus(const char *text, cpu_set_t *cpus)
{
    CPU_ZERO(cpus);
    while (*text && *text != '\n') {
        char *end;
        unsigned long from = strtoul(text, &end, 10), to = from;

        if (end == text || *text == '-')
            return false;
        if (*end == '-') {
            text = end + 1;
            to = strtoul(text, &end, 10);
            if (end == text)
                return false;
        }
        if (to < from || to >= CPU_SETSIZE || (*end && !strchr(",\n", *end)))
            return false;
        for (; from <= to; from++)
            CPU_SET(from, cpus);
        text = *end == ',' ? end + 1 : end;
    }
    return CPU_COUNT(cpus) > 0;
}

int place_choose_cpu(const cpu_set_t *local, const cpu_set_t *allowed, unsigned nth)
{
    size_t found[CPU_SETSIZE], count = 0;
    cpu_set_t both;

    CPU_AND(&both, local, allowed);
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &both))
            found[count++] = cpu;
    return count ? (int)found[(nth + 1) % count] : -1;
}

/* mlx5_3 is the fourth of its kind: a name's number tells rails apart. */
static unsigned number_of(const char *hca)
{
    size_t at = strlen(hca);

    while (at > 0 && hca[at - 1] >= '0' && hca[at - 1] <= '9')
        at--;
    return (unsigned)strtoul(hca + at, NULL, 10);
}

static bool read_local_cpus(const char *hca, cpu_set_t *cpus)
{
    char path[160], text[CPULIST_BYTES];
    size_t n;
    FILE *file;

    snprintf(path, sizeof path, "/sys/class/infiniband/%s/device/local_cpulist", hca);
    file = fopen(path, "re");
    if (!file)
        return false;
    n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[n] = '\0';
    return place_parse_cpus(text, cpus);
}

void place_near(const char *hca)
{
    cpu_set_t local, allowed, one;
    int cpu;

    if (!read_local_cpus(hca, &local) || sched_getaffinity(0, sizeof allowed, &allowed))
        return;
    cpu = place_choose_cpu(&local, &allowed, number_of(hca));
    if (cpu < 0)
        return;
    CPU_ZERO(&one);
    CPU_SET((size_t)cpu, &one);
    sched_setaffinity(0, sizeof one, &one);
}

void place_raise_memlock(void)
{
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

    if (setrlimit(RLIMIT_MEMLOCK, &limit) == 0 || getrlimit(RLIMIT_MEMLOCK, &limit))
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_MEMLOCK, &limit);
}
