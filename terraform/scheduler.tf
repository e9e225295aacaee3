# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# Publishes as Cloud Scheduler's own agent, to which Google grants that when the
# API is enabled (roles/cloudscheduler.serviceAgent).
resource "google_cloud_scheduler_job" "ticks" {
  name      = "${var.name}-ticks"
  region    = coalesce(var.scheduler_region, var.region)
  schedule  = var.poll_schedule
  time_zone = "Etc/UTC"

  pubsub_target {
    topic_name = google_pubsub_topic.ticks.id
    data       = base64encode("{}") # a message must have a body or an attribute; nobody reads it
  }

  depends_on = [google_project_service.this]
}

# Function convert and function poll answer calls from inside only, and their trigger's
# account only. So scripts/release has Cloud Scheduler call them, and reads how the
# call ended: a candidate before it takes traffic, and poll once more afterwards. These
# jobs are paused, and run when a release asks for it.
locals {
  trials = {
    candidate-convert = { function = "convert", tag = "candidate---" }
    candidate-poll    = { function = "poll", tag = "candidate---" }
    serving-poll      = { function = "poll", tag = "" }
  }

  trial_events = {
    # No such object: function convert asks Cloud Storage, and has nothing to do.
    convert = {
      type    = "google.cloud.storage.object.v1.finalized"
      account = google_service_account.convert_trigger.email
      body    = jsonencode({ bucket = google_storage_bucket.inbox.name, name = "smoke/none.jsonl", generation = "1", size = "1" })
    }
    # A tick as any other.
    poll = {
      type    = "google.cloud.pubsub.topic.v1.messagePublished"
      account = google_service_account.poll_trigger.email
      body    = jsonencode({ message = {} })
    }
  }
}

resource "google_cloud_scheduler_job" "trials" {
  for_each = local.trials

  name             = "${var.name}-try-${each.key}"
  region           = coalesce(var.scheduler_region, var.region)
  schedule         = "0 0 1 1 *"
  paused           = true
  attempt_deadline = "570s"

  retry_config {
    retry_count = 0
  }

  http_target {
    uri         = "https://${each.value.tag}${var.name}-${each.value.function}-${data.google_project.this.number}.${var.region}.run.app/"
    http_method = "POST"
    body        = base64encode(local.trial_events[each.value.function].body)
    headers = {
      Content-Type   = "application/json"
      Ce-Id          = "trial"
      Ce-Source      = "//vertextune/release"
      Ce-Specversion = "1.0"
      Ce-Type        = local.trial_events[each.value.function].type
    }

    oidc_token {
      service_account_email = local.trial_events[each.value.function].account
      audience              = "https://${var.name}-${each.value.function}-${data.google_project.this.number}.${var.region}.run.app"
    }
  }

  depends_on = [google_project_service.this]
}
