# A connection of the connector fts, from the package that `fivetran package dist/fts` has written: docs/deploy.md.

terraform {
  required_providers {
    fivetran = {
      source  = "fivetran/fivetran"
      version = ">= 1.9.50, < 2.0.0"
    }
  }
}

variable "group_id" {
  description = "The group of the destination."
  type        = string
}

variable "settings" {
  description = "What stands in configuration.json: every value a text."
  type        = map(string)
  sensitive   = true
}

locals {
  project = "${path.module}/dist/fts"
  lock    = jsondecode(file("${local.project}/connector.lock.json"))
}

resource "fivetran_connector_sdk_package" "fts" {
  file_path = "${local.project}/files/fts.zip"
}

resource "fivetran_connector" "fts" {
  group_id = var.group_id
  service  = "connector_sdk"

  destination_schema {
    name = local.lock.dataset
  }

  config {
    package_id     = fivetran_connector_sdk_package.fts.id
    python_version = "3.11"

    dynamic "secrets_list" {
      for_each = nonsensitive(toset(keys(var.settings)))
      content {
        key   = secrets_list.value
        value = var.settings[secrets_list.value]
      }
    }
  }

  run_setup_tests = true
}

# A new connection is paused, so that there is time to look at its schema.
resource "fivetran_connector_schedule" "fts" {
  connector_id   = fivetran_connector.fts.id
  sync_frequency = "60"
  paused         = true
}
