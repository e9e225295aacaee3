# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# The tokens of mode "token", by their hashes: what is here, and so in Terraform's
# state, lets nobody in.
resource "google_secret_manager_secret" "api_tokens" {
  count = var.auth.mode == "token" ? 1 : 0

  secret_id = "${var.name}-api-tokens"

  replication {
    user_managed {
      replicas {
        location = var.region

        dynamic "customer_managed_encryption" {
          for_each = var.kms_key[*]
          content {
            kms_key_name = customer_managed_encryption.value
          }
        }
      }
    }
  }

  depends_on = [google_project_service.this, google_kms_crypto_key_iam_member.agents]
}

# The service names the version, so a change of tokens is a new revision, and a
# revision from before it cannot start any more: what was taken back stays so.
resource "google_secret_manager_secret_version" "api_tokens" {
  count = var.auth.mode == "token" ? 1 : 0

  secret          = google_secret_manager_secret.api_tokens[0].id
  secret_data     = join(",", sort([for name, t in var.api_tokens : "${name}:${t.role}:${t.sha256}"]))
  deletion_policy = "DISABLE"

  lifecycle {
    create_before_destroy = true
  }
}
