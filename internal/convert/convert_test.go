package convert_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/vapchart/vapchart/internal/convert"
	"github.com/vapchart/vapchart/internal/kyverno"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
)

var update = flag.Bool("update", false, "write the goldens anew")

// TestGolden converts the policy of each case and compares the objects, or the
// refusals, with what the case holds.
func TestGolden(t *testing.T) {
	cases, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			profile := policy.Other
			if strings.Contains(string(ar.Comment), "profile: baseline") {
				profile = policy.Baseline
			}
			got := golden(t, profile, ar.Files[0].Data)
			if *update {
				ar.Files = append(ar.Files[:1], txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if len(ar.Files) != 2 || string(ar.Files[1].Data) != got {
				t.Errorf("%s", diff.Diff("want", ar.Files[len(ar.Files)-1].Data, "got", []byte(got)))
			}
		})
	}
}

func golden(t *testing.T, profile policy.Profile, data []byte) string {
	t.Helper()
	pin := policy.Pin{Source: "https://example.org/policies", Ref: "v1", Commit: strings.Repeat("ab", 20)}
	read, err := kyverno.Read(pin, []kyverno.File{{Path: "dir/policy.yaml", Profile: profile, Data: data}})
	if err != nil {
		return "read: " + err.Error() + "\n"
	}
	var out strings.Builder
	for _, u := range read.Unsupported {
		out.WriteString("unsupported: " + u.Error() + "\n")
	}
	for _, r := range read.Rules {
		o, err := convert.Rule(r)
		var u *policy.Unsupported
		if errors.As(err, &u) {
			out.WriteString("unsupported: " + u.Error() + "\n")
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, obj := range []any{o.Policy, o.Binding} {
			y, err := manifest.Encode(obj)
			if err != nil {
				t.Fatal(err)
			}
			out.WriteString("---\n" + string(y))
		}
	}
	return out.String()
}
