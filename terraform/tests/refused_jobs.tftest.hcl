# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# These values for jobs would fail later, or cause damage without an error.

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

run "tuning_location" {
  command = plan
  variables {
    tuning_location = "us"
  }
  expect_failures = [var.tuning_location]
}

run "duration" {
  command = plan
  variables {
    jobs = { stalled_after = "2 hours" }
  }
  expect_failures = [var.jobs]
}

run "half_a_job" {
  command = plan
  variables {
    jobs = { max_queued = 1.5 }
  }
  expect_failures = [var.jobs]
}

run "tuning_account" {
  command = plan
  variables {
    tuning_accounts = ["ann@example.com"]
  }
  expect_failures = [var.tuning_accounts]
}

run "lease_of_half_a_second" {
  command = plan
  variables {
    jobs = { start_lease = "500ms" }
  }
  expect_failures = [var.jobs]
}

run "lease_that_has_ended" {
  command = plan
  variables {
    jobs = { start_lease = "-30s" }
  }
  expect_failures = [var.jobs]
}

run "create_longer_than_a_request" {
  command = plan
  variables {
    jobs = { create_timeout = "5m" }
  }
  expect_failures = [var.jobs]
}

run "create_timeout_without_unit" {
  command = plan
  variables {
    jobs = { create_timeout = "60" }
  }
  expect_failures = [var.jobs]
}

run "catalogue_in_a_file" {
  command = plan
  variables {
    catalogue = { object = "catalogue.json" }
  }
  expect_failures = [var.catalogue]
}

run "catalogue_in_a_bucket_without_a_name" {
  command = plan
  variables {
    catalogue = { object = "gs://their-bucket/" }
  }
  expect_failures = [var.catalogue]
}

run "catalogue_age" {
  command = plan
  variables {
    catalogue = { object = "gs://their-bucket/catalogue.json", max_age = "5 minutes" }
  }
  expect_failures = [var.catalogue]
}

run "negative_amount" {
  command = plan
  variables {
    spending = { month = -1 }
  }
  expect_failures = [var.spending]
}

run "less_than_a_millionth_of_a_dollar" {
  command = plan
  variables {
    spending = { job = 0.0000001 }
  }
  expect_failures = [var.spending]
}

run "default_over_the_limit" {
  command = plan
  variables {
    spending = { default_job = 20, job = 10 }
  }
  expect_failures = [var.spending]
}
