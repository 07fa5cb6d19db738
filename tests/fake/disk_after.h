/* disk_after - a folder as a power cut leaves it
 *
 * What was synced before the cut is there, and what was not is at the mercy of the disk:
 *
 *     DISK_LOSES        none of it
 *     DISK_KEEPS        all of it: the cut did no harm, or only the process was killed
 *     DISK_KEEPS_NAMES  files and their sizes came, were renamed and went; what was
 *                       written in them is zeros
 *     DISK_KEEPS_DATA   what was written is there, new names and sizes are not
 *     DISK_STOPS        all until a moment, drawn by the seed, and nothing after it
 *     DISK_DRAWS        each operation by itself, and of a write each sector by itself:
 *                       so they are reordered, and torn
 *
 * Held to be so of every disk: sync of a file puts its bytes and its size there, sync of
 * a folder its entries, and neither more than that; a rename happens whole or not at all;
 * a write harms no byte beside it ("powersafe overwrite", which SQLite asks for); what was
 * never written reads as zeros; what was there stays.  A disk that lies about a sync, or
 * sectors that rot, are not modelled.
 */
#ifndef TESTS_DISK_AFTER_H
#define TESTS_DISK_AFTER_H

#include <stddef.h>
#include <stdint.h>

#define DISK_SECTOR_BYTES 512

enum disk_fate {
    DISK_LOSES,
    DISK_KEEPS,
    DISK_KEEPS_NAMES,
    DISK_KEEPS_DATA,
    DISK_STOPS,
    DISK_DRAWS,
    DISK_FATES
};

struct disk_cut {
    size_t at; /* so many operations of the log were begun; 0 to disk_log_count() */
    enum disk_fate fate;
    uint64_t seed; /* for the last two */
};

/* A folder for disks, made; in memory where that is possible, as thousands of files come
 * and go.  -1 and errno.
 */
#define DISK_BASE_BYTES 32
int disk_base_make(char base[DISK_BASE_BYTES]);

const char *disk_fate_name(enum disk_fate fate);

/* In a folder that is there and empty. */
void disk_after_make(const struct disk_cut *cut, const char *folder);

/* Take away all that is in the folder. */
void disk_after_clear(const char *folder);

/* A number that differs with each of the three, for tests that draw by the same seed. */
uint64_t disk_draw(uint64_t seed, uint64_t a, uint64_t b);

#endif
