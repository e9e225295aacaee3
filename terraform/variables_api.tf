# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

# Variables for the callers of function api, their network, and its size.

variable "api_environment" {
  description = "Further environment variables of function api, over those that are set here."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name, value in var.api_environment : can(regex("^[A-Za-z_][A-Za-z0-9_]*$", name)) && !can(regex("^(PORT|K_.*)$", name))])
    error_message = "api_environment: a name must have letters, digits and underscores, and be neither PORT nor K_..., which are Cloud Run's."
  }
}

variable "api_ingress" {
  description = "From where function api can be reached: everywhere, or only from the project's networks and a load balancer. A release tries the api, and then needs worker_pool."
  type        = string
  default     = "INGRESS_TRAFFIC_ALL"
  nullable    = false

  validation {
    condition     = contains(["INGRESS_TRAFFIC_ALL", "INGRESS_TRAFFIC_INTERNAL_ONLY", "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"], var.api_ingress)
    error_message = "api_ingress must be INGRESS_TRAFFIC_ALL, INGRESS_TRAFFIC_INTERNAL_ONLY or INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER."
  }
}

variable "api_instances" {
  description = "How many instances of function api there are at least and at most. One that waits answers at once, and costs."
  type = object({
    min = optional(number, 0)
    max = optional(number, 10)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.api_instances.min >= 0 && var.api_instances.max >= max(1, var.api_instances.min) && alltrue([for n in values(var.api_instances) : floor(n) == n])
    error_message = "api_instances must be whole numbers: min 0 or more, and max at least min and 1."
  }
}

variable "api_tokens" {
  description = "Tokens of auth mode \"token\" by their names: role, and the SHA-256 of the token in hexadecimal. Several at a time, so that they can be changed one by one."
  type = map(object({
    role   = string
    sha256 = string
  }))
  default   = {}
  nullable  = false
  sensitive = true

  validation {
    condition     = alltrue([for name, t in var.api_tokens : can(regex("^[0-9a-f]{64}$", t.sha256)) && contains(["reader", "operator", "starter"], t.role) && can(regex("^[^:, ]+$", name))])
    error_message = "api_tokens: each name must have no colon, comma or space, each role must be reader, operator or starter, and each sha256 have 64 hexadecimal digits in lower case: printf %s TOKEN | sha256sum."
  }
  validation {
    condition     = (var.auth.mode == "token") == (length(var.api_tokens) > 0)
    error_message = "api_tokens belong to auth mode \"token\": that mode needs one at least, and the others take none."
  }
}

variable "auth" {
  description = "Who may call function api. Mode iam: Cloud Run accepts only the accounts that have a role here. Mode oidc: tokens of any OpenID issuer, for one of the audiences. Mode token: see api_tokens. Readers see jobs, operators convert and check too, starters start and cancel too; each is email:, domain:, group: or subject: and a name, in mode iam an e-mail address of a person or a service account, or a domain. In mode iam, email: with the address of a Google group is refused by IAM: name its members, or use mode oidc. In mode oidc, people sign in to the console as the client client_id of the issuer; client_secret is the ID of a secret of this project that holds the secret of the client. In mode iam, iap puts Identity-Aware Proxy in front of the service, so that people sign in to the console with their Google accounts."
  type = object({
    mode          = optional(string, "iam")
    readers       = optional(set(string), [])
    operators     = optional(set(string), [])
    starters      = optional(set(string), [])
    audiences     = optional(list(string), [])
    issuer        = optional(string)
    groups_claim  = optional(string)
    gcloud_tokens = optional(bool, true)
    client_id     = optional(string)
    client_secret = optional(string)
    iap           = optional(bool, false)
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["iam", "oidc", "token"], var.auth.mode)
    error_message = "auth.mode must be iam, oidc or token."
  }
  validation {
    condition = alltrue([
      for p in setunion(var.auth.readers, var.auth.operators, var.auth.starters) :
      can(regex(var.auth.mode == "iam" ? "^(email:[^@ ,]+@[^@ ,]+|domain:[^@ ,]+)$" : "^(email|domain|group|subject):[^ ,]+$", p))
    ])
    error_message = "auth: readers, operators and starters must be email:ANN@EXAMPLE.COM or domain:EXAMPLE.COM, in mode oidc also group:NAME or subject:ID."
  }
  validation {
    condition     = var.auth.mode != "token" || length(setunion(var.auth.readers, var.auth.operators, var.auth.starters, var.auth.audiences)) == 0
    error_message = "auth: readers, operators, starters and audiences do nothing in mode token, where api_tokens says who may call."
  }
  validation {
    condition     = var.auth.mode != "oidc" || (can(regex("^https://", var.auth.issuer)) && length(var.auth.audiences) > 0 && length(setunion(var.auth.readers, var.auth.operators, var.auth.starters)) > 0)
    error_message = "auth: mode oidc needs an issuer that begins with https://, one audience at least, and one caller at least."
  }
  validation {
    condition     = var.auth.mode == "oidc" || (var.auth.issuer == null && var.auth.groups_claim == null)
    error_message = "auth: issuer and groups_claim belong to mode oidc."
  }
  validation {
    condition     = var.auth.mode == "oidc" || (var.auth.client_id == null && var.auth.client_secret == null)
    error_message = "auth: client_id and client_secret belong to mode oidc."
  }
  validation {
    condition     = var.auth.client_secret == null || (var.auth.client_id != null && can(regex("^[A-Za-z0-9_-]{1,255}$", var.auth.client_secret)))
    error_message = "auth: client_secret must be the ID of a secret, beside client_id: letters, digits, hyphens and underscores."
  }
  validation {
    condition     = var.auth.mode == "iam" || !var.auth.iap
    error_message = "auth: iap belongs to mode iam."
  }
}

variable "cors_origins" {
  description = "Origins whose pages may call function api, such as https://tuning.example.com. None unless set."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for origin in var.cors_origins : can(regex("^https?://[^/*, ]+$", origin))])
    error_message = "cors_origins must be origins such as https://tuning.example.com: no path, no asterisk."
  }
  validation {
    condition     = length(var.cors_origins) == 0 || var.auth.mode != "iam"
    error_message = "cors_origins do nothing in auth mode iam: Cloud Run refuses the browser's first question, which carries no token."
  }
}

variable "openai" {
  description = "Whether function api answers OpenAI's clients below /v1, and which base model it tunes for a model name of OpenAI's. Without an alias such a name is refused."
  type = object({
    enabled       = optional(bool, true)
    model_aliases = optional(map(string), {})
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name, model in var.openai.model_aliases : can(regex("^[^=, ]+$", name)) && can(regex("^[^=, ]+$", model))])
    error_message = "openai.model_aliases: each name and each model must have no space, comma or equals sign, such as { \"gpt-4o-mini\" = \"gemini-3.5-flash\" }."
  }
}
