/* metrics_file - the metrics of a run in a file, for node_exporter's textfile collector
 *
 *     if (metrics_file_open(loop, "/var/lib/prometheus/node-exporter/ibfleet.prom",
 *                           &hooks, arg, &f, why) < 0)
 *         return -1;
 *     metrics_file_touch(f);               as often as something changes
 *     metrics_file_close(f, on_closed, arg);
 *
 * hooks.render is asked for the text once a second at most while there are touches, and once
 * at the end.  It grows as FILE.tmp beside its place, with mode 0644, is on the disk, and gets
 * its name in one step: whoever reads FILE reads a whole one.  The disk is waited for in
 * a thread, not by the loop.  One file is for one controller.
 */
#ifndef CONTROLLER_METRICS_FILE_H
#define CONTROLLER_METRICS_FILE_H

struct fail;
struct metrics_file;
struct text;
struct uv_loop_s;

#define METRICS_FILE_SUFFIX ".prom" /* the collector reads no others */
#define METRICS_FILE_MS     1000u   /* between two of them, at least */

struct metrics_file_hooks {
    /* metrics_render() of how it stands now. */
    void (*render)(void *arg, struct text *text);

    /* It could not be written: FAIL_STATE, names the file.  Once for each open; the run goes on, and the
     * next one is tried as ever.
     */
    void (*failed)(void *arg, const struct fail *why);
};

/* Before anything has changed.  FAIL_USAGE: the name does not end in .prom, its folder is not
 * there, we may not write into it, or it is on NFS or Lustre, which could hold us up;
 * FAIL_MEMORY.  Hooks are borrowed until it is closed.
 */
int metrics_file_open(struct uv_loop_s *loop, const char *path,
                      const struct metrics_file_hooks *hooks, void *arg,
                      struct metrics_file **f, struct fail *why);

/* Something has changed. */
void metrics_file_touch(struct metrics_file *f);

/* render is asked for the last time, now; that is written, then on_closed (NULL is allowed).
 * failed may come until then.
 */
void metrics_file_close(struct metrics_file *f, void (*on_closed)(void *arg), void *arg);

#endif
