#!/usr/bin/env bash
# Installs the software that tests/interop needs, where that can be done: as root, with apt-get and pip.
#
#   if bash tests/interop/install_tools.sh .venv/bin/python; then export GAMUTMETA_REQUIRE_TOOLS=1; fi
#
# Exit code 1 if it could not; the tests that need the software are then skipped, and say so.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
python=${1:-python3}

give_up() {
    echo "interoperability: $1; the tests that need other software will be skipped" >&2
    exit 1
}

apt_packages=$("$python" -m benchmarks.interop.tools apt) || give_up "$python does not run"
pip_packages=$("$python" -m benchmarks.interop.tools pip)
export DEBIAN_FRONTEND=noninteractive

# shellcheck disable=SC2086 # lists of names
if ! dpkg-query -W -f '${db:Status-Abbrev}\n' $apt_packages > /dev/null 2>&1; then
    command -v apt-get > /dev/null || give_up "there is no apt-get"
    [ "$(id -u)" = 0 ] || give_up "only root can install packages"
    echo "interoperability: installing $apt_packages"
    timeout 120 apt-get update -qq || give_up "apt-get update failed"
    timeout 300 apt-get install -qq --no-install-recommends -o DPkg::Lock::Timeout=60 $apt_packages > /dev/null \
        || give_up "apt-get install failed"
fi
# shellcheck disable=SC2086
"$python" -m pip install -q --disable-pip-version-check -c constraints.txt $pip_packages || give_up "pip install failed"
