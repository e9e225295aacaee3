# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

variable "deployment" {
  description = "What all event functions share. ../../variables.tf describes the fields; pubsub_agent is a member."
  type = object({
    name                = string
    region              = string
    deletion_protection = bool
    kms_key             = string
    pubsub_agent        = string
    vpc                 = object({ network = string, subnetwork = string, egress = string, tags = list(string) })
  })
}

variable "function" {
  description = "Function's name: convert or poll."
  type        = string
}

variable "image" {
  description = "Image with which the service is created. Later images are left to Cloud Build."
  type        = string
}

variable "cpu" {
  description = "CPUs of an instance."
  type        = string
}

variable "memory" {
  description = "Memory of an instance, and GOMEMLIMIT, which is a tenth below it."
  type        = object({ container = string, go = string })
}

variable "max_instances" {
  description = "How many instances there are at most."
  type        = number
}

variable "environment" {
  description = "Settings by their names, besides EVENT_ACCOUNT and GOMEMLIMIT. Empty ones are left out."
  type        = map(string)
}

variable "criteria" {
  description = "Values of the attributes of the events that trigger the function."
  type        = map(string)
}

variable "topic" {
  description = "Topic whose messages are the events. Eventarc makes its own topic unless set."
  type        = object({ id = string })
  default     = null
}

# With depends_on, the caller cannot name grants to the accounts of this module: that is a cycle.
variable "service_after" {
  description = "Resources that must exist before the service."
  type        = any
}

variable "trigger_after" {
  description = "Resources that must exist before the trigger."
  type        = any
  default     = null
}
