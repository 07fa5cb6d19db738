/* Whatever folders and links DKMS has: what is told of them is of the closed set of states,
 * and travels.  Each line is a path below its folder: one that ends in '/' is a folder,
 * PATH=TEXT a file that says TEXT, PATH>TARGET a link, which leads nowhere.
 */
#include <ftw.h>

#include "node-agent/detect/part.h"
#include "tests/fuzz/scratch.h"

#define DKMS        "var/lib/dkms"
#define MAX_ENTRIES 64

static int drop(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

/* A step up would lead out of the scratch root. */
static int is_below(const char *path)
{
    return *path && *path != '/' && !strstr(path, "..") && strlen(path) < 200;
}

static void make_folders(char *path, size_t kept)
{
    for (char *slash = path + kept; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
}

static void make(char *line)
{
    char path[PATH_MAX], *what = line + strcspn(line, "=>"), kind = *what;
    FILE *file;

    *what = '\0';
    if (!is_below(line))
        return;
    snprintf(path, sizeof path, "%s/" DKMS "/%s", scratch_root, line);
    make_folders(path, strlen(scratch_root) + 1);
    if (kind == '>' && what[1]) {
        if (symlink(what + 1, path) < 0)
            return;
    } else if (kind == '=' && (file = fopen(path, "wx"))) {
        fprintf(file, "%s\n", what + 1);
        fclose(file);
    }
}

static void make_all(const uint8_t *data, size_t size)
{
    CLEANUP(text_done) char *text = strndup((const char *)data, size);
    char *save = NULL, *line = strtok_r(text, "\n", &save);

    for (int i = 0; line && i < MAX_ENTRIES; i++, line = strtok_r(NULL, "\n", &save))
        make(line);
}

static void check(const struct facts_platform *on)
{
    static const char states[] = " added built installed failed ";

    demand(on->dkms_count <= PLATFORM_MAX_DKMS);
    for (size_t i = 0; i < on->dkms_count; i++) {
        char word[32];

        snprintf(word, sizeof word, " %s ", on->dkms[i].state);
        demand(strstr(states, word) != NULL);
        demand(*on->dkms[i].module && *on->dkms[i].version);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(facts_done) struct facts *f = facts_new();
    char top[PATH_MAX];

    scratch_begin();
    scratch_path(DKMS, top);
    make_all(data, size);
    f->os.kernel = strdup("6.1");
    f->os.machine = strdup("x86_64");
    part_dkms(scratch_root, f);
    nftw(top, drop, 16, FTW_DEPTH | FTW_PHYS);
    check(&f->platform);
    scratch_survives(f);
    return 0;
}
