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

  # Shape of every region there is, so that a zone, a multi-region and a slip of the pen
  # are refused while planning.
  region_pattern = "^(africa|asia|australia|europe|me|northamerica|southamerica|us)-(north|south)?(central|east|north|south|west)1?[0-9]$"

  # Where each function is from: Google's hello page until Cloud Build has deployed ours.
  placeholder = "us-docker.pkg.dev/cloudrun/container/hello"

  # What the functions have in common: convert records starts, api makes them, poll
  # goes on with them, and all must go by the same.
  environment = {
    BASE_MODEL             = var.base_model
    CATALOGUE              = try(var.catalogue.object, null)
    CATALOGUE_MAX_AGE      = try(var.catalogue.max_age, null)
    CREATE_TIMEOUT         = var.jobs.create_timeout
    DATA_BUCKET            = google_storage_bucket.data.name
    DEFAULT_MAX_COST_USD   = tostring(var.spending.default_job)
    FIRESTORE_DATABASE     = local.database
    GOOGLE_CLOUD_LOCATION  = coalesce(var.tuning_location, var.region)
    GOOGLE_CLOUD_PROJECT   = var.project_id
    MAX_CONCURRENT_JOBS    = tostring(var.jobs.max_concurrent)
    MAX_COST_USD           = tostring(var.spending.job)
    MAX_QUEUED_JOBS        = tostring(var.jobs.max_queued)
    MONTHLY_BUDGET_USD     = tostring(var.spending.month)
    START_BUCKETS          = join(",", var.jobs.allowed_buckets)
    START_KMS_KEYS         = join(",", var.jobs.allowed_kms_keys)
    START_LEASE            = var.jobs.start_lease
    START_SERVICE_ACCOUNTS = join(",", var.jobs.allowed_service_accounts)
  }

  # The objects of starts, for the grants to delete those of refused ones.
  refused_starts = {
    title      = "starts-of-${var.name}"
    expression = "resource.name.startsWith(\"projects/_/buckets/${google_storage_bucket.data.name}/objects/datasets/\") || resource.name.startsWith(\"projects/_/buckets/${google_storage_bucket.data.name}/objects/requests/\")"
  }

  # The accounts by which Google's own services act in this project.
  agents = {
    for name, domain in {
      artifacts   = "gcp-sa-artifactregistry.iam.gserviceaccount.com"
      firestore   = "gcp-sa-firestore.iam.gserviceaccount.com"
      open_models = "gcp-sa-vertex-moss-ft.iam.gserviceaccount.com"
      pubsub      = "gcp-sa-pubsub.iam.gserviceaccount.com"
      run         = "serverless-robot-prod.iam.gserviceaccount.com"
      secrets     = "gcp-sa-secretmanager.iam.gserviceaccount.com"
      tuning      = "gcp-sa-vertex-tune.iam.gserviceaccount.com"
      vertex      = "gcp-sa-aiplatform.iam.gserviceaccount.com"
    } : name => "serviceAccount:service-${data.google_project.this.number}@${domain}"
  }
}

resource "google_project_service" "this" {
  for_each = local.apis

  service = each.key
  # What else is in the project may use them too.
  disable_on_destroy = false
}

# No depends_on here: with one more API the number would be unknown while planning, and
# every grant to an agent of Google's would be replaced.
data "google_project" "this" {
  project_id = var.project_id
}
