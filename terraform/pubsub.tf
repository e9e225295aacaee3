# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# Cloud Scheduler's ticks, which wake function poll.
resource "google_pubsub_topic" "ticks" {
  #checkov:skip=CKV_GCP_83:var.kms_key sets the key
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
  #checkov:skip=CKV_GCP_83:var.kms_key sets the key
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
  #checkov:skip=CKV_GCP_83:var.kms_key sets the key
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

# Eventarc makes a subscription for each trigger and does not let a trigger say
# what becomes of events that nobody takes: after a day they are gone. So
# scripts/deploy gives these subscriptions the policy afterwards, and the checks
# below say, at every plan, where it is missing. Forwarding is done by Pub/Sub's
# agent, and needs both of its grants, of which only the first is well known.
locals {
  transports = {
    # Names that Eventarc made up. A mocked trigger that names no topic has none.
    for name, trigger in { convert = google_eventarc_trigger.convert, poll = google_eventarc_trigger.poll } :
    name => coalesce(one(flatten(trigger.transport[*].pubsub[*].subscription)), "eventarc-${name}")
  }

  # How often an event is delivered at most, between 10 and 600 seconds apart,
  # and how long it is kept. A dropped file is tried for some hours. A tick is
  # given up soon, for the next one does its work.
  deliveries = {
    convert = { attempts = 20, retention = "1d" }
    poll    = { attempts = 5, retention = "10m" }
  }
}

resource "google_pubsub_topic_iam_member" "dead_letters_publisher" {
  topic  = google_pubsub_topic.dead_letters.id
  role   = "roles/pubsub.publisher"
  member = local.agents.pubsub
}

resource "google_pubsub_subscription_iam_member" "dead_letters_source" {
  for_each = local.transports

  subscription = each.value
  role         = "roles/pubsub.subscriber"
  member       = local.agents.pubsub
}

check "convert_dead_letters" {
  data "google_pubsub_subscription" "convert" {
    name = basename(local.transports.convert)
  }

  assert {
    condition     = length(data.google_pubsub_subscription.convert.dead_letter_policy) > 0
    error_message = "Files that cannot be converted are given up after a day without a trace. Run the commands of the output dead_letter_commands, as scripts/deploy does."
  }
}

check "poll_dead_letters" {
  data "google_pubsub_subscription" "poll" {
    name = basename(local.transports.poll)
  }

  assert {
    condition     = length(data.google_pubsub_subscription.poll.dead_letter_policy) > 0
    error_message = "Ticks that fail are tried for a day and given up without a trace. Run the commands of the output dead_letter_commands, as scripts/deploy does."
  }
}
