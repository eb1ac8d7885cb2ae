#!/usr/bin/env bash
# Runs the @DATASET@ connector on this machine from an empty start, and shows what arrived:
#   1. checks that the project is whole      4. fivetran debug
#   2. asks before anything is removed       5. rows of each table, operation counts, next state
#   3. fivetran reset
# Written for bash 3.2 and later, so that it runs on macOS as it comes.
set -euo pipefail

readonly DATASET="@DATASET@"
readonly TABLES="@TABLES@"
readonly NEEDED_FILES="connector.py configuration.json requirements.txt"

usage() {
    cat <<EOF
Usage: ./debug_and_reset.sh [--yes]

Resets the local state of the $DATASET connector, runs \`fivetran debug\`, and shows the first
rows of each table ($TABLES), the operation counts and the state for the next sync.

Options:
  -y, --yes   do not ask before the reset
  -h, --help  show this text and exit

Exit code: 0 done, or you answered no; 1 the reset or the run failed; 2 something is missing here.
EOF
}

stop() { # stop EXIT_CODE MESSAGE...: one clear line, then the end
    local code="$1"
    shift
    printf 'Error: %s\n' "$*" >&2
    exit "$code"
}

parse_arguments() {
    assume_yes=no
    while [ "$#" -gt 0 ]; do
        case "$1" in
            -y | --yes) assume_yes=yes ;;
            -h | --help)
                usage
                exit 0
                ;;
            *)
                printf 'Error: unknown argument: %s\n\n' "$1" >&2
                usage >&2
                exit 2
                ;;
        esac
        shift
    done
}

enter_project() {
    # An exported CDPATH would make `cd` print, and perhaps go somewhere else.
    unset CDPATH
    cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
    project="$(pwd -P)"
}

check_project() {
    local file
    for file in $NEEDED_FILES; do
        [ -f "$file" ] || stop 2 "$file is missing in $project. Build the project again: connector-build $DATASET"
    done
    command -v fivetran >/dev/null 2>&1 ||
        stop 2 "the fivetran command is not on PATH. Activate its virtualenv, or install it: pip install 'fivetran-connector-sdk>=3,<4'"
}

confirm_reset() {
    local answer
    printf 'The reset removes what earlier local runs left in %s.\n' "$project/files"
    printf 'Tables that start again from nothing: %s\n' "${TABLES// /, }"
    [ "$assume_yes" = no ] || return 0
    while true; do
        printf 'Do you want to continue? (Y/n) '
        # At the end of the input `read` fails, yet it keeps a last line that had no newline.
        # An Enter means yes; an input that just ends is nobody's yes.
        answer=""
        read -r answer || answer="${answer:-n}"
        [ -t 0 ] || printf '\n'
        case "$answer" in
            "" | y | Y | yes | Yes | YES) return 0 ;;
            n | N | no | No | NO)
                printf 'Nothing was changed.\n'
                exit 0
                ;;
            *) printf 'Please answer y or n.\n' ;;
        esac
    done
}

reset_project() {
    local output="$scratch/reset.log" status=0
    fivetran reset --yes >"$output" 2>&1 || status=$?
    # `fivetran reset` may end well without removing anything: old rows would then pass for new ones.
    if [ "$status" -eq 0 ] && [ -e files/warehouse.db ]; then
        status=1
    fi
    if [ "$status" -ne 0 ]; then
        cat "$output" >&2
        stop 1 "fivetran reset failed; its output is above. Close what has files/warehouse.db open, then try again."
    fi
    printf 'Reset: done.\n'
}

debug_project() {
    local status=0 report
    printf 'Running: fivetran debug --configuration configuration.json\n\n'
    # Unbuffered, or Python would hold its lines back because of the pipe.
    PYTHONUNBUFFERED=1 PATH="$scratch/bin:$PATH" fivetran debug --configuration configuration.json 2>&1 | tee "$debug_log" ||
        status="${PIPESTATUS[0]}"
    [ "$status" -ne 0 ] || return 0
    {
        printf '\nError: fivetran debug failed (exit code %s). What to look at:\n' "$status"
        printf '  - the last SEVERE or "Error:" lines above: they say which table and request it was\n'
        printf '  - the values in configuration.json (credentials, base_url)\n'
        report="$(newest_crash_report)"
        [ -z "$report" ] || printf '  - the crash report: %s\n' "$report"
    } >&2
    exit 1
}

# Of this run: what is older than its own files is left out.
newest_crash_report() {
    local report newest=""
    for report in crash-reports/*; do
        if [ -f "$report" ] && [ "$report" -nt "$scratch/bin" ] && { [ -z "$newest" ] || [ "$report" -nt "$newest" ]; }; then
            newest="$report"
        fi
    done
    printf '%s' "$newest"
}

# `fivetran debug` has `pipreqs` guess what the connector needs, which waits where no package index can be reached. The build
# has written requirements.txt, so there is nothing to guess: a `pipreqs` that does nothing is found first.
# The command also removes a requirements.txt that is empty; the next run would then miss it.
keep_requirements() {
    cp -p requirements.txt "$scratch/requirements.txt"
    mkdir "$scratch/bin"
    printf '#!/bin/sh\nexit 0\n' >"$scratch/bin/pipreqs"
    chmod +x "$scratch/bin/pipreqs"
}

clean_up() {
    if [ -f "$scratch/requirements.txt" ] && [ ! -e requirements.txt ]; then
        cp -p "$scratch/requirements.txt" requirements.txt || true
    fi
    rm -rf -- "$scratch"
}

# Prints the Python that the `fivetran` command runs on, because duckdb is installed beside the SDK:
# its first line names it, or the second one where pip had to work around a long path or a space.
python_named_by_fivetran() {
    local script="$1" first="" second=""
    { IFS= read -r first && IFS= read -r second; } 2>/dev/null <"$script" || true
    case "$first" in
        '#!/usr/bin/env '*) : ;; # the first python3 on PATH, which is tried anyway
        '#!'*python*) printf '%s' "$first" | sed -e 's/^#![[:space:]]*//' -e 's/[[:space:]].*$//' ;;
        '#!'*) printf '%s' "$second" | sed -n "s/^'''exec' \"\{0,1\}\(\/[^\"]*python[^\" ]*\)\"\{0,1\} .*$/\1/p" ;;
    esac
}

# Sets `python` to the first candidate that has duckdb, else to the first that runs at all.
find_python() {
    local script candidate status
    local probe='import sys; from importlib.util import find_spec; sys.exit(2 if sys.version_info < (3, 8) else find_spec("duckdb") is None)'
    script="$(command -v fivetran)"
    python=""
    for candidate in "$(python_named_by_fivetran "$script")" "$(dirname -- "$script")/python3" python3 python; do
        [ -n "$candidate" ] || continue
        status=0
        # From /, so that no file of the project passes for a module of Python's.
        (cd / && "$candidate" -c "$probe") >/dev/null 2>&1 || status=$?
        case "$status" in
            0)
                python="$candidate"
                return 0
                ;;
            1) python="${python:-$candidate}" ;;
        esac
    done
}

@CHECK_CONFIGURATION@
show_results() {
    if [ -z "$python" ]; then
        printf '\nNo Python 3 was found to read the results with; the rows are in files/warehouse.db.\n'
        return 0
    fi
    read_results || printf 'The results could not be shown in full; the rows are in files/warehouse.db.\n'
}

read_results() (
    cd /
    "$python" - "$project/files" "$debug_log" "$TABLES" <<'PYTHON'
import json
import os
import re
import shutil
import sys

ROWS, COLUMNS, VALUE_WIDTH, STATE_WIDTH = 5, 8, 24, 4000
OPERATIONS = ("Upserts", "Updates", "Deletes", "Truncates", "Schema changes", "Checkpoints")


def tidy(value):
    """A value as one short piece of text; what could steer a terminal becomes a space."""
    text = "NULL" if value is None else "".join(c if c.isprintable() else " " for c in str(value))
    return text if len(text) <= VALUE_WIDTH else text[: VALUE_WIDTH - 1] + "…"


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def find_table(database, table):
    """(schema, name) of a table: Fivetran may have rewritten the name (rows2 is stored as rows_2)."""
    def plain(name):
        return name.lower().replace("_", "")

    stored = database.execute("SELECT table_schema, table_name FROM information_schema.tables").fetchall()
    alike = [pair for pair in stored if plain(pair[1]) == plain(table)]
    return min(alike, key=lambda pair: (pair[1] != table, pair[0] != "tester", pair), default=None)


def fitting(names, rows):
    """How many of the columns, and how wide each: at most COLUMNS, and no more than the terminal holds."""
    room, widths = shutil.get_terminal_size((100, 24)).columns, []
    for index, name in enumerate(names[:COLUMNS]):
        width = max(len(text) for text in [name, *(row[index] for row in rows)])
        if widths and sum(widths) + 2 * len(widths) + width > room:
            break
        widths.append(width)
    return widths


def show_table(database, table):
    found = find_table(database, table)
    print()
    if found is None:
        print(f"{table}: not in the warehouse (no row of it has arrived)")
        return
    source = ".".join(quoted(part) for part in found)
    columns = [column[0] for column in database.execute(f"SELECT * FROM {source} LIMIT 0").description]
    live = "WHERE _fivetran_deleted IS NOT TRUE" if "_fivetran_deleted" in columns else ""
    stored = database.execute(f"SELECT count(*) FROM {source}").fetchone()[0]
    count = database.execute(f"SELECT count(*) FROM {source} {live}").fetchone()[0]
    gone = f" ({stored - count} more marked as deleted)" if stored > count else ""
    print(f"{table}: {count} row{'' if count == 1 else 's'}{gone}")
    shown = [column for column in columns if not column.startswith("_fivetran_")]
    if not count or not shown:
        return
    # Cast by the database: no type then needs another module on our side (times with a zone need pytz).
    wanted = ", ".join(f"CAST({quoted(column)} AS VARCHAR)" for column in shown[:COLUMNS])
    rows = database.execute(f"SELECT {wanted} FROM {source} {live} LIMIT {ROWS}").fetchall()
    cells = [[tidy(value) for value in row] for row in rows]
    names = [tidy(column) for column in shown]
    widths = fitting(names, cells)
    for line in [names, ["-" * width for width in widths], *cells]:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
    more = len(shown) - len(widths)
    if more:
        print(f"… and {more} more column{'' if more == 1 else 's'}")


def show_tables(warehouse, tables):
    print(f"\nThe first {ROWS} rows of each table:")
    if not os.path.exists(warehouse):
        print("not shown: fivetran debug wrote no files/warehouse.db")
        return
    try:
        import duckdb
    except ImportError:
        print("not shown: the Python module duckdb is missing (pip install duckdb)")
        return
    try:
        with duckdb.connect(warehouse, read_only=True) as database:
            for table in tables:
                show_table(database, table)
    except duckdb.Error as error:
        reason = str(error).strip().splitlines() or ["unknown error"]
        print(f"not shown: files/warehouse.db could not be read: {reason[0]}")


def show_operations(log):
    counts = dict(re.findall(r"^\s*([A-Z][a-z ]+?)\s*\|\s*(\d[\d,]*)\s*$", log, re.MULTILINE))
    print("\nOperation summary:")
    if not any(name in counts for name in OPERATIONS):
        print("fivetran debug printed none: the sync may have ended before its time, see its output above")
        return
    for name in OPERATIONS:
        print(f"  {name:<16}{counts.get(name, '?'):>10}")


def as_object(text):
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def show_state(path, log):
    try:
        with open(path, encoding="utf-8") as file:
            state = as_object(file.read())
    except (OSError, ValueError):
        state = None
    if state is None:
        recorded = re.findall(r"checkpoint recorded: *(\{.*\})", log)
        state = as_object(recorded[-1]) if recorded else None
    print()
    if state is None:
        print("Next sync state: none was recorded, so the next sync starts from the beginning")
        return
    text = json.dumps(state)
    if len(text) > STATE_WIDTH:
        text = f"{text[:STATE_WIDTH]}… ({len(text)} characters in all, see files/state.json)"
    print(f"Next sync state: {text}")


def main():
    files, log_path, tables = sys.argv[1:]
    sys.stdout.reconfigure(errors="replace")
    with open(log_path, encoding="utf-8", errors="replace") as file:
        log = file.read()
    show_tables(os.path.join(files, "warehouse.db"), tables.split())
    show_operations(log)
    show_state(os.path.join(files, "state.json"), log)
    sys.stdout.flush()


try:
    main()
except BrokenPipeError:  # the reader (head, less) has seen enough
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
except Exception as error:
    sys.exit(f"Error: {type(error).__name__}: {error}")
PYTHON
)

main() {
    parse_arguments "$@"
    enter_project
    check_project
    find_python
    [ -z "$python" ] || check_configuration
    confirm_reset
    scratch="$(mktemp -d "${TMPDIR:-/tmp}/debug_and_reset.XXXXXX")"
    trap clean_up EXIT
    debug_log="$scratch/debug.log"
    keep_requirements
    reset_project
    debug_project
    show_results
}

main "$@"
