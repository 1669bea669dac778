package kyverno

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/policy"
)

// TestUpstream reads the pod security policies of five versions of Kyverno's
// own library, where there is a copy beside the repository. Every rule of them
// is native.
func TestUpstream(t *testing.T) {
	const root = "../../../shared/upstream/kyverno-policies"
	if _, err := os.Stat(root); err != nil {
		t.Skip("no copy of Kyverno's library beside the repository")
	}
	for _, c := range []struct {
		folder string
		rules  int
		names  []string // some of them, which labels on namespaces rely on
	}{
		{"release-1.12/pod-security-cel", 18, inUse()},
		{"release-1.13/pod-security-cel", 19, inUse()},
		{"release-1.15/pod-security-cel", 19, inUse()},
		{"release-1.15/pod-security-vpol", 16, []string{"disallow-host-path", "restrict-volume-types"}},
		{"release-1.16/pod-security-cel", 19, inUse()},
		{"release-1.16/pod-security-vpol", 16, []string{"disallow-host-path", "restrict-volume-types"}},
		{"release-1.17/pod-security-cel", 19, append(inUse(), "require-run-as-nonroot-run-as-non-root")},
		{"release-1.17/pod-security-vpol", 16, []string{"disallow-host-path", "restrict-volume-types"}},
	} {
		t.Run(c.folder, func(t *testing.T) {
			res, err := Read(policy.Pin{Source: "upstream"}, libraryFiles(t, path.Join(root, c.folder)))
			if err != nil || len(res.Unsupported) > 0 {
				t.Fatalf("error %v, unsupported %v", err, res.Unsupported)
			}
			var names []string
			for _, rule := range res.Rules {
				whole(t, rule)
				podRule(t, rule)
				names = append(names, rule.Name)
			}
			if len(names) != c.rules || !slices.IsSorted(names) {
				t.Errorf("%d rules, want %d, by name: %q", len(names), c.rules, names)
			}
			for _, name := range c.names {
				if !slices.Contains(names, name) {
					t.Errorf("no rule %s among %q", name, names)
				}
			}
		})
	}
}

// inUse are names of ClusterPolicy rules as namespaces bear them.
func inUse() []string {
	return []string{
		"disallow-capabilities-strict-require-drop-all", "disallow-host-namespaces", "disallow-host-path",
		"disallow-host-ports-none", "disallow-privileged-containers", "disallow-selinux-type",
		"restrict-seccomp-check-seccomp", "restrict-volume-types-restricted-volumes",
	}
}

// podRule checks what is the same for each of these: version 1.12 names no
// operations, later ones do.
func podRule(t *testing.T, rule policy.Rule) {
	t.Helper()
	for _, f := range rule.Match {
		for _, r := range f.Resources {
			if !slices.Equal(r.Operations, []string{"CREATE", "UPDATE"}) || !slices.Equal(r.Versions, []string{"v1"}) ||
				!slices.Equal(r.Resources, []string{"pods"}) {
				t.Errorf("%s matches %+v, want creating and updating pods", rule.Name, r)
			}
		}
	}
}

// libraryFiles takes the policies of a folder of the library: of its YAML files
// those that are not about tests, kustomize or the catalogue.
func libraryFiles(t *testing.T, root string) []File {
	t.Helper()
	var out []File
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(p, ".yaml") || d.Name() == "kustomization.yaml" {
			return nil
		}
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		out = append(out, File{filepath.ToSlash(rel), profileOf(filepath.ToSlash(rel)), data})
		return err
	})
	if err != nil || len(out) == 0 {
		t.Fatalf("read %s: %d files, %v", root, len(out), err)
	}
	return out
}
