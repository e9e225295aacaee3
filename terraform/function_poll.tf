# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# Function poll refreshes job records from Vertex AI, submits queued jobs, and publishes the events
# of jobs.

locals {
  # GOMEMLIMIT is a tenth below the container's memory.
  poll_memory = { container = "512Mi", go = "460MiB" }

  poll_environment = {
    for name, value in merge(local.environment, {
      EVENT_ACCOUNT = google_service_account.poll_trigger.email
      EVENTS_TOPIC  = google_pubsub_topic.events.name
      GOMEMLIMIT    = local.poll_memory.go
      STALLED_AFTER = var.jobs.stalled_after
      TICK_TIMEOUT  = "8m50s" # below the timeout, so that it ends by itself
    }, var.poll_environment) : name => value if value != null && value != ""
  }
}

resource "google_service_account" "poll" {
  account_id   = "${var.name}-poll"
  display_name = "Vertextune: runs function poll"

  depends_on = [google_project_service.this]
}

# Poll resumes the starts of api: here, too, datasets are written once.
resource "google_storage_bucket_iam_member" "poll_data" {
  for_each = toset(["roles/storage.objectCreator", "roles/storage.objectViewer"])

  bucket = google_storage_bucket.data.name
  role   = each.key
  member = google_service_account.poll.member
}

# Like function api, it deletes the objects of refused starts.
resource "google_storage_bucket_iam_member" "poll_refused_starts" {
  bucket = google_storage_bucket.data.name
  role   = "roles/storage.objectUser"
  member = google_service_account.poll.member

  condition {
    title      = local.refused_starts.title
    expression = local.refused_starts.expression
  }
}

# The training data of a start can be a file of the inbox, either named by its caller, or dropped to
# start a job.
resource "google_storage_bucket_iam_member" "poll_inbox" {
  bucket = google_storage_bucket.inbox.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.poll.member
}

# Firestore's roles are granted on the project; the condition excludes its other databases.
resource "google_project_iam_member" "poll_firestore" {
  project = var.project_id
  role    = "roles/datastore.user"
  member  = google_service_account.poll.member

  condition {
    title      = "database-of-${var.name}"
    expression = "resource.name == \"projects/${var.project_id}/databases/${var.firestore.database}\""
  }
}

# Vertex AI has no permissions on single tuning jobs.
resource "google_project_iam_member" "poll_tuner" {
  project = var.project_id
  role    = google_project_iam_custom_role.tuner.id
  member  = google_service_account.poll.member
}

resource "google_pubsub_topic_iam_member" "poll_events" {
  topic  = google_pubsub_topic.events.id
  role   = "roles/pubsub.publisher"
  member = google_service_account.poll.member
}

resource "google_cloud_run_v2_service" "poll" {
  name                = "${var.name}-poll"
  location            = var.region
  ingress             = "INGRESS_TRAFFIC_INTERNAL_ONLY" # this includes Eventarc's deliveries
  deletion_protection = var.deletion_protection

  template {
    service_account = google_service_account.poll.email
    encryption_key  = var.kms_key
    timeout         = "540s" # below the 600 s that Pub/Sub waits for an answer
    # A second tick at the same time would repeat the work of the first.
    max_instance_request_concurrency = 1

    scaling {
      min_instance_count = 0
      max_instance_count = 1 # a second instance would repeat the same calls to Vertex AI
    }

    containers {
      image = coalesce(var.images.poll, local.placeholder)

      resources {
        limits            = { cpu = "1", memory = local.poll_memory.container }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      dynamic "env" {
        for_each = local.poll_environment
        content {
          name  = env.key
          value = env.value
        }
      }

      startup_probe {
        period_seconds    = 1
        failure_threshold = 30
        tcp_socket {
          port = 8080
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
    google_storage_bucket_iam_member.catalogue,
  ]
}

resource "google_service_account" "poll_trigger" {
  account_id   = "${var.name}-poll-trigger"
  display_name = "Vertextune: Eventarc calls function poll as this"

  depends_on = [google_project_service.this]
}

resource "google_cloud_run_v2_service_iam_member" "poll_trigger" {
  name     = google_cloud_run_v2_service.poll.name
  location = var.region
  role     = "roles/run.invoker"
  member   = google_service_account.poll_trigger.member
}

# Pub/Sub's agent signs each delivery as the trigger's account. It lacks this permission in a
# project that has used Pub/Sub since before April 2021.
resource "google_service_account_iam_member" "poll_trigger_signer" {
  service_account_id = google_service_account.poll_trigger.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = local.agents.pubsub

  depends_on = [google_pubsub_topic.ticks] # the first use of Pub/Sub creates its agent
}

# The account needs no role to receive Eventarc's events: the events of a topic require none.
resource "google_eventarc_trigger" "poll" {
  name            = "${var.name}-poll"
  location        = var.region
  service_account = google_service_account.poll_trigger.email

  matching_criteria {
    attribute = "type"
    value     = "google.cloud.pubsub.topic.v1.messagePublished"
  }

  transport {
    pubsub {
      topic = google_pubsub_topic.ticks.id
    }
  }

  destination {
    cloud_run_service {
      service = google_cloud_run_v2_service.poll.name
      region  = var.region
    }
  }

  depends_on = [
    google_cloud_run_v2_service_iam_member.poll_trigger,
    google_service_account_iam_member.poll_trigger_signer,
  ]
}
