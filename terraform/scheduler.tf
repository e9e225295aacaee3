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
