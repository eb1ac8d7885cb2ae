"""Backfills: tables into files, and the state from which a Fivetran connection goes on."""
