/* what-runs-where FOLDER   a line for each machine that make.py has written there */
#include <stdio.h>

#include "tests/fake/machines.h"

int main(int argc, char **argv)
{
    static struct machines machines;

    if (argc != 2) {
        fputs("usage: what-runs-where FOLDER\n", stderr);
        return 2;
    }
    machines_read(argv[1], &machines);
    machines_print(&machines, stdout);
    machines_done(&machines);
    return fflush(stdout) == 0 ? 0 : 2;
}
