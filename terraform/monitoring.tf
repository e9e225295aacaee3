# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# README.md explains what to do on each alert; each alert quotes its section.

locals {
  # PromQL replaces all other characters in names of metrics by underscores.
  metric_name = replace(var.name, "-", "_")

  # These log messages are counted. Each text is exactly what the code logs.
  counted = {
    # Ended tuning jobs, by result.
    jobs_ended = {
      functions = ["api", "poll"] # the one that sees the end first
      message   = "the job changed"
      condition = "jsonPayload.to=(\"PIPELINE_STATE_SUCCEEDED\" OR \"PIPELINE_STATE_FAILED\" OR \"PIPELINE_STATE_CANCELLED\")"
      labels    = { state = "EXTRACT(jsonPayload.to)" }
    }
    # Processed files, by result.
    conversions = {
      functions = ["convert"]
      message   = "the file was handled"
      condition = "severity=INFO"
      labels    = { outcome = "EXTRACT(jsonPayload.outcome)" }
    }
    # Dropped files whose conversion Cloud Storage permanently prevented.
    conversions_failed = {
      functions = ["convert"]
      message   = "the conversion failed permanently"
      condition = "severity=ERROR"
      labels    = {}
    }
  }

  alerts = {
    failed_jobs = {
      severity = "WARNING"
      summary  = "A tuning job failed"
      query    = "sum(increase(logging_googleapis_com:user_${local.metric_name}_jobs_ended{monitored_resource=\"cloud_run_revision\",state=\"PIPELINE_STATE_FAILED\"}[10m])) > 0"
      duration = "0s"
    }
    failed_conversions = {
      severity = "WARNING"
      summary  = "A dropped file could not be converted"
      query    = "sum(increase(logging_googleapis_com:user_${local.metric_name}_conversions_failed{monitored_resource=\"cloud_run_revision\"}[10m])) > 0"
      duration = "0s"
    }
    dead_letters = {
      severity = "ERROR"
      summary  = "Events were given up"
      query    = "max(pubsub_googleapis_com:subscription_num_undelivered_messages{monitored_resource=\"pubsub_subscription\",subscription_id=\"${google_pubsub_subscription.dead_letters.name}\"}) > 0"
      duration = "0s"
    }
    stalled_poller = {
      severity = "CRITICAL"
      summary  = "No tick has succeeded for 15 minutes"
      query    = "(sum(increase(run_googleapis_com:request_count{monitored_resource=\"cloud_run_revision\",service_name=\"${local.services.poll}\",response_code_class=\"2xx\"}[15m])) or vector(0)) < 1"
      duration = "300s" # figures arrive some minutes late after a deployment
    }
    server_errors = {
      severity = "ERROR"
      summary  = "Function api answers 5xx to more than one call in twenty"
      query    = <<-EOT
        sum(increase(run_googleapis_com:request_count{monitored_resource="cloud_run_revision",service_name="${local.services.api}",response_code_class="5xx"}[10m])) > 2
        and
        sum(increase(run_googleapis_com:request_count{monitored_resource="cloud_run_revision",service_name="${local.services.api}",response_code_class="5xx"}[10m]))
        / sum(increase(run_googleapis_com:request_count{monitored_resource="cloud_run_revision",service_name="${local.services.api}"}[10m])) > 0.05
      EOT
      duration = "0s"
    }
  }
}

resource "google_logging_metric" "this" {
  for_each = local.counted

  name = "${local.metric_name}_${each.key}"
  filter = join(" AND ", [
    "resource.type=\"cloud_run_revision\"",
    "resource.labels.service_name=(${join(" OR ", [for f in each.value.functions : "\"${local.services[f]}\""])})",
    "jsonPayload.message=\"${each.value.message}\"",
    each.value.condition,
  ])
  label_extractors = each.value.labels

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"

    dynamic "labels" {
      for_each = each.value.labels
      content {
        key = labels.key
      }
    }
  }

  depends_on = [google_project_service.this]
}

resource "google_monitoring_notification_channel" "email" {
  for_each = var.alert_emails

  display_name = "${var.name}: ${each.key}"
  type         = "email"
  labels       = { email_address = each.key }

  depends_on = [google_project_service.this]
}

locals {
  channels = concat(values(google_monitoring_notification_channel.email)[*].id, tolist(var.notification_channels))
}

resource "google_monitoring_alert_policy" "this" {
  for_each = local.alerts

  display_name          = "${var.name}: ${each.value.summary}"
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = local.channels

  conditions {
    display_name = each.value.summary

    condition_prometheus_query_language {
      query               = trimspace(each.value.query)
      duration            = each.value.duration
      evaluation_interval = "60s"
      # A log-based metric exists only from its first line on, which may come much later.
      disable_metric_validation = true
    }
  }

  alert_strategy {
    auto_close = "86400s"
  }

  documentation {
    mime_type = "text/markdown"
    content   = local.playbook[each.key]
  }

  depends_on = [google_logging_metric.this]
}

# This map has the README's sections on alerts by their headings, which are the keys here.
locals {
  playbook = {
    for section in slice(split("\n### ", file("${path.module}/README.md")), 1, length(split("\n### ", file("${path.module}/README.md")))) :
    trim(split("\n", section)[0], "` ") => trimspace(split("\n## ", trimprefix(section, split("\n", section)[0]))[0])
  }
}

resource "google_monitoring_dashboard" "this" {
  dashboard_json = jsonencode({
    displayName = var.name
    mosaicLayout = {
      columns = 48
      tiles = [
        for i, chart in local.charts : {
          xPos   = 24 * (i % 2)
          yPos   = 16 * floor(i / 2)
          width  = 24
          height = 16
          widget = {
            title = chart.title
            xyChart = {
              dataSets = [{
                plotType        = "LINE"
                targetAxis      = "Y1"
                timeSeriesQuery = { prometheusQuery = chart.query }
              }]
            }
          }
        }
      ]
    }
  })

  depends_on = [google_logging_metric.this]
}

locals {
  ours = "monitored_resource=\"cloud_run_revision\",service_name=~\"${join("|", values(local.services))}\""

  charts = [
    {
      title = "Calls a minute, by function and class of answer"
      query = "sum by (service_name, response_code_class) (rate(run_googleapis_com:request_count{${local.ours}}[5m])) * 60"
    },
    {
      title = "Time to answer, 95th percentile, in milliseconds"
      query = "histogram_quantile(0.95, sum by (service_name, le) (rate(run_googleapis_com:request_latencies_bucket{${local.ours}}[5m])))"
    },
    {
      title = "Tuning jobs that ended, an hour, by how"
      query = "sum by (state) (increase(logging_googleapis_com:user_${local.metric_name}_jobs_ended{monitored_resource=\"cloud_run_revision\"}[1h]))"
    },
    {
      title = "Dropped files, an hour, by how they ended"
      query = "sum by (outcome) (increase(logging_googleapis_com:user_${local.metric_name}_conversions{monitored_resource=\"cloud_run_revision\"}[1h]))"
    },
    {
      title = "Events that were given up"
      query = "max(pubsub_googleapis_com:subscription_num_undelivered_messages{monitored_resource=\"pubsub_subscription\",subscription_id=\"${google_pubsub_subscription.dead_letters.name}\"})"
    },
    {
      title = "Instances, by function and state"
      query = "sum by (service_name, state) (max_over_time(run_googleapis_com:container_instance_count{${local.ours}}[5m]))"
    },
  ]
}
