package proof_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/pss"
)

const parityCorpus = "testdata/fuzz/FuzzParity"

// FuzzParity judges the pod that the bytes decide for by the chart at every
// version of the standard, in a namespace of each profile, and by Pod Security
// Admission: every control must say the same.
func FuzzParity(f *testing.F) {
	e := chartEditions(f, pss.Breakpoints()...)
	f.Fuzz(func(t *testing.T, data []byte) {
		if found, _ := e.compare(t, arrived(t, randomPod(data))); len(found) > 0 {
			e.report(t, "pod", data)
		}
	})
}

// TestParityCorpus holds that the kept pods are telling: for each control there is
// one that it refuses and no other of the profile does, and for each later
// revision one on which it differs from the revision before. With -update it
// writes them anew, which is needed when the meaning of the bytes changes.
func TestParityCorpus(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	e := chartEditions(t, pss.Breakpoints()...)
	if *update {
		e.writeCorpus(t)
	}
	told := map[int]bool{}
	files, err := filepath.Glob(filepath.Join(parityCorpus, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		_, refused := e.compare(t, arrived(t, randomPod(readCorpus(t, file))))
		for i := range e.pairs {
			told[i] = told[i] || e.telling(i, refused)
		}
	}
	for i, p := range e.pairs {
		if !told[i] {
			t.Errorf("no pod of the corpus tells of %s of %s", p.Control, p.since)
		}
	}
	if len(files) > 2*len(e.pairs) {
		t.Errorf("the corpus has %d pods for %d revisions", len(files), len(e.pairs))
	}
}

// telling says whether a pod about which the rules say this shows what a pair's
// revision of its control is about.
func (e *editions) telling(i int, refused []bool) bool {
	p := e.pairs[i]
	for before := i - 1; before >= 0; before-- { // versions come in order
		if e.pairs[before].Control == p.Control {
			return refused[before] != refused[i]
		}
	}
	runs := e.oracle[p.at()].Runs(p.profile)
	return refused[i] && !slices.ContainsFunc(e.violated(p.profile, p.at(), refused), func(j int) bool {
		return j != i && slices.Contains(runs, e.pairs[j].Control)
	})
}

// writeCorpus finds a pod for each pair by chance, and shrinks it.
func (e *editions) writeCorpus(t *testing.T) {
	t.Helper()
	if err := os.RemoveAll(parityCorpus); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(parityCorpus, 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(name string, data []byte) {
		text := fmt.Sprintf("go test fuzz v1\n[]byte(%q)\n", data)
		if err := os.WriteFile(filepath.Join(parityCorpus, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("passes", nil)
	for i, p := range e.pairs {
		telling := func(data []byte) bool {
			_, refused := e.compare(t, arrived(t, randomPod(data)))
			return e.telling(i, refused)
		}
		for n := range uint64(20_000) {
			if data := seeded(3, n); telling(data) {
				write(fmt.Sprintf("%s-%s", p.Control, p.since), shrink(data, telling))
				break
			}
		}
	}
}

// readCorpus reads a file as Go's fuzzing writes it.
func readCorpus(t testing.TB, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var data []byte
	quoted := strings.TrimPrefix(string(text), "go test fuzz v1\n[]byte(")
	if _, err := fmt.Sscanf(strings.TrimSuffix(quoted, ")\n"), "%q", &data); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return data
}
