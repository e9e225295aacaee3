// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"regexp"
	"slices"
	"strings"
	"time"

	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
)

// The service's limits.
const (
	minAckDeadline     = 10 * time.Second
	maxAckDeadline     = 10 * time.Minute
	minRetention       = 10 * time.Minute
	maxRetention       = 7 * 24 * time.Hour
	maxPublishMessages = 1000
	maxPublishBytes    = 10 << 20
	maxAttributes      = 100
	maxAttributeKey    = 256
	maxAttributeValue  = 1024
	maxOrderingKey     = 1024
)

// resourceName matches the name of a topic or a subscription.
var resourceName = regexp.MustCompile(`^projects/[^/]+/(topics|subscriptions)/([A-Za-z][A-Za-z0-9._~+%-]{2,254})$`)

func invalid(format string, args ...any) error {
	return status.Errorf(codes.InvalidArgument, format, args...)
}

// checkName refuses what is not the name of a collection's resource.
func checkName(collection, name string) error {
	m := resourceName.FindStringSubmatch(name)
	if m == nil || m[1] != collection || strings.HasPrefix(m[2], "goog") {
		return invalid("Invalid [%s] name: (name=%s)", collection, name)
	}
	return nil
}

// checkFields refuses by name every field that is set and not supported.
func checkFields(m proto.Message, supported ...protoreflect.Name) error {
	var err error
	m.ProtoReflect().Range(func(f protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		if !slices.Contains(supported, f.Name()) {
			err = status.Errorf(codes.Unimplemented, "%s is not supported by this server", f.FullName())
		}
		return err == nil
	})
	return err
}

// normalizeSubscription checks a configuration and fills its defaults in.
func normalizeSubscription(s *pb.Subscription) error {
	// These say only what is true anyway.
	s.State = pb.Subscription_STATE_UNSPECIFIED
	if proto.Size(s.PushConfig) == 0 {
		s.PushConfig = nil
	}
	err := checkFields(s, "name", "topic", "ack_deadline_seconds", "message_retention_duration",
		"labels", "enable_message_ordering")
	if err != nil {
		return err
	}
	s.State = pb.Subscription_ACTIVE
	s.PushConfig = &pb.PushConfig{}
	if s.AckDeadlineSeconds == 0 {
		s.AckDeadlineSeconds = int32(minAckDeadline / time.Second)
	}
	if d := time.Duration(s.AckDeadlineSeconds) * time.Second; d < minAckDeadline || d > maxAckDeadline {
		return invalid("Invalid ack deadline given: (ack_deadline_seconds=%d)", s.AckDeadlineSeconds)
	}
	if s.MessageRetentionDuration == nil {
		s.MessageRetentionDuration = durationpb.New(maxRetention)
	}
	if d := s.MessageRetentionDuration.AsDuration(); d < minRetention || d > maxRetention {
		return invalid("Invalid message retention given: %v", d)
	}
	return nil
}

// checkPublish refuses what the service does not publish.
func checkPublish(r *pb.PublishRequest) error {
	switch {
	case len(r.Messages) == 0:
		return invalid("The request contains no messages.")
	case len(r.Messages) > maxPublishMessages:
		return invalid("The request contains %d messages, more than %d.", len(r.Messages), maxPublishMessages)
	case proto.Size(r) > maxPublishBytes:
		return invalid("The request has %d bytes, more than %d.", proto.Size(r), maxPublishBytes)
	}
	for _, m := range r.Messages {
		if len(m.Data) == 0 && len(m.Attributes) == 0 {
			return invalid("Some messages in the PublishRequest are empty: data or attributes must be set.")
		}
		if len(m.OrderingKey) > maxOrderingKey {
			return invalid("The ordering key is longer than %d bytes.", maxOrderingKey)
		}
		if len(m.Attributes) > maxAttributes {
			return invalid("The message has %d attributes, more than %d.", len(m.Attributes), maxAttributes)
		}
		for k, v := range m.Attributes {
			if k == "" || len(k) > maxAttributeKey || len(v) > maxAttributeValue || strings.HasPrefix(k, "goog") {
				return invalid("The attribute %q is not allowed.", k)
			}
		}
	}
	return nil
}
