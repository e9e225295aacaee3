// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package scripttest

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
)

// terraform knows init, plan, apply and output.
func terraform(w *world, args []string) error {
	if args[0] != "-chdir=terraform" {
		return fmt.Errorf("not in its folder: %q", args)
	}
	switch args[1] {
	case "init":
		if !slices.Contains(args, "-backend-config=bucket=my-project-vertextune-terraform") {
			return fmt.Errorf("state elsewhere: %q", args)
		}
		return nil
	case "plan":
		return nil
	case "apply":
		return apply(w, args)
	case "output":
		return output(args)
	}
	return fmt.Errorf("unknown command %q", args)
}

func apply(w *world, args []string) error {
	for _, want := range []string{"-var=project_id=my-project", "-var=region=us-central1", "-var=name=vertextune"} {
		if !slices.Contains(args, want) {
			return fmt.Errorf("no %s in %q", want, args)
		}
	}
	if w.Failures > 0 {
		w.Failures--
		return errors.New("permission denied while using the Eventarc Service Agent")
	}
	for _, name := range []string{"vertextune-api", "vertextune-convert", "vertextune-poll"} {
		if w.Services[name] == nil { // the placeholder
			w.Services[name] = &service{Revisions: 1, Parts: []part{{Revision: name + "-00001", Percent: 100}}}
		}
	}
	return nil
}

// outputs finds the names of Terraform's outputs.
var outputs = regexp.MustCompile(`(?m)^output "([a-z_]+)"`)

func output(args []string) error {
	name := args[len(args)-1]
	declarations, err := os.ReadFile("terraform/outputs.tf")
	if err != nil {
		return err
	}
	if args[2] != "-raw" || !slices.ContainsFunc(outputs.FindAllStringSubmatch(string(declarations), -1), func(m []string) bool { return m[1] == name }) {
		return fmt.Errorf("no output %q", args)
	}
	fmt.Print(map[string]string{
		"dead_letter_commands": "gcloud pubsub subscriptions update projects/my-project/subscriptions/a --dead-letter-topic=t --max-delivery-attempts=20\n" +
			"gcloud pubsub subscriptions update projects/my-project/subscriptions/b --dead-letter-topic=t --max-delivery-attempts=5",
		"inbox_bucket": "my-project-vertextune-inbox",
		"data_bucket":  "my-project-vertextune-data",
	}[name])
	return nil
}
