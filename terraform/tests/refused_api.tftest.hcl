# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# These values for callers would fail later, or cause damage without an error.

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

run "half_an_instance" {
  command = plan
  variables {
    api_instances = { min = 0.5 }
  }
  expect_failures = [var.api_instances]
}

run "port_of_cloud_run" {
  command = plan
  variables {
    api_environment = { PORT = "80" }
  }
  expect_failures = [var.api_environment]
}

run "client_in_mode_iam" {
  command = plan
  variables {
    auth = { client_id = "console" }
  }
  expect_failures = [var.auth]
}

run "client_secret_alone" {
  command = plan
  variables {
    auth = { mode = "oidc", issuer = "https://i.example.com", audiences = ["a"], starters = ["email:a@b.c"], client_secret = "s" }
  }
  expect_failures = [var.auth]
}

run "client_secret_in_the_clear" {
  command = plan
  variables {
    auth = { mode = "oidc", issuer = "https://i.example.com", audiences = ["a"], starters = ["email:a@b.c"], client_id = "c", client_secret = "GOCSPX secret" }
  }
  expect_failures = [var.auth]
}

run "proxy_in_mode_oidc" {
  command = plan
  variables {
    auth = { mode = "oidc", issuer = "https://i.example.com", audiences = ["a"], starters = ["email:a@b.c"], iap = true }
  }
  expect_failures = [var.auth]
}
