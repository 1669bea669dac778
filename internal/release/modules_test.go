package release_test

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/release"
)

var update = flag.Bool("update", false, "write modules.txt anew")

// TestModulesAreLinked holds the list of the tool's modules against what Go
// would link on each system, and against go.sum.
func TestModulesAreLinked(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	const tool = "github.com/vapchart/vapchart/cmd/vapchart"
	linked := map[string]string{}
	for _, system := range []string{"linux", "darwin", "windows"} {
		cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}", tool)
		cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH=amd64", "CGO_ENABLED=0")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go list: %v", err)
		}
		for _, line := range strings.Fields(strings.ReplaceAll(string(out), " ", "@")) {
			path, version, _ := strings.Cut(line, "@")
			linked[path] = version
		}
	}
	sums, err := os.ReadFile("../../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	for _, path := range slices.Sorted(maps.Keys(linked)) {
		_, rest, ok := bytes.Cut(append([]byte("\n"), sums...), []byte("\n"+path+" "+linked[path]+" "))
		if !ok {
			t.Fatalf("go.sum has no %s %s", path, linked[path])
		}
		sum, _, _ := bytes.Cut(rest, []byte("\n"))
		fmt.Fprintf(&want, "%s %s %s\n", path, linked[path], sum)
	}
	if *update {
		if err := os.WriteFile("modules.txt", want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile("modules.txt")
	if err != nil || !bytes.Equal(got, want.Bytes()) {
		t.Errorf("modules.txt is not what the tool is linked from; go test ./internal/release -update (%v)", err)
	}
	if list, err := release.Modules(); err != nil || len(list) != len(linked) || len(list) < 50 {
		t.Errorf("%d modules, want %d: %v", len(list), len(linked), err)
	}
}
