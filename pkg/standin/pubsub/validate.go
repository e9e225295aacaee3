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
	defaultBackoff     = 10 * time.Second
	maxBackoff         = 10 * time.Minute
	maxPublishMessages = 1000
	maxPublishBytes    = 10 << 20
	maxAttributes      = 100
	maxAttributeKey    = 256
	maxAttributeValue  = 1024
	maxOrderingKey     = 1024
)

// resourceName has the form of every topic's and subscription's name.
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

// checkMask refuses paths that the service does not let an update change.
func checkMask(paths []string, mutable ...string) error {
	if len(paths) == 0 {
		return invalid("The update_mask in the request must be set.")
	}
	for _, p := range paths {
		if !slices.Contains(mutable, p) {
			return invalid("Invalid update_mask provided in the request: %q cannot be changed.", p)
		}
	}
	return nil
}

// copyFields sets in dst what src has in the named fields, and clears what it
// has not.
func copyFields(dst, src proto.Message, paths []string) {
	d, s := dst.ProtoReflect(), src.ProtoReflect()
	for _, p := range paths {
		f := d.Descriptor().Fields().ByName(protoreflect.Name(p))
		if s.Has(f) {
			d.Set(f, s.Get(f))
		} else {
			d.Clear(f)
		}
	}
}

// normalizeSubscription checks a configuration and fills its defaults in.
func normalizeSubscription(s *pb.Subscription) error {
	// These say only what is the case anyway.
	s.State = pb.Subscription_STATE_UNSPECIFIED
	if proto.Size(s.PushConfig) == 0 {
		s.PushConfig = nil
	}
	err := checkFields(s, "name", "topic", "ack_deadline_seconds", "message_retention_duration",
		"labels", "enable_message_ordering", "expiration_policy", "filter", "dead_letter_policy", "retry_policy")
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
	if _, err := parseFilter(s.Filter); err != nil {
		return invalid("Invalid filter: %v", err)
	}
	if err := normalizeDeadLetters(s.DeadLetterPolicy); err != nil {
		return err
	}
	return normalizeRetry(s.RetryPolicy)
}

func normalizeDeadLetters(p *pb.DeadLetterPolicy) error {
	if p == nil {
		return nil
	}
	if p.MaxDeliveryAttempts == 0 {
		p.MaxDeliveryAttempts = 5
	}
	if p.MaxDeliveryAttempts < 5 || p.MaxDeliveryAttempts > 100 {
		return invalid("Invalid max delivery attempts given: %d is not between 5 and 100", p.MaxDeliveryAttempts)
	}
	return checkName("topics", p.DeadLetterTopic)
}

func normalizeRetry(p *pb.RetryPolicy) error {
	if p == nil {
		return nil
	}
	if p.MinimumBackoff == nil {
		p.MinimumBackoff = durationpb.New(defaultBackoff)
	}
	if p.MaximumBackoff == nil {
		p.MaximumBackoff = durationpb.New(maxBackoff)
	}
	low, high := p.MinimumBackoff.AsDuration(), p.MaximumBackoff.AsDuration()
	if low < 0 || high > maxBackoff || low > high {
		return invalid("Invalid retry policy given: backoff from %v to %v", low, high)
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
