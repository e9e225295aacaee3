# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# Variables for locations, names and protection.

variable "alert_emails" {
  description = "Addresses that alerts and the budget's notices go to."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for address in var.alert_emails : can(regex("^[^@ ]+@[^@ ]+[.][^@ ]+$", address))])
    error_message = "alert_emails must be e-mail addresses."
  }
}

variable "budget" {
  description = "Budget of the project a month, with notices at half, nine tenths and all of it, and when the forecast is over it. It stops nothing. Null makes none."
  type = object({
    billing_account = string
    amount          = number
    currency        = optional(string, "USD")
  })
  default = null

  validation {
    condition     = var.budget == null || can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.budget.billing_account))
    error_message = "budget.billing_account must look like 01AB23-456CDE-789F01."
  }
  validation {
    condition     = try(var.budget.amount, 1) >= 1 && try(floor(var.budget.amount) == var.budget.amount, true)
    error_message = "budget.amount must be a whole number, 1 or more."
  }
  validation {
    condition     = can(regex("^[A-Z]{3}$", try(var.budget.currency, "USD")))
    error_message = "budget.currency must be the billing account's currency by its three capital letters, such as USD."
  }
}

variable "convert_environment" {
  description = "Further environment variables of function convert, over those that are set here."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name, value in var.convert_environment : can(regex("^[A-Za-z_][A-Za-z0-9_]*$", name)) && !can(regex("^(PORT|K_.*)$", name))])
    error_message = "convert_environment: a name must have letters, digits and underscores, and be neither PORT nor K_..., which are Cloud Run's."
  }
}

variable "data_bucket" {
  description = "Name of the bucket of datasets and reports. PROJECT-NAME-data unless set."
  type        = string
  default     = null

  validation {
    condition     = var.data_bucket == null || can(regex("^[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]$", var.data_bucket)) && !can(regex("^goog|google", var.data_bucket))
    error_message = "data_bucket must have 3 to 63 lower-case letters, digits, hyphens and underscores, and no google in it."
  }
}

variable "deletion_protection" {
  description = "Whether Terraform must not delete what holds data or serves: services, database, buckets that are not empty. Database, buckets and registry are protected by prevent_destroy as well: see README.md on uninstalling."
  type        = bool
  default     = true
  nullable    = false
}

variable "firestore" {
  description = "Firestore database of messages, models and job records. With create = false, one that exists is used, to which indexes are added. Its location is the region unless set, and cannot be changed later."
  type = object({
    database               = optional(string, "(default)")
    create                 = optional(bool, true)
    location               = optional(string)
    point_in_time_recovery = optional(bool, true)
  })
  default  = {}
  nullable = false

  validation {
    condition     = can(regex("^([(]default[)]|[a-z][a-z0-9-]{2,61}[a-z0-9])$", var.firestore.database))
    error_message = "firestore.database must be (default), or 4 to 63 lower-case letters, digits and hyphens that begin with a letter."
  }
}

variable "images" {
  description = "Images that the functions are made with, Google's hello page unless set. Later images are Cloud Build's to set: Terraform leaves them alone."
  type = object({
    api     = optional(string)
    convert = optional(string)
    poll    = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for image in values(var.images) : image == null || can(regex("^[a-z0-9.:-]+(/[a-z0-9._-]+)+(:[A-Za-z0-9_][A-Za-z0-9._-]*)?(@sha256:[0-9a-f]+)?$", image))])
    error_message = "images must look like HOST/REPOSITORY/IMAGE, with a tag or a digest."
  }
}

variable "inbox_bucket" {
  description = "Name of the bucket that files are dropped into. PROJECT-NAME-inbox unless set."
  type        = string
  default     = null

  validation {
    condition     = var.inbox_bucket == null || can(regex("^[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]$", var.inbox_bucket)) && !can(regex("^goog|google", var.inbox_bucket))
    error_message = "inbox_bucket must have 3 to 63 lower-case letters, digits, hyphens and underscores, and no google in it."
  }
  validation {
    condition     = var.inbox_bucket == null || var.inbox_bucket != var.data_bucket
    error_message = "inbox_bucket and data_bucket must be two buckets: a dataset in the inbox would be converted again, for ever."
  }
}

variable "kms_key" {
  description = "Key of Cloud KMS for what is stored (README.md has what is not), as projects/P/locations/L/keyRings/R/cryptoKeys/K. It must be in the region (and the database's location). Set it at the first apply: database and registry cannot take another key later, and a plan that would replace them is refused. Google's own keys unless set."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key == null || can(regex("^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$", var.kms_key))
    error_message = "kms_key must look like projects/P/locations/L/keyRings/R/cryptoKeys/K."
  }
  validation {
    condition     = var.kms_key == null || try(split("/", var.kms_key)[3] == var.region, false)
    error_message = "kms_key must be in the region: buckets and topics take no key of another."
  }
}

variable "labels" {
  description = "Labels of everything that can have some, beside app = NAME."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for k, v in var.labels : can(regex("^[a-z][a-z0-9_-]{0,62}$", k)) && can(regex("^[a-z0-9_-]{0,63}$", v))])
    error_message = "labels must have at most 63 lower-case letters, digits, hyphens and underscores; a key begins with a letter."
  }
}

variable "name" {
  description = "Begins the names of everything that is made, so that a project can hold it twice."
  type        = string
  default     = "vertextune"
  nullable    = false

  validation {
    # Accounts have at most 30 characters, and -convert-trigger takes 16 of them.
    condition     = can(regex("^[a-z][a-z0-9-]{1,12}[a-z0-9]$", var.name))
    error_message = "name must have 3 to 14 lower-case letters, digits and hyphens, and begin with a letter."
  }
  validation {
    condition     = !strcontains(var.name, "google")
    error_message = "name must not contain google: names of buckets cannot."
  }
}

variable "notification_channels" {
  description = "Channels of Cloud Monitoring that alerts go to as well, as projects/P/notificationChannels/N."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for channel in var.notification_channels : can(regex("^projects/[^/]+/notificationChannels/[0-9]+$", channel))])
    error_message = "notification_channels must look like projects/P/notificationChannels/N: gcloud beta monitoring channels list."
  }
}

variable "poll_environment" {
  description = "Further environment variables of function poll, over those that are set here."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name, value in var.poll_environment : can(regex("^[A-Za-z_][A-Za-z0-9_]*$", name)) && !can(regex("^(PORT|K_.*)$", name))])
    error_message = "poll_environment: a name must have letters, digits and underscores, and be neither PORT nor K_..., which are Cloud Run's."
  }
}

variable "poll_schedule" {
  description = "When function poll is woken, in the format of cron, in UTC: at least every ten minutes, as the alert stalled_poller expects a tick every quarter of an hour."
  type        = string
  default     = "* * * * *"
  nullable    = false

  validation {
    # Each ten minutes of an hour must contain a minute that the first field names.
    condition = can(regex("^[0-9*/,-]+( [*]){4}$", var.poll_schedule)) && try(alltrue([
      for start in range(60) : anytrue(flatten([
        for part in split(",", split(" ", var.poll_schedule)[0]) : [
          for p in [regex("^(?:[*]|(?P<first>[0-5]?[0-9])(?:-(?P<last>[0-5]?[0-9]))?)(?:/(?P<step>[1-9][0-9]*))?$", part)] : [
            for minute in range(start, start + 10) : (
              minute % 60 >= tonumber(coalesce(p.first, "0"))
              && minute % 60 <= tonumber(coalesce(p.last, p.first, "59"))
              && (minute % 60 - tonumber(coalesce(p.first, "0"))) % tonumber(coalesce(p.step, "1")) == 0
            )
          ]
        ]
      ]))
    ]), false)
    error_message = "poll_schedule must be five fields of cron that wake function poll at least every ten minutes, at all hours of all days, such as */5 * * * *."
  }
}

variable "project_id" {
  description = "Project that everything is made in."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id must be the ID of a project, not its name or number: 6 to 30 lower-case letters, digits and hyphens. A project of a domain (example.com:project) cannot be used: names of buckets and accounts are made of it."
  }
}

variable "region" {
  description = "Region of everything, such as us-central1. It must have Cloud Run, Eventarc and Cloud Scheduler, and cannot be changed later."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex(local.region_pattern, var.region))
    error_message = "region must be a region such as us-central1, not a zone or multi-region."
  }
}

variable "retention" {
  description = "Days after which files of the inbox go (never unless set), versions that were replaced go, and for which what was deleted can be brought back (7 to 90, or 0 for not at all)."
  type = object({
    inbox_days       = optional(number)
    noncurrent_days  = optional(number, 30)
    soft_delete_days = optional(number, 7)
  })
  default  = {}
  nullable = false

  validation {
    condition     = floor(var.retention.soft_delete_days) == var.retention.soft_delete_days && (var.retention.soft_delete_days == 0 || (var.retention.soft_delete_days >= 7 && var.retention.soft_delete_days <= 90))
    error_message = "retention.soft_delete_days must be 0, or a whole number from 7 to 90."
  }
  validation {
    condition     = alltrue([for days in [var.retention.noncurrent_days, coalesce(var.retention.inbox_days, 1)] : days >= 1 && floor(days) == days])
    error_message = "retention: noncurrent_days and inbox_days must be whole numbers, 1 or more."
  }
}

variable "scheduler_region" {
  description = "Region of Cloud Scheduler, where the region itself has none."
  type        = string
  default     = null

  validation {
    condition     = var.scheduler_region == null || can(regex(local.region_pattern, var.scheduler_region))
    error_message = "scheduler_region must be a region such as us-central1."
  }
}

variable "smoke_token_secret" {
  description = "Secret of this project that holds the token of a starter, by its ID. The smoke test of a release calls with it in auth modes oidc and token; without it, it sees only that function api lets nobody in. Cloud Build's account may read it."
  type        = string
  default     = null

  validation {
    condition     = var.smoke_token_secret == null || can(regex("^[A-Za-z0-9_-]{1,255}$", var.smoke_token_secret))
    error_message = "smoke_token_secret must be the ID of a secret: letters, digits, hyphens and underscores."
  }
}

variable "vpc" {
  description = "Network by which the functions reach out: private addresses only, or everything. None unless set."
  type = object({
    network    = string
    subnetwork = string
    egress     = optional(string, "PRIVATE_RANGES_ONLY")
    tags       = optional(list(string), [])
  })
  default = null

  validation {
    condition     = var.vpc == null || contains(["PRIVATE_RANGES_ONLY", "ALL_TRAFFIC"], try(var.vpc.egress, ""))
    error_message = "vpc.egress must be PRIVATE_RANGES_ONLY or ALL_TRAFFIC."
  }
  validation {
    condition     = var.vpc == null || try(length(var.vpc.network) > 0 && length(var.vpc.subnetwork) > 0, false)
    error_message = "vpc must name a network and a subnetwork."
  }
}

variable "worker_pool" {
  description = "Private pool of Cloud Build that scripts/deploy builds in, as projects/P/locations/L/workerPools/W. It is needed where api_ingress lets no call in from outside. The default pool of the region unless set."
  type        = string
  default     = null

  validation {
    condition     = var.worker_pool == null || can(regex("^projects/[^/]+/locations/[^/]+/workerPools/[^/]+$", var.worker_pool))
    error_message = "worker_pool must look like projects/P/locations/L/workerPools/W."
  }
}
