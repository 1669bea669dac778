package upstream

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/tree"
)

// Policy is one policy file of a vendored tree and what it was selected for.
type Policy struct {
	Path    string // relative to the root of the source
	Profile policy.Profile
	Data    []byte
}

// Policies gives the policy files of a vendored tree, sorted by path, as Fetch
// chose them by the same selection. A tree that holds other policies than the
// selection asks for is an error: it was vendored by another one.
func Policies(t tree.Tree, sel project.Select) ([]Policy, error) {
	h, err := gatherAll(context.Background(), inMemory(t))
	if err != nil {
		return nil, err
	}
	chosen, err := choose(h, sel, true)
	errs := []error{err}
	for _, p := range slices.Sorted(maps.Keys(h.policies)) {
		if !slices.ContainsFunc(chosen, func(c Policy) bool { return c.Path == p }) {
			errs = append(errs, fmt.Errorf("select: %s is vendored and not selected", p))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, policy.WithHint(err, again)
	}
	return chosen, nil
}

// again is the hint where what was vendored and what is wanted have parted.
const again = "run vapchart vendor"

// choose applies a selection. An entry that matches nothing is an error, but
// not a policy left out where the harvest is a vendored tree, from which it is
// gone already.
func choose(h harvest, sel project.Select, vendored bool) ([]Policy, error) {
	var errs []error
	taken := map[string]policy.Profile{}
	for _, profile := range project.Profiles() {
		paths, err := chooseFor(h, sel[profile], vendored)
		if err != nil {
			errs = append(errs, prefix("select "+string(profile), err))
		}
		for _, p := range paths {
			if first, twice := taken[p]; twice {
				errs = append(errs, fmt.Errorf("select: %s is selected for %s and for %s", p, first, profile))
				continue
			}
			taken[p] = profile
		}
	}
	if len(taken) == 0 && len(errs) == 0 {
		errs = append(errs, errors.New("select: no policy is selected"))
	}
	var out []Policy
	for _, p := range slices.Sorted(maps.Keys(taken)) {
		out = append(out, Policy{p, taken[p], h.files[p]})
	}
	return out, errors.Join(errs...)
}

// chooseFor gives the policy files for one profile, sorted.
func chooseFor(h harvest, f project.Folders, vendored bool) ([]string, error) {
	var errs []error
	inside := map[string]bool{}
	for _, dir := range f.Paths {
		found := false
		for p := range h.policies {
			if under(p, dir) {
				inside[p], found = true, true
			}
		}
		if !found {
			errs = append(errs, fmt.Errorf("no policy in folder %s", dir))
		}
	}
	matched := map[string]bool{}
	var names, out []string
	for _, p := range slices.Sorted(maps.Keys(inside)) {
		names = append(names, h.policies[p]...)
		drop, err := leftOut(p, h.policies[p], f.Without, matched)
		if err != nil {
			errs = append(errs, err)
		}
		if !drop {
			out = append(out, p)
		}
	}
	for _, n := range f.Without {
		if !matched[n] && !vendored {
			errs = append(errs, noSuchPolicy(n, names))
		}
	}
	return out, errors.Join(errs...)
}

// leftOut says whether a file is left out, and marks the names that it matched.
// A file of several policies is taken or left as a whole.
func leftOut(p string, names, without []string, matched map[string]bool) (bool, error) {
	var stay []string
	for _, n := range names {
		if slices.Contains(without, n) {
			matched[n] = true
		} else {
			stay = append(stay, n)
		}
	}
	if len(stay) > 0 && len(stay) < len(names) {
		return false, policy.WithHint(
			fmt.Errorf("%s holds %s, of which only some are left out", p, strings.Join(names, ", ")),
			"a file is taken or left as a whole: leave out all of its policies or none")
	}
	return len(names) > 0 && len(stay) == 0, nil
}

func noSuchPolicy(name string, names []string) error {
	err := fmt.Errorf("-%s: no policy of that name in the selected folders", name)
	if alike := policy.Near(name, names); len(alike) > 0 {
		return policy.WithHint(err, "near it: "+some(alike))
	}
	return err
}

// under says whether a file lies below a folder of the source.
func under(name, dir string) bool {
	dir = path.Clean(dir)
	return dir == "." || strings.HasPrefix(name, dir+"/")
}
