"""From an assembly to files, and from files to a folder that Fivetran takes."""
