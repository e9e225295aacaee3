// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package binarytest

import (
	"regexp"
	"strconv"
	"testing"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/vertextune/vertextune/pkg/entry/api"
)

// sizes are the resources that Terraform gives to a function.
type sizes struct {
	memory, goLimit int64 // in bytes
	concurrency     int
}

func (c terraformFiles) deployment(t *testing.T, function string) sizes {
	t.Helper()
	expression, ok := c.locals[function+"_memory"].(hclsyntax.Expression)
	if memory := c.services[function].Attributes["memory"]; memory != nil {
		expression, ok = memory.Expr, true
	}
	if !ok {
		t.Fatalf("Terraform has neither local.%s_memory nor a memory in module.%[1]s", function)
	}
	value, diagnostics := expression.Value(nil)
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	d := sizes{memory: sizeOf(t, value.GetAttr("container").AsString()), goLimit: sizeOf(t, value.GetAttr("go").AsString())}
	for _, block := range c.services[function].Blocks {
		if attribute := block.Body.Attributes["max_instance_request_concurrency"]; attribute != nil {
			value, diagnostics := attribute.Expr.Value(nil)
			if diagnostics.HasErrors() {
				t.Fatal(diagnostics)
			}
			n, _ := value.AsBigFloat().Int64()
			d.concurrency = int(n)
		}
	}
	return d
}

// sizeOf parses a size as Cloud Run or Go writes it, and returns it in bytes.
func sizeOf(t *testing.T, text string) int64 {
	t.Helper()
	m := regexp.MustCompile(`^([0-9]+)(Mi|Gi)B?$`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("%q is not a size in Mi or Gi", text)
	}
	n, err := strconv.ParseInt(m[1], 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return n << map[string]int{"Mi": 20, "Gi": 30}[m[2]]
}

// TestMemory_sizes checks that the resources of a function are consistent with each other.
func TestMemory_sizes(t *testing.T) {
	t.Parallel()
	config := configuration(t)
	for _, function := range []string{"api", "convert", "poll"} {
		d := config.deployment(t, function)
		if share := float64(d.goLimit) / float64(d.memory); share < .85 || share > .95 {
			t.Errorf("%s: GOMEMLIMIT is %.2f of the container's memory, want about 0.9", function, share)
		}
	}
	// The memory must hold the bodies that bypass the gate, those that the gate admits, and the
	// process itself.
	const process = 64 << 20
	d := config.deployment(t, "api")
	if need := api.GateSize(d.goLimit) + int64(d.concurrency)*api.FreeBody*api.MemoryPerByte + process; need > d.goLimit {
		t.Errorf("api: %d requests at a time need up to %d MiB, and GOMEMLIMIT is %d MiB", d.concurrency, need>>20, d.goLimit>>20)
	}
}
