// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Command hello is the smallest function that the Functions Framework can serve. The start times of
// the functions are compared with its start time.
package main

import (
	"context"
	"log/slog"
	"net/http"
	"os"

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
	slog.Default().ErrorContext(ctx, "the function stopped with an error", "error", err)
}
