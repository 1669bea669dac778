package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/vapchart/vapchart/internal/check"
	"github.com/vapchart/vapchart/internal/report"
)

var update = flag.Bool("update", false, "rewrite the expected results in testdata")

// TestCheck takes each file of testdata/check: the decisions of `check.json` in
// text are `want.txt`, and in JSON they are what they were.
func TestCheck(t *testing.T) {
	files, err := filepath.Glob("testdata/check/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in testdata/check: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var c check.Result
			if err := json.Unmarshal(archive.Files[0].Data, &c); err != nil {
				t.Fatal(err)
			}
			var text, data bytes.Buffer
			if err := errors.Join(report.CheckText(c, &text), report.CheckJSON(c, &data)); err != nil {
				t.Fatal(err)
			}
			if *update {
				archive.Files = []txtar.File{{Name: "check.json", Data: data.Bytes()}, {Name: "want.txt", Data: text.Bytes()}}
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if d := diff.Diff("check.json", archive.Files[0].Data, "got", data.Bytes()); len(d) > 0 {
				t.Errorf("%s", d)
			}
			if d := diff.Diff("want.txt", archive.Files[1].Data, "got", text.Bytes()); len(d) > 0 {
				t.Errorf("%s", d)
			}
		})
	}
}

func TestCheckDenied(t *testing.T) {
	c := check.Result{{Verdict: check.Denied}, {Verdict: check.Admitted}, {Verdict: check.Denied}}
	if got := c.Denied(); got != 2 {
		t.Errorf("got %d, want 2", got)
	}
}

// full is a writer on a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, os.ErrInvalid }

func TestCheckTellsThatItCouldNotWrite(t *testing.T) {
	c := check.Result{{Verdict: check.Admitted}}
	if err := report.CheckText(c, full{}); !errors.Is(err, os.ErrInvalid) {
		t.Errorf("text: %v", err)
	}
	if err := report.CheckJSON(c, full{}); !errors.Is(err, os.ErrInvalid) {
		t.Errorf("json: %v", err)
	}
}
