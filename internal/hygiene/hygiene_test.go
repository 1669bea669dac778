package hygiene_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	root   = "../.."
	module = "github.com/vapchart/vapchart/"
)

// file is one non-test Go file of the main module.
type file struct {
	path  string // relative to the root
	lines int
	set   *token.FileSet
	ast   *ast.File
}

// pkg gives the folder of the file's package, such as internal/policy.
func (f file) pkg() string { return filepath.ToSlash(filepath.Dir(f.path)) }

func (f file) imports() []string {
	var out []string
	for _, i := range f.ast.Imports {
		p, _ := strconv.Unquote(i.Path.Value)
		out = append(out, p)
	}
	return out
}

func goFiles(t *testing.T) []file {
	t.Helper()
	var out []file
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, p)
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && p != root || slices.Contains([]string{"upstream", "tools", "e2e", "dist", "bin", "testdata"}, rel)) {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, p, text, parser.ParseComments)
		if err != nil {
			return err
		}
		out = append(out, file{path: rel, lines: bytes.Count(text, []byte("\n")), set: set, ast: parsed})
		return nil
	})
	if err != nil || len(out) < 20 {
		t.Fatalf("found %d files, %v", len(out), err)
	}
	return out
}

// floors are the packages from the ground up: each may import those on lower floors
// only. A new package needs a floor.
func floors() [][]string {
	return [][]string{
		{"internal/policy", "internal/manifest", "internal/tree", "internal/cel", "templates", "policies", "locks"},
		{"internal/term", "internal/admission"},
		{"internal/project", "internal/kyverno", "internal/convert", "internal/pss", "internal/exception", "internal/sign", "internal/push", "internal/values"},
		{"internal/upstream", "internal/chart", "internal/overlay"},
		{"internal/rules", "internal/cluster", "internal/sample"},
		{"internal/compare", "internal/chainsaw"},
		{"internal/psa"},
		{"internal/build", "internal/check", "internal/probe", "internal/migrate"},
		{"internal/bump", "internal/release"},
		{"internal/report"},
		{"internal/cli"},
		{"cmd/vapchart"},
	}
}

// TestFloors holds that imports go down: no package imports one of its own floor or
// above. Verbs share a floor, so none imports another but for release and bump, which
// build.
func TestFloors(t *testing.T) {
	floor := map[string]int{"internal/hygiene": 0, "internal/proof": 0} // tests alone
	for i, names := range floors() {
		for _, name := range names {
			floor[name] = i
		}
	}
	// The judge must not know how its objects were made: a wrong conversion cannot hide.
	only := map[string][]string{"internal/admission": {"internal/manifest", "internal/cel"}, "internal/values": {}, "internal/sign": {"internal/policy"}, "internal/push": {"internal/policy"}}
	lines := map[string]int{}
	for _, f := range goFiles(t) {
		lines[f.pkg()] += f.lines
		if _, ok := floor[f.pkg()]; !ok {
			t.Errorf("package %s has no floor", f.pkg())
		}
		for _, imp := range f.imports() {
			inside, ok := strings.CutPrefix(imp, module)
			if !ok {
				continue
			}
			if floor[inside] >= floor[f.pkg()] {
				t.Errorf("%s imports %s, which is not below it", f.path, inside)
			}
			if list, limited := only[f.pkg()]; limited && !slices.Contains(list, inside) {
				t.Errorf("%s imports %s", f.path, inside)
			}
		}
	}
	for pkg, n := range lines {
		most := 3000
		switch pkg {
		case "internal/cli":
			most = 1500
		case "internal/admission": // the API server's rules, mirrored
			most = 4500
		}
		if n > most {
			t.Errorf("%s has %d lines, and room for %d", pkg, n, most)
		}
	}
}

// TestOnePackageKnowsEachLibrary holds what only one package may import.
func TestOnePackageKnowsEachLibrary(t *testing.T) {
	only := map[string]string{
		"net": "internal/upstream", "net/http": "internal/upstream internal/push", "github.com/go-git/": "internal/upstream",
		"oras.land/": "internal/push", "github.com/ProtonMail/": "internal/sign", "github.com/CycloneDX/": "internal/release",
		"helm.sh/helm/": "internal/chart", "sigs.k8s.io/kustomize/": "internal/overlay",
		"github.com/google/cel-go/parser": "internal/cel", "k8s.io/apiserver/": "internal/admission", "k8s.io/pod-security-admission/": "internal/pss",
		"github.com/spf13/cobra": "internal/cli",
		"k8s.io/client-go/rest":  "internal/probe", "k8s.io/client-go/tools/clientcmd": "internal/probe",
		"k8s.io/client-go/kubernetes": "internal/probe", "k8s.io/client-go/dynamic": "internal/probe",
	}
	seen := map[string]bool{}
	for _, f := range goFiles(t) {
		for _, imp := range f.imports() {
			for prefix, owner := range only {
				below := strings.HasSuffix(prefix, "/") && strings.HasPrefix(imp, prefix)
				if imp != prefix && !below {
					continue
				}
				seen[prefix] = true
				if !slices.Contains(strings.Fields(owner), f.pkg()) {
					t.Errorf("%s imports %s, which is for %s alone", f.path, imp, owner)
				}
			}
		}
	}
	for _, prefix := range []string{"helm.sh/helm/", "k8s.io/apiserver/", "k8s.io/pod-security-admission/", "github.com/go-git/", "github.com/spf13/cobra", "k8s.io/client-go/kubernetes",
		"oras.land/", "github.com/ProtonMail/", "github.com/CycloneDX/"} {
		if !seen[prefix] {
			t.Errorf("nothing imports %s: does this test still look at the right files?", prefix)
		}
	}
}

// TestProbeStoresNothing holds that a live cluster is only asked: of all that a
// client can write, the probe uses a review of itself and one request of its own,
// which is on trial.
func TestProbeStoresNothing(t *testing.T) {
	writes := map[string]int{}
	for _, f := range goFiles(t) {
		if f.pkg() != "internal/probe" {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && slices.Contains([]string{"Create", "Update", "UpdateStatus", "Patch",
				"Apply", "Delete", "DeleteCollection", "Post", "Put", "Bind", "Evict", "EvictV1", "Verb", "DryRunAll"}, s.Sel.Name) {
				writes[s.Sel.Name]++
			}
			return true
		})
	}
	if want := map[string]int{"Create": 1, "Post": 1, "DryRunAll": 1}; !maps.Equal(writes, want) {
		t.Errorf("the probe writes by %v, want %v", writes, want)
	}
}

// TestClockAndEnvironment holds that only the command line reads either, so
// that everything below gives the same output for the same input.
func TestClockAndEnvironment(t *testing.T) {
	calls := map[string][]string{"time": {"Now", "Since", "Until"}, "os": {"Getenv", "LookupEnv", "Environ", "Getwd", "UserHomeDir"}}
	for _, f := range goFiles(t) {
		if f.pkg() == "internal/cli" {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := s.X.(*ast.Ident); ok && x.Obj == nil && slices.Contains(calls[x.Name], s.Sel.Name) {
				t.Errorf("%s: %s.%s", f.set.Position(n.Pos()), x.Name, s.Sel.Name)
			}
			return true
		})
	}
}

// TestPackageState holds that packages have no state: no init, no variables but
// errors and embedded files.
func TestPackageState(t *testing.T) {
	for _, f := range goFiles(t) {
		for _, d := range f.ast.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.Name == "init" && d.Recv == nil {
					t.Errorf("%s: init", f.set.Position(d.Pos()))
				}
			case *ast.GenDecl:
				if d.Tok != token.VAR {
					continue
				}
				for _, s := range d.Specs {
					if v := s.(*ast.ValueSpec); !stateless(d, v) {
						t.Errorf("%s: package variable %s", f.set.Position(v.Pos()), v.Names[0].Name)
					}
				}
			}
		}
	}
}

func stateless(d *ast.GenDecl, v *ast.ValueSpec) bool {
	for _, doc := range []*ast.CommentGroup{d.Doc, v.Doc} {
		if doc != nil && strings.Contains(rawText(doc), "//go:embed") {
			return true
		}
	}
	return v.Names[0].Name == "_" || strings.HasPrefix(strings.ToLower(v.Names[0].Name), "err")
}

func rawText(g *ast.CommentGroup) string {
	var b strings.Builder
	for _, c := range g.List {
		b.WriteString(c.Text + "\n")
	}
	return b.String()
}

func TestFilesStaySmall(t *testing.T) {
	var lines []int
	for _, f := range goFiles(t) {
		lines = append(lines, f.lines)
		if f.lines > 300 {
			t.Errorf("%s has %d lines", f.path, f.lines)
		}
		for _, d := range f.ast.Decls {
			const most = 60
			if fn, ok := d.(*ast.FuncDecl); ok {
				if n := f.set.Position(fn.End()).Line - f.set.Position(fn.Pos()).Line + 1; n > most {
					t.Errorf("%s: %s has %d lines", f.set.Position(fn.Pos()), fn.Name.Name, n)
				}
			}
		}
	}
	slices.Sort(lines)
	if median := lines[len(lines)/2]; median > 140 {
		t.Errorf("the median file has %d lines", median)
	}
}

func TestPackagesAreDocumented(t *testing.T) {
	documented := map[string]bool{}
	for _, f := range goFiles(t) {
		documented[f.pkg()] = documented[f.pkg()] || f.ast.Doc != nil
	}
	for pkg, ok := range documented {
		if !ok {
			t.Errorf("package %s has no comment", pkg)
		}
		if slices.Contains([]string{"util", "utils", "common", "helpers"}, filepath.Base(pkg)) {
			t.Errorf("package %s is named after nothing", pkg)
		}
	}
}

// TestModule holds that the tool can be installed from its module path: a main
// module with replace lines cannot, and an untidy one may not build.
func TestModule(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte("replace")) {
		t.Error("go.mod has a replace line")
	}
	cmd := exec.Command("go", "mod", "tidy", "-diff")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go mod tidy: %v\n%s", err, out)
	}
}
