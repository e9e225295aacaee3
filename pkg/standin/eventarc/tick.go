// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package eventarc

import (
	"context"
	"log/slog"
	"time"

	"cloud.google.com/go/pubsub/v2"
)

// Tick is Cloud Scheduler: it publishes a message at once and then every interval, until ctx is
// done. If a tick takes longer than the interval, the next one is skipped; if it fails, that is
// logged.
func Tick(ctx context.Context, p *pubsub.Publisher, interval time.Duration, data []byte) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		_, err := p.Publish(ctx, &pubsub.Message{Data: data}).Get(ctx)
		if err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "tick failed",
				"topic", p.String(),
				"error", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}
