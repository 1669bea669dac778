package cli

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/config"
	"github.com/vapchart/vapchart/internal/convert"
	"github.com/vapchart/vapchart/internal/exception"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
	"github.com/vapchart/vapchart/internal/tree"
)

// edition is what one version of the standard asks for: the built-in library as
// it has it, and the rules that hold by it.
type edition struct {
	version  string
	builtin  []policy.Rule // with their controls
	comps    []exception.Compensation
	assessed pss.Assessment
}

// assess holds the rules against every version of the standard, each judged as
// the policy that it became, and puts what came of it into the editions.
func (l *builtinLibrary) assess(ctx context.Context, upstream []convert.Objects, editions []edition, strict bool) error {
	builtin := func(version string) ([]policy.Rule, error) {
		i := slices.IndexFunc(editions, func(e edition) bool { return e.version == version })
		if i < 0 {
			return nil, fmt.Errorf("find the library of %s", version)
		}
		return editions[i].builtin, nil
	}
	assessed, err := pss.AssessAll(pss.Input{Rules: rulesOf(upstream), Strict: strict, Refuses: l.evaluator.judge(ctx), Known: l.known}, builtin)
	if err != nil {
		return err
	}
	for i := range editions {
		editions[i].assessed = assessed[i]
	}
	return nil
}

// projectRules is what a project's policies come to, before anything is made of
// them.
type projectRules struct {
	plan     config.Plan
	pin      policy.Pin
	vendored tree.Tree
	upstream ruleSet
	library  *builtinLibrary
	editions []edition // of the library, with what came of these policies by each; the oldest first

	kubernetes string // the oldest that takes all rules of upstream
}

// readProject verifies, reads, converts and compiles the vendored policies, and
// holds them against every version of the standard.
func readProject(ctx context.Context, p *project, skip bool) (projectRules, error) {
	plan, _, err := p.load()
	if err != nil {
		return projectRules{}, err
	}
	vendored, pin, err := verifyVendored(p, plan)
	if err != nil {
		return projectRules{plan: plan}, err
	}
	builtin, err := newLibrary()
	if err != nil {
		return projectRules{plan: plan}, err
	}
	return readVersion(ctx, projectRules{plan: plan, pin: pin, vendored: vendored, library: builtin}, skip)
}

// readVersion does so with policies that need not lie in the project. Of what it is
// given it changes nothing, so that two versions can share the built-in library.
func readVersion(ctx context.Context, of projectRules, skip bool) (projectRules, error) {
	out, err := of, error(nil)
	out.editions = slices.Clone(of.library.editions)
	out.upstream, err = readRules(out.vendored, out.pin, out.plan.Select, skip)
	oldest, compileErr := compile(of.library.checker, out.upstream.converted, nil, out.plan.Clusters)
	if err = errors.Join(err, compileErr); err != nil {
		return out, err
	}
	out.kubernetes = oldest
	return out, of.library.assess(ctx, out.upstream.converted, out.editions, out.plan.Standard == config.StandardStrict)
}

// newest gives what holds by the newest version.
func newest(editions []edition) pss.Assessment { return editions[len(editions)-1].assessed }

// held is a rule as some versions have it, with what takes its place where an
// exception is in force.
type held struct {
	rule         policy.Rule
	instead      *exception.Compensation
	since, until string
}

// chartRules gives the rules of all editions as the chart has them: each in its
// newest revision, with the earlier ones behind it. Rules of no profile know no
// versions.
func chartRules(checker *admission.Checker, editions []edition, compiled []convert.Objects) ([]chart.Rule, error) {
	byName := map[string][]held{} // the newest first
	var names []string
	until := ""
	for _, e := range slices.Backward(editions) {
		for _, rule := range e.assessed.Rules {
			if rule.Profile == policy.Other && until != "" {
				continue
			}
			h := held{rule: rule, since: e.version, until: until}
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
			byName[rule.Name] = joined(byName[rule.Name], h)
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

// joined adds an earlier revision. One that says what the next later one says is
// no other.
func joined(later []held, h held) []held {
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
func converted(revisions []held) (chart.Rule, error) {
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
