# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# Cloud Scheduler's ticks, which wake function poll.
resource "google_pubsub_topic" "ticks" {
  name         = "${var.name}-ticks"
  kms_key_name = var.kms_key

  # A tick is of no use to anybody outside the region.
  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }

  depends_on = [google_project_service.this, google_kms_crypto_key_iam_member.agents]
}

# What happens to jobs, for whoever subscribes. The events of a job are ordered
# for subscriptions with enable_message_ordering.
resource "google_pubsub_topic" "events" {
  name                       = "${var.name}-events"
  kms_key_name               = var.kms_key
  message_retention_duration = "604800s" # a subscription made later can be set back to a time before

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }

  depends_on = [google_project_service.this, google_kms_crypto_key_iam_member.agents]
}

# Events that a function did not take, however often they came.
resource "google_pubsub_topic" "dead_letters" {
  name         = "${var.name}-dead-letters"
  kms_key_name = var.kms_key

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }

  depends_on = [google_project_service.this, google_kms_crypto_key_iam_member.agents]
}

# Holds them until somebody has looked: messages of a topic that has no
# subscription are lost.
resource "google_pubsub_subscription" "dead_letters" {
  name                       = "${var.name}-dead-letters"
  topic                      = google_pubsub_topic.dead_letters.id
  message_retention_duration = "604800s" # as long as Pub/Sub lets every project
  ack_deadline_seconds       = 600

  expiration_policy {
    ttl = "" # never, however long nothing fails
  }
}

# Eventarc makes a subscription for each trigger and offers no setting for events that
# no function takes: they are lost after a day. scripts/deploy gives the subscriptions
# their settings afterwards. Pub/Sub's agent forwards dead letters, and needs both of
# its grants, of which only the first is well known.
locals {
  transports = {
    # Names that Eventarc made up. A mocked trigger that names no topic has none.
    for name, trigger in { convert = google_eventarc_trigger.convert, poll = google_eventarc_trigger.poll } :
    name => coalesce(one(flatten(trigger.transport[*].pubsub[*].subscription)), "eventarc-${name}")
  }

  # A dropped file is delivered 20 times within some hours, 10 to 600 seconds apart.
  # A tick is no dead letter: the next one does its work, the alert stalled_poller
  # reports a poller that fails, and while a long tick runs the others are refused.
  subscription_settings = {
    convert = "--dead-letter-topic=${google_pubsub_topic.dead_letters.id} --max-delivery-attempts=20 --message-retention-duration=1d"
    poll    = "--clear-dead-letter-policy --message-retention-duration=10m"
  }
}

resource "google_pubsub_topic_iam_member" "dead_letters_publisher" {
  topic  = google_pubsub_topic.dead_letters.id
  role   = "roles/pubsub.publisher"
  member = local.agents.pubsub
}

resource "google_pubsub_subscription_iam_member" "dead_letters_source" {
  subscription = local.transports.convert
  role         = "roles/pubsub.subscriber"
  member       = local.agents.pubsub
}

moved {
  from = google_pubsub_subscription_iam_member.dead_letters_source["convert"]
  to   = google_pubsub_subscription_iam_member.dead_letters_source
}
