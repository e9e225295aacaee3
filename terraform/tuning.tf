# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# Functions api and poll call these methods of Vertex AI. roles/aiplatform.user has some hundred
# permissions more, for example to predict and to delete.
resource "google_project_iam_custom_role" "tuner" {
  role_id = "${replace(var.name, "-", "_")}_tuner"
  title   = "Vertextune: start, watch and cancel tuning jobs"
  permissions = [
    "aiplatform.trainingPipelines.get",
    "aiplatform.tuningJobs.cancel",
    "aiplatform.tuningJobs.create",
    "aiplatform.tuningJobs.get",
    "aiplatform.tuningJobs.list",
  ]

  depends_on = [google_project_service.this]
}

# Function poll reads the metrics of jobs that have ended. Vertex AI keeps them in TensorBoard, whose
# name is in a metadata context.
resource "google_project_iam_custom_role" "metrics" {
  role_id = "${replace(var.name, "-", "_")}_metrics"
  title   = "Vertextune: read the metrics of tuning jobs"
  permissions = [
    "aiplatform.contexts.get",
    "aiplatform.tensorboardRuns.list",
    "aiplatform.tensorboardTimeSeries.list",
    "aiplatform.tensorboardTimeSeries.read",
  ]

  depends_on = [google_project_service.this]
}

# Functions api and poll have a base model count the tokens of training examples, and function poll
# asks tuned models and their base models the questions of an evaluation. One permission covers all
# of it.
resource "google_project_iam_custom_role" "evaluator" {
  role_id = "${replace(var.name, "-", "_")}_evaluator"
  title   = "Vertextune: ask models, and count tokens"
  permissions = [
    "aiplatform.endpoints.predict",
  ]

  depends_on = [google_project_service.this]
}

# Functions api and poll check that a tuned model exists, and set its default checkpoint, when it is
# promoted.
resource "google_project_iam_custom_role" "promoter" {
  role_id = "${replace(var.name, "-", "_")}_promoter"
  title   = "Vertextune: set the default checkpoint of tuned models"
  permissions = [
    "aiplatform.models.get",
    "aiplatform.models.update",
  ]

  depends_on = [google_project_service.this]
}

# Jobs run as Vertex AI's tuning agent, gcp-sa-vertex-tune, which reads our buckets by
# roles/aiplatform.tuningServiceAgent. Google creates the agent, with that role, at the first tuning
# job of a project. So nothing can be granted to it before, and in the project itself it needs no
# other grant.
#
# A separate account for jobs (the field service_account of a start) does need grants: the functions
# may start jobs as that account, the account has the agent's role and reads the datasets, and the
# agent, once it exists, acts as the account. Source: "Use a custom service account" in Vertex AI's
# guide to supervised tuning of Gemini models.

resource "google_service_account_iam_member" "tuning_users" {
  for_each = {
    for pair in setproduct(var.tuning_accounts, ["api", "poll"]) : join(" ", pair) => { account = pair[0], function = pair[1] }
  }

  service_account_id = "projects/-/serviceAccounts/${each.value.account}"
  role               = "roles/iam.serviceAccountUser"
  member = {
    api  = google_service_account.api.member
    poll = module.poll.account.member
  }[each.value.function]
}

# The role is granted on the project, as it is to the agent: no single resource accepts it.
resource "google_project_iam_member" "tuning_accounts" {
  for_each = var.tuning_accounts

  project = var.project_id
  role    = "roles/aiplatform.tuningServiceAgent"
  member  = "serviceAccount:${each.key}"
}

resource "google_storage_bucket_iam_member" "tuning_data" {
  for_each = var.tuning_accounts

  bucket = google_storage_bucket.data.name
  role   = "roles/storage.objectViewer"
  member = "serviceAccount:${each.key}"
}

resource "google_service_account_iam_member" "tuning_agent" {
  for_each = var.tuning_agent_exists ? var.tuning_accounts : []

  service_account_id = "projects/-/serviceAccounts/${each.key}"
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = local.agents.tuning
}

# Two other agents tune open models. They read the dataset in the data bucket, and write the model
# there (output_uri) unless a start names another place.
resource "google_storage_bucket_iam_member" "open_models" {
  for_each = { for name in ["open_models", "vertex"] : name => local.agents[name] if var.open_model_agents_exist }

  bucket = google_storage_bucket.data.name
  role   = "roles/storage.objectUser"
  member = each.value
}
