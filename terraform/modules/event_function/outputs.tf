# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# These are whole resources. A test checks that each grant is an output with the resource's name.
output "account" { value = google_service_account.function }
output "service" { value = google_cloud_run_v2_service.function }
output "trigger_account" { value = google_service_account.trigger }
output "invoker" { value = google_cloud_run_v2_service_iam_member.invoker }
output "signer" { value = google_service_account_iam_member.signer }
output "trigger" { value = google_eventarc_trigger.trigger }
