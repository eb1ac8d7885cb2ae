#!/usr/bin/env bash
# Deploys the @DATASET@ connector to Fivetran.
# Written for bash 3.2 and later, so that it runs on macOS as it comes.
{ set +x; } 2>/dev/null # `bash -x deploy.sh` would print the API key
set -euo pipefail

readonly DATASET="@DATASET@"
readonly TABLES="@TABLES@"
readonly NEEDED_FILES="connector.py configuration.json requirements.txt"
readonly DEFAULT_ACCOUNT="MDS_SNOWFLAKE_HOL"
readonly DEFAULT_DESTINATION="NEW_SALES_ENG_HANDS_ON_LAB"
readonly DEFAULT_CONNECTION="a_new_@DATASET@_connector"
readonly DEFAULT_PYTHON_VERSION="3.11"
readonly DASHBOARD="https://fivetran.com/dashboard/connections"

usage() {
    cat <<EOF
Usage: ./deploy.sh [ACCOUNT [DESTINATION [CONNECTION]]] [-- OPTIONS OF fivetran deploy]

Deploys the $DATASET connector ($TABLES) with \`fivetran deploy\`. What is not given as an
argument is taken from the environment; what is not there either is asked for, or has its
default where there is no terminal to ask on:

  ACCOUNT      FIVETRAN_ACCOUNT_NAME      default $DEFAULT_ACCOUNT
  DESTINATION  FIVETRAN_DESTINATION_NAME  default $DEFAULT_DESTINATION
  CONNECTION   FIVETRAN_CONNECTION_NAME   default $DEFAULT_CONNECTION
  (none)       FIVETRAN_PYTHON_VERSION    default $DEFAULT_PYTHON_VERSION

The API key (base64 of key:secret) is FIVETRAN_API_KEY, or else stands in the nearest config.json,
in this folder or one above it: {"fivetran": {"api_keys": {"ACCOUNT": "..."}}}

Example, for a connection that exists already:  ./deploy.sh ACCOUNT DESTINATION CONNECTION -- --yes

Exit code: that of fivetran deploy (130 after Ctrl-C); 2 something is missing or wrong here, and nothing was deployed.
EOF
}

stop() { # stop MESSAGE...: one clear line, then the end; nothing was deployed yet
    printf 'Error: %s\n' "$*" >&2
    exit 2
}

wrong_usage() {
    printf 'Error: %s\n\n' "$*" >&2
    usage >&2
    exit 2
}

parse_arguments() {
    account="" destination="" connection="" deploy_options=()
    local given=0
    while [ "$#" -gt 0 ]; do
        case "$1" in
            --)
                shift
                deploy_options=("$@")
                return 0
                ;;
            -h | --help)
                usage
                exit 0
                ;;
            -*) wrong_usage "unknown option: $1 (options of fivetran deploy go after --)" ;;
        esac
        given=$((given + 1))
        case "$given" in
            1) account="$1" ;;
            2) destination="$1" ;;
            3) connection="$1" ;;
            *) wrong_usage "more than three names were given" ;;
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
        [ -f "$file" ] || stop "$file is missing in $project. Build the project again: connector-build $DATASET"
    done
    command -v fivetran >/dev/null 2>&1 ||
        stop "the fivetran command is not on PATH. Activate its virtualenv, or install it: pip install 'fivetran-connector-sdk>=3,<4'"
}

# Prints the Python that the `fivetran` command runs on: its first line names it, or the second one
# where pip had to work around a long path or a space.
python_named_by_fivetran() {
    local script="$1" first="" second=""
    { IFS= read -r first && IFS= read -r second; } 2>/dev/null <"$script" || true
    case "$first" in
        '#!/usr/bin/env '*) : ;; # the first python3 on PATH, which is tried anyway
        '#!'*python*) printf '%s' "$first" | sed -e 's/^#![[:space:]]*//' -e 's/[[:space:]].*$//' ;;
        '#!'*) printf '%s' "$second" | sed -n "s/^'''exec' \"\{0,1\}\(\/[^\"]*python[^\" ]*\)\"\{0,1\} .*$/\1/p" ;;
    esac
}

# Sets `python` to that one, else to python3: the project needs no other tool (jq, say) to read JSON.
find_python() {
    local script candidate
    script="$(command -v fivetran)"
    for candidate in "$(python_named_by_fivetran "$script")" "$(dirname -- "$script")/python3" python3 python; do
        # From /, so that no file of the project passes for a module of Python's.
        if [ -n "$candidate" ] &&
            (cd / && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 8))') >/dev/null 2>&1; then
            python="$candidate"
            return 0
        fi
    done
    stop "no Python 3 was found to read configuration.json with. Install Python 3.11, or put it on PATH."
}

@CHECK_CONFIGURATION@
# ask NAME PROMPT FROM_ENVIRONMENT DEFAULT: fills the variable NAME unless an argument did.
ask() {
    local given="${!1}" answer=""
    given="${given:-$3}"
    if [ -z "$given" ] && [ -t 0 ]; then
        read -r -p "$2 [$4]: " answer || stop "the input ended. Nothing was deployed."
        given="$answer"
    fi
    printf -v "$1" '%s' "${given:-$4}"
}

choose_names() {
    ask account "Enter your Fivetran account name" "${FIVETRAN_ACCOUNT_NAME:-}" "$DEFAULT_ACCOUNT"
    ask destination "Enter your Fivetran destination name" "${FIVETRAN_DESTINATION_NAME:-}" "$DEFAULT_DESTINATION"
    ask connection "Enter your Fivetran connection name" "${FIVETRAN_CONNECTION_NAME:-}" "$DEFAULT_CONNECTION"
    python_version="${FIVETRAN_PYTHON_VERSION:-$DEFAULT_PYTHON_VERSION}"
    printf 'Account:     %s\nDestination: %s\nConnection:  %s\n' "$account" "$destination" "$connection"
}

check_connection_name() {
    local LC_ALL=C suggestion # in C, a-z holds no capital and no accented letter
    local rule='^[_a-z][_a-z0-9]*$'
    [[ ! "$connection" =~ $rule ]] || return 0
    suggestion="$(printf '%s' "$connection" | tr '[:upper:]' '[:lower:]' | tr -cs '_a-z0-9' '_' | sed 's/^[0-9]/_&/')"
    stop "the connection name '$connection' is not allowed: small letters, digits and underscores only," \
        "and no digit first. For example: ${suggestion:-$DEFAULT_CONNECTION}"
}

# Prints the key of the account to stdout, which the caller catches; everything else goes to stderr.
key_from_config() (
    cd /
    "$python" - "$account" "$project" <<'PYTHON'
import json
import pathlib
import sys


def nearest_keys(project):
    """The first config.json upwards that has API keys: (where we looked, that file or None, its keys)."""
    looked = []
    for folder in [project, *project.parents]:
        path = folder / "config.json"
        if not path.is_file():
            looked.append(f"{path} (not there)")
            continue
        try:
            keys = json.loads(path.read_text(encoding="utf-8-sig"))["fivetran"]["api_keys"]
            if isinstance(keys, dict):
                return [*looked, str(path)], path, keys
            looked.append(f"{path} (fivetran.api_keys is not an object)")
        except (KeyError, TypeError):
            looked.append(f"{path} (no fivetran.api_keys in it)")
        except OSError as error:
            looked.append(f"{path} (cannot be read: {error.strerror})")
        except json.JSONDecodeError as error:
            looked.append(f"{path} (not valid JSON: line {error.lineno}, column {error.colno})")
        except ValueError:
            looked.append(f"{path} (not UTF-8 text)")
    return looked, None, {}


def usable(key):
    return isinstance(key, str) and key.strip() != "" and not key.strip().startswith("<")


def main():
    account, project = sys.argv[1], pathlib.Path(sys.argv[2])
    looked, path, keys = nearest_keys(project)
    key = keys.get(account)
    if usable(key):
        print(f"API key:     from {path}", file=sys.stderr)
        sys.stdout.write(key.strip())
        return
    lines = [f"Error: no API key was found for the account {account}. Looked in:"]
    lines += ["  FIVETRAN_API_KEY in the environment (not set)"]
    lines += [f"  {place}" for place in looked]
    if path is not None:
        fault = " (its key must be text, and no placeholder)" if account in keys else ""
        lines.append(f"Accounts in {path}: {', '.join(sorted(keys)) or 'none'}{fault}")
    sample = json.dumps({"fivetran": {"api_keys": {account: "<base64 of key:secret>"}}})
    lines += [
        "Set FIVETRAN_API_KEY to the base64 of key:secret,",
        f"or write {path or project.parent / 'config.json'}:",
        f"  {sample}",
    ]
    sys.exit("\n".join(lines))


try:
    main()
except Exception as error:
    sys.exit(f"Error: config.json could not be searched for the API key ({type(error).__name__})")
PYTHON
)

find_key() {
    if [ -n "${FIVETRAN_API_KEY:-}" ]; then
        printf 'API key:     from FIVETRAN_API_KEY (it decides which account is used)\n'
        return 0
    fi
    FIVETRAN_API_KEY="$(key_from_config)" || exit 2
}

# `fivetran deploy` uploads a config.json that lies beside connector.py unless .gitignore names it.
keep_keys_at_home() {
    grep -q '"api_keys"' config.json 2>/dev/null || return 0
    if ! grep -qxE '/?config\.json' .gitignore 2>/dev/null; then
        printf '\n/config.json\n' >>.gitignore ||
            stop "config.json holds API keys and would be uploaded from here. Move it one folder up."
        printf 'Note: config.json holds API keys and would have been uploaded; .gitignore now leaves it out.\n'
    fi
}

# What is uploaded has the pins that the project was built with. `fivetran deploy` would ask for newer ones, and upload them
# after --yes, by what `pipreqs` guesses; here there is nothing to guess, so it finds a `pipreqs` that does nothing.
# It also removes a requirements.txt that is empty.
keep_requirements() {
    scratch="$(mktemp -d "${TMPDIR:-/tmp}/deploy.XXXXXX")"
    trap clean_up EXIT
    cp -p requirements.txt "$scratch/requirements.txt"
    mkdir "$scratch/bin"
    printf '#!/bin/sh\nexit 0\n' >"$scratch/bin/pipreqs"
    chmod +x "$scratch/bin/pipreqs"
}

clean_up() {
    if [ -f "$scratch/requirements.txt" ] && ! cmp -s "$scratch/requirements.txt" requirements.txt; then
        if cp -p "$scratch/requirements.txt" requirements.txt; then
            printf 'Note: fivetran changed requirements.txt (its version may be in the upload); the file here is as it was.\n'
        fi
    fi
    rm -rf -- "$scratch"
}

printed() { # printed EXPRESSION: whether `fivetran deploy` printed a line like that
    LC_ALL=C grep -qE -- "$1" "$scratch/printed"
}

id_of() { # id_of THING: the id that `fivetran deploy` printed for it, if any
    LC_ALL=C sed -n "s/^ *$1 id: *//p" "$scratch/printed" | tail -n 1
}

# Says, by what `fivetran deploy` printed, what a deploy that did not end well left on the server. A line that is not
# known here must not pass for nothing: whatever speaks of a package or an upload ends in "not known".
say_what_is_there() {
    local package id
    package="$(id_of package)" id="$(id_of connection)"
    printf 'On the server: '
    if printed 'connection (created|updated)'; then
        printf 'the connection %s, as it was just sent (a new one is paused): %s\n' "$connection" "$DASHBOARD${id:+/$id/status}"
        printf 'It exists, so the next run updates it: ./deploy.sh ... -- --yes\n'
    elif printed 'failed to (create|update) connection' && printed 'cleaned up orphaned package'; then
        printf 'nothing new. The uploaded package was taken away again, and the connection %s is as it was.\n' "$connection"
    elif [ -n "$package" ] && printed 'failed to (create|update) connection'; then
        printf 'the package %s, which nothing uses. The connection %s is as it was.\n' "$package" "$connection"
    elif [ -z "$package" ] && printed 'uploading package$'; then
        printf 'perhaps a package that nothing uses. The connection %s is as it was.\n' "$connection"
    elif [ -s "$scratch/printed" ] && ! printed '[Pp]ackag|[Uu]pload'; then
        printf 'nothing new. Nothing was uploaded, and the connection %s is as it was.\n' "$connection"
    else
        printf 'not known. %sLook whether the connection %s was changed: %s\n' \
            "${package:+The package $package is there. }" "$connection" "$DASHBOARD"
    fi
}

deploy() {
    local status=0 interrupted=no
    printf '\n'
    # Ctrl-C ends the command, and then this script still says what is on the server.
    trap 'interrupted=yes' INT
    # The key goes in the environment: everybody on this machine can read the arguments of a command.
    # The odd expansion: an empty array counts as unset in bash 3.2.
    FIVETRAN_API_KEY="$FIVETRAN_API_KEY" PYTHONUNBUFFERED=1 PATH="$scratch/bin:$PATH" fivetran deploy \
        --destination "$destination" --connection "$connection" \
        --configuration configuration.json --python-version "$python_version" \
        ${deploy_options[@]+"${deploy_options[@]}"} | tee -i "$scratch/printed" || status=$?
    printf '\n'
    if [ "$status" -eq 0 ]; then
        printf 'Deployed %s as the connection %s in %s. Next: a new connection starts paused, so unpause it in the Fivetran dashboard.\n' \
            "$DATASET" "$connection" "$destination"
        return 0
    fi
    if [ "$interrupted" = yes ]; then
        printf 'Error: fivetran deploy was interrupted (exit code %s).\n' "$status" >&2
    else
        printf 'Error: fivetran deploy failed (exit code %s); its last lines above say why. Correct that, then run this again.\n' \
            "$status" >&2
    fi
    say_what_is_there >&2
    if printed 'EOF when reading a line'; then
        printf 'It stopped at a question, and there was no terminal to answer it on: ./deploy.sh ... -- --yes\n' >&2
    fi
    exit "$status"
}

main() {
    parse_arguments "$@"
    enter_project
    check_project
    find_python
    check_configuration
    choose_names
    check_connection_name
    find_key
    keep_keys_at_home
    keep_requirements
    deploy
}

main "$@"
