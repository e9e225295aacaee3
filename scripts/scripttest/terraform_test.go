// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package scripttest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// terraform handles the commands init, plan, apply, destroy and output.
func terraform(w *world, args []string) error {
	if args[0] != "-chdir=terraform" {
		return fmt.Errorf("not in its folder: %q", args)
	}
	variables, err := settings(args)
	if err != nil {
		return err
	}
	name := variables["name"]
	switch args[1] {
	case "init":
		if !slices.ContainsFunc(args, func(arg string) bool {
			return strings.HasPrefix(arg, "-backend-config=bucket=my-project-") && strings.HasSuffix(arg, "-terraform")
		}) {
			return fmt.Errorf("state elsewhere: %q", args)
		}
		return nil
	case "output":
		return output(w, args)
	}
	if os.Getenv("GOOGLE_OAUTH_ACCESS_TOKEN") != "access/" {
		return errors.New("no credentials")
	}
	if variables["project_id"] != "my-project" || variables["region"] == "" || name == "" {
		return fmt.Errorf("variables are missing: %q", args)
	}
	if err := w.keeps(name, args[1], variables); err != nil {
		return err
	}
	switch args[1] {
	case "plan":
		return nil
	case "apply":
		return w.apply(name, variables)
	case "destroy":
		return w.destroy(name)
	}
	return fmt.Errorf("unknown command %q", args)
}

// line matches a line of terraform.tfvars that the stub understands.
var line = regexp.MustCompile(`(?m)^([a-z_]+) *= *(.*)$`)

// settings returns the variables of a command, including those of terraform.tfvars.
func settings(args []string) (map[string]string, error) {
	all := map[string]string{"deletion_protection": "true", "mode": "iam"}
	text, err := os.ReadFile("terraform/terraform.tfvars")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	for _, m := range line.FindAllStringSubmatch(string(text), -1) {
		all[m[1]] = strings.Trim(m[2], `"`)
	}
	for _, arg := range args {
		if variable, ok := strings.CutPrefix(arg, "-var="); ok {
			name, value, _ := strings.Cut(variable, "=")
			all[name] = value
		}
	}
	for _, mode := range []string{"oidc", "token"} {
		if strings.Contains(all["auth"], `"`+mode+`"`) {
			all["mode"] = mode
		}
	}
	return all, nil
}

var prevented = regexp.MustCompile(`(?m)^ +prevent_destroy = true`)

// keeps refuses a plan that would destroy resources with data.
func (w *world) keeps(name, command string, variables map[string]string) error {
	d := w.Deployments[name]
	if d == nil || command != "destroy" && d.Fixed == variables["region"]+variables["kms_key"] {
		return nil
	}
	files, err := filepath.Glob("terraform/*.tf")
	for _, file := range files {
		text, readErr := os.ReadFile(file)
		if err = errors.Join(err, readErr); prevented.Match(text) {
			return fmt.Errorf("instance cannot be destroyed: a resource of %s has lifecycle.prevent_destroy set", file)
		}
	}
	return err
}

func (w *world) apply(name string, variables map[string]string) error {
	if w.Failures > 0 {
		w.Failures--
		return errors.New("permission denied while using the Eventarc Service Agent")
	}
	d := w.Deployments[name]
	if d == nil {
		d = &deployment{}
		w.Deployments[name] = d
	}
	d.Mode, d.Fixed, d.Protected = variables["mode"], variables["region"]+variables["kms_key"], variables["deletion_protection"] != "false"
	secretName, err := w.applyTokens(name, d, variables["api_tokens"])
	if err != nil {
		return err
	}
	ingress, pool := variables["api_ingress"], variables["worker_pool"]
	if ingress == "" {
		ingress = "INGRESS_TRAFFIC_ALL"
	}
	d.Outputs = map[string]string{
		"api_ingress":         ingress,
		"build_account":       "projects/my-project/serviceAccounts/" + buildAccount(name),
		"build_substitutions": fmt.Sprintf("_AUTH_MODE=%s,_DATA_BUCKET=my-project-%[2]s-data,_INBOX_BUCKET=my-project-%[2]s-inbox,_NAME=%[2]s,_REGION=us-central1,_SCHEDULER_REGION=us-central1,_TOKEN_SECRET=%[3]s", d.Mode, name, variables["smoke_token_secret"]),
		"dead_letter_commands": "gcloud pubsub subscriptions update projects/my-project/subscriptions/" + name + "-a --dead-letter-topic=t --max-delivery-attempts=20\n" +
			"gcloud pubsub subscriptions update projects/my-project/subscriptions/" + name + "-b --clear-dead-letter-policy",
		"source_bucket": "my-project-" + name + "-source",
		"worker_pool":   pool,
	}
	for _, function := range []string{"api", "convert", "poll"} {
		wanted := template{Settings: fmt.Sprint(variables)}
		if function == "api" {
			wanted.Secret = secretName
		}
		if err := w.applyService(name+"-"+function, wanted); err != nil {
			return err
		}
	}
	for trial, host := range map[string]string{"candidate-convert": "candidate---" + name + "-convert-", "candidate-poll": "candidate---" + name + "-poll-", "serving-poll": name + "-poll-"} {
		if w.Jobs[name+"-try-"+trial] == nil {
			w.Jobs[name+"-try-"+trial] = &job{Host: host + "123456789012.us-central1.run.app"}
		}
	}
	if s := w.Secrets[name+"-api-tokens"]; s != nil { // replaced versions are disabled at the end
		for i := range s.Versions {
			s.Versions[i] = i == len(s.Versions)-1
		}
	}
	return w.granted(name, d.Mode, variables["smoke_token_secret"] != "")
}

// applyTokens creates a version of the secret if the tokens have changed, and returns the service's
// reference to the secret.
func (w *world) applyTokens(name string, d *deployment, tokens string) (string, error) {
	if d.Mode != "token" {
		return "", nil
	}
	secretName := name + "-api-tokens"
	if w.Secrets[secretName] == nil {
		w.Secrets[secretName] = &secret{}
	}
	s := w.Secrets[secretName]
	if d.Tokens != tokens || len(s.Versions) == 0 {
		d.Tokens, s.Versions = tokens, append(s.Versions, true)
	}
	text, err := os.ReadFile("terraform/function_api.tf")
	if strings.Contains(string(text), `version = "latest"`) {
		return secretName + "@latest", err
	}
	return fmt.Sprintf("%s@%d", secretName, len(s.Versions)), err
}

// applyService creates a service with the placeholder, or updates its settings. It keeps what
// Terraform ignores: the image, and the revision's name.
func (w *world) applyService(name string, wanted template) error {
	s := w.Services[name]
	if s == nil {
		s = &service{Account: name + "@my-project.iam.gserviceaccount.com", Revisions: map[string]template{}, Parts: []part{{Revision: latest, Percent: 100}}}
		s.Template.Image = placeholder
		w.Services[name] = s
	}
	wanted.Image, wanted.Name = s.Template.Image, s.Template.Name
	if wanted == s.Template && len(s.Revisions) > 0 {
		return nil
	}
	s.Template = wanted
	return errors.Join(s.revise(name), w.starts(wanted))
}

func (w *world) destroy(name string) error {
	if w.Deployments[name].Protected {
		return errors.New("cannot destroy service without setting deletion_protection=false and running `terraform apply`")
	}
	delete(w.Deployments, name)
	for _, function := range []string{"api", "convert", "poll"} {
		delete(w.Services, name+"-"+function)
	}
	return nil
}

// outputs matches the names of Terraform's outputs.
var outputs = regexp.MustCompile(`(?m)^output "([a-z_]+)"`)

func output(w *world, args []string) error {
	name := args[len(args)-1]
	declarations, err := os.ReadFile("terraform/outputs.tf")
	if err != nil {
		return err
	}
	if args[2] != "-raw" || !slices.ContainsFunc(outputs.FindAllStringSubmatch(string(declarations), -1), func(m []string) bool { return m[1] == name }) {
		return fmt.Errorf("no output %q", args)
	}
	// The folder of Terraform's own data identifies the deployment.
	fmt.Print(w.Deployments[strings.TrimPrefix(os.Getenv("TF_DATA_DIR"), ".terraform/my-project-")].Outputs[name])
	return nil
}
