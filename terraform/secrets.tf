# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# The secret contains the hashes of the API tokens, for the authentication mode "token". Terraform's
# state contains neither the tokens nor the hashes.
locals {
  api_tokens = join(",", sort([for name, t in var.api_tokens : "${name}:${t.role}:${t.sha256}"]))
  # This value changes whenever the tokens change, and does not help to guess them.
  api_tokens_version = nonsensitive(parseint(substr(sha256(local.api_tokens), 0, 7), 16))
}

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

resource "terraform_data" "api_tokens" {
  input = local.api_tokens_version
}

# The service reads the latest version when an instance starts. So every revision, including one to
# which scripts/rollback returns, accepts exactly the current tokens. The variable
# API_TOKENS_VERSION makes each change of tokens a new revision.
resource "google_secret_manager_secret_version" "api_tokens" {
  count = var.auth.mode == "token" ? 1 : 0

  secret                 = google_secret_manager_secret.api_tokens[0].id
  secret_data_wo         = local.api_tokens
  secret_data_wo_version = local.api_tokens_version
  deletion_policy        = "DISABLE"

  lifecycle {
    create_before_destroy = true
    replace_triggered_by  = [terraform_data.api_tokens] # the secret cannot be read to compare it
  }
}
