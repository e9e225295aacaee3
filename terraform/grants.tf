# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# This table has every grant of this configuration: the account, the role and the resource. A
# reviewer can print it with terraform output grants. tests/grants.tftest.hcl compares the table
# with the expected grants, and fails if a grant is missing from it.
locals {
  project_grants = concat(values(google_project_iam_member.tuning_accounts), google_project_iam_member.api_evaluator, [
    google_project_iam_member.api_firestore,
    google_project_iam_member.api_promoter,
    google_project_iam_member.api_tuner,
    google_project_iam_member.build_logs,
    google_project_iam_member.build_releaser,
    google_project_iam_member.convert_firestore,
    google_project_iam_member.convert_trigger_receiver,
    google_project_iam_member.poll_evaluator,
    google_project_iam_member.poll_firestore,
    google_project_iam_member.poll_metrics,
    google_project_iam_member.poll_promoter,
    google_project_iam_member.poll_tuner,
    google_project_iam_member.storage_agent_publisher,
  ])

  bucket_grants = concat(
    values(google_storage_bucket_iam_member.api_data),
    values(google_storage_bucket_iam_member.catalogue),
    values(google_storage_bucket_iam_member.open_models),
    values(google_storage_bucket_iam_member.poll_data),
    values(google_storage_bucket_iam_member.tuning_data),
    [
      google_storage_bucket_iam_member.api_console,
      google_storage_bucket_iam_member.api_files,
      google_storage_bucket_iam_member.api_inbox,
      google_storage_bucket_iam_member.api_refused_starts,
      google_storage_bucket_iam_member.build_smoke_data,
      google_storage_bucket_iam_member.build_smoke_inbox,
      google_storage_bucket_iam_member.build_source,
      google_storage_bucket_iam_member.convert_data,
      google_storage_bucket_iam_member.convert_inbox,
      google_storage_bucket_iam_member.poll_inbox,
      google_storage_bucket_iam_member.poll_refused_starts,
    ],
  )

  service_grants = concat(
    values(google_cloud_run_v2_service_iam_member.api_invokers),
    values(google_cloud_run_v2_service_iam_member.build_deployer),
    google_cloud_run_v2_service_iam_member.build_smoke,
    [
      module.convert.invoker,
      module.poll.invoker,
    ],
  )

  account_grants = concat(
    values(google_service_account_iam_member.build_runtime),
    values(google_service_account_iam_member.tuning_agent),
    values(google_service_account_iam_member.tuning_users),
    [
      google_service_account_iam_member.build_identity,
      module.convert.signer,
      module.poll.signer,
    ],
  )

  topic_grants = [
    google_pubsub_topic_iam_member.dead_letters_publisher,
    google_pubsub_topic_iam_member.poll_events,
  ]

  grants = sort(concat(
    [for g in local.project_grants : "${g.member} ${basename(g.role)} on the project${join("", [for c in g.condition : " if ${c.expression}"])}"],
    [for g in local.bucket_grants : "${g.member} ${basename(g.role)} on bucket ${g.bucket}${join("", [for c in g.condition : " if ${c.expression}"])}"],
    [for g in local.service_grants : "${g.member} ${basename(g.role)} on service ${g.name}"],
    [for g in values(google_iap_web_cloud_run_service_iam_member.api_people) : "${g.member} ${basename(g.role)} on service ${g.cloud_run_service_name}"],
    [for g in local.account_grants : "${g.member} ${basename(g.role)} on account ${basename(g.service_account_id)}"],
    [for g in local.topic_grants : "${g.member} ${basename(g.role)} on topic ${basename(g.topic)}"],
    [for g in [google_pubsub_subscription_iam_member.dead_letters_source] : "${g.member} ${basename(g.role)} on subscription ${basename(g.subscription)}"],
    [for g in [google_artifact_registry_repository_iam_member.build_images] : "${g.member} ${basename(g.role)} on repository ${g.repository}"],
    [for g in concat(google_secret_manager_secret_iam_member.api_client, google_secret_manager_secret_iam_member.api_tokens, google_secret_manager_secret_iam_member.build_smoke_token) : "${g.member} ${basename(g.role)} on secret ${basename(g.secret_id)}"],
    [for g in values(google_kms_crypto_key_iam_member.agents) : "${g.member} ${basename(g.role)} on key ${basename(g.crypto_key_id)}"],
  ))
}
