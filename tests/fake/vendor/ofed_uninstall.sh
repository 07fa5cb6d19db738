#!/bin/bash
# Removes all that the bundle installed.
[ "${1:-}" = --force ] || { echo "This program will uninstall all @TITLE@ packages: --force"; exit 1; }
echo "uninstall @METHOD@ @VERSION@" >>/var/log/ibfleet-bundle.log
ours=$(dpkg-query -W -f '${Package} ${Version} ${db:Status-Status}\n' 2>/dev/null |
    awk '$3 != "not-installed" && ($1 ~ /^(ofed-scripts|mlnx-.*|iser-dkms|isert-dkms|srp-dkms|doca-ofed)$/ ||
        $2 ~ /mlnx/) {print $1}')
[ -z "$ours" ] || dpkg --force-depends --purge $ours || exit 1
rm -rf /etc/infiniband
echo "Uninstall finished successfully"
