# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# Cloud Scheduler's ticks trigger function poll.
resource "google_pubsub_topic" "ticks" {
  name         = "${var.name}-ticks"
  kms_key_name = var.kms_key

  # A tick is not needed outside the region.
  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }

  depends_on = [google_project_service.this, google_kms_crypto_key_iam_member.agents]
}

# Job events are published here for all subscribers. The events of a job are ordered for
# subscriptions with enable_message_ordering.
resource "google_pubsub_topic" "events" {
  name                       = "${var.name}-events"
  kms_key_name               = var.kms_key
  message_retention_duration = "604800s" # a later subscription can start at an earlier time

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }

  depends_on = [google_project_service.this, google_kms_crypto_key_iam_member.agents]
}

# Events go here if a function did not acknowledge them after all deliveries.
resource "google_pubsub_topic" "dead_letters" {
  name         = "${var.name}-dead-letters"
  kms_key_name = var.kms_key

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }

  depends_on = [google_project_service.this, google_kms_crypto_key_iam_member.agents]
}

# This subscription keeps the events until an operator has looked at them: a topic without a
# subscription loses its messages.
resource "google_pubsub_subscription" "dead_letters" {
  name                       = "${var.name}-dead-letters"
  topic                      = google_pubsub_topic.dead_letters.id
  message_retention_duration = "604800s" # the longest time that Pub/Sub allows for every project
  ack_deadline_seconds       = 600

  expiration_policy {
    ttl = "" # it never expires, even if no event fails for a long time
  }
}

# Eventarc creates a subscription for each trigger and has no setting for events that no function
# acknowledges: they are lost after a day. scripts/deploy configures the subscriptions afterwards.
# Pub/Sub's agent forwards dead letters, and needs both of its grants. Only the first of them is
# well known.
locals {
  transports = {
    # Eventarc generates these names. A mocked trigger that names no topic has none.
    for name, trigger in { convert = module.convert.trigger, poll = module.poll.trigger } :
    name => coalesce(one(flatten(trigger.transport[*].pubsub[*].subscription)), "eventarc-${name}")
  }

  # A dropped file is delivered 20 times within some hours, at intervals of 10 to 600 seconds. Ticks
  # have no dead letters: the next tick does the same work, and the alert stalled_poller reports a
  # poller that fails. While a long tick runs, other ticks are refused.
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
