#!/bin/busybox sh
# The initramfs: load what reaches the disk, mount it, hand over.
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t proc proc /proc
echo LAB-BOOT
while read -r module; do
    /bin/busybox insmod "/modules/$module"
done </modules/order
/bin/busybox mount -t ext4 -o noatime /dev/vda /root || exec /bin/busybox reboot -f
/bin/busybox umount /proc
/bin/busybox mount -o move /dev /root/dev
exec /bin/busybox switch_root /root /sbin/init
