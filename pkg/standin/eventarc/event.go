// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package eventarc is a stand-in for Eventarc and Cloud Scheduler: it delivers the events of Cloud
// Storage and Pub/Sub to the functions, as CloudEvents over HTTP, at least once, and it publishes
// ticks.
//
// It uses the official clients, so that its sources may be the stand-ins, Google's emulators, or
// others.
package eventarc

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"cloud.google.com/go/pubsub/v2"
	cloudevents "github.com/cloudevents/sdk-go/v2"
)

// The event types that triggers of this project listen to.
const (
	typeFinalized = "google.cloud.storage.object.v1.finalized"
	typePublished = "google.cloud.pubsub.topic.v1.messagePublished"
)

// FinalizedEvent is the event that an object generation is complete. The resource is the object's
// JSON, as in the storage API (generation and size are strings), and becomes the event's data
// unchanged. The id follows from bucket, name and generation, so that two events of one generation
// are the same event.
func FinalizedEvent(resource []byte) (cloudevents.Event, error) {
	var object struct {
		Bucket     string    `json:"bucket"`
		Name       string    `json:"name"`
		Generation string    `json:"generation"`
		Updated    time.Time `json:"updated"`
	}
	if err := json.Unmarshal(resource, &object); err != nil {
		return cloudevents.Event{}, fmt.Errorf("decode object resource: %w", err)
	}
	if object.Bucket == "" || object.Name == "" || object.Generation == "" {
		return cloudevents.Event{}, errors.New("object resource lacks bucket, name or generation")
	}
	if object.Updated.IsZero() {
		object.Updated = time.Now()
	}
	// Real ids are decimal numbers.
	identity := object.Bucket + "\x00" + object.Name + "\x00" + object.Generation
	if object.Generation == "0" { // an emulator without generations
		identity += "\x00" + object.Updated.UTC().Format(time.RFC3339Nano)
	}
	sum := sha256.Sum256([]byte(identity))
	id := strconv.FormatUint(binary.BigEndian.Uint64(sum[:]), 10)

	e := newEvent(id, typeFinalized, "//storage.googleapis.com/projects/_/buckets/"+object.Bucket, object.Updated)
	e.SetSubject("objects/" + headerSafe(object.Name))
	e.SetExtension("bucket", object.Bucket)
	if err := e.SetData(cloudevents.ApplicationJSON, json.RawMessage(resource)); err != nil {
		return cloudevents.Event{}, fmt.Errorf("set event data: %w", err)
	}
	return e, nil
}

// headerSafe escapes the control characters that an object's name may have and an HTTP header may
// not.
func headerSafe(name string) string {
	var b strings.Builder
	for _, r := range name {
		if unicode.IsControl(r) {
			b.WriteString(url.PathEscape(string(r)))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// published is the data of a Pub/Sub event, the body of a push request.
type published struct {
	Message      publishedMessage `json:"message"`
	Subscription string           `json:"subscription"`
}

type publishedMessage struct {
	Data        []byte            `json:"data,omitempty"` // base64 in JSON
	Attributes  map[string]string `json:"attributes,omitempty"`
	MessageID   string            `json:"messageId"`
	PublishTime time.Time         `json:"publishTime"`
	OrderingKey string            `json:"orderingKey,omitempty"`
}

// publishedEvent is the event that a message was published. Names are full resource names. The id
// is the message's.
func publishedEvent(topic, subscription string, m *pubsub.Message) (cloudevents.Event, error) {
	e := newEvent(m.ID, typePublished, "//pubsub.googleapis.com/"+topic, m.PublishTime)
	err := e.SetData(cloudevents.ApplicationJSON, published{
		Message: publishedMessage{
			Data:        m.Data,
			Attributes:  m.Attributes,
			MessageID:   m.ID,
			PublishTime: m.PublishTime,
			OrderingKey: m.OrderingKey,
		},
		Subscription: subscription,
	})
	if err != nil {
		return cloudevents.Event{}, fmt.Errorf("set event data: %w", err)
	}
	return e, nil
}

func newEvent(id, kind, source string, at time.Time) cloudevents.Event {
	e := cloudevents.NewEvent(cloudevents.VersionV1)
	e.SetID(id)
	e.SetType(kind)
	e.SetSource(source)
	e.SetTime(at)
	return e
}
