package proof_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
)

// TestExceptionsAddUp judges the pods around every control's border in
// namespaces with random exceptions, each namespace with one more than the one
// before. What is denied must be what the standard denies of what the union
// leaves, never more than before, and the same by names and by labels.
func TestExceptionsAddUp(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	c, random := readCatalogue(t), rand.New(rand.NewPCG(5, 6))
	var places []place
	for chain := range 4 {
		names := c.names()
		random.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		for n := range 6 {
			places = append(places, place{fmt.Sprintf("chain-%d-%d", chain, n), policy.Restricted, slices.Clone(names[:n])})
		}
	}
	named, labelled, oracle := install(t, byName(c, places)), byLabel(t, c, places), newOracle(t)
	pods := slices.DeleteFunc(probes(t), func(s sample) bool { return !oneIn(16, s.name) })
	if len(pods) < 25 {
		t.Fatalf("only %d probes", len(pods))
	}
	inParallel(pods, func(pod sample) {
		var before []policy.Control
		for i, at := range places {
			review := named.ask(t, at.name, admission.Request{Object: pod.object})
			if a, b := words(review), words(labelled.ask(t, at.name, admission.Request{Object: pod.object})); a != b {
				t.Errorf("%s in %v: by name\n%s\nby label\n%s", pod.name, at, a, b)
			}
			got := named.refusing(review)
			if want := c.expected(oracle, at, pod); !slices.Equal(got, want) {
				t.Errorf("%s in %v: refused by %v, want %v", pod.name, at, got, want)
			}
			for _, control := range got {
				if i%6 > 0 && !slices.Contains(before, control) {
					t.Errorf("%s in %v: %s refuses it once more is allowed", pod.name, at, control)
				}
			}
			before = got
		}
	})
}

// TestOrderSaysNothing renders the same values with keys and lists of names in
// other orders.
func TestOrderSaysNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	random := rand.New(rand.NewPCG(7, 8))
	blocks := []string{
		"defaults: {profile: baseline, warn: restricted, audit: baseline}\n",
		"exemptions: {users: [root], groups: [system:masters]}\n",
		"controllers: deny\n",
	}
	exceptions := []string{
		"  p: {reason: r, allow: {capabilities: [SYS_PTRACE], hostPorts: [80]}}\n",
		"  q: {allow: {hostPorts: [{max: 9, min: 8}], capabilities: [SYS_TIME]}, reason: r}\n",
		"  r: {allow: {hostPaths: [{readOnly: true, path: /srv}]}, reason: r}\n",
	}
	text := func() string {
		shuffle := func(list []string) string {
			list = slices.Clone(list)
			random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			return strings.Join(list, "")
		}
		names := func(list ...string) string {
			random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			return "[" + strings.Join(list, ", ") + "]"
		}
		namespaces := []string{
			"  a: {exceptions: " + names("p", "q", "r") + ", exclude: " + names("disallow-privileged-containers", "restrict-sysctls-check-sysctls") + "}\n",
			"  b: {exclude: " + names("disallow-privileged-containers", "restrict-sysctls-check-sysctls") + "}\n",
			"  \"a*\": {profile: restricted, exceptions: " + names("r", "q") + "}\n",
			"  \"*-x\": {profile: privileged, exceptions: " + names("p", "q") + "}\n",
		}
		return shuffle(append(blocks, "exceptions:\n"+shuffle(exceptions), "namespaces:\n"+shuffle(namespaces)))
	}
	files, first, texts := readChart(t), "", map[string]bool{}
	for range 12 {
		in := text()
		texts[in] = true
		rendered, err := renderChart(files, parse(t, in))
		if err != nil {
			t.Fatal(err)
		}
		got := joined(t, rendered.Objects)
		if first == "" {
			first = got
		}
		if got != first {
			t.Fatalf("another chart for\n%s", in)
		}
	}
	if len(texts) < 10 || len(first) < 100_000 {
		t.Errorf("%d orders, %d bytes", len(texts), len(first))
	}
}

func joined(t testing.TB, docs []manifest.Document) string {
	t.Helper()
	var out strings.Builder
	for _, d := range docs {
		text, err := d.JSON()
		if err != nil {
			t.Fatal(err)
		}
		out.Write(text)
		out.WriteString("\n")
	}
	return out.String()
}

// TestGlobClashes holds the check for competing globs against every short name:
// two globs of equal weight are refused if and only if both fit some name.
func TestGlobClashes(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	var globs []string
	namespaces := values{}
	for len(globs) < 40 {
		if g := randomName(random, "ab*"); strings.Contains(g, "*") && weight(g) < 5 && !slices.Contains(globs, g) {
			globs = append(globs, g)
			namespaces[g] = values{"profile": "restricted"}
		}
	}
	_, err := renderChart(readChart(t), values{"namespaces": namespaces})
	if err == nil {
		t.Fatal("40 random globs render")
	}
	var names []string
	for length := 1; length <= 9; length++ {
		for bits := range 1 << length {
			names = append(names, strings.NewReplacer("0", "a", "1", "b").Replace(fmt.Sprintf("%0*b", length, bits)))
		}
	}
	clashes := 0
	slices.Sort(globs)
	for i, a := range globs {
		for _, b := range globs[i+1:] {
			want := weight(a) == weight(b) && slices.ContainsFunc(names, func(n string) bool { return fits(a, n) && fits(b, n) })
			got := strings.Contains(err.Error(), fmt.Sprintf("%q and %q are of equal weight", a, b)) ||
				strings.Contains(err.Error(), fmt.Sprintf("%q and %q are of equal weight", b, a))
			if got != want {
				t.Errorf("%q and %q: refused is %t, want %t", a, b, got, want)
			}
			if want {
				clashes++
			}
		}
	}
	if clashes < 50 {
		t.Errorf("only %d pairs compete", clashes)
	}
}
