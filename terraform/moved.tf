# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# A deployment from before modules/event_function keeps its resources by these.
moved {
  from = google_service_account.convert
  to   = module.convert.google_service_account.function
}
moved {
  from = google_cloud_run_v2_service.convert
  to   = module.convert.google_cloud_run_v2_service.function
}
moved {
  from = google_service_account.convert_trigger
  to   = module.convert.google_service_account.trigger
}
moved {
  from = google_cloud_run_v2_service_iam_member.convert_trigger
  to   = module.convert.google_cloud_run_v2_service_iam_member.invoker
}
moved {
  from = google_service_account_iam_member.convert_trigger_signer
  to   = module.convert.google_service_account_iam_member.signer
}
moved {
  from = google_eventarc_trigger.convert
  to   = module.convert.google_eventarc_trigger.trigger
}
moved {
  from = google_service_account.poll
  to   = module.poll.google_service_account.function
}
moved {
  from = google_cloud_run_v2_service.poll
  to   = module.poll.google_cloud_run_v2_service.function
}
moved {
  from = google_service_account.poll_trigger
  to   = module.poll.google_service_account.trigger
}
moved {
  from = google_cloud_run_v2_service_iam_member.poll_trigger
  to   = module.poll.google_cloud_run_v2_service_iam_member.invoker
}
moved {
  from = google_service_account_iam_member.poll_trigger_signer
  to   = module.poll.google_service_account_iam_member.signer
}
moved {
  from = google_eventarc_trigger.poll
  to   = module.poll.google_eventarc_trigger.trigger
}
