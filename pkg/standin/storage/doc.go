// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package storage is an in-process stand-in for Cloud Storage.
//
// It serves the JSON API, and the XML API's object reads, over HTTP on one
// address, so that the official clients, gsutil, gcloud storage and plain curl
// all work against it. Media streams between the wire and the disk; memory use
// does not depend on object size. Preconditions are honoured on every
// operation, and are checked and applied in one step.
//
// Buckets have neither object versioning nor soft delete, so there is at most
// one generation of a name. Access control is not modelled: credentials, ACLs
// and IAM are ignored where a client sends them and refused where a client asks
// to manage them. Whatever else is not implemented is refused with an error that
// names it, never silently ignored.
//
// With a directory, all that was acknowledged survives the death of the process
// at any instant. It does not survive the death of the machine: nothing is
// fsynced.
package storage
