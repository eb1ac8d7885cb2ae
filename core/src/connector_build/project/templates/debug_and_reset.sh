#!/usr/bin/env bash
# Usage: ./debug_and_reset.sh [--yes]
#
# Runs the @DATASET@ connector once on this machine from an empty start: `fivetran reset`, `fivetran debug`, and then
# the first rows of each table (@TABLES@), the operation counts and the state of the next sync.
#
#   -y, --yes   do not ask before the reset
#   -h, --help  show this text and exit
#
# Exit code: 0 done, or you answered no; 1 the reset or the run failed; 2 something is missing or wrong here, and nothing
# was changed; 130 after Ctrl-C.
@ENTRY@
