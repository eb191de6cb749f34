#!/bin/sh
# Makes .venv hold exactly requirements.lock plus this project, editable. Does nothing when that is already so.
#
#   sh scripts/setup.sh             set up, if needed
#   sh scripts/setup.sh --problem   print why no environment can be made, in one line; nothing when it can
#
# PYTHON names the interpreter to use; without it the first suitable one on the PATH is taken.
set -eu

root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$root"
venv=$root/.venv
stamps=$venv/nsmo-setup
oldest=3.11

# An activated .venv would otherwise be asked to rebuild itself.
PATH=$(printf '%s' "$PATH" | tr ':' '\n' | grep -vxF "$venv/bin" | paste -sd: -)
unset PYTHONHOME PYTHONPATH VIRTUAL_ENV
# The path of this folder may hold any letters, and the locale of a machine none of them.
export PYTHONUTF8=1

# Windows has neither forks nor the locks of files that a build needs; its Linux side has.
system=$(uname -s 2>/dev/null) || system=unknown
case $system in
    MINGW* | MSYS* | CYGWIN* | Windows*)
        unsupported="Windows itself cannot build the report: use WSL (https://learn.microsoft.com/windows/wsl), or the container (README, Setting up otherwise)"
        ;;
    *) unsupported='' ;;
esac

version_of() {
    "$1" -c 'import sys; print(".".join(map(str, sys.version_info[:3])))' 2>/dev/null
}

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11))' 2>/dev/null
}

# Sets `python`, or `problem` when there is none to use.
find_python() {
    python='' problem='' old=''
    if [ -n "${PYTHON:-}" ]; then
        set -- "$PYTHON"
    elif environment_stands; then
        set -- "$venv/bin/python" # whoever chose it once need not choose again
    else
        set -- python3 python3.13 python3.12 python3.11 python3.14 python
    fi
    for candidate; do
        found=$(version_of "$candidate") || continue
        if new_enough "$candidate"; then
            python=$candidate
            break
        fi
        [ -n "$old" ] || old="$candidate is Python $found"
    done
    if [ -z "$python" ]; then
        [ -n "$old" ] || old="${PYTHON:-Python} was not found"
        problem="$old, but Python $oldest or newer is needed: install one, or name it with PYTHON=/path/to/python$oldest"
    elif ! command -v uv >/dev/null 2>&1 && ! "$python" -c 'import ensurepip' 2>/dev/null; then
        problem="$python cannot make an environment with pip: install its venv package (Debian: python3-venv), or uv"
    fi
}

# Neither tool says in plain words that there is no network; each has said its own before.
fetched() {
    "$@" && return
    echo "setup: the packages of requirements.lock could not be installed; see above. Is there a network, and does" >&2
    echo "    pip reach its index (a proxy: HTTPS_PROXY; a mirror: PIP_INDEX_URL, UV_INDEX_URL)? make setup goes on from here" >&2
    exit 1
}

# The environment is usable when it runs, stands where it was made and has the Python that was asked for.
environment_stands() {
    [ "$(cat "$stamps/place" 2>/dev/null)" = "$venv" ] || return 1
    new_enough "$venv/bin/python" || return 1
    [ -z "${PYTHON:-}" ] || [ "$(version_of "$PYTHON")" = "$(version_of "$venv/bin/python")" ]
}

up_to_date() { # file
    cmp -s "$1" "$stamps/$1"
}

# What is installed now; compared with what was when it was set up, so that a package changed by hand is put right.
installed() {
    ls "$venv"/lib/python*/site-packages 2>/dev/null | grep '\.dist-info$' || true
}

as_installed() {
    [ "$(installed)" = "$(cat "$stamps/installed" 2>/dev/null)" ]
}

ready() {
    environment_stands && up_to_date requirements.lock && up_to_date pyproject.toml && as_installed
}

# Without git, DVC must be told so. A .git that appears later is left alone, as is a choice already made.
allow_no_git() {
    [ -e .git ] && return
    grep -qs no_scm .dvc/config.local && return
    printf '[core]\n    no_scm = true\n' >>.dvc/config.local
}

# Read by Python when it starts. The path of this folder may hold any letters, and the locale none of them: with
# mijn étude Python would not even start under LC_ALL=C. Seen from where it is written, the path is plain.
# DVC asks who works here, and where at home: somebody whom the machine has no name for (`docker run -u 12345`)
# would get its traceback, so the number stands in for the name.
start_plainly() {
    for file in "$venv"/lib/python*/site-packages/_editable_impl_nsmo.pth; do
        [ -f "$file" ] || continue
        cat >"$file" <<'END'
../../../../src
import os, sys; {"HOME", "USER"} <= os.environ.keys() or exec("import pwd\ntry:\n    pwd.getpwuid(os.getuid())\nexcept KeyError:\n    os.environ.setdefault('USER', str(os.getuid()))\n    os.environ.setdefault('HOME', os.path.dirname(sys.prefix) + '/.nsmo/home')")
END
    done
}

pip_install() {
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation "$@"
}

if [ "${1:-}" = --problem ]; then
    if [ -n "$unsupported" ]; then
        printf '%s' "$unsupported"
        exit 0
    fi
    ready || { find_python && printf '%s' "$problem"; }
    exit 0
fi

if [ -n "$unsupported" ]; then
    echo "$unsupported" >&2
    exit 1
fi
allow_no_git
if ready; then
    exit 0
fi
find_python
if [ -n "$problem" ]; then
    echo "$problem" >&2
    exit 1
fi

if [ "$system" = Darwin ]; then
    echo "setup: macOS is not among the machines that this is tested on; the container gives the bytes that are committed"
fi
count=$(grep -c '^[a-z0-9].*==' requirements.lock)
if command -v uv >/dev/null 2>&1; then
    tool=uv
else
    tool=pip
fi

# pip cannot remove what the lock no longer names, so with pip another lock means a new environment. One that uv
# made has no pip at all.
usable() {
    environment_stands || return 1
    [ "$tool" = uv ] || { up_to_date requirements.lock && "$venv/bin/python" -c 'import pip' 2>/dev/null; }
}
as_installed || rm -f "$stamps/requirements.lock"
# What somebody else made under this name is put aside, not lost.
if [ -e "$venv" ] && [ ! -d "$stamps" ]; then
    aside=.venv.before
    while [ -e "$aside" ]; do aside=$aside.before; done
    mv "$venv" "$aside"
    echo "setup: .venv was not made here; it is $aside now"
fi
if ! usable; then
    echo "setup: new environment in .venv with Python $(version_of "$python")"
    base=$("$python" -c 'import sys; print(getattr(sys, "_base_executable", None) or sys.executable)')
    rm -rf "$venv"
    if [ "$tool" = uv ]; then
        "$base" -m venv --without-pip "$venv"
    else
        "$base" -m venv "$venv"
    fi
    mkdir -p "$stamps"
    printf '%s\n' "$venv" >"$stamps/place"
fi

# One or two packages come as source only. Their build tool is taken from the lock too, not fetched unchecked.
if ! up_to_date requirements.lock; then
    rm -f "$stamps/requirements.lock" "$stamps/pyproject.toml"
    if [ "$tool" = uv ]; then
        echo "setup: $count packages of requirements.lock with uv"
        # Compiled here, as pip does, so that a compiler's warning cannot end up in the first notebook that imports.
        fetched uv pip sync --quiet --compile-bytecode --python "$venv/bin/python" --require-hashes \
            --build-constraints requirements.lock requirements.lock
    else
        echo "setup: $count packages of requirements.lock with pip, some minutes; .venv takes 1.3 GB"
        awk '/^[a-z0-9]/ { keep = /^setuptools==/ } keep' requirements.lock >"$stamps/setuptools.lock"
        fetched pip_install --require-hashes --requirement "$stamps/setuptools.lock"
        fetched pip_install --require-hashes --use-pep517 --requirement requirements.lock
    fi
    cp requirements.lock "$stamps/requirements.lock"
fi

# The build backend is in the lock, so nothing is fetched here.
if [ "$tool" = uv ]; then
    uv pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation --offline --editable .
else
    pip_install --no-index --editable .
fi
start_plainly
cp pyproject.toml "$stamps/pyproject.toml"
installed >"$stamps/installed"
echo "setup: ready; 'source .venv/bin/activate' puts nsmo, dvc and jupyter on the PATH"
