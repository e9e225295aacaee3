// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

//go:build clients

package main

// With Google's clients linked and not used, hello is what no function that has them can undercut: they set up their
// messages before main.
import (
	_ "cloud.google.com/go/aiplatform/apiv1"
	_ "cloud.google.com/go/firestore"
	_ "cloud.google.com/go/pubsub/v2"
	_ "cloud.google.com/go/storage"
)
