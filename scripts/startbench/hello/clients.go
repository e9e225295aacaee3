// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

//go:build clients

package main

// These imports link Google's clients without using them. They set up their messages before main,
// so no function that links them can start faster than this one.
import (
	_ "cloud.google.com/go/aiplatform/apiv1"
	_ "cloud.google.com/go/firestore"
	_ "cloud.google.com/go/pubsub/v2"
	_ "cloud.google.com/go/storage"
)
