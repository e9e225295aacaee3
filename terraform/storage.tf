# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# Files are dropped into the inbox, and function convert reads them there.
resource "google_storage_bucket" "inbox" {
  name          = coalesce(var.inbox_bucket, "${var.project_id}-${var.name}-inbox")
  location      = var.region # Eventarc requires the bucket and the trigger in one place
  force_destroy = !var.deletion_protection

  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  versioning {
    enabled = true
  }

  soft_delete_policy {
    retention_duration_seconds = var.retention.soft_delete_days * 86400
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      days_since_noncurrent_time = var.retention.noncurrent_days
      with_state                 = "ARCHIVED"
    }
  }

  dynamic "lifecycle_rule" {
    for_each = var.retention.inbox_days == null ? [] : [var.retention.inbox_days]
    content {
      action {
        type = "Delete"
      }
      condition {
        age        = lifecycle_rule.value
        with_state = "LIVE"
      }
    }
  }

  # This rule deletes the files that scripts/smoke has dropped.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age            = 1
      matches_prefix = ["smoke/"]
      with_state     = "LIVE"
    }
  }

  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 7
    }
  }

  dynamic "encryption" {
    for_each = var.kms_key[*]
    content {
      default_kms_key_name = encryption.value
    }
  }

  lifecycle {
    prevent_destroy = true # README.md explains how to uninstall
  }

  depends_on = [google_project_service.this, google_kms_crypto_key_iam_member.agents]
}

# This bucket has the datasets and reports. The training data of a job are kept: they are the job's
# lineage.
resource "google_storage_bucket" "data" {
  name          = coalesce(var.data_bucket, "${var.project_id}-${var.name}-data")
  location      = var.region
  force_destroy = !var.deletion_protection

  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  versioning {
    enabled = true
  }

  soft_delete_policy {
    retention_duration_seconds = var.retention.soft_delete_days * 86400
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      days_since_noncurrent_time = var.retention.noncurrent_days
      with_state                 = "ARCHIVED"
    }
  }

  # A start's request that is too large for the record is kept here until the dataset is written.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age            = 30
      matches_prefix = ["requests/"]
      with_state     = "LIVE"
    }
  }

  # This rule deletes the datasets and reports of the files that scripts/smoke has dropped.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age            = 1
      matches_prefix = ["drops/smoke/"]
      with_state     = "LIVE"
    }
  }

  # An upload of OpenAI's clients may take a day. Its parts are deleted when it ends.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age            = 2
      matches_prefix = ["uploads/"]
      with_state     = "LIVE"
    }
  }

  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 7
    }
  }

  dynamic "encryption" {
    for_each = var.kms_key[*]
    content {
      default_kms_key_name = encryption.value
    }
  }

  lifecycle {
    prevent_destroy = true # README.md explains how to uninstall
  }

  depends_on = [google_project_service.this, google_kms_crypto_key_iam_member.agents]
}

# The functions read the catalogue of base models before they serve. They may read only this object.
# The condition requires uniform access of the bucket, which our buckets have.
resource "google_storage_bucket_iam_member" "catalogue" {
  for_each = {
    for name, member in {
      api     = google_service_account.api.member
      convert = module.convert.account.member
      poll    = module.poll.account.member
    } : name => member if var.catalogue != null
  }

  bucket = local.catalogue.bucket
  role   = "roles/storage.objectViewer"
  member = each.value

  condition {
    title      = "catalogue-of-${var.name}"
    expression = "resource.name == \"projects/_/buckets/${local.catalogue.bucket}/objects/${local.catalogue.name}\""
  }
}

locals {
  catalogue = try(regex("^gs://(?P<bucket>[^/]+)/(?P<name>.+)$", var.catalogue.object), { bucket = null, name = null })
}

# This has no depends_on, for the same reason as google_project in main.tf.
data "google_storage_project_service_account" "this" {}

# Cloud Storage notifies Eventarc of new objects through a topic that Eventarc creates with the
# trigger, under a generated name. Cloud Storage needs this role to publish there. Before the
# trigger exists, the role can be granted only on the project.
resource "google_project_iam_member" "storage_agent_publisher" {
  project = var.project_id
  role    = "roles/pubsub.publisher"
  member  = data.google_storage_project_service_account.this.member
}
