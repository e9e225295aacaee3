# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# Variables for the models, the accounts and the cost of tuning.

variable "base_model" {
  description = "Base model to tune if neither the request nor the model record that it names sets one."
  type        = string
  default     = "gemini-3.1-flash-lite"
  nullable    = false

  validation {
    condition     = length(trimspace(var.base_model)) > 0
    error_message = "base_model must name a model."
  }
}

variable "catalogue" {
  description = "Catalogue of base models (regions, limits, prices, dates) that replaces the built-in one. object is its gs:// URI, which the functions get permission to read; max_age is how long they use a copy before they check whether the object has changed. Create the object before you apply, in a bucket with uniform access: the functions do not start without it."
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
  description = "Whether a dropped file can start a tuning job, by its metadata or a manifest. If it can, everyone who may write to the inbox can spend money, up to the limits in jobs and spending."
  type        = bool
  default     = true
  nullable    = false
}

variable "jobs" {
  description = "Limits of tuning jobs: how many may run at a time (0 leaves the limit to Vertex AI), how many may be queued, how many each caller may start per minute, after how long without a change a job is reported as stalled, how long the lease of a start lasts before the poller resumes it (that of an evaluation lasts three times as long), how long Vertex AI may take to answer a create call, whether Vertex AI counts the tokens of some training examples for the estimate, whether callers may cancel only their own jobs, and which buckets (in addition to the data bucket), service accounts and keys a start may name (an empty list leaves that to IAM). The variable spending limits their cost."
  type = object({
    max_concurrent           = optional(number, 0)
    max_queued               = optional(number, 1000)
    starts_per_minute        = optional(number, 10)
    stalled_after            = optional(string, "2h")
    start_lease              = optional(string, "30s")
    create_timeout           = optional(string, "60s")
    count_tokens             = optional(bool, true)
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
    error_message = "jobs: start_lease and create_timeout must be durations such as 60s, from 1s to 4m50s, the time that the function api has for a request."
  }
}

variable "open_model_agents_exist" {
  description = "Whether the project has already run a tuning job of an open model. The first such job creates the service agents that tune open models; after it they can be granted access to the data bucket."
  type        = bool
  default     = false
  nullable    = false
}

variable "spending" {
  description = "Limits for the cost of tuning jobs in US dollars; 0 means no limit. The upper end of a job's estimate is compared with them. default_job applies to a start without max_cost_usd, job applies to every start, and month to the sum of all jobs that are submitted in a calendar month (UTC). A start that exceeds a limit is refused."
  type = object({
    default_job = optional(number, 0)
    job         = optional(number, 0)
    month       = optional(number, 0)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for usd in [var.spending.default_job, var.spending.job, var.spending.month] : can(regex("^[0-9]{1,12}([.][0-9]{1,6})?$", tostring(usd)))])
    error_message = "spending: default_job, job and month must be amounts of US dollars, 0 or more, with at most six decimals."
  }
  validation {
    condition     = var.spending.job == 0 || var.spending.default_job <= var.spending.job
    error_message = "spending.default_job must not be more than spending.job, which applies to every start."
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
  description = "Whether the project has already run a tuning job. The first job creates Vertex AI's tuning agent; after it the agent can be granted the right to act as the tuning_accounts."
  type        = bool
  default     = false
  nullable    = false
}

variable "tuning_location" {
  description = "Region of the tuning jobs, if it differs from the region of all other resources."
  type        = string
  default     = null

  validation {
    condition     = var.tuning_location == null || can(regex(local.region_pattern, var.tuning_location))
    error_message = "tuning_location must be a region such as us-central1."
  }
}
