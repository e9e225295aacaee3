// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// Config reads a package's settings from the environment by the tags of its struct. The error names
// every variable that is missing, that cannot be parsed, or that has an invalid value, not only the
// first one.
//
// In addition to the tags of package env, the tag "sign" of a number or a duration is "positive" or
// "not_negative", and the tag "form" of a text names its required form; see forms.
func Config[T any](environment map[string]string) (T, error) {
	config, err := env.ParseAsWithOptions[T](env.Options{Environment: environment})
	settings := settingsOf(reflect.ValueOf(&config).Elem())
	var faults []error
	if several, ok := errors.AsType[env.AggregateError](err); ok {
		for _, fault := range several.Errors {
			faults = append(faults, named(fault, settings, environment))
		}
	} else if err != nil {
		faults = append(faults, err)
	}
	for _, s := range settings {
		if !s.unread {
			faults = append(faults, s.check())
		}
	}
	if err := errors.Join(faults...); err != nil {
		return config, fmt.Errorf("read the configuration from the environment: %w", err)
	}
	return config, nil
}

// setting is a struct field that an environment variable sets.
type setting struct {
	variable string
	field    reflect.StructField
	value    reflect.Value
	unread   bool // parsing failed
}

// settingsOf returns the settings in a struct and in the structs that it contains. It returns each
// variable once.
func settingsOf(config reflect.Value) []setting {
	var all []setting
	seen := map[string]bool{}
	var look func(reflect.Value)
	look = func(v reflect.Value) {
		for i := range v.NumField() {
			field := v.Type().Field(i)
			variable, _, _ := strings.Cut(field.Tag.Get("env"), ",")
			switch {
			case variable == "" && field.Type.Kind() == reflect.Struct:
				look(v.Field(i))
			case variable != "" && !seen[variable]:
				seen[variable] = true
				all = append(all, setting{variable: variable, field: field, value: v.Field(i)})
			}
		}
	}
	look(config)
	return all
}

// named replaces an error of package env, which names struct fields and Go types, with an error
// that names the variable and the expected form.
func named(err error, settings []setting, environment map[string]string) error {
	parse, ok := errors.AsType[env.ParseError](err)
	if !ok {
		return err
	}
	for i := range settings {
		if s := &settings[i]; s.field.Name == parse.Name && s.field.Type == parse.Type {
			s.unread = true
			if form := formOf(s.field.Type); form != "" {
				return fmt.Errorf("%s is %q, and must be %s", s.variable, environment[s.variable], form)
			}
			return fmt.Errorf("%s: %w", s.variable, parse.Err)
		}
	}
	return err
}

// formOf describes how a value of a type is written. It returns "" if the type's own error explains
// this.
func formOf(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return "a length of time such as 500ms, 30s, 5m or 1h30m"
	case reflect.PointerTo(t).Implements(reflect.TypeFor[interface{ UnmarshalText([]byte) error }]()):
		return ""
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Uint, reflect.Uint64:
		return "a whole number that is not negative"
	default:
		return ""
	}
}

// forms are the allowed forms of a text, by the value of the tag "form".
var forms = map[string]struct {
	pattern     *regexp.Regexp
	description string
}{
	"project":  {regexp.MustCompile(`^[a-z0-9][a-z0-9.:-]*$`), "the ID of a project, such as my-project"},
	"location": {regexp.MustCompile(`^[a-z]+(-[a-z]+[0-9]+)?$`), "a region, such as us-central1"},
	"bucket":   {regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`), "the name of a bucket alone, such as my-data, without gs://"},
	"database": {regexp.MustCompile(`^(\(default\)|[a-z0-9][a-z0-9-]*)$`), "the ID of a database, such as (default)"},
	"topic":    {regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._~%+-]*$`), "the ID of a topic alone, such as tuning-events, without projects/"},
}

// check returns an error if the value has a wrong form or sign.
func (s setting) check() error {
	if form, ok := forms[s.field.Tag.Get("form")]; ok {
		if text := s.value.String(); text != "" && !form.pattern.MatchString(text) {
			return fmt.Errorf("%s is %q, and must be %s", s.variable, text, form.description)
		}
		return nil
	}
	switch sign := s.field.Tag.Get("sign"); {
	case sign == "positive" && s.value.Int() <= 0:
		return fmt.Errorf("%s is %v, and must be greater than 0", s.variable, s.value)
	case sign == "not_negative" && s.value.Int() < 0:
		return fmt.Errorf("%s is %v, and must not be less than 0", s.variable, s.value)
	}
	return nil
}

// environment returns the environment variables of a process by name.
func environment(pairs []string) map[string]string {
	m := make(map[string]string, len(pairs))
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		m[name] = value
	}
	return m
}
