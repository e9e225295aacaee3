# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# Firestore itself maintains the indexes for queries of one field. Every other query of the code has
# its index here, and every index here has a query. TestIndexes in pkg/google/store compares both,
# and prints a missing block. It reads this file, so the blocks stay literal.

locals {
  database = var.firestore.create ? google_firestore_database.this[0].name : var.firestore.database
}

resource "google_firestore_database" "this" {
  count = var.firestore.create ? 1 : 0

  name                              = var.firestore.database
  location_id                       = coalesce(var.firestore.location, var.region)
  type                              = "FIRESTORE_NATIVE"
  app_engine_integration_mode       = "DISABLED"
  point_in_time_recovery_enablement = var.firestore.point_in_time_recovery ? "POINT_IN_TIME_RECOVERY_ENABLED" : "POINT_IN_TIME_RECOVERY_DISABLED"
  delete_protection_state           = var.deletion_protection ? "DELETE_PROTECTION_ENABLED" : "DELETE_PROTECTION_DISABLED"
  deletion_policy                   = var.deletion_protection ? "ABANDON" : "DELETE"

  dynamic "cmek_config" {
    for_each = var.kms_key[*]
    content {
      kms_key_name = cmek_config.value
    }
  }

  lifecycle {
    prevent_destroy = true # README.md explains how to uninstall
  }

  depends_on = [google_project_service.this, google_kms_crypto_key_iam_member.agents]
}

# For the jobs of a state, newest first.
resource "google_firestore_index" "jobs_by_state" {
  database   = local.database
  collection = "tuning_jobs"

  fields {
    field_path = "state"
    order      = "ASCENDING"
  }
  fields {
    field_path = "created_at"
    order      = "DESCENDING"
  }
}

# For the jobs that a caller started, newest first.
resource "google_firestore_index" "jobs_by_caller" {
  database   = local.database
  collection = "tuning_jobs"

  fields {
    field_path = "started_by"
    order      = "ASCENDING"
  }
  fields {
    field_path = "created_at"
    order      = "DESCENDING"
  }
}

# For the jobs of a base model, newest first.
resource "google_firestore_index" "jobs_by_model" {
  database   = local.database
  collection = "tuning_jobs"

  fields {
    field_path = "base_model"
    order      = "ASCENDING"
  }
  fields {
    field_path = "created_at"
    order      = "DESCENDING"
  }
}

# For the queued jobs, in their order.
resource "google_firestore_index" "jobs_in_line" {
  database   = local.database
  collection = "tuning_jobs"

  fields {
    field_path = "step"
    order      = "ASCENDING"
  }
  fields {
    field_path = "priority"
    order      = "DESCENDING"
  }
  fields {
    field_path = "created_at"
    order      = "ASCENDING"
  }
}

# For the evaluations that have not ended, with the one first that waits longest.
resource "google_firestore_index" "evaluations_unfinished" {
  database   = local.database
  collection = "evaluations"

  fields {
    field_path = "finished"
    order      = "ASCENDING"
  }
  fields {
    field_path = "updated_at"
    order      = "ASCENDING"
  }
}

# The key of a start is needed for a limited time; then Firestore deletes the document. An index of
# times that only increase would be a hot spot.
resource "google_firestore_field" "start_keys_expires_at" {
  database   = local.database
  collection = "start_keys"
  field      = "expires_at"

  index_config {}
  ttl_config {}
}

# An upload of OpenAI's clients that was not completed is of no use after this time.
resource "google_firestore_field" "openai_uploads_expires_at" {
  database   = local.database
  collection = "openai_uploads"
  field      = "expires_at"

  index_config {}
  ttl_config {}
}

# These fields are long and never searched. Without this exemption, each write of a document would
# write them to two indexes, and each element of a list to one more.
resource "google_firestore_field" "messages_content" {
  database   = local.database
  collection = "messages"
  field      = "content"

  index_config {}
}

resource "google_firestore_field" "messages_related_message" {
  database   = local.database
  collection = "messages"
  field      = "related_message"

  index_config {}
}

resource "google_firestore_field" "jobs_request" {
  database   = local.database
  collection = "tuning_jobs"
  field      = "request"

  index_config {}
}

resource "google_firestore_field" "jobs_openai" {
  database   = local.database
  collection = "tuning_jobs"
  field      = "openai"

  index_config {}
}

resource "google_firestore_field" "jobs_estimate" {
  database   = local.database
  collection = "tuning_jobs"
  field      = "estimate"

  index_config {}
}

resource "google_firestore_field" "models_history" {
  database   = local.database
  collection = "models"
  field      = "history"

  index_config {}
}

resource "google_firestore_field" "jobs_events" {
  database   = local.database
  collection = "tuning_jobs"
  field      = "events"

  index_config {}
}
