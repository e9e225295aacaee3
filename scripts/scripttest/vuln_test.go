// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package scripttest

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestVuln_allowed checks that a vulnerability is allowed by its name, until a day, with a reason.
func TestVuln_allowed(t *testing.T) {
	t.Parallel()
	found := "=== Symbol Results ===\n\nVulnerability #1: GO-2026-0001\n    A fault.\n\nVulnerability #2: GO-2026-0002\n"
	for name, tt := range map[string]struct{ file, output, want string }{
		"both":      {"GO-2026-0001 2999-01-01 not reachable\nGO-2026-0002 2999-01-01 no fix yet\n", found, ""},
		"one":       {"GO-2026-0001 2999-01-01 not reachable\n", found, "GO-2026-0002 is not let through"},
		"too_late":  {"GO-2026-0001 2020-01-01 not reachable\nGO-2026-0002 2999-01-01 no fix yet\n", found, "GO-2026-0001 was let through until 2020-01-01"},
		"no_reason": {"GO-2026-0001 2999-01-01\nGO-2026-0002 2999-01-01 no fix yet\n", found, "GO-2026-0001 is not let through"},
		"no_day":    {"GO-2026-0001 not reachable\nGO-2026-0002 2999-01-01 no fix yet\n", found, "GO-2026-0001 is not let through"},
		"none":      {"", "govulncheck: no go.mod file\n", "named no vulnerability"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "allowed.txt")
			write(t, file, tt.file)
			cmd := exec.CommandContext(t.Context(), "../vuln-allowed", file)
			cmd.Stdin = strings.NewReader(tt.output)
			said, err := cmd.CombinedOutput()
			if (err == nil) != (tt.want == "") || !strings.Contains(string(said), tt.want) {
				t.Errorf("error %v, want %q:\n%s", err, tt.want, said)
			}
		})
	}
}
