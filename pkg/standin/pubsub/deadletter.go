// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/protobuf/proto"
)

// The attributes by which a dead letter tells where it comes from.
const (
	deadLetterPrefix       = "CloudPubSubDeadLetterSource"
	deadLetterCount        = deadLetterPrefix + "DeliveryCount"
	deadLetterSubscription = deadLetterPrefix + "Subscription"
	deadLetterProject      = deadLetterPrefix + "SubscriptionProject"
	deadLetterPublishTime  = deadLetterPrefix + "TopicPublishTime"
)

// forwardDead moves what is out of attempts to the dead letter topic. While
// that topic is missing the messages stay, and are delivered on. The caller
// holds the lock.
func (b *broker) forwardDead(q *queue) error {
	for _, e := range slices.Clone(q.dead) {
		policy := q.config.DeadLetterPolicy
		if policy == nil || b.topics[policy.DeadLetterTopic] == nil {
			q.dead = slices.DeleteFunc(q.dead, func(d *entry) bool { return d == e })
			q.ready.push(e)
			continue
		}
		letter := deadLetter(e, q.config.Name)
		b.stamp([]*pb.PubsubMessage{letter})
		// A death between the two repeats the letter, as the service may.
		if err := b.commit(&pb.PublishRequest{Topic: policy.DeadLetterTopic, Messages: []*pb.PubsubMessage{letter}}); err != nil {
			return err
		}
		err := b.commit(&pb.AcknowledgeRequest{Subscription: q.config.Name, AckIds: []string{e.message.MessageId}})
		if err != nil {
			return err
		}
	}
	return nil
}

// deadLetter is the message again, with its history as attributes.
func deadLetter(e *entry, subscription string) *pb.PubsubMessage {
	m := proto.CloneOf(e.message)
	parts := strings.Split(subscription, "/") // projects/P/subscriptions/S
	if m.Attributes == nil {
		m.Attributes = map[string]string{}
	}
	maps.Copy(m.Attributes, map[string]string{
		deadLetterCount:        strconv.Itoa(int(e.attempts)),
		deadLetterSubscription: parts[3],
		deadLetterProject:      parts[1],
		deadLetterPublishTime:  m.PublishTime.AsTime().Format("2006-01-02T15:04:05.000-07:00"),
	})
	return m
}
