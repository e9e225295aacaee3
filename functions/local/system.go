// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"sync"
	"time"

	"cloud.google.com/go/pubsub/v2"
	cloudstorage "cloud.google.com/go/storage"

	"github.com/vertextune/vertextune/pkg/entry/api"
	"github.com/vertextune/vertextune/pkg/entry/convert"
	"github.com/vertextune/vertextune/pkg/entry/poll"
	"github.com/vertextune/vertextune/pkg/entry/serve"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/standin/eventarc"
	"github.com/vertextune/vertextune/pkg/standin/storage"
)

// These are the paths of the event functions. In production each function has its own address and
// serves at "/".
const (
	convertPath = "/events/convert"
	pollPath    = "/events/poll"
)

// system holds all running parts.
type system struct {
	options
	cloud        *cloud.Cloud
	objects      *cloudstorage.Client
	topics       *pubsub.Client
	instance     *registration
	listener     net.Listener // listener of the functions' port
	url          string       // the address that callers use
	functionsURL string       // the address of the functions behind the front
	events       eventSender

	stop    context.CancelFunc
	running sync.WaitGroup
	failed  chan error
}

// start starts all parts and returns when the system serves.
func start(ctx context.Context, o options, env map[string]string) (_ *system, err error) {
	switch {
	case !usesStaticTokens(env):
		o.token = "" // the token gives no access in this mode
	case o.token == "":
		o.token = newToken()
	}
	ctx, stop := context.WithCancel(ctx)
	s := &system{options: o, stop: stop, failed: make(chan error, 8), events: newEventSender()}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if err := s.reserve(ctx, externalEmulators(env)); err != nil {
		return nil, err
	}
	s.cloud, err = cloud.Start(ctx, cloud.Config{
		Project: project, Inbox: inbox, Data: data, Foreign: externalEmulators(env), Dir: o.dir,
		Listen: cloud.Addresses{
			Storage: local(o.storagePort), Firestore: local(o.firestorePort), PubSub: local(o.pubsubPort), Vertex: local(o.vertexPort),
		},
		JobDuration: o.jobDuration, ConcurrentJobs: o.concurrentJobs,
		// A page on another site must not be able to drop a file through a visitor's browser.
		StorageWrap: http.NewCrossOriginProtection().Handler,
	})
	if err != nil {
		return nil, err
	}
	if err := s.instance.update(s.describe(s.cloud.Addresses)); err != nil {
		return nil, err
	}
	if err := s.connect(ctx); err != nil {
		return nil, err
	}
	if err := s.serve(ctx, settings(env, s.cloud, o, s.events.account)); err != nil {
		return nil, err
	}
	return s, s.trigger(ctx)
}

// connect creates the clients for the services, and the resources that the functions expect.
func (s *system) connect(ctx context.Context) (err error) {
	if s.objects, err = cloudstorage.NewClient(ctx, s.cloud.StorageOptions()...); err != nil {
		return err
	}
	if s.topics, err = s.cloud.PubSubClient(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.firstCallTimeout)
	defer cancel()
	for _, bucket := range []string{inbox, data} {
		if err := ensureBucket(ctx, s.objects, bucket); err != nil {
			return fmt.Errorf("use Cloud Storage at %s: %w", s.cloud.Addresses.Storage, err)
		}
	}
	if err := ensureTopic(ctx, s.topics, events); err != nil {
		return fmt.Errorf("use Pub/Sub at %s: %w", s.cloud.Addresses.PubSub, err)
	}
	if err := loadCatalogue(ctx, s.objects); err != nil {
		return fmt.Errorf("use Cloud Storage at %s: %w", s.cloud.Addresses.Storage, err)
	}
	return loadMessages(ctx, s.cloud)
}

// serve opens the three functions as their own commands do, and serves all of them on one port.
func (s *system) serve(ctx context.Context, environment map[string]string) error {
	// The official clients read the emulators' addresses from the process's environment only.
	for name, value := range s.cloud.Variables() {
		if err := os.Setenv(name, value); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
	}
	functions := map[string]*serve.Function{}
	log := slog.Default()
	defer slog.SetDefault(log)
	for _, f := range []struct {
		name, path string
		open       serve.Open
	}{{"api", "/", api.Open}, {"convert", convertPath, convert.Open}, {"poll", pollPath, poll.Open}} {
		slog.SetDefault(log.With("function", f.name)) // each function takes the default logger when it opens
		fn, err := f.open(ctx, environment)
		if err != nil {
			return fmt.Errorf("start function %s: %w", f.name, err)
		}
		functions[f.path] = fn
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	s.functionsURL = "http://" + address
	target, err := url.Parse(s.functionsURL)
	if err != nil {
		return fmt.Errorf("address of the functions: %w", err)
	}
	front, listener := newFront(target, usualLimits), s.listener
	s.listener = nil // the front closes the listener
	s.runInBackground("functions", func() error { return serve.Serve(ctx, address, functions) })
	s.runInBackground("front", func() error { return serveFront(ctx, front, listener) })
	return s.healthy(ctx)
}

// trigger starts the callers of the event functions: Eventarc for both, and Cloud Scheduler.
func (s *system) trigger(ctx context.Context) error {
	converts := &eventarc.Trigger{Name: "convert", URL: s.functionsURL + convertPath, Token: s.events.token()}
	polls := &eventarc.Trigger{Name: "poll", URL: s.functionsURL + pollPath, Token: s.events.token()}
	topic := fmt.Sprintf("projects/%s/topics/%s", project, ticks)
	reach, cancel := context.WithTimeout(ctx, s.firstCallTimeout)
	defer cancel()
	if _, err := polls.Ensure(reach, s.topics, topic); err != nil {
		return fmt.Errorf("use Pub/Sub at %s: %w", s.cloud.Addresses.PubSub, err)
	}

	s.runInBackground("Eventarc for "+inbox, func() error { return s.watchInbox(ctx, converts) })
	s.runInBackground("Eventarc for "+topic, func() error { return polls.Push(ctx, s.topics, topic) })
	s.runInBackground("Cloud Scheduler", func() error {
		publisher := s.topics.Publisher(topic)
		defer publisher.Stop()
		eventarc.Tick(ctx, publisher, s.pollInterval, []byte("{}"))
		return nil
	})
	return nil
}

// watchInbox delivers an event for every dropped object. The stand-in reports each object and
// remembers which events were delivered. A foreign emulator is polled every second.
func (s *system) watchInbox(ctx context.Context, t *eventarc.Trigger) error {
	if s.cloud.Storage == nil {
		return eventarc.Watch(ctx, t, s.objects.Bucket(inbox), time.Second)
	}
	return s.cloud.Storage.Finalized(ctx, inbox, func(ctx context.Context, o storage.Object) error {
		resource, err := json.Marshal(o)
		if err != nil {
			return fmt.Errorf("encode object %s: %w", o.Name, err)
		}
		event, err := eventarc.FinalizedEvent(resource)
		if err != nil {
			return err
		}
		return t.Deliver(ctx, event)
	})
}

// runInBackground runs a part in the background; if the part fails, the whole system ends.
func (s *system) runInBackground(name string, part func() error) {
	s.running.Go(func() {
		if err := part(); err != nil {
			s.failed <- fmt.Errorf("%s: %w", name, err)
		}
	})
}

// wait returns when ctx is done or a part has failed.
func (s *system) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		slog.Default().InfoContext(ctx, "the local command is stopping")
		return nil
	case err := <-s.failed:
		return err
	}
}

// close stops all parts. The parts that call the functions are stopped first, and the services that
// the functions need are stopped last.
func (s *system) close() error {
	s.stop()
	s.running.Wait()
	var all []error
	if s.topics != nil {
		all = append(all, s.topics.Close())
	}
	if s.objects != nil {
		all = append(all, s.objects.Close())
	}
	if s.cloud != nil {
		all = append(all, s.cloud.Close())
	}
	if s.listener != nil {
		all = append(all, s.listener.Close())
	}
	if s.instance != nil {
		all = append(all, s.instance.close())
	}
	return errors.Join(all...)
}

// healthy waits until the functions answer.
func (s *system) healthy(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/health", nil)
		if err != nil {
			return fmt.Errorf("ask for /health: %w", err)
		}
		response, err := client.Do(request)
		if err == nil {
			_ = response.Body.Close() // only the status is needed
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case err := <-s.failed:
			return err
		case <-ctx.Done():
			return fmt.Errorf("the functions did not start to answer on %s: %w", s.url, errors.Join(ctx.Err(), err))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// freeAddress returns an address with a free port. The framework cannot choose the port itself,
// because it does not report which port the operating system assigned.
func freeAddress(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", local(0))
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

func local(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
