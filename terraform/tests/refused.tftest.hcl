# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# These values would fail later, or cause damage without an error.

mock_provider "google" {
  source = "./tests/mocks"
}

# The value is known in the plan, so that no check is postponed.
override_resource {
  target          = module.poll.google_eventarc_trigger.trigger
  override_during = plan
  values          = { transport = { pubsub = { subscription = "projects/my-project/subscriptions/poll" } } }
}

variables {
  project_id = "my-project"
  region     = "us-central1"
}

run "project_id" {
  command = plan
  variables {
    project_id = "My Project"
  }
  expect_failures = [var.project_id]
}

run "project_number" {
  command = plan
  variables {
    project_id = "123456789012"
  }
  expect_failures = [var.project_id]
}

run "zone_for_a_region" {
  command = plan
  variables {
    region = "us-central1-a"
  }
  expect_failures = [var.region]
}

run "name_too_long" {
  command = plan
  variables {
    name = "fifteen-letters"
  }
  expect_failures = [var.name]
}

run "name_with_capitals" {
  command = plan
  variables {
    name = "Tune"
  }
  expect_failures = [var.name]
}

run "bucket_name" {
  command = plan
  variables {
    inbox_bucket = "No"
  }
  expect_failures = [var.inbox_bucket]
}

run "one_bucket_for_both" {
  command = plan
  variables {
    inbox_bucket = "one-bucket"
    data_bucket  = "one-bucket"
  }
  expect_failures = [var.inbox_bucket]
}

run "database_name" {
  command = plan
  variables {
    firestore = { database = "ab" }
  }
  expect_failures = [var.firestore]
}

run "schedule" {
  command = plan
  variables {
    poll_schedule = "every minute"
  }
  expect_failures = [var.poll_schedule]
}

run "key_name" {
  command = plan
  variables {
    kms_key = "k"
  }
  expect_failures = [var.kms_key]
}

run "key_of_another_region" {
  command = plan
  variables {
    kms_key = "projects/p/locations/europe-west4/keyRings/r/cryptoKeys/k"
  }
  expect_failures = [var.kms_key]
}

run "label" {
  command = plan
  variables {
    labels = { Team = "ml" }
  }
  expect_failures = [var.labels]
}

run "soft_delete" {
  command = plan
  variables {
    retention = { soft_delete_days = 3 }
  }
  expect_failures = [var.retention]
}

run "egress" {
  command = plan
  variables {
    vpc = { network = "n", subnetwork = "s", egress = "SOME" }
  }
  expect_failures = [var.vpc]
}

run "billing_account" {
  command = plan
  variables {
    budget = { billing_account = "billingAccounts/1", amount = 1 }
  }
  expect_failures = [var.budget]
}

run "half_an_amount" {
  command = plan
  variables {
    budget = { billing_account = "01AB23-456CDE-789F01", amount = 0.5 }
  }
  expect_failures = [var.budget]
}

run "address" {
  command = plan
  variables {
    alert_emails = ["ops"]
  }
  expect_failures = [var.alert_emails]
}

run "project_of_a_domain" {
  command = plan
  variables {
    project_id = "example.com:my-project"
  }
  expect_failures = [var.project_id]
}

run "name_with_google" {
  command = plan
  variables {
    name = "google-ft"
  }
  expect_failures = [var.name]
}

run "region_that_is_none" {
  command = plan
  variables {
    region = "us-east99"
  }
  expect_failures = [var.region]
}

run "scheduler_region" {
  command = plan
  variables {
    scheduler_region = "nowhere"
  }
  expect_failures = [var.scheduler_region]
}

run "schedule_too_slow" {
  command = plan
  variables {
    poll_schedule = "*/30 * * * *"
  }
  expect_failures = [var.poll_schedule]
}

run "schedule_with_a_gap" {
  command = plan
  variables {
    poll_schedule = "0,10,20,30,45 * * * *"
  }
  expect_failures = [var.poll_schedule]
}

run "schedule_of_some_hours" {
  command = plan
  variables {
    poll_schedule = "* 9-17 * * *"
  }
  expect_failures = [var.poll_schedule]
}

run "schedule_out_of_range" {
  command = plan
  variables {
    poll_schedule = "99 * * * *"
  }
  expect_failures = [var.poll_schedule]
}

run "currency" {
  command = plan
  variables {
    budget = { billing_account = "01AB23-456CDE-789F01", amount = 1, currency = "usd" }
  }
  expect_failures = [var.budget]
}

run "channel" {
  command = plan
  variables {
    notification_channels = ["nonsense"]
  }
  expect_failures = [var.notification_channels]
}

run "half_a_day" {
  command = plan
  variables {
    retention = { noncurrent_days = 1.5 }
  }
  expect_failures = [var.retention]
}

run "seven_days_and_a_half" {
  command = plan
  variables {
    retention = { soft_delete_days = 7.5 }
  }
  expect_failures = [var.retention]
}

run "network_without_a_name" {
  command = plan
  variables {
    vpc = { network = "", subnetwork = "" }
  }
  expect_failures = [var.vpc]
}

run "image" {
  command = plan
  variables {
    images = { api = "not an image" }
  }
  expect_failures = [var.images]
}

run "environment_name" {
  command = plan
  variables {
    convert_environment = { "A B" = "c" }
  }
  expect_failures = [var.convert_environment]
}

run "pool" {
  command = plan
  variables {
    worker_pool = "w"
  }
  expect_failures = [var.worker_pool]
}

run "secret" {
  command = plan
  variables {
    smoke_token_secret = "projects/p/secrets/s"
  }
  expect_failures = [var.smoke_token_secret]
}
