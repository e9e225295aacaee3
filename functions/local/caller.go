// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	cloudstorage "cloud.google.com/go/storage"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

// client sends the demonstration's requests to the functions.
var client = &http.Client{Timeout: time.Minute}

// call calls an endpoint as any client does, and decodes its answer into answer.
func (d *demonstration) call(ctx context.Context, method, path, body string, answer any) error {
	request, err := http.NewRequestWithContext(ctx, method, d.url+"/api/v1/fine-tuning"+path, strings.NewReader(body))
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	request.Header.Set("Authorization", "Bearer "+d.token)
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer func() { _ = response.Body.Close() }() // the body was read to its end
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if response.StatusCode != http.StatusOK {
		var body fault.Body
		if json.Unmarshal(text, &body) == nil && body.Error.Message != "" {
			text = []byte(body.Error.Message)
		}
		return fmt.Errorf("%s %s was answered with %s: %s", method, path, response.Status, text)
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("%s %s: decode %q: %w", method, path, text, err)
	}
	return nil
}

// await waits for the object that reports on a generation of a source, and decodes it into content.
func (d *demonstration) await(ctx context.Context, name string, generation int64, content any) error {
	object := d.objects.Bucket(data).Object(name)
	for {
		attrs, err := object.Attrs(ctx)
		if err == nil && attrs.Metadata["source-generation"] == strconv.FormatInt(generation, 10) {
			break
		}
		if err != nil && !errors.Is(err, cloudstorage.ErrObjectNotExist) {
			return fmt.Errorf("look for gs://%s/%s: %w", data, name, err)
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return fmt.Errorf("gs://%s/%s did not appear in time", data, name)
		}
	}
	r, err := object.NewReader(ctx)
	if err != nil {
		return fmt.Errorf("read gs://%s/%s: %w", data, name, err)
	}
	defer func() { _ = r.Close() }() // after reading, an error of Close loses nothing
	if err := json.NewDecoder(r).Decode(content); err != nil {
		return fmt.Errorf("decode gs://%s/%s: %w", data, name, err)
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err() //nolint:wrapcheck // the caller says what it was waiting for
	case <-time.After(d):
		return nil
	}
}
