package rules

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/convert"
	"github.com/vapchart/vapchart/internal/exception"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/pss"
	"github.com/vapchart/vapchart/internal/tree"
)

// Version is what one version of the standard asks for: the built-in library as
// it has it, and the rules that hold by it.
type Version struct {
	version  string
	builtin  []policy.Rule // with their controls
	comps    []exception.Compensation
	assessed pss.Assessment
}

// assess holds the rules against every version of the standard, each judged as
// the policy that it became, and puts what came of it into the editions.
func (l *Library) assess(ctx context.Context, upstream []convert.Objects, editions []Version, strict bool) error {
	builtin := func(version string) ([]policy.Rule, error) {
		i := slices.IndexFunc(editions, func(e Version) bool { return e.version == version })
		if i < 0 {
			return nil, fmt.Errorf("find the library of %s", version)
		}
		return editions[i].builtin, nil
	}
	assessed, err := pss.AssessAll(pss.Input{Rules: Of(upstream), Strict: strict, Refuses: l.evaluator.judge(ctx), Known: l.known}, builtin)
	if err != nil {
		return err
	}
	for i := range editions {
		editions[i].assessed = assessed[i]
	}
	return nil
}

// Project is what a project's policies come to, before anything is made of
// them.
type Project struct {
	Plan     project.Plan
	Pin      policy.Pin
	Vendored tree.Tree
	Upstream Set
	Library  *Library
	Editions []Version // of the library, with what came of these policies by each; the oldest first

	Kubernetes string // the oldest that takes all rules of upstream
}

// ReadProject verifies, reads, converts and compiles the vendored policies, and
// holds them against every version of the standard.
func ReadProject(ctx context.Context, p *project.Project, skip bool) (Project, error) {
	plan, _, err := p.Load()
	if err != nil {
		return Project{}, err
	}
	vendored, pin, err := verifyVendored(p, plan)
	if err != nil {
		return Project{Plan: plan}, err
	}
	builtin, err := NewLibrary()
	if err != nil {
		return Project{Plan: plan}, err
	}
	return ReadVersion(ctx, Project{Plan: plan, Pin: pin, Vendored: vendored, Library: builtin}, skip)
}

// ReadVersion does so with policies that need not lie in the project. Of what it is
// given it changes nothing, so that two versions can share the built-in library.
func ReadVersion(ctx context.Context, of Project, skip bool) (Project, error) {
	out, err := of, error(nil)
	out.Editions = slices.Clone(of.Library.editions)
	out.Upstream, err = readRules(out.Vendored, out.Pin, out.Plan.Select, skip)
	oldest, compileErr := compile(of.Library.Checker, out.Upstream.Converted, nil, out.Plan.Clusters)
	if err = errors.Join(err, compileErr); err != nil {
		return out, err
	}
	out.Kubernetes = oldest
	return out, of.Library.assess(ctx, out.Upstream.Converted, out.Editions, out.Plan.Standard == project.StandardStrict)
}

// Newest gives what holds by the newest version.
func Newest(editions []Version) pss.Assessment { return editions[len(editions)-1].assessed }

// revision is a rule as some versions have it, with what takes its place where an
// exception is in force.
type revision struct {
	rule         policy.Rule
	instead      *exception.Compensation
	since, until string
}

// ChartRules gives the rules of all editions as the chart has them: each in its
// newest revision, with the earlier ones behind it. Rules of no profile know no
// versions.
func ChartRules(checker *admission.Checker, editions []Version, compiled []convert.Objects) ([]chart.Rule, error) {
	byName := map[string][]revision{} // the newest first
	var names []string
	until := ""
	for _, e := range slices.Backward(editions) {
		for _, rule := range e.assessed.Rules {
			if rule.Profile == policy.Other && until != "" {
				continue
			}
			h := revision{rule: rule, since: e.version, until: until}
			if rule.Profile == policy.Other {
				h.since = ""
			} else if c, ok, err := exception.For(rule, e.builtin, e.assessed.Rules, e.comps); err != nil {
				return nil, err
			} else if ok {
				h.instead = &c
			}
			if byName[rule.Name] == nil {
				names = append(names, rule.Name)
			}
			byName[rule.Name] = join(byName[rule.Name], h)
		}
		until = e.version
	}
	slices.Sort(names)
	var out []chart.Rule
	for _, name := range names {
		rule, err := converted(byName[name])
		if err != nil {
			return nil, err
		}
		out = append(out, rule)
	}
	return out, compileRevisions(checker, out, compiled)
}

// join adds an earlier revision. One that says what the next later one says is
// no other.
func join(later []revision, h revision) []revision {
	if n := len(later) - 1; n >= 0 && later[n].since == h.until && reflect.DeepEqual(later[n].instead, h.instead) {
		same := h.rule
		same.Corrects = later[n].rule.Corrects // tells of upstream's rule, in other numbers at each version
		if reflect.DeepEqual(later[n].rule, same) {
			later[n].since = h.since
			return later
		}
	}
	return append(later, h)
}

// converted converts the revisions of a rule.
func converted(revisions []revision) (chart.Rule, error) {
	var all []chart.Rule
	for _, h := range revisions {
		o, err := convert.Rule(h.rule)
		if err != nil {
			return chart.Rule{}, err
		}
		all = append(all, chart.Rule{Objects: o, Exception: h.instead, Since: h.since, Until: h.until})
	}
	out := all[0]
	out.Earlier = all[1:]
	return out, nil
}

// compileRevisions compiles what has not been: what the built-in library brought
// in, and rules merged from several. The revisions of one rule share its name, so
// that each is compiled with those of other rules.
func compileRevisions(checker *admission.Checker, rules []chart.Rule, compiled []convert.Objects) error {
	var errs []error
	for age := 0; ; age++ {
		var layer []convert.Objects
		for _, r := range rules {
			if all := append([]chart.Rule{r}, r.Earlier...); age < len(all) {
				layer = append(layer, all[age].Objects)
			}
		}
		if len(layer) == 0 {
			return errors.Join(errs...)
		}
		_, err := compile(checker, layer, compiled, nil)
		errs = append(errs, err)
	}
}
