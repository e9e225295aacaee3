# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# The services that store our data use the key through their own agents.
resource "google_kms_crypto_key_iam_member" "agents" {
  for_each = var.kms_key == null ? {} : merge(
    { for name in ["artifacts", "firestore", "pubsub", "run", "secrets"] : name => local.agents[name] },
    { storage = data.google_storage_project_service_account.this.member },
  )

  crypto_key_id = var.kms_key
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = each.value
}
