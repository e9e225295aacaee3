# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

output "api_ingress" {
  description = "From where function api can be reached."
  value       = var.api_ingress
}

output "build_account" {
  description = "Account that builds and deploys: gcloud builds submit --service-account."
  value       = google_service_account.build.id
}

output "build_substitutions" {
  description = "What cloudbuild.yaml needs to know: gcloud builds submit --substitutions."
  value = join(",", [
    for name, value in {
      _AUTH_MODE        = var.auth.iap ? "iap" : var.auth.mode
      _DATA_BUCKET      = google_storage_bucket.data.name
      _INBOX_BUCKET     = google_storage_bucket.inbox.name
      _NAME             = var.name
      _REGION           = var.region
      _SCHEDULER_REGION = google_cloud_scheduler_job.ticks.region
      _TOKEN_SECRET     = var.smoke_token_secret
    } : "${name}=${value == null ? "" : value}"
  ])
}

output "curl" {
  description = "A call to paste. In mode iam it works for each account that has a role. In the other modes, replace TOKEN with your token."
  value = join(" ", [
    var.auth.mode == "iam" ? "TOKEN=$(gcloud auth print-identity-token);" : "",
    "curl -sS -H \"Authorization: Bearer $TOKEN\" ${local.api_url}/api/v1/fine-tuning/jobs",
  ])
}

output "data_bucket" {
  description = "Bucket of datasets and reports."
  value       = google_storage_bucket.data.name
}

output "database" {
  description = "Firestore database of messages, models and job records."
  value       = local.database
}

output "dead_letter_commands" {
  description = "Commands that set what becomes of events that no function takes, one a line. They may be repeated."
  value = join("\n", [
    for name, settings in local.subscription_settings : "gcloud pubsub subscriptions update ${local.transports[name]} ${settings} --ack-deadline=600"
  ])
}

output "drop_command" {
  description = "A file to drop: replace FILE. It takes storage.objectCreator and storage.objectViewer on the bucket."
  value       = "gcloud storage cp FILE gs://${google_storage_bucket.inbox.name}/"
}

output "events_topic" {
  description = "Topic of what happens to jobs."
  value       = google_pubsub_topic.events.id
}

output "grants" {
  description = "Who may do what on which resource: every grant that is made here."
  value       = local.grants
}

output "inbox_bucket" {
  description = "Bucket that files are dropped into."
  value       = google_storage_bucket.inbox.name
}

output "repository" {
  description = "Where images are pushed to."
  value       = "${var.region}-docker.pkg.dev/${var.project_id}/${google_artifact_registry_repository.images.repository_id}"
}

output "services" {
  description = "Cloud Run services of the functions."
  value       = local.services
}

output "source_bucket" {
  description = "Bucket that sources are uploaded to for a build."
  value       = google_storage_bucket.source.name
}

output "url" {
  description = "Address of function api, which is also the audience of tokens in mode iam."
  value       = local.api_url
}

output "worker_pool" {
  description = "Private pool that builds run in, or nothing."
  value       = var.worker_pool == null ? "" : var.worker_pool
}
