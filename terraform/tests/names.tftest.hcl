# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# These runs check names, regions, and the default protection of resources.

mock_provider "google" {
  source = "./tests/mocks"
}

variables {
  project_id = "my-project"
  region     = "us-central1"
}

run "as_it_comes" {
  assert {
    condition = toset([for a in [
      google_service_account.api, google_service_account.build, module.convert.account, module.convert.trigger_account,
      module.poll.account, module.poll.trigger_account,
      ] : a.account_id]) == toset([
      "vertextune-api", "vertextune-build", "vertextune-convert", "vertextune-convert-trigger", "vertextune-poll", "vertextune-poll-trigger",
    ])
    error_message = "Accounts are called otherwise."
  }
  assert {
    condition     = output.services == { api = "vertextune-api", convert = "vertextune-convert", poll = "vertextune-poll" }
    error_message = "Services are called ${jsonencode(output.services)}."
  }
  assert {
    condition     = output.url == "https://vertextune-api-123456789012.us-central1.run.app" && output.repository == "us-central1-docker.pkg.dev/my-project/vertextune"
    error_message = "Addresses are ${output.url} and ${output.repository}."
  }
  assert {
    condition     = trimspace(output.curl) == "TOKEN=$(gcloud auth print-identity-token); curl -sS -H \"Authorization: Bearer $TOKEN\" https://vertextune-api-123456789012.us-central1.run.app/api/v1/fine-tuning/jobs"
    error_message = "The call to paste is ${output.curl}."
  }
  assert {
    condition = alltrue([for place in [
      google_cloud_run_v2_service.api.location, module.convert.service.location, module.poll.service.location,
      google_artifact_registry_repository.images.location, google_storage_bucket.inbox.location, google_storage_bucket.data.location,
      google_storage_bucket.source.location, google_firestore_database.this[0].location_id, module.poll.trigger.location,
    ] : lower(place) == "us-central1"])
    error_message = "Something is in another region."
  }
  assert {
    condition = alltrue([for b in [google_storage_bucket.inbox, google_storage_bucket.data, google_storage_bucket.source] :
    b.uniform_bucket_level_access && b.public_access_prevention == "enforced"])
    error_message = "A bucket can be made public."
  }
  assert {
    condition = alltrue([for b in [google_storage_bucket.inbox, google_storage_bucket.data] :
    b.versioning[0].enabled && b.soft_delete_policy[0].retention_duration_seconds == 604800 && b.force_destroy == false])
    error_message = "What is in a bucket can be lost at once."
  }
  # The dataset of a job is kept; replaced objects and those that are no longer needed are deleted.
  assert {
    condition = {
      for rule in google_storage_bucket.data.lifecycle_rule : join(" ", coalesce(one(rule.condition).matches_prefix, [])) => one(rule.condition).age...
      if one(rule.action).type == "Delete" && one(rule.condition).with_state != "ARCHIVED"
    } == { "drops/smoke/" = [1], "requests/" = [30], "uploads/" = [2] }
    error_message = "Rules delete other objects of the data bucket: ${jsonencode(google_storage_bucket.data.lifecycle_rule)}."
  }
  assert {
    condition = alltrue([
      for b in [google_storage_bucket.inbox, google_storage_bucket.data] : one([
        for rule in b.lifecycle_rule : one(rule.condition).days_since_noncurrent_time
        if one(rule.action).type == "Delete" && one(rule.condition).with_state == "ARCHIVED"
      ]) == 30
    ])
    error_message = "Versions that were replaced stay for ever, or not for 30 days."
  }
  assert {
    condition     = google_firestore_database.this[0].name == "(default)" && google_firestore_database.this[0].type == "FIRESTORE_NATIVE" && google_firestore_database.this[0].delete_protection_state == "DELETE_PROTECTION_ENABLED" && google_firestore_database.this[0].point_in_time_recovery_enablement == "POINT_IN_TIME_RECOVERY_ENABLED"
    error_message = "The database can be lost."
  }
  assert {
    condition     = alltrue([for s in [google_cloud_run_v2_service.api, module.convert.service, module.poll.service] : s.deletion_protection && s.template[0].containers[0].image == "us-docker.pkg.dev/cloudrun/container/hello"])
    error_message = "A service can be deleted, or begins with something else than Google's page."
  }
  assert {
    condition     = google_artifact_registry_repository.images.docker_config[0].immutable_tags
    error_message = "A tag can be moved to another image."
  }
  assert {
    condition = toset([for e in google_cloud_run_v2_service.api.template[0].containers[0].env : "${e.name}=${e.value}"]) == toset([
      "AUTH_AUDIENCES=https://vertextune-api-123456789012.us-central1.run.app,32555940559.apps.googleusercontent.com",
      "AUTH_IAM_PRIVATE=true",
      "AUTH_MODE=iam",
      "AUTH_STARTERS=email:vertextune-build@my-project.iam.gserviceaccount.com",
      "BASE_MODEL=gemini-3.1-flash-lite",
      "CANCEL_OWN_JOBS_ONLY=false",
      "COUNT_TOKENS=true",
      "CREATE_TIMEOUT=60s",
      "DATA_BUCKET=my-project-vertextune-data",
      "DEFAULT_MAX_COST_USD=0",
      "FIRESTORE_DATABASE=(default)",
      "GOMEMLIMIT=920MiB",
      "GOOGLE_CLOUD_LOCATION=us-central1",
      "GOOGLE_CLOUD_PROJECT=my-project",
      "INBOX_BUCKET=my-project-vertextune-inbox",
      "MAX_CONCURRENT_JOBS=0",
      "MAX_COST_USD=0",
      "MAX_QUEUED_JOBS=1000",
      "MONTHLY_BUDGET_USD=0",
      "OPENAI_API=true",
      "REQUEST_TIMEOUT=4m50s",
      "START_LEASE=30s",
      "START_RATE_PER_MINUTE=10",
      "STATUS_MAX_AGE=15s",
    ])
    error_message = "Function api is told ${jsonencode(local.api_environment)}."
  }
  assert {
    condition = toset([for e in module.convert.service.template[0].containers[0].env : "${e.name}=${e.value}"]) == toset([
      "BASE_MODEL=gemini-3.1-flash-lite",
      "COUNT_TOKENS=true",
      "CREATE_TIMEOUT=60s",
      "DATA_BUCKET=my-project-vertextune-data",
      "DEFAULT_MAX_COST_USD=0",
      "DROP_STARTS=true",
      "EVENT_ACCOUNT=vertextune-convert-trigger@my-project.iam.gserviceaccount.com",
      "FIRESTORE_DATABASE=(default)",
      "GOMEMLIMIT=460MiB",
      "GOOGLE_CLOUD_LOCATION=us-central1",
      "GOOGLE_CLOUD_PROJECT=my-project",
      "INBOX_BUCKET=my-project-vertextune-inbox",
      "MAX_CONCURRENT_JOBS=0",
      "MAX_COST_USD=0",
      "MAX_QUEUED_JOBS=1000",
      "MONTHLY_BUDGET_USD=0",
      "START_LEASE=30s",
    ])
    error_message = "Function convert is told ${jsonencode(module.convert.service.template[0].containers[0].env)}."
  }
  assert {
    condition = toset([for e in module.poll.service.template[0].containers[0].env : "${e.name}=${e.value}"]) == toset([
      "BASE_MODEL=gemini-3.1-flash-lite",
      "COUNT_TOKENS=true",
      "CREATE_TIMEOUT=60s",
      "DATA_BUCKET=my-project-vertextune-data",
      "DEFAULT_MAX_COST_USD=0",
      "EVENTS_TOPIC=vertextune-events",
      "EVENT_ACCOUNT=vertextune-poll-trigger@my-project.iam.gserviceaccount.com",
      "FIRESTORE_DATABASE=(default)",
      "GOMEMLIMIT=460MiB",
      "GOOGLE_CLOUD_LOCATION=us-central1",
      "GOOGLE_CLOUD_PROJECT=my-project",
      "MAX_CONCURRENT_JOBS=0",
      "MAX_COST_USD=0",
      "MAX_QUEUED_JOBS=1000",
      "MONTHLY_BUDGET_USD=0",
      "STALLED_AFTER=2h",
      "START_LEASE=30s",
      "TICK_TIMEOUT=8m50s",
    ])
    error_message = "Function poll is told ${jsonencode(module.poll.service.template[0].containers[0].env)}."
  }
}

# The name has the maximum length, and accounts have at most 30 characters.
run "the_longest_name" {
  variables {
    name = "fourteen-chars"
  }

  assert {
    condition = alltrue([for a in [
      google_service_account.api, google_service_account.build, module.convert.account, module.convert.trigger_account,
      module.poll.account, module.poll.trigger_account,
    ] : can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", a.account_id))])
    error_message = "An account's name is too long."
  }
  assert {
    condition     = alltrue([for r in [google_project_iam_custom_role.tuner, google_project_iam_custom_role.metrics, google_project_iam_custom_role.evaluator, google_project_iam_custom_role.promoter] : can(regex("^[a-zA-Z0-9_.]{3,64}$", r.role_id))]) && alltrue([for m in google_logging_metric.this : can(regex("^[a-z0-9_]+$", m.name))])
    error_message = "A role or metric has a name that Google does not take."
  }
}

run "everything_elsewhere" {
  variables {
    name            = "two"
    region          = "europe-west4"
    tuning_location = "us-central1"
    inbox_bucket    = "their-inbox"
    data_bucket     = "their-data"
    firestore       = { database = "theirs", location = "eur3" }
    labels          = { team = "ml" }
    base_model      = "gemini-x"
    jobs            = { max_concurrent = 4, max_queued = 5, starts_per_minute = 6, stalled_after = "1h30m", start_lease = "1m", create_timeout = "1m30s", count_tokens = false }
    spending        = { default_job = 20, job = 100.5, month = 1000000 }
    catalogue       = { object = "gs://their-data/catalogue.json", max_age = "1m" }
    drop_starts     = false
    openai          = { enabled = false, model_aliases = { gpt-4o = "gemini-x", gpt-4o-mini = "gemini-y" } }
    api_environment = { CORS_ORIGINS = "https://b.example.com", NEW = "new" }
    cors_origins    = ["https://a.example.com"]
    auth            = { mode = "oidc", issuer = "https://issuer.example.com", audiences = ["a"], starters = ["email:ann@example.com"] }
  }

  assert {
    condition     = module.convert.trigger.location == "europe-west4" && google_storage_bucket.inbox.name == "their-inbox" && google_storage_bucket.data.name == "their-data" && google_firestore_database.this[0].location_id == "eur3"
    error_message = "Something is not where it was wanted."
  }
  assert {
    condition = { for k, v in local.api_environment : k => v if contains(["CORS_ORIGINS", "NEW", "OPENAI_API", "OPENAI_MODEL_ALIASES", "START_RATE_PER_MINUTE"], k) } == {
      CORS_ORIGINS          = "https://b.example.com"
      NEW                   = "new"
      OPENAI_API            = "false"
      OPENAI_MODEL_ALIASES  = "gpt-4o=gemini-x,gpt-4o-mini=gemini-y"
      START_RATE_PER_MINUTE = "6"
    }
    error_message = "Function api is told ${jsonencode(local.api_environment)}."
  }
  assert {
    condition = toset(flatten([for s in [module.convert.service, module.poll.service] : [
      for e in s.template[0].containers[0].env : e.value if contains(["DROP_STARTS", "STALLED_AFTER"], e.name)
    ]])) == toset(["false", "1h30m"])
    error_message = "Function convert or poll gets other settings than the variables say."
  }
  # All functions use the same settings.
  assert {
    condition = alltrue([for s in [google_cloud_run_v2_service.api, module.convert.service, module.poll.service] : { for e in s.template[0].containers[0].env : e.name => e.value if contains(keys(local.environment), e.name) } == {
      BASE_MODEL            = "gemini-x"
      CATALOGUE             = "gs://their-data/catalogue.json"
      CATALOGUE_MAX_AGE     = "1m"
      COUNT_TOKENS          = "false"
      CREATE_TIMEOUT        = "1m30s"
      DATA_BUCKET           = "their-data"
      DEFAULT_MAX_COST_USD  = "20"
      FIRESTORE_DATABASE    = "theirs"
      GOOGLE_CLOUD_LOCATION = "us-central1"
      GOOGLE_CLOUD_PROJECT  = "my-project"
      MAX_CONCURRENT_JOBS   = "4"
      MAX_COST_USD          = "100.5"
      MAX_QUEUED_JOBS       = "5"
      MONTHLY_BUDGET_USD    = "1000000"
      START_LEASE           = "1m"
    }])
    error_message = "The functions are told ${jsonencode(local.environment)}."
  }
}

# A deployment from before modules/event_function keeps its resources: each resource of the module
# has one block in moved.tf for each function, from the old address.
run "moved" {
  command = plan

  assert {
    condition = sort([for m in regexall("(?s)from += (\\S+)\\s+to += (\\S+)", file("moved.tf")) : join(" ", m)]) == sort(flatten([
      for f in ["convert", "poll"] : [for from, to in {
        "google_cloud_run_v2_service.${f}"                      = "google_cloud_run_v2_service.function"
        "google_cloud_run_v2_service_iam_member.${f}_trigger"   = "google_cloud_run_v2_service_iam_member.invoker"
        "google_eventarc_trigger.${f}"                          = "google_eventarc_trigger.trigger"
        "google_service_account.${f}"                           = "google_service_account.function"
        "google_service_account.${f}_trigger"                   = "google_service_account.trigger"
        "google_service_account_iam_member.${f}_trigger_signer" = "google_service_account_iam_member.signer"
      } : "${from} module.${f}.${to}"]
    ])) && length(output.services) > 0
    error_message = "A resource would be destroyed and made again: ${file("moved.tf")}"
  }
  assert {
    condition = sort([for m in regexall("(?m)^resource \"(\\S+)\" \"(\\S+)\"", file("modules/event_function/main.tf")) : "module.convert.${join(".", m)}"]) == sort([
      for m in regexall("to += (module\\.convert\\.\\S+)", file("moved.tf")) : m[0]
    ]) && length(output.services) > 0
    error_message = "moved.tf does not have exactly the resources of modules/event_function."
  }
}
