/* A module that says which version it is, and does nothing (tests/fake/bundle). */
#include <linux/init.h>
#include <linux/module.h>

#ifdef TOLD_TO_FAIL
#error told to fail by /etc/ibfleet-bundle.conf
#endif

static int __init bundle_init(void)
{
	return 0;
}

static void __exit bundle_exit(void)
{
}

module_init(bundle_init);
module_exit(bundle_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("@TITLE@, a bundle for tests");
MODULE_VERSION("@STACK@");
