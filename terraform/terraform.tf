# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0

terraform {
  required_version = ">= 1.11" # for write-only arguments

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 7.20, < 8"
    }
  }
}

provider "google" {
  project        = var.project_id
  region         = var.region
  default_labels = merge({ app = var.name }, var.labels)

  # The Budget API accepts a person's credentials only together with a project.
  user_project_override = var.budget == null ? null : true
  billing_project       = var.budget == null ? null : var.project_id
}
