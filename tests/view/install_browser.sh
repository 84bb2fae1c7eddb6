#!/usr/bin/env bash
# Installs the browser that tests/view needs, where that can be done: as root, with apt-get.
#
#   if bash tests/view/install_browser.sh; then export GAMUTMETA_REQUIRE_TOOLS=1; fi
#
# Exit code 1 if it could not; the tests that need the browser are then skipped, and say so.
set -uo pipefail
packages="chromium chromium-driver"

give_up() {
    echo "browser: $1; the tests that need Chromium will be skipped" >&2
    exit 1
}

export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # a list of names
if ! dpkg-query -W -f '${db:Status-Abbrev}\n' $packages > /dev/null 2>&1; then
    command -v apt-get > /dev/null || give_up "there is no apt-get"
    [ "$(id -u)" = 0 ] || give_up "only root can install packages"
    echo "browser: installing $packages"
    timeout 120 apt-get update -qq || give_up "apt-get update failed"
    timeout 600 apt-get install -qq --no-install-recommends -o DPkg::Lock::Timeout=60 $packages > /dev/null \
        || give_up "apt-get install failed"
fi
