# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

resource "google_artifact_registry_repository" "images" {
  repository_id = var.name
  location      = var.region
  format        = "DOCKER"
  kms_key_name  = var.kms_key

  # Services run an image by its digest. A tag always identifies the same build of an image.
  docker_config {
    immutable_tags = true
  }

  # Twenty releases are kept for rollbacks; more would only cost money. Each release has an image,
  # an SBOM, a signature and an attestation.
  cleanup_policies {
    id     = "keep-recent"
    action = "KEEP"
    most_recent_versions {
      keep_count = 80
    }
  }
  cleanup_policies {
    id     = "delete-old"
    action = "DELETE"
    condition {
      older_than = "7776000s" # 90 days
    }
  }

  lifecycle {
    prevent_destroy = true # README.md explains how to uninstall
  }

  depends_on = [google_project_service.this, google_kms_crypto_key_iam_member.agents]
}
