#!/usr/bin/env bash
# Installs what tests/plugins needs beside tests/interop: Lua, darktable, a screen that nobody sees, and PyGObject.
#
#   if bash tests/plugins/install_tools.sh; then export GAMUTMETA_REQUIRE_TOOLS=1; fi
#
# Exit code 1 if it could not; the tests that need them are then skipped, and say so.
set -uo pipefail

packages="lua5.4 darktable xvfb python3-gi"

give_up() {
    echo "plug-ins: $1; the tests that need them will be skipped" >&2
    exit 1
}

export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # a list of names
if ! dpkg-query -W -f '${db:Status-Abbrev}\n' $packages > /dev/null 2>&1; then
    command -v apt-get > /dev/null || give_up "there is no apt-get"
    [ "$(id -u)" = 0 ] || give_up "only root can install packages"
    echo "plug-ins: installing $packages"
    timeout 120 apt-get update -qq || give_up "apt-get update failed"
    timeout 300 apt-get install -qq --no-install-recommends -o DPkg::Lock::Timeout=60 $packages > /dev/null \
        || give_up "apt-get install failed"
fi
