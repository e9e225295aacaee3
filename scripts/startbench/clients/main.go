// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Command clients is hello with Google's clients linked and not used: what no function that has them can undercut, as
// they set up their messages before main.
package main

import (
	"context"
	"log/slog"
	"net/http"
	"os"

	_ "cloud.google.com/go/aiplatform/apiv1"
	_ "cloud.google.com/go/aiplatform/apiv1beta1"
	_ "cloud.google.com/go/firestore"
	_ "cloud.google.com/go/pubsub/v2"
	_ "cloud.google.com/go/storage"
	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"
)

func main() {
	ctx := context.Background()
	err := funcframework.RegisterHTTPFunctionContext(ctx, "/", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("Hello!\n"))
	})
	if err == nil {
		err = funcframework.Start(os.Getenv("PORT")) //nolint:forbidigo // as the framework's own example does
	}
	slog.Default().ErrorContext(ctx, "stopped", "error", err)
}
