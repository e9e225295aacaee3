# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# Cloud Scheduler publishes as its own agent. Google grants that to the agent when the API is
# enabled (roles/cloudscheduler.serviceAgent).
resource "google_cloud_scheduler_job" "ticks" {
  name      = "${var.name}-ticks"
  region    = coalesce(var.scheduler_region, var.region)
  schedule  = var.poll_schedule
  time_zone = "Etc/UTC"

  pubsub_target {
    topic_name = google_pubsub_topic.ticks.id
    data       = base64encode("{}") # a message needs a body or an attribute; the content is unused
  }

  depends_on = [google_project_service.this]
}

# Functions convert and poll accept calls only from inside, and only from their trigger's account.
# So scripts/release makes Cloud Scheduler call them, and reads the result of the call. It calls the
# candidates before they take traffic, and poll once more afterwards. These jobs are paused, and run
# only when a release requests it.
locals {
  trials = {
    candidate-convert = { function = "convert", tag = "candidate---" }
    candidate-poll    = { function = "poll", tag = "candidate---" }
    serving-poll      = { function = "poll", tag = "" }
  }

  trial_events = {
    # This object does not exist: function convert looks for it in Cloud Storage, and then has
    # nothing to do.
    convert = {
      type    = "google.cloud.storage.object.v1.finalized"
      account = module.convert.trigger_account.email
      body    = jsonencode({ bucket = google_storage_bucket.inbox.name, name = "smoke/none.jsonl", generation = "1", size = "1" })
    }
    # This is a normal tick.
    poll = {
      type    = "google.cloud.pubsub.topic.v1.messagePublished"
      account = module.poll.trigger_account.email
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
