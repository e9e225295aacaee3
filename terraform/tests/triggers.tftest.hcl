# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# These runs check what calls the functions, and where unacknowledged events go.

mock_provider "google" {
  source = "./tests/mocks"
}

variables {
  project_id = "my-project"
  region     = "us-central1"
}

run "wiring" {
  # A file in the inbox triggers convert.
  assert {
    condition = toset([for c in module.convert.trigger.matching_criteria : "${c.attribute}=${c.value}"]) == toset([
      "type=google.cloud.storage.object.v1.finalized", "bucket=my-project-vertextune-inbox",
    ])
    error_message = "Trigger convert filters ${jsonencode(module.convert.trigger.matching_criteria)}."
  }
  assert {
    condition     = module.convert.trigger.destination[0].cloud_run_service[0].service == module.convert.service.name
    error_message = "Trigger convert calls another service."
  }
  assert {
    condition     = module.convert.trigger.location == lower(google_storage_bucket.inbox.location)
    error_message = "Eventarc sees the objects of buckets in its own region only."
  }
  assert {
    condition     = module.convert.trigger.service_account == module.convert.trigger_account.email && module.poll.trigger.service_account == module.poll.trigger_account.email
    error_message = "A trigger calls as another account than that which may."
  }

  # Cloud Scheduler triggers poll through the topic.
  assert {
    condition     = google_cloud_scheduler_job.ticks.schedule == "* * * * *" && google_cloud_scheduler_job.ticks.time_zone == "Etc/UTC" && google_cloud_scheduler_job.ticks.region == "us-central1"
    error_message = "Poll is not woken every minute."
  }
  assert {
    condition     = google_cloud_scheduler_job.ticks.pubsub_target[0].topic_name == google_pubsub_topic.ticks.id && length(google_cloud_scheduler_job.ticks.pubsub_target[0].data) > 0
    error_message = "Cloud Scheduler must publish a message that is not empty to the topic of ticks, by its whole name."
  }
  assert {
    condition     = toset([for c in module.poll.trigger.matching_criteria : "${c.attribute}=${c.value}"]) == toset(["type=google.cloud.pubsub.topic.v1.messagePublished"])
    error_message = "Trigger poll filters ${jsonencode(module.poll.trigger.matching_criteria)}."
  }
  assert {
    condition     = module.poll.trigger.transport[0].pubsub[0].topic == google_pubsub_topic.ticks.id
    error_message = "Trigger poll listens to another topic than that of ticks."
  }
  assert {
    condition     = module.poll.trigger.destination[0].cloud_run_service[0].service == module.poll.service.name
    error_message = "Trigger poll calls another service."
  }

  # Event functions accept one request at a time, from inside, from one account.
  assert {
    condition = alltrue([for s in [module.convert.service, module.poll.service] :
    s.template[0].max_instance_request_concurrency == 1 && s.ingress == "INGRESS_TRAFFIC_INTERNAL_ONLY" && s.invoker_iam_disabled != true])
    error_message = "An event function can be called otherwise than by Eventarc, or twice at a time."
  }
  assert {
    condition = (
      one([for e in module.convert.service.template[0].containers[0].env : e.value if e.name == "EVENT_ACCOUNT"]) == module.convert.trigger_account.email
      && one([for e in module.poll.service.template[0].containers[0].env : e.value if e.name == "EVENT_ACCOUNT"]) == module.poll.trigger_account.email
    )
    error_message = "An event function does not know its trigger's account."
  }
  # Pub/Sub stops waiting for an answer after 600 s.
  assert {
    condition     = alltrue([for s in [module.convert.service, module.poll.service] : tonumber(trimsuffix(s.template[0].timeout, "s")) < 600])
    error_message = "An event function may take longer than Pub/Sub waits for it."
  }
}

run "dead_letters" {
  assert {
    condition     = google_pubsub_subscription.dead_letters.topic == google_pubsub_topic.dead_letters.id && google_pubsub_subscription.dead_letters.expiration_policy[0].ttl == ""
    error_message = "Nothing holds dead letters, or only until it expires."
  }
  # Ticks that arrive while a long one runs do not become dead letters.
  assert {
    condition = output.dead_letter_commands == join("\n", [
      "gcloud pubsub subscriptions update eventarc-convert --dead-letter-topic=projects/my-project/topics/vertextune-dead-letters --max-delivery-attempts=20 --message-retention-duration=1d --ack-deadline=600",
      "gcloud pubsub subscriptions update projects/my-project/subscriptions/eventarc-us-central1-vertextune-poll-sub-1 --clear-dead-letter-policy --message-retention-duration=10m --ack-deadline=600",
    ])
    error_message = "The commands are:\n${output.dead_letter_commands}"
  }
}

# A release makes Cloud Scheduler call convert and poll, as their triggers' accounts.
run "trials" {
  assert {
    condition = { for name, job in google_cloud_scheduler_job.trials : job.name => "${job.http_target[0].uri} ${job.http_target[0].oidc_token[0].audience} ${job.http_target[0].oidc_token[0].service_account_email}" } == {
      vertextune-try-candidate-convert = "https://candidate---vertextune-convert-123456789012.us-central1.run.app/ https://vertextune-convert-123456789012.us-central1.run.app vertextune-convert-trigger@my-project.iam.gserviceaccount.com"
      vertextune-try-candidate-poll    = "https://candidate---vertextune-poll-123456789012.us-central1.run.app/ https://vertextune-poll-123456789012.us-central1.run.app vertextune-poll-trigger@my-project.iam.gserviceaccount.com"
      vertextune-try-serving-poll      = "https://vertextune-poll-123456789012.us-central1.run.app/ https://vertextune-poll-123456789012.us-central1.run.app vertextune-poll-trigger@my-project.iam.gserviceaccount.com"
    }
    error_message = "The jobs call ${jsonencode(google_cloud_scheduler_job.trials)}."
  }
  assert {
    condition     = alltrue([for job in google_cloud_scheduler_job.trials : job.paused && job.retry_config[0].retry_count == 0])
    error_message = "A job runs by itself, or is repeated."
  }
}

run "another_schedule" {
  variables {
    poll_schedule    = "*/5 * * * *"
    scheduler_region = "us-east1"
  }

  assert {
    condition     = google_cloud_scheduler_job.ticks.schedule == "*/5 * * * *" && google_cloud_scheduler_job.ticks.region == "us-east1"
    error_message = "The job has schedule ${google_cloud_scheduler_job.ticks.schedule} in ${google_cloud_scheduler_job.ticks.region}."
  }
}

# These other schedules trigger function poll often enough.
run "steps" {
  variables { poll_schedule = "1-59/7 * * * *" }
  assert {
    condition     = google_cloud_scheduler_job.ticks.schedule == "1-59/7 * * * *"
    error_message = "The job has schedule ${google_cloud_scheduler_job.ticks.schedule}."
  }
}

run "list" {
  variables { poll_schedule = "5,15,25,35,45,55 * * * *" }
  assert {
    condition     = google_cloud_scheduler_job.ticks.schedule == "5,15,25,35,45,55 * * * *"
    error_message = "The job has schedule ${google_cloud_scheduler_job.ticks.schedule}."
  }
}
