package upstream

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/tree"
)

// checkName says whether a name that a source gives may become a file here. A
// git tree can hold any bytes as a name, and a `.git` in a checkout would be
// taken for a repository by the next git command there.
func checkName(dir, name string) error {
	bad := name == "" || name == "." || name == ".." || strings.Contains(name, "/") ||
		strings.EqualFold(name, ".git") || strings.EqualFold(name, "git~1") ||
		strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) })
	if bad || tree.CheckPath(path.Join(dir, name)) != nil {
		return fmt.Errorf("read %s: the source holds a file named %q, which is refused", dir, name)
	}
	return nil
}

// isTests names the folders of tests that the library keeps beside a policy. It
// has some under a longer name, such as release-1.12's .kyverno-test.yaml.
func isTests(folder string) bool {
	return strings.HasPrefix(folder, ".kyverno-test") || strings.HasPrefix(folder, ".chainsaw-test")
}

// homeOf gives the folder of the policy that a file stands beside.
func homeOf(name string) string {
	dir := path.Dir(name)
	for d := dir; d != "."; d = path.Dir(d) {
		if isTests(path.Base(d)) {
			dir = path.Dir(d) // the outermost, for tests that hold a folder of that name
		}
	}
	return dir
}

func isYAML(name string) bool {
	ext := path.Ext(name)
	return ext == ".yaml" || ext == ".yml"
}

func isKustomization(name string) bool {
	return name == "kustomization.yaml" || name == "kustomization.yml" || name == "Kustomization"
}

// isHub names the file that describes a policy to Artifact Hub.
func isHub(name string) bool {
	return name == "artifacthub-pkg.yml" || name == "artifacthub-pkg.yaml"
}

// isLegal tells licences and notices by their first word, as in LICENSE.md or
// NOTICE.
func isLegal(name string) bool { return isLicence(name) || firstWord(name) == "NOTICE" }

func isLicence(name string) bool {
	return slices.Contains([]string{"LICENSE", "LICENCE", "COPYING"}, firstWord(name))
}

func firstWord(name string) string {
	if isYAML(name) {
		return ""
	}
	word, _, _ := strings.Cut(strings.ToUpper(name), ".")
	word, _, _ = strings.Cut(word, "-")
	return word
}

// needLicence refuses to take another's work without its terms, which whoever
// passes the policies on must pass on too.
func needLicence(t tree.Tree) error {
	for name := range t {
		if path.Dir(name) == "." && isLicence(name) {
			return nil
		}
	}
	return policy.WithHint(errors.New("the source has no LICENSE at its root"),
		"name the root of the library as the source and select folders below it; your own policies need a LICENSE file too")
}
