package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/vapchart/vapchart/internal/probe"
	"github.com/vapchart/vapchart/internal/report"
)

// TestProbe takes each file of testdata/probe: the facts of `probe.json` in text
// are `want.txt`, and in JSON they are what they were.
func TestProbe(t *testing.T) {
	files, err := filepath.Glob("testdata/probe/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in testdata/probe: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var p probe.Result
			if err := json.Unmarshal(archive.Files[0].Data, &p); err != nil {
				t.Fatal(err)
			}
			var text, data bytes.Buffer
			if err := errors.Join(report.ProbeText(p, &text), report.ProbeJSON(p, &data)); err != nil {
				t.Fatal(err)
			}
			if *update {
				archive.Files = []txtar.File{{Name: "probe.json", Data: data.Bytes()}, {Name: "want.txt", Data: text.Bytes()}}
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if d := diff.Diff("probe.json", archive.Files[0].Data, "got", data.Bytes()); len(d) > 0 {
				t.Errorf("%s", d)
			}
			if d := diff.Diff("want.txt", archive.Files[1].Data, "got", text.Bytes()); len(d) > 0 {
				t.Errorf("%s", d)
			}
		})
	}
}

func TestProbeCounts(t *testing.T) {
	unknown := probe.Cell{Outcome: probe.Unknown, Got: probe.Answer{Words: "not\nallowed"}}
	in := func(c probe.Cell, namespace string) probe.Cell { c.Namespace = namespace; return c }
	p := probe.Result{
		Objects: []probe.ObjectFinding{{Problem: probe.Extra}, {Problem: probe.Former}},
		Cells: []probe.Cell{
			in(unknown, "b"), in(unknown, "b"), in(unknown, "a"), {Namespace: "a", Outcome: probe.Allowed},
			{Namespace: "c", Outcome: probe.Open, Difference: true}, in(unknown, "d"),
			{Namespace: "e", Outcome: probe.Allowed}, in(unknown, "e"),
		},
	}
	if n := p.Differences(); n != 2 {
		t.Errorf("%d differences, want 2", n)
	}
	namespaces, words := p.Unlearned()
	if !reflect.DeepEqual(namespaces, []string{"b", "d"}) || !reflect.DeepEqual(words, []string{"not allowed", "not allowed"}) {
		t.Errorf("nothing learned of %v: %q", namespaces, words)
	}
}

// TestProbeStaysNarrow wants a matrix of many namespaces and all controls to fit a
// terminal, but for the names of the namespaces.
func TestProbeStaysNarrow(t *testing.T) {
	p := probe.Result{}
	for i := range 20 {
		p.Controls = append(p.Controls, strings.Repeat("c", 10+i))
		for n := range 300 {
			outcome := []probe.Outcome{probe.Enforced, probe.Warned, probe.Allowed}[n%3]
			p.Cells = append(p.Cells, probe.Cell{Namespace: "n" + strings.Repeat("x", n), Pod: probe.Pod{Control: p.Controls[i]}, Outcome: outcome})
		}
	}
	var out bytes.Buffer
	if err := report.ProbeText(p, &out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	if len(lines) > 30 {
		t.Errorf("%d lines", len(lines))
	}
	for _, line := range lines {
		if len(line) > 100 && !strings.Contains(line, "   n") {
			t.Errorf("%d letters: %s", len(line), line)
		}
	}
}

func TestProbeTellsThatItCouldNotWrite(t *testing.T) {
	p := probe.Result{}
	if err := report.ProbeText(p, full{}); !errors.Is(err, os.ErrInvalid) {
		t.Errorf("text: %v", err)
	}
	if err := report.ProbeJSON(p, full{}); !errors.Is(err, os.ErrInvalid) {
		t.Errorf("json: %v", err)
	}
}
