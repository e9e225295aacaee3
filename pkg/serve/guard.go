// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"
	cloudevents "github.com/cloudevents/sdk-go/v2"

	"github.com/vertextune/vertextune/pkg/fault"
)

// registerGuarded registers an event function as the framework does, behind a check of each request: the
// framework itself gives an event function no sight of the request. What is refused is delivered again, until
// whoever set it up wrongly has mended it or the event is a dead letter.
func registerGuarded(ctx context.Context, path string, admit func(*http.Request) error, handle func(context.Context, cloudevents.Event) error) error {
	protocol, err := cloudevents.NewHTTP()
	if err != nil {
		return fmt.Errorf("receive events over HTTP: %w", err)
	}
	receiver, err := cloudevents.NewHTTPReceiveHandler(ctx, protocol, handle)
	if err != nil {
		return fmt.Errorf("receive events over HTTP: %w", err)
	}
	return funcframework.RegisterHTTPFunctionContext(ctx, path, func(w http.ResponseWriter, r *http.Request) {
		if err := admit(r); err != nil {
			slog.WarnContext(r.Context(), "event refused", "error", err)
			e := fault.Of(err)
			http.Error(w, e.Message, e.Kind.HTTP().Code)
			return
		}
		receiver.ServeHTTP(w, r)
	})
}
