# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

locals {
  apis = setunion(
    [
      "aiplatform.googleapis.com",
      "artifactregistry.googleapis.com",
      "cloudbuild.googleapis.com",
      "cloudresourcemanager.googleapis.com",
      "cloudscheduler.googleapis.com",
      "eventarc.googleapis.com",
      "firestore.googleapis.com",
      "iam.googleapis.com",
      "logging.googleapis.com",
      "monitoring.googleapis.com",
      "pubsub.googleapis.com",
      "run.googleapis.com",
      "secretmanager.googleapis.com",
      "storage.googleapis.com",
    ],
    var.budget == null ? [] : ["billingbudgets.googleapis.com"],
    var.kms_key == null ? [] : ["cloudkms.googleapis.com"],
  )

  # Where each function is from: Google's hello page until Cloud Build has deployed ours.
  placeholder = "us-docker.pkg.dev/cloudrun/container/hello"

  # What the functions have in common.
  environment = {
    GOOGLE_CLOUD_PROJECT  = var.project_id
    GOOGLE_CLOUD_LOCATION = coalesce(var.tuning_location, var.region)
    FIRESTORE_DATABASE    = local.database
    DATA_BUCKET           = google_storage_bucket.data.name
  }

  # The accounts by which Google's own services act in this project.
  agents = {
    for name, domain in {
      artifacts = "gcp-sa-artifactregistry.iam.gserviceaccount.com"
      firestore = "gcp-sa-firestore.iam.gserviceaccount.com"
      pubsub    = "gcp-sa-pubsub.iam.gserviceaccount.com"
      run       = "serverless-robot-prod.iam.gserviceaccount.com"
      secrets   = "gcp-sa-secretmanager.iam.gserviceaccount.com"
      tuning    = "gcp-sa-vertex-tune.iam.gserviceaccount.com"
    } : name => "serviceAccount:service-${data.google_project.this.number}@${domain}"
  }
}

resource "google_project_service" "this" {
  for_each = local.apis

  service = each.key
  # What else is in the project may use them too.
  disable_on_destroy = false
}

data "google_project" "this" {
  project_id = var.project_id

  depends_on = [google_project_service.this]
}
