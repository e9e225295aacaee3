# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# These runs turn on everything that is off by default.

mock_provider "google" {
  source = "./tests/mocks"
}

variables {
  project_id = "my-project"
  region     = "us-central1"
}

run "off" {
  assert {
    condition = (
      length(google_kms_crypto_key_iam_member.agents) == 0 && google_pubsub_topic.events.kms_key_name == null
      && length(google_storage_bucket.data.encryption) == 0 && google_cloud_run_v2_service.api.template[0].encryption_key == null
    )
    error_message = "A key is used that was not given."
  }
  assert {
    condition     = length(google_billing_budget.this) == 0 && length(google_secret_manager_secret.api_tokens) == 0 && length(google_monitoring_notification_channel.email) == 0 && length(google_cloud_run_v2_service.api.template[0].vpc_access) == 0
    error_message = "Something is made that was not asked for."
  }
  assert {
    condition     = google_cloud_run_v2_service.api.invoker_iam_disabled == false && google_cloud_run_v2_service.api.iap_enabled == false && google_cloud_run_v2_service.api.ingress == "INGRESS_TRAFFIC_ALL"
    error_message = "In mode iam, Cloud Run must check who calls."
  }
}

run "key" {
  variables {
    kms_key = "projects/my-project/locations/us-central1/keyRings/r/cryptoKeys/k"
    # With this mode there is a secret too.
    auth       = { mode = "token" }
    api_tokens = { ci = { role = "starter", sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" } }
  }

  assert {
    condition = alltrue([for key in concat(
      [for b in [google_storage_bucket.inbox, google_storage_bucket.data, google_storage_bucket.source] : b.encryption[0].default_kms_key_name],
      [for t in [google_pubsub_topic.ticks, google_pubsub_topic.events, google_pubsub_topic.dead_letters] : t.kms_key_name],
      [for s in [google_cloud_run_v2_service.api, module.convert.service, module.poll.service] : s.template[0].encryption_key],
      [
        google_artifact_registry_repository.images.kms_key_name,
        google_firestore_database.this[0].cmek_config[0].kms_key_name,
        google_secret_manager_secret.api_tokens[0].replication[0].user_managed[0].replicas[0].customer_managed_encryption[0].kms_key_name,
      ],
    ) : key == var.kms_key])
    error_message = "Something that is stored is not encrypted with the key."
  }
  assert {
    condition     = contains(keys(google_project_service.this), "cloudkms.googleapis.com")
    error_message = "Cloud KMS is not enabled."
  }
}

run "tokens" {
  variables {
    auth = { mode = "token" }
    api_tokens = {
      old = { role = "reader", sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" }
      new = { role = "starter", sha256 = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae" }
    }
  }

  assert {
    condition     = nonsensitive(local.api_tokens) == "new:starter:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae,old:reader:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    error_message = "The secret is not what the service reads."
  }
  assert {
    condition     = google_secret_manager_secret_version.api_tokens[0].secret_data == null && tostring(google_secret_manager_secret_version.api_tokens[0].secret_data_wo_version) == tostring(local.api_tokens_version)
    error_message = "The state holds the tokens' hashes, or does not say which they are."
  }
  # Every revision knows the current tokens, and a change creates a new revision.
  assert {
    condition     = [for e in google_cloud_run_v2_service.api.template[0].containers[0].env : e.value_source[0].secret_key_ref[0].version if e.name == "API_TOKENS"] == ["latest"] && local.api_environment.API_TOKENS_VERSION == tostring(local.api_tokens_version)
    error_message = "API_TOKENS is not the latest version, or a change makes no revision."
  }
  assert {
    condition     = google_cloud_run_v2_service.api.invoker_iam_disabled && [for k, v in local.api_environment : "${k}=${v}" if startswith(k, "AUTH_")] == ["AUTH_MODE=token"]
    error_message = "Mode token is told ${jsonencode(local.api_environment)}."
  }
}

run "oidc" {
  variables {
    auth = {
      mode    = "oidc", issuer = "https://issuer.example.com", audiences = ["vertextune"], groups_claim = "roles"
      readers = ["domain:example.com"], starters = ["group:tuners", "email:ann@example.com"]
    }
  }

  assert {
    condition = { for k, v in local.api_environment : k => v if startswith(k, "AUTH_") } == {
      AUTH_AUDIENCES    = "vertextune"
      AUTH_GROUPS_CLAIM = "roles"
      AUTH_ISSUER       = "https://issuer.example.com"
      AUTH_MODE         = "oidc"
      AUTH_READERS      = "domain:example.com"
      AUTH_STARTERS     = "email:ann@example.com,group:tuners"
    }
    error_message = "Mode oidc is told ${jsonencode(local.api_environment)}."
  }
}

run "sign_in" {
  variables {
    auth = {
      mode      = "oidc", issuer = "https://issuer.example.com", audiences = ["vertextune"], starters = ["email:ann@example.com"]
      client_id = "console", client_secret = "oidc-client"
    }
  }

  assert {
    condition     = local.api_environment.AUTH_CLIENT_ID == "console" && !can(local.api_environment.AUTH_CLIENT_SECRET)
    error_message = "The sign-in is told ${jsonencode(local.api_environment)}."
  }
  assert {
    condition = [
      for e in google_cloud_run_v2_service.api.template[0].containers[0].env : e.value_source[0].secret_key_ref[0] if e.name == "AUTH_CLIENT_SECRET"
    ] == [{ secret = "oidc-client", version = "latest" }]
    error_message = "The secret of the client does not come from Secret Manager."
  }
}

run "identity_aware_proxy" {
  variables {
    auth = { iap = true, readers = ["domain:example.com"] }
  }

  assert {
    condition     = google_cloud_run_v2_service.api.iap_enabled && google_cloud_run_v2_service.api.invoker_iam_disabled == false
    error_message = "Callers come past Identity-Aware Proxy."
  }
  assert {
    condition     = local.api_environment.AUTH_IAP_AUDIENCE == "/projects/123456789012/locations/us-central1/services/vertextune-api" && local.api_environment.AUTH_MODE == "iam"
    error_message = "Mode iam is told ${jsonencode(local.api_environment)}."
  }
  assert {
    condition     = contains(keys(google_project_service.this), "iap.googleapis.com")
    error_message = "Identity-Aware Proxy is not enabled."
  }
  # Cloud Build cannot call through the proxy, and must not try to.
  assert {
    condition     = startswith(output.build_substitutions, "_AUTH_MODE=iap,") && !can(local.api_environment.AUTH_STARTERS)
    error_message = "Cloud Build is given ${output.build_substitutions}."
  }
}

run "substitutions" {
  assert {
    condition     = output.build_substitutions == "_AUTH_MODE=iam,_DATA_BUCKET=my-project-vertextune-data,_INBOX_BUCKET=my-project-vertextune-inbox,_NAME=vertextune,_REGION=us-central1,_SCHEDULER_REGION=us-central1,_TOKEN_SECRET="
    error_message = "Cloud Build is given ${output.build_substitutions}."
  }
}

run "the_rest" {
  variables {
    alert_emails          = ["ops@example.com"]
    notification_channels = ["projects/my-project/notificationChannels/1"]
    api_ingress           = "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
    api_instances         = { min = 1, max = 3 }
    budget                = { billing_account = "01AB23-456CDE-789F01", amount = 500 }
    deletion_protection   = false
    firestore             = { create = false, database = "theirs" }
    retention             = { inbox_days = 30, soft_delete_days = 0 }
    vpc                   = { network = "n", subnetwork = "s", egress = "ALL_TRAFFIC" }
    worker_pool           = "projects/p/locations/us-central1/workerPools/w"
  }

  assert {
    condition     = output.worker_pool == "projects/p/locations/us-central1/workerPools/w" && output.api_ingress == "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
    error_message = "scripts/deploy does not know where to build."
  }

  assert {
    condition     = alltrue([for policy in google_monitoring_alert_policy.this : length(policy.notification_channels) == 2])
    error_message = "An alert tells nobody."
  }
  assert {
    condition     = google_billing_budget.this[0].amount[0].specified_amount[0].units == "500" && length(google_billing_budget.this[0].threshold_rules) == 4 && contains(keys(google_project_service.this), "billingbudgets.googleapis.com")
    error_message = "The budget is another."
  }
  assert {
    condition     = length(google_firestore_database.this) == 0 && google_firestore_index.jobs_by_state.database == "theirs" && google_storage_bucket.data.force_destroy
    error_message = "A database is made beside the one that is there, or protection is still on."
  }
  assert {
    condition     = anytrue([for rule in google_storage_bucket.inbox.lifecycle_rule : one(rule.condition).age == 30 && one(rule.action).type == "Delete"])
    error_message = "Files stay in the inbox."
  }
  assert {
    condition     = alltrue([for s in [google_cloud_run_v2_service.api, module.convert.service, module.poll.service] : s.template[0].vpc_access[0].egress == "ALL_TRAFFIC" && s.template[0].vpc_access[0].network_interfaces[0].subnetwork == "s" && s.deletion_protection == false])
    error_message = "A function does not go through the network, or is protected."
  }
  assert {
    condition     = google_cloud_run_v2_service.api.template[0].scaling[0].min_instance_count == 1 && google_cloud_run_v2_service.api.template[0].scaling[0].max_instance_count == 3 && google_cloud_run_v2_service.api.ingress == "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
    error_message = "Function api has other instances, or is open."
  }
}

# Each alert explains what to do, with the README's text.
run "alerts" {
  assert {
    condition     = toset(keys(google_monitoring_alert_policy.this)) == toset(["dead_letters", "failed_conversions", "failed_jobs", "server_errors", "stalled_poller"])
    error_message = "There are other alerts."
  }
  assert {
    condition     = alltrue([for policy in google_monitoring_alert_policy.this : length(policy.documentation[0].content) > 100])
    error_message = "README.md lacks a section on an alert, headed by its name."
  }
  assert {
    condition     = alltrue([for m in google_logging_metric.this : can(regex("^resource.type=.cloud_run_revision. AND resource.labels.service_name=[(].vertextune-(api. OR .vertextune-poll|convert).[)] AND jsonPayload.message=.[a-z ]+. AND ", m.filter))])
    error_message = "A metric counts lines that are not ours."
  }
  assert {
    condition     = length(jsondecode(google_monitoring_dashboard.this.dashboard_json).mosaicLayout.tiles) == length(local.charts)
    error_message = "The dashboard lacks a chart."
  }
}
