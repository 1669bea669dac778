package bump

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/cluster"
	"github.com/vapchart/vapchart/internal/compare"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/rules"
	"github.com/vapchart/vapchart/internal/sample"
	"github.com/vapchart/vapchart/internal/term"
	"github.com/vapchart/vapchart/internal/values"
)

var everyPair = flag.Bool("pairs", false, "bump between every ordered pair of upstream's versions, which takes minutes")

// versions are those of upstream that lie beside the repository.
func pairVersions() []string { return []string{"1.12", "1.13", "1.15", "1.16", "1.17"} }

// TestBumpPairs bumps between upstream's versions, with and without corrections, and
// holds what is reported against what full judges of both charts say, pod by pod. By
// itself it takes two pairs of which the truth is known.
func TestBumpPairs(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	library, err := filepath.Abs("../../../shared/upstream/kyverno-policies")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(library); err != nil {
		t.Skip("the upstream library is not here:", err)
	}
	builtin, err := rules.NewLibrary()
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range []string{"pod-security-cel", "pod-security-vpol"} {
		for _, standard := range []string{"strict", "upstream"} {
			t.Run(set+"/"+standard, func(t *testing.T) {
				sides := map[string]*judgedSide{}
				for _, from := range pairVersions() {
					for _, to := range pairVersions() {
						first := map[string]int{"pod-security-cel": 0, "pod-security-vpol": 2}[set]
						known := set == "pod-security-cel" && (from == "1.16" && to == "1.17" || from == "1.12" && to == "1.13")
						old := slices.Index(pairVersions(), from) < first || slices.Index(pairVersions(), to) < first
						if from == to || old || !known && !*everyPair {
							continue
						}
						for _, v := range []string{from, to} {
							if sides[v] == nil {
								sides[v] = judgeSide(t, builtin, library, set, standard, v)
							}
						}
						t.Run(from+"-"+to, func(t *testing.T) { bumpPair(t, sides[from], sides[to], set, standard, from, to) })
					}
				}
			})
		}
	}
}

// judgedSide is a version, and what all of its chart denies where both profiles are
// enforced.
type judgedSide struct {
	version
	denied map[string]bool // by namespace and pod
}

func pairPlaces(t *testing.T) []compare.Place {
	t.Helper()
	whole, err := values.Decode(enforcing())
	if err != nil {
		t.Fatal(err)
	}
	return compare.Namespaces(whole, whole)
}

func judgeSide(t *testing.T, builtin *rules.Library, folder, set, standard, version string) *judgedSide {
	t.Helper()
	text := fmt.Sprintf("apiVersion: vapchart.dev/v1alpha1\nkind: Project\nstandard: %s\nupstream:\n  directory: {path: %s/release-%s, ref: release-%s}\n"+
		"  select: {baseline: [%s/baseline], restricted: [%s/restricted]}\n", standard, folder, version, version, set, set)
	plan, err := project.Read("vapchart.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	fetched, err := rules.Fetch(t.Context(), &project.Project{Dir: t.TempDir()}, plan.Upstream, plan.Select)
	if err != nil {
		t.Fatal(err)
	}
	in, err := rules.ReadVersion(t.Context(), rules.Project{Plan: plan, Pin: fetched.Pin, Vendored: fetched.Tree, Library: builtin}, false)
	if err != nil {
		t.Fatal(err)
	}
	out := &judgedSide{denied: map[string]bool{}}
	if out.version, err = newSide(in); err != nil {
		t.Fatal(err)
	}
	objs, err := cluster.Render(out.files, enforcing(), admission.Newest())
	if err != nil {
		t.Fatal(err)
	}
	by, err := compare.Answerer(objs)
	if err != nil {
		t.Fatal(err)
	}
	for _, pod := range pairPods(t) {
		for _, p := range pairPlaces(t) {
			answer, err := by(t.Context(), pod.Object, admission.NewNamespace(p.Name, nil))
			if err != nil {
				t.Fatal(err)
			}
			out.denied[p.Name+" "+pod.Name] = len(answer.Denied) > 0
		}
	}
	return out
}

func pairPods(t *testing.T) []sample.Sample {
	t.Helper()
	pods, err := sample.Witnesses(admission.Newest())
	if err != nil || len(pods) < 200 {
		t.Fatal(len(pods), err)
	}
	return pods
}

func bumpPair(t *testing.T, now, next *judgedSide, set, standard, from, to string) {
	b := bumper{s: term.Streams{Out: io.Discard, Err: io.Discard}, p: &project.Project{Dir: t.TempDir()}, now: now.version, next: next.version}
	told, err := b.compare(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := map[compare.Direction]int{}
	for key, denied := range next.denied {
		switch {
		case denied && !now.denied[key]:
			want[compare.Denied]++
		case !denied && now.denied[key]:
			want[compare.Admitted]++
		}
	}

	// What differs alone is judged there; it has to come to the same.
	was, err := cluster.Render(now.files, enforcing(), admission.Newest())
	if err != nil {
		t.Fatal(err)
	}
	is, err := cluster.Render(next.files, enforcing(), admission.Newest())
	if err != nil {
		t.Fatal(err)
	}
	p, err := compare.NewComparer(was, is)
	if err != nil {
		t.Fatal(err)
	}
	found, err := p.Compare(t.Context(), pairPlaces(t), pairPods(t))
	if err != nil {
		t.Fatal(err)
	}
	got := map[compare.Direction]int{}
	for _, c := range found.Changes {
		got[c.Direction] += 1 + c.Like
	}
	for _, d := range []compare.Direction{compare.Denied, compare.Admitted} {
		if got[d] != want[d] {
			t.Errorf("%d pods %s by what differs, %d by all", got[d], d, want[d])
		}
		if want[d] > 0 && told.Count(d) == 0 {
			t.Errorf("%d pods are %s, which is not reported", want[d], d)
		}
	}
	if meaning := want[compare.Denied]+want[compare.Admitted] > 0; meaning && !told.Effect().Meaning() {
		t.Error("verdicts change, and no effect is reported")
	}
	if len(want) > 0 && standard == "strict" {
		t.Errorf("the standard is the same, verdicts on its probes are not: %v", want)
	}
	knownTruths(t, told, want, set, standard, from, to)
}

func knownTruths(t *testing.T, told Result, want map[compare.Direction]int, set, standard, from, to string) {
	t.Helper()
	text := fmt.Sprintf("%+v", told)
	switch from + " " + to {
	case "1.16 1.17", "1.17 1.16":
		if told.Upstream.Kind() == Meaning || told.Chart.Kind() == Meaning || told.Effect() != (Effect{}) || len(want) > 0 {
			t.Errorf("1.16 and 1.17 are told to mean different things:\n%s", text)
		}
		if set == "pod-security-cel" && told.Upstream.Kind() != Same {
			t.Errorf("the policies of 1.16 and 1.17 are the same byte for byte:\n%s", text)
		}
	case "1.12 1.13":
		if told.Upstream.Kind() != Meaning || standard == "upstream" && !told.Effect().Meaning() {
			t.Errorf("1.12 and 1.13 are told to mean the same:\n%s", text)
		}
	}
}
