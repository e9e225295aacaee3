# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# Values that would fail later, or worse, not at all.

mock_provider "google" {
  source = "./tests/mocks"
}

# Known already when it is planned, so that no check waits for it.
override_resource {
  target          = google_eventarc_trigger.poll
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

run "tuning_location" {
  command = plan
  variables {
    tuning_location = "us"
  }
  expect_failures = [var.tuning_location]
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

run "origin_with_a_path" {
  command = plan
  variables {
    auth         = { mode = "oidc", issuer = "https://i.example.com", audiences = ["a"], starters = ["email:a@b.c"] }
    cors_origins = ["https://a.example.com/"]
  }
  expect_failures = [var.cors_origins]
}

run "origins_in_mode_iam" {
  command = plan
  variables {
    cors_origins = ["https://a.example.com"]
  }
  expect_failures = [var.cors_origins]
}

run "any_origin" {
  command = plan
  variables {
    auth         = { mode = "oidc", issuer = "https://i.example.com", audiences = ["a"], starters = ["email:a@b.c"] }
    cors_origins = ["*"]
  }
  expect_failures = [var.cors_origins]
}

run "ingress" {
  command = plan
  variables {
    api_ingress = "all"
  }
  expect_failures = [var.api_ingress]
}

run "instances" {
  command = plan
  variables {
    api_instances = { min = 5, max = 2 }
  }
  expect_failures = [var.api_instances]
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

run "tuning_account" {
  command = plan
  variables {
    tuning_accounts = ["ann@example.com"]
  }
  expect_failures = [var.tuning_accounts]
}

run "auth_mode" {
  command = plan
  variables {
    auth = { mode = "none" }
  }
  expect_failures = [var.auth]
}

run "principal_without_kind" {
  command = plan
  variables {
    auth = { starters = ["ann@example.com"] }
  }
  expect_failures = [var.auth]
}

run "group_in_mode_iam" {
  command = plan
  variables {
    auth = { starters = ["group:tuners"] }
  }
  expect_failures = [var.auth]
}

run "oidc_over_http" {
  command = plan
  variables {
    auth = { mode = "oidc", issuer = "http://i.example.com", audiences = ["a"], starters = ["email:a@b.c"] }
  }
  expect_failures = [var.auth]
}

run "oidc_without_audience" {
  command = plan
  variables {
    auth = { mode = "oidc", issuer = "https://i.example.com", starters = ["email:a@b.c"] }
  }
  expect_failures = [var.auth]
}

run "oidc_for_nobody" {
  command = plan
  variables {
    auth = { mode = "oidc", issuer = "https://i.example.com", audiences = ["a"] }
  }
  expect_failures = [var.auth]
}

run "issuer_in_mode_iam" {
  command = plan
  variables {
    auth = { issuer = "https://i.example.com" }
  }
  expect_failures = [var.auth]
}

run "token_mode_without_tokens" {
  command = plan
  variables {
    auth = { mode = "token" }
  }
  expect_failures = [var.api_tokens]
}

run "tokens_in_mode_iam" {
  command = plan
  variables {
    api_tokens = { ci = { role = "starter", sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" } }
  }
  expect_failures = [var.api_tokens]
}

run "token_that_is_no_hash" {
  command = plan
  variables {
    auth       = { mode = "token" }
    api_tokens = { ci = { role = "starter", sha256 = "secret" } }
  }
  expect_failures = [var.api_tokens]
}

run "token_role" {
  command = plan
  variables {
    auth       = { mode = "token" }
    api_tokens = { ci = { role = "owner", sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" } }
  }
  expect_failures = [var.api_tokens]
}
