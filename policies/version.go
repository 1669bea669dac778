package policies

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Latest is the newest version of the standard.
const Latest = "latest"

// older is the folder of the revisions that a newer one has taken the place of.
const older = "revisions"

// since begins the line of a file that names the version from which on it
// holds: a policy's annotation, a compensation's field.
const since = "since: "

// Library is all revisions of all files.
type Library struct{ files []revision }

// Read reads which files there are, and since when each of them holds.
func Read() (Library, error) {
	all, err := files()
	return Library{all}, err
}

// At is At of a library that is read here.
func At(version string) (fs.FS, error) {
	all, err := Read()
	if err != nil {
		return nil, err
	}
	return all.At(version)
}

// At gives the library as it is at a version of the standard, as PSA writes it:
// "latest" or "v1.24". Its files have the paths that they have in FS: each
// control's newest revision that is not newer than the version, and nothing of a
// control that the standard did not hold then. Versions newer than the newest
// revision give what FS holds.
func (l Library) At(version string) (fs.FS, error) {
	minor, err := minorOf(version)
	if err != nil {
		return nil, err
	}
	held := layer{}
	newest := map[string]int{}
	for _, f := range l.files {
		before, ok := newest[f.name]
		if f.minor <= minor && (!ok || before < f.minor) {
			held[f.name], newest[f.name] = f, f.minor
		}
	}
	return held, nil
}

// Versions gives every version at which some policy or compensation changes,
// the oldest first, as v1.0. Between two of them the library stays what it is.
func Versions() []string {
	all, err := files()
	if err != nil {
		return nil // of files that are embedded: the tests see to it
	}
	var minors []int
	for _, f := range all {
		minors = append(minors, f.minor)
	}
	slices.Sort(minors)
	var out []string
	for _, m := range slices.Compact(minors) {
		out = append(out, fmt.Sprintf("v1.%d", m))
	}
	return out
}

// revision is one embedded file.
type revision struct {
	name  string // where it is in a library: its path in FS
	from  fs.FS
	path  string // in from
	minor int    // the version from which on it holds, the 24 of v1.24
}

// files gives all files of all revisions.
func files() ([]revision, error) {
	type key struct {
		name  string
		minor int
	}
	seen := map[key]bool{}
	var out []revision
	var errs []error
	for _, from := range []fs.FS{FS, revisions} {
		errs = append(errs, fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			r, err := revisionOf(from, name)
			if err != nil {
				return fmt.Errorf("read library: %s: %w", name, err)
			}
			k := key{r.name, r.minor}
			if seen[k] {
				return fmt.Errorf("read library: %s: there are two of v1.%d", r.name, r.minor)
			}
			seen[k] = true
			out = append(out, r)
			return nil
		}))
	}
	return out, errors.Join(errs...)
}

// revisionOf reads the version that a file says it is of.
func revisionOf(from fs.FS, file string) (revision, error) {
	data, err := fs.ReadFile(from, file)
	if err != nil {
		return revision{}, err
	}
	_, rest, ok := strings.Cut(string(data), since)
	if !ok {
		return revision{}, errors.New("no line says since which version it holds")
	}
	version, _, _ := strings.Cut(rest, "\n")
	minor, err := minorOf(version)
	if err != nil {
		return revision{}, err
	}
	out := revision{name: file, from: from, path: file, minor: minor}
	if below, ok := strings.CutPrefix(file, older+"/"); ok {
		folder, name, _ := strings.Cut(below, "/")
		if folder != version {
			return revision{}, fmt.Errorf("is of %s, want the folder %s", version, path.Join(older, version))
		}
		out.name = name
	}
	return out, nil
}

// minorOf gives the 24 of v1.24, and for latest more than any version has. The
// standard has had one major version only.
func minorOf(version string) (int, error) {
	if version == Latest {
		return math.MaxInt, nil
	}
	digits, ok := strings.CutPrefix(version, "v1.")
	minor, err := strconv.Atoi(digits)
	if !ok || err != nil || strconv.Itoa(minor) != digits || minor < 0 {
		return 0, fmt.Errorf("read standard version %q: want latest or v1.<minor>", version)
	}
	return minor, nil
}
