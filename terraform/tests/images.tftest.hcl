# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# Terraform creates a service with an image, and leaves later images to Cloud Build.

mock_provider "google" {
  source = "./tests/mocks"
}

variables {
  project_id = "my-project"
  region     = "us-central1"
}

run "made_with_the_image_that_is_given" {
  variables {
    images = { api = "example.com/api@sha256:1" }
  }

  assert {
    condition     = google_cloud_run_v2_service.api.template[0].containers[0].image == "example.com/api@sha256:1" && module.poll.service.template[0].containers[0].image == local.placeholder
    error_message = "The image that was given is not used."
  }
}

run "left_alone_later" {
  variables {
    images = { api = "example.com/api@sha256:2" }
  }

  assert {
    condition     = google_cloud_run_v2_service.api.template[0].containers[0].image == "example.com/api@sha256:1"
    error_message = "Terraform takes the image back that Cloud Build has deployed."
  }
}
