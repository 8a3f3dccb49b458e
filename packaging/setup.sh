#!/bin/sh
# Prepares a checkout on Debian 12: system packages, virtual environment, fetched font and web assets.
# Each step is skipped while what it was made from is unchanged, so that a second run costs nothing.
set -eu
cd "$(dirname "$0")/.."

EXTRAS=${EXTRAS:-desktop,server,dev,assets,dist}
PYTHON=${PYTHON:-python3}

# What Qt needs of the system: widgets, the xcb and Wayland platforms, WebEngine. Names of Debian 12.
SYSTEM_PACKAGES="
    libgl1 libegl1 libglib2.0-0 libfontconfig1 libxkbcommon0 libdbus-1-3
    libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libxcb-xkb1 libxkbcommon-x11-0
    libwayland-cursor0 libwayland-egl1
    libnss3 libasound2 libxcomposite1 libxdamage1 libxrandr2 libxtst6 libxkbfile1"

# What PyInstaller needs besides (`make dist` asks for it): to read and write programs, and Python as a library, which
# Debian keeps apart from the interpreter.
if [ -n "${BUILDING:-}" ]; then
    SYSTEM_PACKAGES="$SYSTEM_PACKAGES binutils"
    shared=$("$PYTHON" -c 'if True:
        import pathlib, sysconfig
        of = sysconfig.get_config_var
        places = (pathlib.Path(of("LIBDIR")), pathlib.Path(of("LIBDIR"), of("MULTIARCH") or ""))
        print(any((place / str(of("INSTSONAME"))).exists() for place in places))')
    [ "$shared" = True ] || SYSTEM_PACKAGES="$SYSTEM_PACKAGES libpython3.11"
fi

say() { printf '%s\n' "setup: $*"; }
fail() { printf '%s\n' "setup: $*" >&2; exit 1; }

# The network may fail for a moment: try a step four times before giving up.
again() {
    for pause in 2 5 15 0; do
        "$@" && return
        [ "$pause" = 0 ] || { say "that failed; trying again in $pause s"; sleep "$pause"; }
    done
    fail "gave up: $*"
}

# A step leaves a stamp beside what it made, which says from what: is the stamp $1 still that of $2?
fresh() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }
sum_of() { cat "$@" | cksum; }

install_system_packages() {
    command -v dpkg-query >/dev/null || return 0  # not Debian: the check at the end tells
    missing=
    for package in $SYSTEM_PACKAGES; do
        case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
            *" installed") ;;
            *) missing="$missing $package" ;;
        esac
    done
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" = 0 ]; then
        as_root=env
    elif sudo -n true 2>/dev/null; then
        as_root="sudo env"
    elif fresh .venv/qt-works yes; then
        return 0  # a Debian where they have other names
    else
        say "these system packages are missing; run this as root, then again what you ran now:"
        say "  apt-get update && apt-get install --no-install-recommends$missing"
        return 0
    fi
    say "installing system packages:$missing"
    apt="$as_root DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300"
    # shellcheck disable=SC2086  # words are meant
    again $apt update
    # shellcheck disable=SC2086
    again $apt install -y --no-install-recommends $missing
}

make_environment() {
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "Python 3.11 or newer is needed"
    .venv/bin/python -c '' 2>/dev/null || { rm -rf .venv; "$PYTHON" -m venv .venv; }
    made_from="$EXTRAS $(sum_of pyproject.toml constraints.txt setup.py)"
    fresh .venv/made-from "$made_from" && return
    say "installing Python packages into .venv ($EXTRAS)"
    pip="env PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONWARNINGS=ignore .venv/bin/pip install -q -c constraints.txt"
    again $pip setuptools
    again $pip --no-build-isolation -e ".[$EXTRAS]"
    printf '%s\n' "$made_from" > .venv/made-from
}

fetch_assets() {
    made_from=$(sum_of package.json package-lock.json $(find packaging/*.py resources/map -type f | sort))
    fresh resources/assets/made-from "$made_from" && return
    say "fetching the font and web assets"
    # The environment's own node; the system may have none.
    PATH="$PWD/.venv/bin:$PATH" again npm ci --ignore-scripts --loglevel=error
    .venv/bin/python packaging/assets.py
    printf '%s\n' "$made_from" > resources/assets/made-from
}

check_qt() {
    fresh .venv/qt-works yes && return
    .venv/bin/python -c 'import PySide6.QtWidgets, PySide6.QtWebEngineCore' ||
        fail "Qt does not find the libraries that the Debian packages above would bring"
    echo yes > .venv/qt-works
}

install_system_packages
make_environment
fetch_assets
case ",$EXTRAS," in *,desktop,*) check_qt ;; esac
