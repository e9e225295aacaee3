# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# Function convert makes a dataset and a report from a file in the inbox. If the file requests it,
# convert also records a start, which poll resumes.

locals {
  # GOMEMLIMIT is a tenth below the container's memory.
  convert_memory = { container = "512Mi", go = "460MiB" }

  convert_environment = {
    for name, value in merge(local.environment, {
      DROP_STARTS   = tostring(var.drop_starts)
      EVENT_ACCOUNT = google_service_account.convert_trigger.email
      GOMEMLIMIT    = local.convert_memory.go
      INBOX_BUCKET  = google_storage_bucket.inbox.name
    }, var.convert_environment) : name => value if value != null && value != ""
  }
}

resource "google_service_account" "convert" {
  account_id   = "${var.name}-convert"
  display_name = "Vertextune: runs function convert"

  depends_on = [google_project_service.this]
}

resource "google_storage_bucket_iam_member" "convert_inbox" {
  bucket = google_storage_bucket.inbox.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.convert.member
}

# A newer generation of a file replaces the dataset and report of the earlier one. To replace an
# object, the account must also be allowed to delete it.
resource "google_storage_bucket_iam_member" "convert_data" {
  bucket = google_storage_bucket.data.name
  role   = "roles/storage.objectUser"
  member = google_service_account.convert.member
}

# This role is for the record of a start. The function has no access to Vertex AI.
resource "google_project_iam_member" "convert_firestore" {
  project = var.project_id
  role    = "roles/datastore.user"
  member  = google_service_account.convert.member

  condition {
    title      = "database-of-${var.name}"
    expression = "resource.name == \"projects/${var.project_id}/databases/${var.firestore.database}\""
  }
}

resource "google_cloud_run_v2_service" "convert" {
  name                = "${var.name}-convert"
  location            = var.region
  ingress             = "INGRESS_TRAFFIC_INTERNAL_ONLY" # this includes Eventarc's deliveries
  deletion_protection = var.deletion_protection

  template {
    service_account = google_service_account.convert.email
    encryption_key  = var.kms_key
    timeout         = "540s" # below the 600 s that Pub/Sub waits for an answer
    # The memory is sufficient for one conversion at a time.
    max_instance_request_concurrency = 1

    scaling {
      min_instance_count = 0
      max_instance_count = 10
    }

    containers {
      image = coalesce(var.images.convert, local.placeholder)

      resources {
        limits            = { cpu = "2", memory = local.convert_memory.container } # the engine processes two blocks at a time
        cpu_idle          = true
        startup_cpu_boost = true
      }

      dynamic "env" {
        for_each = local.convert_environment
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

resource "google_service_account" "convert_trigger" {
  account_id   = "${var.name}-convert-trigger"
  display_name = "Vertextune: Eventarc calls function convert as this"

  depends_on = [google_project_service.this]
}

resource "google_cloud_run_v2_service_iam_member" "convert_trigger" {
  name     = google_cloud_run_v2_service.convert.name
  location = var.region
  role     = "roles/run.invoker"
  member   = google_service_account.convert_trigger.member
}

# Permission to receive Eventarc's events can be granted on the project only.
resource "google_project_iam_member" "convert_trigger_receiver" {
  project = var.project_id
  role    = "roles/eventarc.eventReceiver"
  member  = google_service_account.convert_trigger.member
}

# Pub/Sub's agent signs each delivery as the trigger's account. It lacks this permission in a
# project that has used Pub/Sub since before April 2021.
resource "google_service_account_iam_member" "convert_trigger_signer" {
  service_account_id = google_service_account.convert_trigger.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = local.agents.pubsub

  depends_on = [google_pubsub_topic.ticks] # the first use of Pub/Sub creates its agent
}

# Eventarc acts as its own agent, which gets roles/eventarc.serviceAgent when the API is enabled. In
# a new project that can take some minutes: see README.
resource "google_eventarc_trigger" "convert" {
  name            = "${var.name}-convert"
  location        = var.region
  service_account = google_service_account.convert_trigger.email

  matching_criteria {
    attribute = "type"
    value     = "google.cloud.storage.object.v1.finalized"
  }
  matching_criteria {
    attribute = "bucket"
    value     = google_storage_bucket.inbox.name
  }

  destination {
    cloud_run_service {
      service = google_cloud_run_v2_service.convert.name
      region  = var.region
    }
  }

  depends_on = [
    google_cloud_run_v2_service_iam_member.convert_trigger,
    google_project_iam_member.convert_trigger_receiver,
    google_project_iam_member.storage_agent_publisher,
    google_service_account_iam_member.convert_trigger_signer,
  ]
}
