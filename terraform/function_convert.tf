# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# Function convert makes a dataset and a report from a file in the inbox. If the file requests it,
# convert also records a start, which poll resumes.

module "convert" {
  source = "./modules/event_function"

  deployment    = local.deployment
  function      = "convert"
  image         = coalesce(var.images.convert, local.placeholder)
  cpu           = "2" # the engine processes two blocks at a time
  memory        = { container = "512Mi", go = "460MiB" }
  max_instances = 10

  environment = merge(local.environment, {
    DROP_STARTS  = tostring(var.drop_starts)
    INBOX_BUCKET = google_storage_bucket.inbox.name
  }, var.convert_environment)

  criteria = {
    type   = "google.cloud.storage.object.v1.finalized"
    bucket = google_storage_bucket.inbox.name
  }

  service_after = google_storage_bucket_iam_member.catalogue
  trigger_after = [
    google_project_iam_member.convert_trigger_receiver,
    google_project_iam_member.storage_agent_publisher,
  ]
  # The module has no data sources, so this postpones none. The first use of Pub/Sub, which is the
  # topic, creates Pub/Sub's agent.
  depends_on = [google_kms_crypto_key_iam_member.agents, google_project_service.this, google_pubsub_topic.ticks]
}

resource "google_storage_bucket_iam_member" "convert_inbox" {
  bucket = google_storage_bucket.inbox.name
  role   = "roles/storage.objectViewer"
  member = module.convert.account.member
}

# A newer generation of a file replaces the dataset and report of the earlier one. To replace an
# object, the account must also be allowed to delete it.
resource "google_storage_bucket_iam_member" "convert_data" {
  bucket = google_storage_bucket.data.name
  role   = "roles/storage.objectUser"
  member = module.convert.account.member
}

# This role is for the record of a start. The function has no access to Vertex AI.
resource "google_project_iam_member" "convert_firestore" {
  project = var.project_id
  role    = "roles/datastore.user"
  member  = module.convert.account.member

  condition {
    title      = "database-of-${var.name}"
    expression = "resource.name == \"projects/${var.project_id}/databases/${var.firestore.database}\""
  }
}

# Permission to receive Eventarc's events can be granted on the project only.
resource "google_project_iam_member" "convert_trigger_receiver" {
  project = var.project_id
  role    = "roles/eventarc.eventReceiver"
  member  = module.convert.trigger_account.member
}
