package exception_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/vapchart/vapchart/internal/exception"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Each case allows something by a few keys, and shows what the rules that these
// touch say of a pod, at the newest version or the one that it names.
func TestMessages(t *testing.T) {
	files, err := filepath.Glob("testdata/messages/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	seen := map[string]bool{}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		version, g, pod := readCase(t, archive)
		got := messages(t, readLibraryAt(t, version), g, pod, seen)
		last := &archive.Files[len(archive.Files)-1]
		if *update {
			last.Data = []byte(got)
			if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if last.Name != "want" || got != string(last.Data) {
			t.Errorf("%s: says\n%swant\n%s", file, got, last.Data)
		}
	}
	for _, lib := range everyLibrary(t) {
		for _, c := range lib.comps {
			for i := range c.Validations {
				if at := message(c, i); !seen[at] {
					t.Errorf("no case shows the message of %s", at)
				}
			}
		}
	}
}

// message names one validation of one revision.
func message(c exception.Compensation, validation int) string {
	return fmt.Sprintf("%s of %s[%d]", c.Rule, c.Since, validation)
}

func readCase(t *testing.T, archive *txtar.Archive) (string, grant, *corev1.Pod) {
	t.Helper()
	version, g := pss.Latest, grant{}
	pod := &corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "mw-web"},
	}
	for _, f := range archive.Files {
		var err error
		switch f.Name {
		case "version":
			version = strings.TrimSpace(string(f.Data))
		case "allow.yaml":
			g, err = readGrant(f.Data)
		case "pod.yaml":
			err = yaml.UnmarshalStrict(f.Data, &pod.Spec)
		case "annotations.yaml":
			err = yaml.UnmarshalStrict(f.Data, &pod.Annotations)
		}
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
	}
	return version, g, pod
}

// readGrant reads values by the types that the keys say.
func readGrant(data []byte) (grant, error) {
	raw := map[string]any{}
	if err := yaml.Unmarshal(data, &raw); err != nil {
		return nil, err
	}
	out := grant{}
	for name, value := range raw {
		text, err := yaml.Marshal(value)
		if err != nil {
			return nil, err
		}
		var ranges [][]int
		var strs []string
		if b, ok := value.(bool); ok {
			out[name] = b
		} else if yaml.Unmarshal(text, &strs) == nil {
			out[name] = strs
		} else if err := yaml.Unmarshal(text, &ranges); err == nil {
			out[name] = ranges
		} else {
			return nil, err
		}
	}
	return out, nil
}

// messages gives what the rules say that a grant's keys touch. It checks that
// each was made by the message expression: where one fails or gives what the
// API does not take, the API falls back to the text.
func messages(t *testing.T, lib library, g grant, pod *corev1.Pod, seen map[string]bool) string {
	t.Helper()
	var fallbacks []string
	touched := slices.DeleteFunc(lib.excepted(t, g), func(r policy.Rule) bool {
		return !slices.ContainsFunc(lib.comps, func(c exception.Compensation) bool {
			return c.Rule == r.Name && slices.ContainsFunc(c.Allows, func(k string) bool { return sets(g, k) })
		})
	})
	var out strings.Builder
	for _, d := range review(t, newJudge(t, touched), sampleOf(t, "", pod)).Denials() {
		fmt.Fprintln(&out, d.Message)
		for _, c := range lib.comps {
			own := 0
			for _, r := range lib.rules {
				if r.Name == c.Rule {
					own = len(r.Validations)
				}
			}
			if c.Rule == d.Policy {
				seen[message(c, d.Validation-own)] = true
				fallbacks = append(fallbacks, c.Validations[d.Validation-own].Message)
			}
		}
		if slices.Contains(fallbacks, d.Message) || len(d.Message) > 5*1024 {
			t.Errorf("%s: %q is not made by an expression", d.Policy, d.Message)
		}
	}
	return out.String()
}

func sets(g grant, key string) bool {
	for _, k := range exception.Keys() {
		for _, v := range k.Variables {
			if _, ok := g[v.Name]; ok && k.Name == key {
				return true
			}
		}
	}
	return false
}
