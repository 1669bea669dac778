package policies_test

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/vapchart/vapchart/policies"
)

func at(t *testing.T, version string) map[string]string {
	t.Helper()
	lib, err := policies.At(version)
	if err != nil {
		t.Fatal(err)
	}
	return texts(t, lib)
}

// texts gives every file of a library, by path.
func texts(t *testing.T, lib fs.FS) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := fs.WalkDir(lib, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(lib, name)
		out[name] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAtIsAFileSystem(t *testing.T) {
	for _, version := range append(policies.Versions(), policies.Latest) {
		lib, err := policies.At(version)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for name := range at(t, version) {
			names = append(names, name)
		}
		if err := fstest.TestFS(lib, names...); err != nil {
			t.Errorf("%s: %v", version, err)
		}
	}
}

func TestAtNewest(t *testing.T) {
	want := texts(t, policies.FS)
	for _, version := range []string{policies.Latest, "v1.99", policies.Versions()[len(policies.Versions())-1]} {
		got := at(t, version)
		if len(got) != len(want) {
			t.Errorf("%s: %d files, want %d", version, len(got), len(want))
		}
		for name := range want {
			if got[name] != want[name] {
				t.Errorf("%s: %s is not what FS holds", version, name)
			}
		}
	}
}

// A revision is there from its own version on, until the next one.
func TestAtHoldsRevisions(t *testing.T) {
	const (
		sysctls = "pod-security-cel/baseline/restrict-sysctls/restrict-sysctls.yaml"
		probes  = "pod-security-cel/baseline/disallow-host-probes/disallow-host-probes.yaml"
		allowed = "exceptions/restrict-sysctls-check-sysctls.yaml"
	)
	for version, want := range map[string]string{
		"v1.0": "v1.0", "v1.26": "v1.0", "v1.27": "v1.27", "v1.28": "v1.27", "v1.29": "v1.29", "v1.31": "v1.29",
		"v1.32": "v1.32", "v1.36": "v1.32", "v1.37": "v1.37", "latest": "v1.37",
	} {
		lib := at(t, version)
		for _, name := range []string{sysctls, allowed} {
			if got := sinceOf(t, name, lib[name]); got != want {
				t.Errorf("%s: %s is of %s, want %s", version, name, got, want)
			}
		}
	}
	for version, held := range map[string]bool{"v1.33": false, "v1.34": true} {
		if _, ok := at(t, version)[probes]; ok != held {
			t.Errorf("%s: holds %s: %t", version, probes, ok)
		}
	}
}

func TestAtRefusesVersion(t *testing.T) {
	for _, version := range []string{"", "1.30", "v2.0", "v1", "v1.", "v1.-1", "v1.+1", "v1.07", "v1.30.1", "newest", "Latest"} {
		if lib, err := policies.At(version); err == nil || lib != nil {
			t.Errorf("version %q is taken", version)
		}
	}
}

// A revision differs from the one before it, and bears the names of the newest:
// they are labels on namespaces, whatever the version.
func TestRevisionsKeepNames(t *testing.T) {
	newest := texts(t, policies.FS)
	before := map[string]string{}
	for _, version := range policies.Versions() {
		changed := 0
		for name, text := range at(t, version) {
			if _, ok := newest[name]; !ok {
				t.Errorf("%s: %s is not in the newest library", version, name)
			}
			if got, want := namesOf(text), namesOf(newest[name]); !slices.Equal(got, want) {
				t.Errorf("%s: %s names %v, want %v", version, name, got, want)
			}
			if text == before[name] {
				continue
			}
			changed++
			if got := sinceOf(t, name, text); got != version {
				t.Errorf("%s: %s is of %s", version, name, got)
			}
			if withoutSince(text) == withoutSince(before[name]) {
				t.Errorf("%s: %s says what it said before", version, name)
			}
			before[name] = text
		}
		if changed == 0 {
			t.Errorf("%s: nothing changes", version)
		}
	}
}

func sinceOf(t *testing.T, name, text string) string {
	t.Helper()
	key := `    vapchart\.dev/since: `
	if path.Dir(name) == "exceptions" {
		key = "since: "
	}
	found := regexp.MustCompile(`(?m)^`+key+`(v1\.\d+)$`).FindAllStringSubmatch(text, -1)
	if len(found) != 1 {
		t.Fatalf("%s: %d lines say since when it holds", name, len(found))
	}
	return found[0][1]
}

func withoutSince(text string) string {
	return regexp.MustCompile(`since: .*`).ReplaceAllString(text, "")
}

// namesOf gives the names of a policy and its rules, its control, or the rule
// of a compensation.
func namesOf(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		for _, key := range []string{"  name: ", "    - name: ", "    vapchart.dev/control: ", "rule: ", "allows: "} {
			if strings.HasPrefix(line, key) {
				out = append(out, line)
			}
		}
	}
	return out
}
