# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# These are Google Cloud's answers, as far as the tests use them.

override_data {
  target = data.google_project.this
  values = { number = "123456789012" }
}

override_data {
  target = data.google_storage_project_service_account.this
  values = { member = "serviceAccount:service-123456789012@gs-project-accounts.iam.gserviceaccount.com" }
}

override_resource {
  target = google_service_account.api
  values = {
    email  = "vertextune-api@my-project.iam.gserviceaccount.com"
    member = "serviceAccount:vertextune-api@my-project.iam.gserviceaccount.com"
    name   = "projects/my-project/serviceAccounts/vertextune-api@my-project.iam.gserviceaccount.com"
  }
}

override_resource {
  target = google_service_account.build
  values = {
    email  = "vertextune-build@my-project.iam.gserviceaccount.com"
    member = "serviceAccount:vertextune-build@my-project.iam.gserviceaccount.com"
    name   = "projects/my-project/serviceAccounts/vertextune-build@my-project.iam.gserviceaccount.com"
  }
}

override_resource {
  target = module.convert.google_service_account.function
  values = {
    email  = "vertextune-convert@my-project.iam.gserviceaccount.com"
    member = "serviceAccount:vertextune-convert@my-project.iam.gserviceaccount.com"
    name   = "projects/my-project/serviceAccounts/vertextune-convert@my-project.iam.gserviceaccount.com"
  }
}

override_resource {
  target = module.convert.google_service_account.trigger
  values = {
    email  = "vertextune-convert-trigger@my-project.iam.gserviceaccount.com"
    member = "serviceAccount:vertextune-convert-trigger@my-project.iam.gserviceaccount.com"
    name   = "projects/my-project/serviceAccounts/vertextune-convert-trigger@my-project.iam.gserviceaccount.com"
  }
}

override_resource {
  target = module.poll.google_service_account.function
  values = {
    email  = "vertextune-poll@my-project.iam.gserviceaccount.com"
    member = "serviceAccount:vertextune-poll@my-project.iam.gserviceaccount.com"
    name   = "projects/my-project/serviceAccounts/vertextune-poll@my-project.iam.gserviceaccount.com"
  }
}

override_resource {
  target = module.poll.google_service_account.trigger
  values = {
    email  = "vertextune-poll-trigger@my-project.iam.gserviceaccount.com"
    member = "serviceAccount:vertextune-poll-trigger@my-project.iam.gserviceaccount.com"
    name   = "projects/my-project/serviceAccounts/vertextune-poll-trigger@my-project.iam.gserviceaccount.com"
  }
}

override_resource {
  target = google_project_iam_custom_role.deployer
  values = { id = "projects/my-project/roles/vertextune_deployer" }
}

override_resource {
  target = google_project_iam_custom_role.releaser
  values = { id = "projects/my-project/roles/vertextune_releaser" }
}

override_resource {
  target = google_project_iam_custom_role.evaluator
  values = { id = "projects/my-project/roles/vertextune_evaluator" }
}

override_resource {
  target = google_project_iam_custom_role.promoter
  values = { id = "projects/my-project/roles/vertextune_promoter" }
}

override_resource {
  target = google_project_iam_custom_role.metrics
  values = { id = "projects/my-project/roles/vertextune_metrics" }
}

override_resource {
  target = google_project_iam_custom_role.tuner
  values = { id = "projects/my-project/roles/vertextune_tuner" }
}

override_resource {
  target = google_secret_manager_secret.api_tokens
  values = { id = "projects/my-project/secrets/vertextune-api-tokens" }
}

override_resource {
  target = google_secret_manager_secret_version.api_tokens
  values = { version = "7" }
}

override_resource {
  target = google_pubsub_topic.dead_letters
  values = { id = "projects/my-project/topics/vertextune-dead-letters" }
}

override_resource {
  target = google_pubsub_topic.events
  values = { id = "projects/my-project/topics/vertextune-events" }
}

override_resource {
  target = google_pubsub_topic.ticks
  values = { id = "projects/my-project/topics/vertextune-ticks" }
}

override_resource {
  target = module.poll.google_eventarc_trigger.trigger
  values = { transport = { pubsub = { subscription = "projects/my-project/subscriptions/eventarc-us-central1-vertextune-poll-sub-1" } } }
}

override_resource {
  target = google_artifact_registry_repository.images
  values = { name = "vertextune" }
}
