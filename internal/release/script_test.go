package release_test

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/tree"
)

// TestScript runs verify.sh as people do, with the real sha256sum and gpg.
func TestScript(t *testing.T) {
	for _, tool := range []string{"gpg", "sha256sum"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("no %s on the PATH", tool)
		}
	}
	shells := 0
	for _, shell := range [][]string{{"dash"}, {"busybox", "sh"}, {"bash", "--posix"}, {"sh"}} {
		if _, err := exec.LookPath(shell[0]); err != nil {
			continue
		}
		shells++
		t.Run(strings.Join(shell, " "), func(t *testing.T) { script(t, shell) })
	}
	if shells == 0 {
		t.Skip("no shell on the PATH")
	}
}

func script(t *testing.T, shell []string) {
	in := input(t, "1.2.3")
	secret, public := key(t, "releases")
	signed, unsigned := build(t, in, &secret), build(t, in, nil)
	change := func(from tree.Tree, f func(tree.Tree)) tree.Tree {
		out := maps.Clone(from)
		f(out)
		return out
	}
	for name, c := range map[string]struct {
		bundle tree.Tree
		args   []string
		code   int
		want   string
	}{
		"good":                 {signed, []string{"KEYS"}, 0, "verified: 19 files"},
		"unsigned, as said":    {unsigned, []string{"--unsigned"}, 0, "verified: 19 files"},
		"unsigned":             {unsigned, []string{"KEYS"}, 3, "the release is not signed"},
		"another key":          {signed, []string{"OTHER"}, 3, "SHA256SUMS.asc: the signature is not good"},
		"own keyring lacks it": {signed, nil, 3, "SHA256SUMS.asc: the signature is not good"},
		"no keys":              {signed, []string{"nowhere"}, 1, "no keys can be read"},
		"two arguments":        {signed, []string{"a", "b"}, 2, "too many arguments"},
		"unknown option":       {signed, []string{"--what"}, 2, "there is no option --what"},
		"changed": {change(signed, func(b tree.Tree) { b["upstream/a/a.yaml"] = []byte("kind: y\n") }), []string{"KEYS"}, 3,
			"upstream/a/a.yaml: FAILED"},
		"dropped":      {change(signed, func(b tree.Tree) { delete(b, "LICENSE") }), []string{"KEYS"}, 3, "LICENSE: FAILED"},
		"added":        {change(signed, func(b tree.Tree) { b["extra"] = nil }), []string{"KEYS"}, 3, "extra: it is not in SHA256SUMS"},
		"added, below": {change(signed, func(b tree.Tree) { b["a/SHA256SUMS.asc"] = nil }), []string{"KEYS"}, 3, "a/SHA256SUMS.asc: it is not in SHA256SUMS"},
		"swapped": {change(signed, func(b tree.Tree) { b["LICENSE"], b["vapchart.yaml"] = b["vapchart.yaml"], b["LICENSE"] }), []string{"KEYS"}, 3,
			"LICENSE: FAILED"},
		"sums of another": {change(signed, func(b tree.Tree) { b["SHA256SUMS"] = b["SHA256SUMS"][66:] }), []string{"KEYS"}, 3, "the signature is not good"},
		"chart of another release": {change(signed, func(b tree.Tree) {
			b["small-1.2.3.tgz.prov"] = build(t, input(t, "1.2.2"), &secret)["small-1.2.2.tgz.prov"]
		}),
			[]string{"KEYS"}, 3, "small-1.2.3.tgz.prov: it is of another chart"},
		"chart unsigned": {change(signed, func(b tree.Tree) { delete(b, "small-1.2.3.tgz.prov") }), []string{"KEYS"}, 3, "the chart is not signed"},
		"no sums":        {change(signed, func(b tree.Tree) { delete(b, "SHA256SUMS") }), []string{"KEYS"}, 3, "SHA256SUMS: it is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			work := t.TempDir()
			if err := c.bundle.Write(t.Context(), filepath.Join(work, "bundle")); err != nil {
				t.Fatal(err)
			}
			for file, data := range map[string][]byte{"KEYS": public, "OTHER": other(t)} {
				if err := os.WriteFile(filepath.Join(work, file), data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.Command(shell[0], slices.Concat(shell[1:], []string{"bundle/verify.sh"}, c.args)...)
			cmd.Dir = work
			home := filepath.Join(work, "home")
			if err := os.Mkdir(home, 0o700); err != nil {
				t.Fatal(err)
			}
			cmd.Env = append(os.Environ(), "GNUPGHOME="+home, "TMPDIR="+work)
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			err := cmd.Run()
			if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.Contains(out.String(), c.want) {
				t.Errorf("exit %d (%v), want %d and %q:\n%s", code, err, c.code, c.want, out.String())
			}
			if left, _ := filepath.Glob(filepath.Join(work, "tmp.*")); len(left) > 0 {
				t.Errorf("it left %v", left)
			}
		})
	}
	t.Run("a link", func(t *testing.T) {
		work := t.TempDir()
		if err := unsigned.Write(t.Context(), work); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("LICENSE", filepath.Join(work, "link")); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(shell[0], slices.Concat(shell[1:], []string{filepath.Join(work, "verify.sh"), "--unsigned"})...)
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "link: it is not a plain file") {
			t.Errorf("%v:\n%s", err, out)
		}
	})
}
