// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package strictjson_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// TestSuite reads testdata/suite: files y_* must be accepted, files n_* rejected. The names follow
// the public JSONTestSuite, so its files can be added to the directory. Two files that
// JSONTestSuite accepts contain a name twice; strictjson rejects them.
func TestSuite(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/suite/[ny]_*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in testdata/suite: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Parallel()
			doc, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			accept := strings.HasPrefix(filepath.Base(file), "y_") && !strings.Contains(file, "duplicated_key")
			if err := strictjson.Validate(doc); (err == nil) != accept {
				t.Errorf("Validate = %v, want accepted: %t", err, accept)
			}
			if judged := judge(doc); (judged == nil) != accept && !strings.Contains(file, "depth_513") {
				t.Errorf("the file has the wrong name: jsontext returns %v", judged)
			}
		})
	}
}
