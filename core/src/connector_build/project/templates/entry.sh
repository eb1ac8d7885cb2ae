set -euo pipefail
# Written for bash 3.2 and later, so that it runs on macOS as it comes. It finds a Python; what that does is in
# connector_core/runtime/scripts.

stop() {
    printf 'Error: %s\n' "$*" >&2
    exit 2
}

# Prints the Python that the `fivetran` command runs on: the connector runs on that one, so what it needs is installed there.
# The command's first line names it, or the second one where pip had to work around a long path or a space.
python_named_by_fivetran() {
    local script="$1" first="" second=""
    { IFS= read -r first && IFS= read -r second; } 2>/dev/null <"$script" || true
    case "$first" in
        '#!/usr/bin/env '*) : ;; # the first python3 on PATH, which is tried anyway
        '#!'*python*) printf '%s' "$first" | sed -e 's/^#![[:space:]]*//' -e 's/[[:space:]].*$//' ;;
        '#!'*) printf '%s' "$second" | sed -n "s/^'''exec' \"\{0,1\}\(\/[^\"]*python[^\" ]*\)\"\{0,1\} .*$/\1/p" ;;
    esac
}

# Sets `python` to the first candidate that can run the connector, one with duckdb, which shows the rows, before one without.
find_python() {
    local script candidate missing status lacks=""
    local probe='import sys; from importlib.util import find_spec
if sys.version_info < (3, 11): sys.exit(3)
lacks = [name for name in ("attrs", "pluggy", "requests") if find_spec(name) is None]
print(*lacks, sep=", "); sys.exit(4 if lacks else 5 if find_spec("duckdb") is None else 0)'
    script="$(command -v fivetran)" ||
        stop "the fivetran command is not on PATH. Activate its virtualenv, or install it: pip install 'fivetran-connector-sdk>=3,<4'"
    python=""
    for candidate in "$(python_named_by_fivetran "$script")" "$(dirname -- "$script")/python3" python3 python; do
        [ -n "$candidate" ] || continue
        status=0
        # From /, so that no file of the project passes for a module of Python's.
        missing="$(cd / && "$candidate" -c "$probe" 2>/dev/null)" || status=$?
        case "$status" in
            0)
                python="$candidate"
                return 0
                ;;
            4) [ -n "$lacks" ] || lacks="$candidate lacks $missing. The connector needs it: '$candidate' -m pip install -r requirements.txt" ;;
            5) python="${python:-$candidate}" ;;
        esac
    done
    [ -n "$python" ] || stop "${lacks:-no Python 3.11 or later was found. Install it, and then the fivetran command with it.}"
}

for argument in "$@"; do
    case "$argument" in
        --) break ;;
        -h | --help)
            sed -n '2,/^[^#]/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
            exit 0
            ;;
    esac
done

# An exported CDPATH would make `cd` print, and perhaps go somewhere else; with PYTHONSAFEPATH nothing here would be imported.
unset CDPATH PYTHONSAFEPATH
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
[ -f connector_core/runtime/scripts/__main__.py ] ||
    stop "connector_core is missing in $(pwd -P). Build the project again: connector-build @DATASET@"
find_python
# In the place of this shell, so that a signal to the script is one to what it does.
exec "$python" -m connector_core.runtime.scripts @SCRIPT@ @DATASET@ "@TABLES@" "$@"
