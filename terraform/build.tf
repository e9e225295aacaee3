# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# Cloud Build: checks, builds, deploys and smoke-tests as cloudbuild.yaml says.

resource "google_service_account" "build" {
  account_id   = "${var.name}-build"
  display_name = "Vertextune: builds and deploys the functions"

  depends_on = [google_project_service.this]
}

# What is built is uploaded here: Cloud Build's own bucket belongs to everybody
# who builds in the project.
resource "google_storage_bucket" "source" {
  #checkov:skip=CKV_GCP_62:Who reads and writes is in Cloud Audit Logs, which replace usage logs (see README)
  #checkov:skip=CKV_GCP_78:A copy of what the repository keeps, deleted after a week
  #trivy:ignore:AVD-GCP-0066 var.kms_key sets the key
  #trivy:ignore:AVD-GCP-0078 A copy of what the repository keeps
  name          = "${var.project_id}-${var.name}-source"
  location      = var.region
  force_destroy = true

  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  lifecycle_rule {
    action {
      type = "Delete"
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

  depends_on = [google_project_service.this, google_kms_crypto_key_iam_member.agents]
}

resource "google_storage_bucket_iam_member" "build_source" {
  bucket = google_storage_bucket.source.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.build.member
}

# Logs have no owner but the project.
resource "google_project_iam_member" "build_logs" {
  project = var.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.build.member
}

resource "google_artifact_registry_repository_iam_member" "build_images" {
  repository = google_artifact_registry_repository.images.name
  location   = var.region
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.build.member
}

locals {
  services = {
    api     = google_cloud_run_v2_service.api.name
    convert = google_cloud_run_v2_service.convert.name
    poll    = google_cloud_run_v2_service.poll.name
  }
}

resource "google_cloud_run_v2_service_iam_member" "build_deployer" {
  for_each = local.services

  name     = each.value
  location = var.region
  role     = "roles/run.developer"
  member   = google_service_account.build.member
}

# A revision runs as its account, and who deploys one must be allowed that.
resource "google_service_account_iam_member" "build_runtime" {
  for_each = {
    api     = google_service_account.api.name
    convert = google_service_account.convert.name
    poll    = google_service_account.poll.name
  }

  service_account_id = each.value
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.build.member
}

# The smoke test calls the endpoints, drops a file and reads the report on it.
resource "google_cloud_run_v2_service_iam_member" "build_smoke" {
  name     = google_cloud_run_v2_service.api.name
  location = var.region
  role     = "roles/run.invoker"
  member   = google_service_account.build.member
}

resource "google_storage_bucket_iam_member" "build_smoke_inbox" {
  bucket = google_storage_bucket.inbox.name
  role   = "roles/storage.objectCreator"
  member = google_service_account.build.member
}

resource "google_storage_bucket_iam_member" "build_smoke_data" {
  bucket = google_storage_bucket.data.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.build.member
}
