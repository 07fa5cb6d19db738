/* fuse - memory that runs out at a chosen moment
 *
 * A test that names this fake (first line: fakes: fuse) is linked with malloc and
 * its kin wrapped, cJSON's too.
 */
#ifndef TESTS_FAKE_FUSE_H
#define TESTS_FAKE_FUSE_H

/* Runs work again and again, its first allocation failing, then its second, until
 * it goes through.  work returns 0 when it succeeded and -1 when memory was short;
 * it must have freed all it made (the sanitizers look).  Returns how many runs
 * failed first.
 */
int fuse_burn(int (*work)(void));

#endif
