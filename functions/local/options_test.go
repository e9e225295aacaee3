// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		args     string
		wantDemo bool
		wantPort int
		wantDir  string
		wantHelp bool
		wantErr  string
	}{
		{name: "nothing", wantPort: 8080},
		{name: "demo", args: "demo", wantDemo: true},
		{name: "demo_before_flags", args: "demo -port 9", wantDemo: true, wantPort: 9},
		{name: "demo_behind_flags", args: "-port 9 demo", wantDemo: true, wantPort: 9},
		{name: "demo_between_flags", args: "-port 9 demo -data d", wantDemo: true, wantPort: 9, wantDir: "d"},
		{name: "help", args: "help", wantPort: 8080, wantHelp: true},
		{name: "help_of_demo", args: "demo --help", wantDemo: true, wantPort: 8080, wantHelp: true},
		{name: "help_flag", args: "-h", wantPort: 8080, wantHelp: true},
		{name: "unknown_command", args: "dmeo", wantErr: `unknown command "dmeo"`},
		{name: "unknown_command_behind_demo", args: "demo twice", wantErr: `unknown command "twice"`},
		{name: "no_duration", args: "-job-duration 0s", wantErr: "greater than 0"},
		{name: "wrong_duration", args: "demo -job-duration 5", wantErr: "-job-duration"},
		{name: "unknown_flag", args: "-x", wantErr: "-x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o, err := parse(strings.Fields(tt.args))
			if tt.wantErr != "" {
				_, isUsage := errors.AsType[usageError](err)
				if !isUsage || !strings.Contains(err.Error(), tt.wantErr) || !strings.Contains(err.Error(), "-h lists") {
					t.Fatalf("error %v, want one with %q", err, tt.wantErr)
				}
				return
			}
			if err != nil || o.demo != tt.wantDemo || o.port != tt.wantPort || o.dir != tt.wantDir || o.help != tt.wantHelp {
				t.Errorf("got %+v, error %v; want demo %v, port %d, dir %q, help %v", o, err, tt.wantDemo, tt.wantPort, tt.wantDir, tt.wantHelp)
			}
		})
	}
}

// TestUsage runs the commands that only print something, and those with wrong arguments.
func TestUsage(t *testing.T) {
	t.Parallel()
	text := usage()
	new(options).flags().VisitAll(func(f *flag.Flag) {
		if !strings.Contains(text, "\n  -"+f.Name+" ") && !strings.Contains(text, "\n  -"+f.Name+"\n") {
			t.Errorf("the usage has no -%s", f.Name)
		}
	})
	for args, want := range map[string]string{
		"help": "tunes a model while you watch", "-h": "API_TOKENS", "demo -help": "STORAGE_EMULATOR_HOST", "-version": "vertextune local ", "version": "go1.",
	} {
		out, err := command(t, args).CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v, want %q in\n%s", args, err, want, out)
		}
	}
	for args, want := range map[string]string{"dmeo": `unknown command "dmeo"`, "-x": "-x", "demo -poll-interval 0s": "-poll-interval"} {
		if said := fails(t, 2, args); !strings.Contains(said, want) {
			t.Errorf("%s: %q is not in: %s", args, want, said)
		}
	}
	if said := fails(t, 1, "demo", "AUTH_MODE=oidc"); !strings.Contains(said, "unset AUTH_MODE") {
		t.Errorf("demo with AUTH_MODE: %s", said)
	}
}
