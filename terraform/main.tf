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
    var.auth.iap ? ["iap.googleapis.com"] : [],
  )

  # This pattern matches every existing region, so that a zone, a multi-region or a typing error is
  # refused in the plan.
  region_pattern = "^(africa|asia|australia|europe|me|northamerica|southamerica|us)-(north|south)?(central|east|north|south|west)1?[0-9]$"

  # The image of each function is Google's hello page until Cloud Build has deployed ours.
  placeholder = "us-docker.pkg.dev/cloudrun/container/hello"

  # The functions share these settings: convert records starts, api makes them and poll resumes
  # them, so all must use the same values.
  environment = {
    BASE_MODEL             = var.base_model
    CATALOGUE              = try(var.catalogue.object, null)
    CATALOGUE_MAX_AGE      = try(var.catalogue.max_age, null)
    COUNT_TOKENS           = tostring(var.jobs.count_tokens)
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

  # Functions convert and poll also share these: see modules/event_function.
  deployment = {
    name                = var.name
    region              = var.region
    deletion_protection = var.deletion_protection
    kms_key             = var.kms_key
    pubsub_agent        = local.agents.pubsub
    vpc                 = var.vpc
  }

  # This condition matches the objects of starts. It limits the grants to delete the objects of
  # refused starts.
  refused_starts = {
    title      = "starts-of-${var.name}"
    expression = "resource.name.startsWith(\"projects/_/buckets/${google_storage_bucket.data.name}/objects/datasets/\") || resource.name.startsWith(\"projects/_/buckets/${google_storage_bucket.data.name}/objects/requests/\")"
  }

  # Google's own services use these accounts in this project.
  agents = {
    for name, domain in {
      artifacts   = "gcp-sa-artifactregistry.iam.gserviceaccount.com"
      firestore   = "gcp-sa-firestore.iam.gserviceaccount.com"
      iap         = "gcp-sa-iap.iam.gserviceaccount.com"
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
  # Other resources of the project may use these APIs too.
  disable_on_destroy = false
}

# There is no depends_on here: with it, an additional API would make the number unknown in the plan,
# and every grant to Google's agents would be replaced.
data "google_project" "this" {
  project_id = var.project_id
}
