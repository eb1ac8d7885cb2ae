#!/usr/bin/env bash
# Usage: ./deploy.sh [ACCOUNT [DESTINATION [CONNECTION]]] [-- OPTIONS OF fivetran deploy]
#
# Deploys the @DATASET@ connector (@TABLES@) with `fivetran deploy`. What is not given as an argument is taken
# from the environment; what is not there either is asked for, or has its default where there is no terminal to ask on:
#
#   ACCOUNT      FIVETRAN_ACCOUNT_NAME      default @DEFAULT_ACCOUNT@
#   DESTINATION  FIVETRAN_DESTINATION_NAME  default @DEFAULT_DESTINATION@
#   CONNECTION   FIVETRAN_CONNECTION_NAME   default @DEFAULT_CONNECTION@
#   (none)       FIVETRAN_PYTHON_VERSION    default @DEFAULT_PYTHON_VERSION@
#
# The API key (base64 of key:secret) is FIVETRAN_API_KEY, or else stands in the nearest config.json, in this folder or
# one above it: {"fivetran": {"api_keys": {"ACCOUNT": "..."}}}
#
# Example, for a connection that exists already:  ./deploy.sh ACCOUNT DESTINATION CONNECTION -- --yes
#
# Exit code: that of `fivetran deploy` (130 after Ctrl-C); 2 something is missing or wrong here, and nothing was deployed.
@ENTRY@
