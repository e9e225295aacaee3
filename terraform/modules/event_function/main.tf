# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# This module makes a function that handles the events of an Eventarc trigger. The function and its
# trigger have separate accounts. The caller grants to them what else they need.

locals {
  name = "${var.deployment.name}-${var.function}"
}

resource "google_service_account" "function" {
  account_id   = local.name
  display_name = "Vertextune: runs function ${var.function}"
}

resource "google_cloud_run_v2_service" "function" {
  name                = local.name
  location            = var.deployment.region
  ingress             = "INGRESS_TRAFFIC_INTERNAL_ONLY" # this includes Eventarc's deliveries
  deletion_protection = var.deployment.deletion_protection

  template {
    service_account = google_service_account.function.email
    encryption_key  = var.deployment.kms_key
    timeout         = "540s" # below the 600 s that Pub/Sub waits for an answer
    # The memory is sufficient for one conversion at a time. A second tick at the same time would
    # repeat the work of the first.
    max_instance_request_concurrency = 1

    scaling {
      min_instance_count = 0
      max_instance_count = var.max_instances
    }

    containers {
      image = var.image

      resources {
        limits            = { cpu = var.cpu, memory = var.memory.container }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      dynamic "env" {
        for_each = {
          for name, value in merge({
            EVENT_ACCOUNT = google_service_account.trigger.email
            GOMEMLIMIT    = var.memory.go
          }, var.environment) : name => value if value != null && value != ""
        }
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
      for_each = var.deployment.vpc[*]
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

  depends_on = [var.service_after]
}

resource "google_service_account" "trigger" {
  account_id   = "${local.name}-trigger"
  display_name = "Vertextune: Eventarc calls function ${var.function} as this"
}

resource "google_cloud_run_v2_service_iam_member" "invoker" {
  name     = google_cloud_run_v2_service.function.name
  location = var.deployment.region
  role     = "roles/run.invoker"
  member   = google_service_account.trigger.member
}

# Pub/Sub's agent signs each delivery as the trigger's account. It lacks this permission in a
# project that has used Pub/Sub since before April 2021.
resource "google_service_account_iam_member" "signer" {
  service_account_id = google_service_account.trigger.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = var.deployment.pubsub_agent
}

# Eventarc acts as its own agent, which gets roles/eventarc.serviceAgent when the API is enabled. In
# a new project that can take some minutes: see README.
resource "google_eventarc_trigger" "trigger" {
  name            = local.name
  location        = var.deployment.region
  service_account = google_service_account.trigger.email

  dynamic "matching_criteria" {
    for_each = var.criteria
    content {
      attribute = matching_criteria.key
      value     = matching_criteria.value
    }
  }

  dynamic "transport" {
    for_each = var.topic[*]
    content {
      pubsub {
        topic = transport.value.id
      }
    }
  }

  destination {
    cloud_run_service {
      service = google_cloud_run_v2_service.function.name
      region  = var.deployment.region
    }
  }

  depends_on = [
    google_cloud_run_v2_service_iam_member.invoker,
    google_service_account_iam_member.signer,
    var.trigger_after,
  ]
}
