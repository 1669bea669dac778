package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	helmvalues "helm.sh/helm/v3/pkg/cli/values"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/cli"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/term"
	"github.com/vapchart/vapchart/internal/tree"
)

// valuesOf runs `vapchart values` and reads the YAML that it writes.
func valuesOf(t *testing.T, args ...string) map[string]any {
	t.Helper()
	var out, errs bytes.Buffer
	if code := cli.Main(context.Background(), append([]string{"values"}, args...), term.Streams{Out: &out, Err: &errs}); code != 0 {
		t.Fatalf("values %v: exit code %d\n%s", args, code, errs.String())
	}
	got := map[string]any{}
	if err := sigsyaml.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%v in\n%s", err, out.String())
	}
	return got
}

// helmsValues gives what Helm makes of the files of these that are there.
func helmsValues(t *testing.T, files ...string) map[string]any {
	t.Helper()
	files = slices.DeleteFunc(files, func(f string) bool {
		_, err := os.Stat(f)
		return err != nil
	})
	out, err := (&helmvalues.Options{ValueFiles: files}).MergeValues(nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestValuesOfTheSamples holds what the verb shows of the sample clusters, without
// its comments, against Helm's merge and that of the build.
func TestValuesOfTheSamples(t *testing.T) {
	const root = "../.."
	text, err := os.ReadFile(filepath.Join(root, "vapchart.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := project.Read("vapchart.yaml", text)
	if err != nil || len(plan.Clusters) < 5 {
		t.Fatal(plan.Clusters, err)
	}
	made, err := tree.Read(filepath.Join(root, "charts/pod-security"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range plan.Clusters {
		var files []string
		for _, folder := range []string{"common", c.Group, c.Name} {
			if file := filepath.Join(root, "overlays", folder, "values.yaml"); folder != "" {
				files = append(files, file)
			}
		}
		got := valuesOf(t, c.Name, "-C", root)
		if want := helmsValues(t, files...); len(got) == 0 || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v\nHelm %v", c.Name, got, want)
		}
		built, err := chart.ReadValues(files)
		if err != nil || !reflect.DeepEqual(got, built) {
			t.Errorf("%s: got %v\nbuild %v %v", c.Name, got, built, err)
		}
		whole, err := chart.Complete(made, built)
		if err != nil {
			t.Fatal(err)
		}
		if all := valuesOf(t, c.Name, "-C", root, "--all"); !reflect.DeepEqual(all, whole) {
			t.Errorf("%s: --all gives %v\nthe chart sees %v", c.Name, all, whole)
		}
	}
}

// TestValuesAreHelms does the same with random files, some of which are empty, and
// with the JSON, whose every value has to stand in the file and line that it names.
func TestValuesAreHelms(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	random := rand.New(rand.NewPCG(7, 8))
	for i := range 150 {
		dir := t.TempDir()
		texts := map[string]string{"vapchart.yaml": "apiVersion: vapchart.dev/v1alpha1\nkind: Project\nclusters: [{name: own, group: group, kubernetes: \"1.33\"}]\n"}
		var files []string
		for _, folder := range []string{"common", "group", "own"} {
			file := filepath.Join(dir, "overlays", folder, "values.yaml")
			files = append(files, file)
			if text := randomValues(random, 3, ""); random.IntN(6) > 0 || folder == "own" {
				texts["overlays/"+folder+"/values.yaml"] = strings.Repeat("# some words\n", random.IntN(3)) + text
			}
		}
		made := tree.New()
		for name, text := range texts {
			made[name] = []byte(text)
		}
		if _, err := made.Create(dir); err != nil {
			t.Fatal(err)
		}
		want := helmsValues(t, files...)
		if got := valuesOf(t, "own", "-C", dir); !reflect.DeepEqual(got, want) {
			t.Fatalf("case %d of %v\ngot  %v\nHelm %v", i, texts, got, want)
		}
		var out bytes.Buffer
		if code := cli.Main(context.Background(), []string{"values", "own", "-C", dir, "-o", "json"}, term.Streams{Out: &out, Err: io.Discard}); code != 0 {
			t.Fatal(code)
		}
		var entries []struct {
			Path   []string
			Value  any
			Origin string
			Line   int
		}
		if err := json.Unmarshal(out.Bytes(), &entries); err != nil {
			t.Fatal(err)
		}
		joined := map[string]any{}
		for _, e := range entries {
			line := strings.Split(texts[e.Origin], "\n")[e.Line-1]
			if key := e.Path[len(e.Path)-1]; !strings.HasPrefix(strings.TrimSpace(line), key+":") {
				t.Fatalf("case %d: %v is not in %s:%d, which is %q", i, e.Path, e.Origin, e.Line, line)
			}
			inner := e.Value
			for _, key := range slices.Backward(e.Path) {
				inner = map[string]any{key: inner}
			}
			joined = chart.Merge(joined, inner.(map[string]any))
		}
		if !reflect.DeepEqual(joined, want) {
			t.Fatalf("case %d: JSON gives %v\nHelm %v", i, joined, want)
		}
	}
}

// randomValues gives a mapping over lines with keys that mostly overlap, nothing
// for an empty one at the top.
func randomValues(random *rand.Rand, depth int, indent string) string {
	var out strings.Builder
	for _, key := range []string{"a", "mw-*", "x.y"} {
		if key == "mw-*" && random.IntN(2) == 0 {
			key = "mw"
		}
		switch n := random.IntN(8); {
		case n == 0:
			fmt.Fprintf(&out, "%s%s: null\n", indent, key)
		case n == 1:
			fmt.Fprintf(&out, "%s%s: {}\n", indent, key)
		case n == 2:
			fmt.Fprintf(&out, "%s%s:\n%s- %d\n%s- {b: text}\n", indent, key, indent, random.IntN(9), indent)
		case n == 3:
			fmt.Fprintf(&out, "%s%s: [] # none\n", indent, key)
		case n == 4:
			fmt.Fprintf(&out, "%s%s: word %d\n", indent, key, random.IntN(9))
		case n < 8 && depth > 0:
			if inner := randomValues(random, depth-1, indent+"  "); inner != "" {
				fmt.Fprintf(&out, "%s%s:\n%s", indent, key, inner)
			}
		}
	}
	return out.String()
}
