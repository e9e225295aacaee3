# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# Variables for the models, the accounts and the cost of tuning.

variable "base_model" {
  description = "Model to tune where neither a request nor its model names one."
  type        = string
  default     = "gemini-3.1-flash-lite"
  nullable    = false

  validation {
    condition     = length(trimspace(var.base_model)) > 0
    error_message = "base_model must name a model."
  }
}

variable "catalogue" {
  description = "Catalogue of base models (regions, limits, prices, dates), instead of the built-in one: a gs:// object, which the functions may then read, and after how long they look whether it has changed. It must be there first, as the functions do not start without it, in a bucket with uniform access."
  type = object({
    object  = string
    max_age = optional(string, "5m")
  })
  default = null

  validation {
    condition     = var.catalogue == null || can(regex("^gs://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]/[^\"\\\\]+$", var.catalogue.object))
    error_message = "catalogue.object must be an object in Cloud Storage: gs://BUCKET/NAME."
  }
  validation {
    condition     = var.catalogue == null || try(timecmp(timeadd("2000-01-01T00:00:00Z", var.catalogue.max_age), "2000-01-01T00:00:00Z") >= 0, false)
    error_message = "catalogue.max_age must be a duration such as 5m, or 0s."
  }
}

variable "drop_starts" {
  description = "Whether a dropped file can start a tuning job, by its metadata or a manifest. Whoever writes to the inbox can then spend money, within jobs and spending."
  type        = bool
  default     = true
  nullable    = false
}

variable "jobs" {
  description = "Limits of tuning jobs: how many run at a time (0 leaves that to Vertex AI) and wait at most, how many a caller may start a minute, after how long without news one is told to be stalled, how long a start that died is left alone, how long Vertex AI may take to answer a create, whether callers may cancel their own jobs only, and which buckets (beside the data bucket), service accounts and keys a start may name (empty leaves that to IAM). See spending for what they may cost."
  type = object({
    max_concurrent           = optional(number, 0)
    max_queued               = optional(number, 1000)
    starts_per_minute        = optional(number, 10)
    stalled_after            = optional(string, "2h")
    start_lease              = optional(string, "30s")
    create_timeout           = optional(string, "60s")
    cancel_own_only          = optional(bool, false)
    allowed_buckets          = optional(list(string), [])
    allowed_service_accounts = optional(list(string), [])
    allowed_kms_keys         = optional(list(string), [])
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for n in [var.jobs.max_concurrent, var.jobs.max_queued, var.jobs.starts_per_minute] : n >= 0 && floor(n) == n])
    error_message = "jobs: max_concurrent, max_queued and starts_per_minute must be whole numbers, 0 or more."
  }
  validation {
    condition     = can(regex("^([0-9]+h)?([0-9]+m)?([0-9]+s)?$", var.jobs.stalled_after)) && var.jobs.stalled_after != ""
    error_message = "jobs.stalled_after must be a duration such as 2h or 1h30m."
  }
  validation {
    condition = alltrue([
      for d in [var.jobs.start_lease, var.jobs.create_timeout] :
      try(timecmp(timeadd("2000-01-01T00:00:00Z", d), "2000-01-01T00:00:01Z") >= 0 && timecmp(timeadd("2000-01-01T00:00:00Z", d), "2000-01-01T00:04:50Z") <= 0, false)
    ])
    error_message = "jobs: start_lease and create_timeout must be durations such as 60s, of 1s at least and no longer than the 4m50s that function api has for a request."
  }
}

variable "open_model_agents_exist" {
  description = "Whether the project has had a tuning job of an open model, which makes the agents that tune those, so that they can be let read and write the data bucket."
  type        = bool
  default     = false
  nullable    = false
}

variable "spending" {
  description = "What tuning jobs may cost in US dollars, by the upper ends of their estimates; 0 is no limit. default_job holds for a start that has no max_cost_usd of its own, job for any, month for all that are sent in a month (UTC) together. A start that passes one is refused."
  type = object({
    default_job = optional(number, 0)
    job         = optional(number, 0)
    month       = optional(number, 0)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for usd in [var.spending.default_job, var.spending.job, var.spending.month] : can(regex("^[0-9]{1,12}([.][0-9]{1,6})?$", tostring(usd)))])
    error_message = "spending: default_job, job and month must be amounts of US dollars, 0 or more, with six decimals at most."
  }
  validation {
    condition     = var.spending.job == 0 || var.spending.default_job <= var.spending.job
    error_message = "spending.default_job must not be more than spending.job, which holds for every start."
  }
}

variable "tuning_accounts" {
  description = "E-mail addresses of accounts that tuning jobs may run as, instead of Vertex AI's own agent."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for address in var.tuning_accounts : can(regex("^[a-z0-9-]+@[a-z0-9.-]+[.]gserviceaccount[.]com$", address))])
    error_message = "tuning_accounts must be e-mail addresses of service accounts."
  }
}

variable "tuning_agent_exists" {
  description = "Whether the project has had a tuning job, which makes Vertex AI's tuning agent, so that it can be let act as the tuning_accounts."
  type        = bool
  default     = false
  nullable    = false
}

variable "tuning_location" {
  description = "Region of the tuning jobs, where it is another than that of everything else."
  type        = string
  default     = null

  validation {
    condition     = var.tuning_location == null || can(regex(local.region_pattern, var.tuning_location))
    error_message = "tuning_location must be a region such as us-central1."
  }
}
