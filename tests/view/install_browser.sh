#!/usr/bin/env bash
# Installs the browsers that tests/view needs, where that can be done: as root, with apt-get; and with npm, the decoder of
# JPEG that pages can load.
#
#   if bash tests/view/install_browser.sh; then export GAMUTMETA_REQUIRE_TOOLS=1; fi
#
# Exit code 1 if it could not; the tests that need what is missing are then skipped, and say so. Firefox is not demanded,
# since not all systems have it as a package.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
packages="chromium chromium-driver"

give_up() {
    echo "browser: $1; the tests that need $2 will be skipped" >&2
    exit 1
}

installed() {
    dpkg-query -W -f '${db:Status-Abbrev}\n' "$@" > /dev/null 2>&1
}

install() {
    timeout 600 apt-get install -qq --no-install-recommends -o DPkg::Lock::Timeout=60 "$@" > /dev/null
}

export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # a list of names
if ! installed $packages firefox-esr; then
    command -v apt-get > /dev/null || give_up "there is no apt-get" Chromium
    [ "$(id -u)" = 0 ] || give_up "only root can install packages" Chromium
    echo "browser: installing $packages firefox-esr"
    timeout 120 apt-get update -qq || give_up "apt-get update failed" Chromium
    install $packages || give_up "apt-get install failed" Chromium
    install firefox-esr || echo "browser: there is no firefox-esr; the tests that need Firefox will be skipped" >&2
fi
if [ ! -d spec/decoders/node_modules/pdfjs-dist ]; then
    echo "browser: installing pdfjs-dist"
    npm ci --prefix spec/decoders --omit=optional --ignore-scripts --silent --no-audit --no-fund \
        || give_up "npm ci failed" pdfjs-dist
fi
