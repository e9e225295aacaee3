# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# These runs check which account has which role on which resource, and that there are no other
# grants.

mock_provider "google" {
  source = "./tests/mocks"
}

variables {
  project_id = "my-project"
  region     = "us-central1"
}

# Every resource that grants a role is in the table of grants.tf, which the other runs compare with
# the expected grants. The module has an output of the grant's name, once for each function.
run "no_grant_outside_the_table" {
  assert {
    condition = length(output.grants) > 0 && alltrue(flatten([
      for f in fileset(path.module, "**/*.tf") : [
        for m in regexall("(?m)^resource \"(google_[a-z0-9_]*iam_(?:member|binding|policy|audit_config))\" \"([a-z0-9_]+)\"", file("${path.module}/${f}")) : [
          for name in startswith(f, "modules/") ? ["module.convert.${m[1]}", "module.poll.${m[1]}"] : [join(".", m)] :
          can(regex("\\b${name}\\b", file("${path.module}/grants.tf")))
        ]
      ]
    ]))
    error_message = join(" ", concat(["Not in grants.tf, add it there and below:"], flatten([
      for f in fileset(path.module, "**/*.tf") : [
        for m in regexall("(?m)^resource \"(google_[a-z0-9_]*iam_(?:member|binding|policy|audit_config))\" \"([a-z0-9_]+)\"", file("${path.module}/${f}")) : [
          for name in startswith(f, "modules/") ? ["module.convert.${m[1]}", "module.poll.${m[1]}"] : [join(".", m)] :
          name if !can(regex("\\b${name}\\b", file("${path.module}/grants.tf")))
        ]
      ]
    ])))
  }

  # A binding or policy would remove other grants.
  assert {
    condition     = length(flatten([for f in fileset(path.module, "**/*.tf") : regexall("_iam_(binding|policy)\"", file("${path.module}/${f}"))])) == 0 && length(output.grants) > 0
    error_message = "Grants are made by _iam_member alone."
  }

  # No grant may admit unauthenticated callers.
  assert {
    condition     = !anytrue([for g in output.grants : can(regex("allUsers|allAuthenticatedUsers|roles/(owner|editor|viewer)", g))])
    error_message = "Something is granted to everybody, or all of the project to somebody."
  }
}

run "as_it_comes" {
  assert {
    condition = toset(output.grants) == toset([
      "serviceAccount:vertextune-api@my-project.iam.gserviceaccount.com datastore.user on the project if resource.name == \"projects/my-project/databases/(default)\"",
      "serviceAccount:vertextune-api@my-project.iam.gserviceaccount.com vertextune_evaluator on the project",
      "serviceAccount:vertextune-api@my-project.iam.gserviceaccount.com vertextune_promoter on the project",
      "serviceAccount:vertextune-api@my-project.iam.gserviceaccount.com vertextune_tuner on the project",
      "serviceAccount:vertextune-api@my-project.iam.gserviceaccount.com storage.objectViewer on bucket my-project-vertextune-inbox",
      "serviceAccount:vertextune-api@my-project.iam.gserviceaccount.com storage.objectCreator on bucket my-project-vertextune-inbox if resource.name.startsWith(\"projects/_/buckets/my-project-vertextune-inbox/objects/console/\")",
      "serviceAccount:vertextune-api@my-project.iam.gserviceaccount.com storage.objectCreator on bucket my-project-vertextune-data",
      "serviceAccount:vertextune-api@my-project.iam.gserviceaccount.com storage.objectViewer on bucket my-project-vertextune-data",
      "serviceAccount:vertextune-api@my-project.iam.gserviceaccount.com storage.objectUser on bucket my-project-vertextune-data if resource.name.startsWith(\"projects/_/buckets/my-project-vertextune-data/objects/files/\") || resource.name.startsWith(\"projects/_/buckets/my-project-vertextune-data/objects/uploads/\")",
      "serviceAccount:vertextune-api@my-project.iam.gserviceaccount.com storage.objectUser on bucket my-project-vertextune-data if resource.name.startsWith(\"projects/_/buckets/my-project-vertextune-data/objects/datasets/\") || resource.name.startsWith(\"projects/_/buckets/my-project-vertextune-data/objects/requests/\")",

      "serviceAccount:vertextune-convert@my-project.iam.gserviceaccount.com datastore.user on the project if resource.name == \"projects/my-project/databases/(default)\"",
      "serviceAccount:vertextune-convert@my-project.iam.gserviceaccount.com storage.objectViewer on bucket my-project-vertextune-inbox",
      "serviceAccount:vertextune-convert@my-project.iam.gserviceaccount.com storage.objectUser on bucket my-project-vertextune-data",

      "serviceAccount:vertextune-convert-trigger@my-project.iam.gserviceaccount.com eventarc.eventReceiver on the project",
      "serviceAccount:vertextune-convert-trigger@my-project.iam.gserviceaccount.com run.invoker on service vertextune-convert",

      "serviceAccount:vertextune-poll@my-project.iam.gserviceaccount.com datastore.user on the project if resource.name == \"projects/my-project/databases/(default)\"",
      "serviceAccount:vertextune-poll@my-project.iam.gserviceaccount.com vertextune_evaluator on the project",
      "serviceAccount:vertextune-poll@my-project.iam.gserviceaccount.com vertextune_metrics on the project",
      "serviceAccount:vertextune-poll@my-project.iam.gserviceaccount.com vertextune_promoter on the project",
      "serviceAccount:vertextune-poll@my-project.iam.gserviceaccount.com vertextune_tuner on the project",
      "serviceAccount:vertextune-poll@my-project.iam.gserviceaccount.com storage.objectViewer on bucket my-project-vertextune-inbox",
      "serviceAccount:vertextune-poll@my-project.iam.gserviceaccount.com storage.objectCreator on bucket my-project-vertextune-data",
      "serviceAccount:vertextune-poll@my-project.iam.gserviceaccount.com storage.objectViewer on bucket my-project-vertextune-data",
      "serviceAccount:vertextune-poll@my-project.iam.gserviceaccount.com storage.objectUser on bucket my-project-vertextune-data if resource.name.startsWith(\"projects/_/buckets/my-project-vertextune-data/objects/datasets/\") || resource.name.startsWith(\"projects/_/buckets/my-project-vertextune-data/objects/requests/\")",
      "serviceAccount:vertextune-poll@my-project.iam.gserviceaccount.com pubsub.publisher on topic vertextune-events",

      "serviceAccount:vertextune-poll-trigger@my-project.iam.gserviceaccount.com run.invoker on service vertextune-poll",

      "serviceAccount:vertextune-build@my-project.iam.gserviceaccount.com logging.logWriter on the project",
      "serviceAccount:vertextune-build@my-project.iam.gserviceaccount.com vertextune_releaser on the project",
      "serviceAccount:vertextune-build@my-project.iam.gserviceaccount.com iam.serviceAccountOpenIdTokenCreator on account vertextune-build@my-project.iam.gserviceaccount.com",
      "serviceAccount:vertextune-build@my-project.iam.gserviceaccount.com artifactregistry.writer on repository vertextune",
      "serviceAccount:vertextune-build@my-project.iam.gserviceaccount.com storage.objectViewer on bucket my-project-vertextune-source",
      "serviceAccount:vertextune-build@my-project.iam.gserviceaccount.com vertextune_deployer on service vertextune-api",
      "serviceAccount:vertextune-build@my-project.iam.gserviceaccount.com vertextune_deployer on service vertextune-convert",
      "serviceAccount:vertextune-build@my-project.iam.gserviceaccount.com vertextune_deployer on service vertextune-poll",
      "serviceAccount:vertextune-build@my-project.iam.gserviceaccount.com iam.serviceAccountUser on account vertextune-api@my-project.iam.gserviceaccount.com",
      "serviceAccount:vertextune-build@my-project.iam.gserviceaccount.com iam.serviceAccountUser on account vertextune-convert@my-project.iam.gserviceaccount.com",
      "serviceAccount:vertextune-build@my-project.iam.gserviceaccount.com iam.serviceAccountUser on account vertextune-poll@my-project.iam.gserviceaccount.com",
      "serviceAccount:vertextune-build@my-project.iam.gserviceaccount.com run.invoker on service vertextune-api",
      "serviceAccount:vertextune-build@my-project.iam.gserviceaccount.com storage.objectCreator on bucket my-project-vertextune-inbox",
      "serviceAccount:vertextune-build@my-project.iam.gserviceaccount.com storage.objectViewer on bucket my-project-vertextune-data",

      # Google's own accounts.
      "serviceAccount:service-123456789012@gs-project-accounts.iam.gserviceaccount.com pubsub.publisher on the project",
      "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com iam.serviceAccountTokenCreator on account vertextune-convert-trigger@my-project.iam.gserviceaccount.com",
      "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com iam.serviceAccountTokenCreator on account vertextune-poll-trigger@my-project.iam.gserviceaccount.com",
      "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com pubsub.publisher on topic vertextune-dead-letters",
      "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com pubsub.subscriber on subscription eventarc-convert",
    ])
    error_message = "Granted:\n${join("\n", output.grants)}"
  }
}

run "callers" {
  variables {
    auth = {
      readers   = ["email:Ann@Example.com", "domain:example.org"]
      operators = ["email:ann@example.com"]
      starters  = ["email:ci@my-project.iam.gserviceaccount.com"]
    }
  }

  assert {
    condition = setsubtract(output.grants, run.as_it_comes.grants) == toset([
      "user:ann@example.com run.invoker on service vertextune-api",
      "domain:example.org run.invoker on service vertextune-api",
      "serviceAccount:ci@my-project.iam.gserviceaccount.com run.invoker on service vertextune-api",
    ]) && length(setsubtract(run.as_it_comes.grants, output.grants)) == 0
    error_message = "More than as it comes:\n${join("\n", setsubtract(output.grants, run.as_it_comes.grants))}\nless:\n${join("\n", setsubtract(run.as_it_comes.grants, output.grants))}"
  }
}

run "tokens" {
  variables {
    auth               = { mode = "token" }
    api_tokens         = { ci = { role = "starter", sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" } }
    smoke_token_secret = "smoke"
  }

  # Cloud Build calls with the token from the secret, so it needs no role on the Cloud Run service.
  assert {
    condition = setsubtract(output.grants, run.as_it_comes.grants) == toset([
      "serviceAccount:vertextune-api@my-project.iam.gserviceaccount.com secretmanager.secretAccessor on secret vertextune-api-tokens",
      "serviceAccount:vertextune-build@my-project.iam.gserviceaccount.com secretmanager.secretAccessor on secret smoke",
    ])
    error_message = "More than as it comes:\n${join("\n", setsubtract(output.grants, run.as_it_comes.grants))}"
  }
  assert {
    condition = setsubtract(run.as_it_comes.grants, output.grants) == toset([
      "serviceAccount:vertextune-build@my-project.iam.gserviceaccount.com run.invoker on service vertextune-api",
    ])
    error_message = "Less than as it comes:\n${join("\n", setsubtract(run.as_it_comes.grants, output.grants))}"
  }
}

run "oidc" {
  variables {
    auth               = { mode = "oidc", issuer = "https://issuer.example.com", audiences = ["vertextune"], starters = ["group:tuners"] }
    smoke_token_secret = "smoke"
  }

  # The service itself checks callers, so no role has to be granted.
  assert {
    condition     = google_cloud_run_v2_service.api.invoker_iam_disabled
    error_message = "Cloud Run checks too, and knows nobody."
  }
  assert {
    condition = setsubtract(output.grants, run.as_it_comes.grants) == toset([
      "serviceAccount:vertextune-build@my-project.iam.gserviceaccount.com secretmanager.secretAccessor on secret smoke",
    ])
    error_message = "More than as it comes:\n${join("\n", setsubtract(output.grants, run.as_it_comes.grants))}"
  }
  assert {
    condition = setsubtract(run.as_it_comes.grants, output.grants) == toset([
      "serviceAccount:vertextune-build@my-project.iam.gserviceaccount.com run.invoker on service vertextune-api",
    ])
    error_message = "Less than as it comes:\n${join("\n", setsubtract(run.as_it_comes.grants, output.grants))}"
  }
}

run "sign_in" {
  variables {
    auth = {
      mode      = "oidc", issuer = "https://issuer.example.com", audiences = ["vertextune"], starters = ["group:tuners"]
      client_id = "console", client_secret = "oidc-client"
    }
  }

  assert {
    condition = setsubtract(output.grants, run.as_it_comes.grants) == toset([
      "serviceAccount:vertextune-api@my-project.iam.gserviceaccount.com secretmanager.secretAccessor on secret oidc-client",
    ])
    error_message = "More than as it comes:\n${join("\n", setsubtract(output.grants, run.as_it_comes.grants))}"
  }
}

# The proxy alone invokes the service, and lets in those who have a role.
run "identity_aware_proxy" {
  variables {
    auth = { iap = true, readers = ["domain:example.com"], starters = ["email:ann@example.com", "email:ci@my-project.iam.gserviceaccount.com"] }
  }

  assert {
    condition = setsubtract(output.grants, run.as_it_comes.grants) == toset([
      "domain:example.com iap.httpsResourceAccessor on service vertextune-api",
      "serviceAccount:ci@my-project.iam.gserviceaccount.com iap.httpsResourceAccessor on service vertextune-api",
      "serviceAccount:service-123456789012@gcp-sa-iap.iam.gserviceaccount.com run.invoker on service vertextune-api",
      "user:ann@example.com iap.httpsResourceAccessor on service vertextune-api",
    ])
    error_message = "More than as it comes:\n${join("\n", setsubtract(output.grants, run.as_it_comes.grants))}"
  }
  assert {
    condition = setsubtract(run.as_it_comes.grants, output.grants) == toset([
      "serviceAccount:vertextune-build@my-project.iam.gserviceaccount.com run.invoker on service vertextune-api",
    ])
    error_message = "Less than as it comes:\n${join("\n", setsubtract(run.as_it_comes.grants, output.grants))}"
  }
}

run "key" {
  variables {
    kms_key = "projects/my-project/locations/us-central1/keyRings/r/cryptoKeys/k"
  }

  assert {
    condition = setsubtract(output.grants, run.as_it_comes.grants) == toset([
      "serviceAccount:service-123456789012@gcp-sa-artifactregistry.iam.gserviceaccount.com cloudkms.cryptoKeyEncrypterDecrypter on key k",
      "serviceAccount:service-123456789012@gcp-sa-firestore.iam.gserviceaccount.com cloudkms.cryptoKeyEncrypterDecrypter on key k",
      "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com cloudkms.cryptoKeyEncrypterDecrypter on key k",
      "serviceAccount:service-123456789012@gcp-sa-secretmanager.iam.gserviceaccount.com cloudkms.cryptoKeyEncrypterDecrypter on key k",
      "serviceAccount:service-123456789012@gs-project-accounts.iam.gserviceaccount.com cloudkms.cryptoKeyEncrypterDecrypter on key k",
      "serviceAccount:service-123456789012@serverless-robot-prod.iam.gserviceaccount.com cloudkms.cryptoKeyEncrypterDecrypter on key k",
    ]) && length(setsubtract(run.as_it_comes.grants, output.grants)) == 0
    error_message = "More than as it comes:\n${join("\n", setsubtract(output.grants, run.as_it_comes.grants))}\nless:\n${join("\n", setsubtract(run.as_it_comes.grants, output.grants))}"
  }
}

run "tuning_account_before_the_first_job" {
  variables {
    tuning_accounts = ["tune@my-project.iam.gserviceaccount.com"]
  }

  assert {
    condition = setsubtract(output.grants, run.as_it_comes.grants) == toset([
      "serviceAccount:vertextune-api@my-project.iam.gserviceaccount.com iam.serviceAccountUser on account tune@my-project.iam.gserviceaccount.com",
      "serviceAccount:vertextune-poll@my-project.iam.gserviceaccount.com iam.serviceAccountUser on account tune@my-project.iam.gserviceaccount.com",
      "serviceAccount:tune@my-project.iam.gserviceaccount.com aiplatform.tuningServiceAgent on the project",
      "serviceAccount:tune@my-project.iam.gserviceaccount.com storage.objectViewer on bucket my-project-vertextune-data",
    ]) && length(setsubtract(run.as_it_comes.grants, output.grants)) == 0
    error_message = "More than as it comes:\n${join("\n", setsubtract(output.grants, run.as_it_comes.grants))}\nless:\n${join("\n", setsubtract(run.as_it_comes.grants, output.grants))}"
  }
}

run "tuning_account_after_the_first_job" {
  variables {
    tuning_accounts     = ["tune@my-project.iam.gserviceaccount.com"]
    tuning_agent_exists = true
  }

  assert {
    condition = setsubtract(output.grants, run.as_it_comes.grants) == toset([
      "serviceAccount:vertextune-api@my-project.iam.gserviceaccount.com iam.serviceAccountUser on account tune@my-project.iam.gserviceaccount.com",
      "serviceAccount:vertextune-poll@my-project.iam.gserviceaccount.com iam.serviceAccountUser on account tune@my-project.iam.gserviceaccount.com",
      "serviceAccount:tune@my-project.iam.gserviceaccount.com aiplatform.tuningServiceAgent on the project",
      "serviceAccount:tune@my-project.iam.gserviceaccount.com storage.objectViewer on bucket my-project-vertextune-data",
      "serviceAccount:service-123456789012@gcp-sa-vertex-tune.iam.gserviceaccount.com iam.serviceAccountTokenCreator on account tune@my-project.iam.gserviceaccount.com",
    ]) && length(setsubtract(run.as_it_comes.grants, output.grants)) == 0
    error_message = "More than as it comes:\n${join("\n", setsubtract(output.grants, run.as_it_comes.grants))}\nless:\n${join("\n", setsubtract(run.as_it_comes.grants, output.grants))}"
  }
}

run "catalogue" {
  variables {
    catalogue = { object = "gs://their-bucket/a/catalogue.json" }
  }

  # The role covers only this object of the bucket.
  assert {
    condition = setsubtract(output.grants, run.as_it_comes.grants) == toset([
      "serviceAccount:vertextune-api@my-project.iam.gserviceaccount.com storage.objectViewer on bucket their-bucket if resource.name == \"projects/_/buckets/their-bucket/objects/a/catalogue.json\"",
      "serviceAccount:vertextune-convert@my-project.iam.gserviceaccount.com storage.objectViewer on bucket their-bucket if resource.name == \"projects/_/buckets/their-bucket/objects/a/catalogue.json\"",
      "serviceAccount:vertextune-poll@my-project.iam.gserviceaccount.com storage.objectViewer on bucket their-bucket if resource.name == \"projects/_/buckets/their-bucket/objects/a/catalogue.json\"",
    ]) && length(setsubtract(run.as_it_comes.grants, output.grants)) == 0
    error_message = "More than as it comes:\n${join("\n", setsubtract(output.grants, run.as_it_comes.grants))}\nless:\n${join("\n", setsubtract(run.as_it_comes.grants, output.grants))}"
  }
}

run "open_models" {
  variables {
    open_model_agents_exist = true
  }

  assert {
    condition = setsubtract(output.grants, run.as_it_comes.grants) == toset([
      "serviceAccount:service-123456789012@gcp-sa-aiplatform.iam.gserviceaccount.com storage.objectUser on bucket my-project-vertextune-data",
      "serviceAccount:service-123456789012@gcp-sa-vertex-moss-ft.iam.gserviceaccount.com storage.objectUser on bucket my-project-vertextune-data",
    ]) && length(setsubtract(run.as_it_comes.grants, output.grants)) == 0
    error_message = "More than as it comes:\n${join("\n", setsubtract(output.grants, run.as_it_comes.grants))}\nless:\n${join("\n", setsubtract(run.as_it_comes.grants, output.grants))}"
  }
}

run "nothing_but_tuning_jobs_and_their_models_at_vertex_ai" {
  assert {
    condition = google_project_iam_custom_role.tuner.permissions == toset([
      "aiplatform.trainingPipelines.get",
      "aiplatform.tuningJobs.cancel",
      "aiplatform.tuningJobs.create",
      "aiplatform.tuningJobs.get",
      "aiplatform.tuningJobs.list",
    ])
    error_message = "The role holds ${join(", ", google_project_iam_custom_role.tuner.permissions)}."
  }

  assert {
    condition = google_project_iam_custom_role.metrics.permissions == toset([
      "aiplatform.contexts.get",
      "aiplatform.tensorboardRuns.list",
      "aiplatform.tensorboardTimeSeries.list",
      "aiplatform.tensorboardTimeSeries.read",
    ])
    error_message = "The role holds ${join(", ", google_project_iam_custom_role.metrics.permissions)}."
  }

  assert {
    condition     = google_project_iam_custom_role.evaluator.permissions == toset(["aiplatform.endpoints.predict"])
    error_message = "The role holds ${join(", ", google_project_iam_custom_role.evaluator.permissions)}."
  }

  assert {
    condition     = google_project_iam_custom_role.promoter.permissions == toset(["aiplatform.models.get", "aiplatform.models.update"])
    error_message = "The role holds ${join(", ", google_project_iam_custom_role.promoter.permissions)}."
  }
}
