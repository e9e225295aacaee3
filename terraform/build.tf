# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# Cloud Build checks, builds, deploys and smoke-tests as described in cloudbuild.yaml.

resource "google_service_account" "build" {
  account_id   = "${var.name}-build"
  display_name = "Vertextune: builds and deploys the functions"

  depends_on = [google_project_service.this]
}

# The sources are uploaded to this bucket. Cloud Build's own bucket is shared by everyone who builds
# in the project.
resource "google_storage_bucket" "source" {
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

# Permissions for logs can only be granted on the whole project.
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
    convert = module.convert.service.name
    poll    = module.poll.service.name
  }
}

# These are the permissions that gcloud needs to create a revision and move traffic.
# roles/run.developer has more, for example to call convert and poll, and to delete services.
resource "google_project_iam_custom_role" "deployer" {
  role_id     = "${replace(var.name, "-", "_")}_deployer"
  title       = "Vertextune: make revisions of a service and move its traffic"
  permissions = ["run.revisions.get", "run.services.get", "run.services.update"]

  depends_on = [google_project_service.this]
}

resource "google_cloud_run_v2_service_iam_member" "build_deployer" {
  for_each = local.services

  name     = each.value
  location = var.region
  role     = google_project_iam_custom_role.deployer.id
  member   = google_service_account.build.member
}

# Permissions for operations and for jobs of Cloud Scheduler can only be granted on the whole
# project. gcloud waits for an operation of Cloud Run, and a release runs the jobs that test convert
# and poll.
resource "google_project_iam_custom_role" "releaser" {
  role_id     = "${replace(var.name, "-", "_")}_releaser"
  title       = "Vertextune: wait for revisions and try them"
  permissions = ["cloudscheduler.jobs.get", "cloudscheduler.jobs.run", "run.operations.get"]

  depends_on = [google_project_service.this]
}

resource "google_project_iam_member" "build_releaser" {
  project = var.project_id
  role    = google_project_iam_custom_role.releaser.id
  member  = google_service_account.build.member
}

# A revision runs as its account, and the deployer needs permission to use that account.
resource "google_service_account_iam_member" "build_runtime" {
  for_each = {
    api     = google_service_account.api.name
    convert = module.convert.account.name
    poll    = module.poll.account.name
  }

  service_account_id = each.value
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.build.member
}

# The account creates identity tokens for itself, to call the api and to sign images.
resource "google_service_account_iam_member" "build_identity" {
  service_account_id = google_service_account.build.name
  role               = "roles/iam.serviceAccountOpenIdTokenCreator"
  member             = google_service_account.build.member
}

# The smoke test calls the endpoints, drops a file and reads its report. In modes oidc and token it
# calls with the token from a secret instead.
resource "google_secret_manager_secret_iam_member" "build_smoke_token" {
  count = var.smoke_token_secret == null ? 0 : 1

  secret_id = var.smoke_token_secret
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.build.member
}

resource "google_cloud_run_v2_service_iam_member" "build_smoke" {
  count = var.auth.mode == "iam" && !var.auth.iap ? 1 : 0

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

moved {
  from = google_cloud_run_v2_service_iam_member.build_smoke
  to   = google_cloud_run_v2_service_iam_member.build_smoke[0]
}
