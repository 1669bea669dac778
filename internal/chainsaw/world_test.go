package chainsaw

import (
	"math/rand/v2"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"
)

// fits says whether a name matches a glob, without regular expressions.
func fits(glob, name string) bool {
	head, rest, star := strings.Cut(glob, "*")
	if !star || !strings.HasPrefix(name, head) {
		return glob == name
	}
	for at := len(head); at <= len(name); at++ {
		if fits(rest, name[at:]) {
			return true
		}
	}
	return false
}

// TestNamespacesResolveToTheirKey makes namespaces for random keys, and resolves
// them as the chart does.
func TestNamespacesResolveToTheirKey(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	word := func(letters string) string {
		out := make([]byte, 1+random.IntN(5))
		for i := range out {
			out[i] = letters[random.IntN(len(letters))]
		}
		return string(out)
	}
	got, globs := 0, 0
	for range 300 {
		keys := map[string]any{}
		for range 6 {
			keys[word("ab")+strings.Repeat("-x", random.IntN(2))] = map[string]any{"profile": "baseline"}
			keys[word("abc*")+"*"] = map[string]any{}
			keys["chainsaw-"+word("a*")] = map[string]any{}
		}
		keys["gone"] = nil
		w, err := newWorld(Input{Values: map[string]any{"namespaces": keys, "defaults": map[string]any{"profile": "restricted"}}})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range w.places {
			n, ok := w.namespace(p, "disallow-"+word("abc")+strings.Repeat("-and-more", random.IntN(8)))
			if !ok {
				continue
			}
			got++
			if strings.Contains(p.key, "*") {
				globs++
			}
			if msgs := validation.IsDNS1123Label(n.Name); len(msgs) > 0 {
				t.Errorf("%q for key %q: %v", n.Name, p.key, msgs)
			}
			if by := better(keys, p.key, n.Name); by != "" {
				t.Errorf("%q is for key %q, and %q decides", n.Name, p.key, by)
			}
		}
	}
	if got < 2000 || globs < 500 {
		t.Errorf("%d namespaces, %d by globs: that proves little", got, globs)
	}
}

// better gives a key that decides for a name rather than the one given, which is
// empty for the defaults. The chart refuses globs of one weight that can match
// the same name, so these are no matter.
func better(keys map[string]any, than, name string) string {
	weight := func(key string) int {
		if key == name {
			return 1000
		}
		return len(strings.ReplaceAll(key, "*", ""))
	}
	if than != "" && !fits(than, name) {
		return "another"
	}
	for key, e := range keys {
		if e != nil && fits(key, name) && (than == "" || weight(key) > weight(than)) {
			return key
		}
	}
	return ""
}

// TestLongNamesStayApart holds that two tests never share a namespace, however
// their names are cut.
func TestLongNamesStayApart(t *testing.T) {
	long := strings.Repeat("a-very-long-rule-name-", 4)
	a, b := fillIn("mw-*-eqiad", prefix+long+"a"), fillIn("mw-*-eqiad", prefix+long+"b")
	if a == b || len(a) > 63 || !strings.HasPrefix(a, "mw-chainsaw-") || !strings.HasSuffix(a, "-eqiad") {
		t.Errorf("got %s and %s", a, b)
	}
}
