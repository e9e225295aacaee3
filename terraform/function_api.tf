# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# Function api serves the HTTP endpoints.

locals {
  # Cloud Run derives this address from names, so it is known before the service exists.
  api_url = "https://${var.name}-api-${data.google_project.this.number}.${var.region}.run.app"

  # This is the audience of gcloud's own tokens: they name gcloud's client and not the target
  # service.
  gcloud_audience = "32555940559.apps.googleusercontent.com"

  # These settings define the callers, as pkg/entry/auth reads them. Each mode has only its own
  # settings.
  auth_environment = merge({ AUTH_MODE = var.auth.mode }, {
    token = {}
    iam = {
      AUTH_IAM_PRIVATE = "true"
      AUTH_AUDIENCES   = join(",", concat([local.api_url], var.auth.gcloud_tokens ? [local.gcloud_audience] : [], var.auth.audiences))
      # Identity-Aware Proxy signs its assertions for this audience.
      AUTH_IAP_AUDIENCE = var.auth.iap ? "/projects/${data.google_project.this.number}/locations/${var.region}/services/${var.name}-api" : null
    }
    oidc = {
      AUTH_ISSUER       = var.auth.issuer
      AUTH_AUDIENCES    = join(",", var.auth.audiences)
      AUTH_GROUPS_CLAIM = var.auth.groups_claim
      AUTH_CLIENT_ID    = var.auth.client_id
    }
    }[var.auth.mode], var.auth.mode == "token" ? {} : {
    AUTH_READERS   = join(",", var.auth.readers)
    AUTH_OPERATORS = join(",", var.auth.operators)
    AUTH_STARTERS  = join(",", concat(tolist(var.auth.starters), local.smoke_caller))
  })
  # Cloud Build smoke-tests what it deploys. Identity-Aware Proxy does not let its tokens in.
  smoke_caller = var.auth.mode == "iam" && !var.auth.iap ? ["email:${google_service_account.build.email}"] : []

  # In mode iam, Cloud Run admits the members that have a role on the service. IAM ignores case, so
  # two spellings would be two grants for the same member.
  invokers = var.auth.mode != "iam" ? [] : distinct([
    for principal in [for p in concat(tolist(var.auth.readers), tolist(var.auth.operators), tolist(var.auth.starters)) : lower(p)] :
    startswith(principal, "domain:") ? principal :
    "${endswith(principal, ".gserviceaccount.com") ? "serviceAccount" : "user"}:${trimprefix(principal, "email:")}"
  ])

  # GOMEMLIMIT is a tenth below the container's memory. The function derives from it how many bytes
  # of bodies it processes at a time, for any concurrency.
  api_memory = { container = "1Gi", go = "920MiB" }

  api_environment = {
    for name, value in merge(local.environment, local.auth_environment, {
      API_TOKENS_VERSION    = var.auth.mode == "token" ? tostring(local.api_tokens_version) : null
      CANCEL_OWN_JOBS_ONLY  = tostring(var.jobs.cancel_own_only)
      CORS_ORIGINS          = join(",", var.cors_origins)
      GOMEMLIMIT            = local.api_memory.go
      INBOX_BUCKET          = google_storage_bucket.inbox.name
      OPENAI_API            = tostring(var.openai.enabled)
      OPENAI_MODEL_ALIASES  = join(",", [for name, model in var.openai.model_aliases : "${name}=${model}"])
      REQUEST_TIMEOUT       = "4m50s"
      START_RATE_PER_MINUTE = tostring(var.jobs.starts_per_minute)
      STATUS_MAX_AGE        = "15s"
    }, var.api_environment) : name => value if value != null && value != ""
  }
}

resource "google_service_account" "api" {
  account_id   = "${var.name}-api"
  display_name = "Vertextune: runs function api"

  depends_on = [google_project_service.this]
}

# Datasets are written once and never replaced, so the permission to create is enough.
resource "google_storage_bucket_iam_member" "api_data" {
  for_each = toset(["roles/storage.objectCreator", "roles/storage.objectViewer"])

  bucket = google_storage_bucket.data.name
  role   = each.key
  member = google_service_account.api.member
}

# The objects of a refused start are deleted. The account can delete no others.
resource "google_storage_bucket_iam_member" "api_refused_starts" {
  bucket = google_storage_bucket.data.name
  role   = "roles/storage.objectUser"
  member = google_service_account.api.member

  condition {
    title      = local.refused_starts.title
    expression = local.refused_starts.expression
  }
}

# The files of OpenAI's clients are deleted at their request, and the parts of uploads when the file
# is complete.
resource "google_storage_bucket_iam_member" "api_files" {
  bucket = google_storage_bucket.data.name
  role   = "roles/storage.objectUser"
  member = google_service_account.api.member

  condition {
    title      = "files-of-${var.name}"
    expression = "resource.name.startsWith(\"projects/_/buckets/${google_storage_bucket.data.name}/objects/files/\") || resource.name.startsWith(\"projects/_/buckets/${google_storage_bucket.data.name}/objects/uploads/\")"
  }
}

# A start may name a file of the inbox as its training data.
resource "google_storage_bucket_iam_member" "api_inbox" {
  bucket = google_storage_bucket.inbox.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.api.member
}

# The console puts a file that is dropped onto its page into the inbox, in a folder of its own. It
# never replaces a file.
resource "google_storage_bucket_iam_member" "api_console" {
  bucket = google_storage_bucket.inbox.name
  role   = "roles/storage.objectCreator"
  member = google_service_account.api.member

  condition {
    title      = "console-of-${var.name}"
    expression = "resource.name.startsWith(\"projects/_/buckets/${google_storage_bucket.inbox.name}/objects/console/\")"
  }
}

# Firestore's roles are granted on the project; the condition excludes its other databases.
resource "google_project_iam_member" "api_firestore" {
  project = var.project_id
  role    = "roles/datastore.user"
  member  = google_service_account.api.member

  condition {
    title      = "database-of-${var.name}"
    expression = "resource.name == \"projects/${var.project_id}/databases/${var.firestore.database}\""
  }
}

# Vertex AI has no permissions on single tuning jobs, so they are granted on the project. The role
# "tuner" has only the called methods of roles/aiplatform.user.
resource "google_project_iam_member" "api_promoter" {
  project = var.project_id
  role    = google_project_iam_custom_role.promoter.id
  member  = google_service_account.api.member
}

resource "google_project_iam_member" "api_tuner" {
  project = var.project_id
  role    = google_project_iam_custom_role.tuner.id
  member  = google_service_account.api.member
}

# It counts the tokens of a start's examples by the permission with which function poll asks models.
resource "google_project_iam_member" "api_evaluator" {
  count = var.jobs.count_tokens ? 1 : 0

  project = var.project_id
  role    = google_project_iam_custom_role.evaluator.id
  member  = google_service_account.api.member
}

resource "google_secret_manager_secret_iam_member" "api_tokens" {
  count = var.auth.mode == "token" ? 1 : 0

  secret_id = google_secret_manager_secret.api_tokens[0].id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.api.member
}

# The secret of the client with which people sign in to the console is not in Terraform's state.
resource "google_secret_manager_secret_iam_member" "api_client" {
  count = var.auth.client_secret == null ? 0 : 1

  secret_id = var.auth.client_secret
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.api.member
}

resource "google_cloud_run_v2_service" "api" {
  name                = "${var.name}-api"
  location            = var.region
  ingress             = var.api_ingress
  deletion_protection = var.deletion_protection

  # In the modes token and oidc the service itself checks every call. With this setting, allUsers
  # needs no role.
  invoker_iam_disabled = var.auth.mode != "iam"
  iap_enabled          = var.auth.iap

  template {
    service_account = google_service_account.api.email
    encryption_key  = var.kms_key
    timeout         = "300s"
    # Bodies of more than 64 KiB share two thirds of GOMEMLIMIT. A request that finds no space there
    # waits a few seconds, and is then answered with 503.
    max_instance_request_concurrency = 20

    scaling {
      min_instance_count = var.api_instances.min
      max_instance_count = var.api_instances.max
    }

    containers {
      image = coalesce(var.images.api, local.placeholder)

      resources {
        limits            = { cpu = "1", memory = local.api_memory.container }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      dynamic "env" {
        for_each = local.api_environment
        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "env" {
        for_each = google_secret_manager_secret_version.api_tokens
        content {
          name = "API_TOKENS"
          value_source {
            secret_key_ref {
              secret  = google_secret_manager_secret.api_tokens[0].secret_id
              version = "latest"
            }
          }
        }
      }

      dynamic "env" {
        for_each = google_secret_manager_secret_iam_member.api_client
        content {
          name = "AUTH_CLIENT_SECRET"
          value_source {
            secret_key_ref {
              secret  = var.auth.client_secret
              version = "latest"
            }
          }
        }
      }

      startup_probe {
        period_seconds    = 1
        failure_threshold = 30
        http_get {
          path = "/health"
        }
      }

      liveness_probe {
        period_seconds    = 30
        timeout_seconds   = 5
        failure_threshold = 3
        http_get {
          path = "/health"
        }
      }
    }

    dynamic "vpc_access" {
      for_each = var.vpc[*]
      content {
        egress = vpc_access.value.egress
        network_interfaces {
          network    = vpc_access.value.network
          subnetwork = vpc_access.value.subnetwork
          tags       = vpc_access.value.tags
        }
      }
    }
  }

  lifecycle {
    # Cloud Build deploys images and moves traffic; gcloud marks what it changes.
    ignore_changes = [
      client, client_version, traffic,
      template[0].annotations, template[0].labels, template[0].revision, template[0].containers[0].image,
    ]
  }

  depends_on = [
    google_kms_crypto_key_iam_member.agents,
    google_project_service.this,
    google_secret_manager_secret_iam_member.api_tokens,
    google_storage_bucket_iam_member.catalogue,
  ]
}

# Behind Identity-Aware Proxy, only the proxy invokes the service, and the proxy lets in the callers.
resource "google_cloud_run_v2_service_iam_member" "api_invokers" {
  for_each = toset(var.auth.iap ? [local.agents.iap] : local.invokers)

  name     = google_cloud_run_v2_service.api.name
  location = var.region
  role     = "roles/run.invoker"
  member   = each.key
}

resource "google_iap_web_cloud_run_service_iam_member" "api_people" {
  for_each = toset(var.auth.iap ? local.invokers : [])

  cloud_run_service_name = google_cloud_run_v2_service.api.name
  location               = var.region
  role                   = "roles/iap.httpsResourceAccessor"
  member                 = each.key

  depends_on = [google_project_service.this]
}
