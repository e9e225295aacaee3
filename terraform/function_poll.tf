# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# Function poll refreshes job records from Vertex AI, submits queued jobs, and publishes the events
# of jobs.

module "poll" {
  source = "./modules/event_function"

  deployment    = local.deployment
  function      = "poll"
  image         = coalesce(var.images.poll, local.placeholder)
  cpu           = "1"
  memory        = { container = "512Mi", go = "460MiB" }
  max_instances = 1 # a second instance would repeat the same calls to Vertex AI

  environment = merge(local.environment, {
    EVENTS_TOPIC  = google_pubsub_topic.events.name
    STALLED_AFTER = var.jobs.stalled_after
    TICK_TIMEOUT  = "8m50s" # below the timeout, so that it ends by itself
  }, var.poll_environment)

  # The trigger's account needs no role to receive events: those of a topic require none.
  criteria = { type = "google.cloud.pubsub.topic.v1.messagePublished" }
  topic    = google_pubsub_topic.ticks

  service_after = google_storage_bucket_iam_member.catalogue
  # The reasons are those of function convert.
  depends_on = [google_kms_crypto_key_iam_member.agents, google_project_service.this, google_pubsub_topic.ticks]
}

# Poll resumes the starts of api: here, too, datasets are written once.
resource "google_storage_bucket_iam_member" "poll_data" {
  for_each = toset(["roles/storage.objectCreator", "roles/storage.objectViewer"])

  bucket = google_storage_bucket.data.name
  role   = each.key
  member = module.poll.account.member
}

# Like function api, it deletes the objects of refused starts.
resource "google_storage_bucket_iam_member" "poll_refused_starts" {
  bucket = google_storage_bucket.data.name
  role   = "roles/storage.objectUser"
  member = module.poll.account.member

  condition {
    title      = local.refused_starts.title
    expression = local.refused_starts.expression
  }
}

# The training data of a start can be a file of the inbox, either named by its caller, or dropped to
# start a job.
resource "google_storage_bucket_iam_member" "poll_inbox" {
  bucket = google_storage_bucket.inbox.name
  role   = "roles/storage.objectViewer"
  member = module.poll.account.member
}

# Firestore's roles are granted on the project; the condition excludes its other databases.
resource "google_project_iam_member" "poll_firestore" {
  project = var.project_id
  role    = "roles/datastore.user"
  member  = module.poll.account.member

  condition {
    title      = "database-of-${var.name}"
    expression = "resource.name == \"projects/${var.project_id}/databases/${var.firestore.database}\""
  }
}

# Vertex AI has no permissions on single tuning jobs.
resource "google_project_iam_member" "poll_tuner" {
  project = var.project_id
  role    = google_project_iam_custom_role.tuner.id
  member  = module.poll.account.member
}

resource "google_project_iam_member" "poll_metrics" {
  project = var.project_id
  role    = google_project_iam_custom_role.metrics.id
  member  = module.poll.account.member
}

resource "google_project_iam_member" "poll_evaluator" {
  project = var.project_id
  role    = google_project_iam_custom_role.evaluator.id
  member  = module.poll.account.member
}

resource "google_project_iam_member" "poll_promoter" {
  project = var.project_id
  role    = google_project_iam_custom_role.promoter.id
  member  = module.poll.account.member
}

resource "google_pubsub_topic_iam_member" "poll_events" {
  topic  = google_pubsub_topic.events.id
  role   = "roles/pubsub.publisher"
  member = module.poll.account.member
}
