package bump

import (
	"context"
	"slices"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/check"
	"github.com/vapchart/vapchart/internal/compare"
	"github.com/vapchart/vapchart/internal/convert"
	"github.com/vapchart/vapchart/internal/term"
)

// readCorpus reads the manifests to judge besides the pods that are made for it.
func (f Options) readCorpus(s term.Streams) ([]check.Object, error) {
	if len(f.Corpus) == 0 {
		return nil, nil
	}
	return check.ReadManifests(s.In, f.Corpus, nil)
}

// judgeCorpus judges the manifests by both versions, as check does by one, and gives
// those that get another verdict.
func (b *bumper) judgeCorpus(ctx context.Context, sc *target) (Corpus, error) {
	out := Corpus{Objects: len(b.corpus), Changes: []ObjectChange{}}
	if len(b.corpus) == 0 {
		return out, nil
	}
	was, err := check.NewChecker(sc.pair.Before, b.corpus, "")
	if err != nil {
		return out, err
	}
	is, err := check.NewChecker(sc.pair.After, b.corpus, "")
	if err != nil {
		return out, err
	}
	before, _, err := was.Judge(ctx)
	if err != nil {
		return out, err
	}
	after, notes, err := is.Judge(ctx)
	if err != nil {
		return out, err
	}
	out.Notes = notes
	rules := map[string]string{} // by policy
	for _, objs := range []*admission.Objects{sc.pair.Before, sc.pair.After} {
		for _, p := range objs.Policies {
			rules[p.Name] = convert.RuleOf(p.Name, p.Annotations)
		}
	}
	for i := range before {
		out.Changes = append(out.Changes, objectChanges(before[i], after[i], rules)...)
	}
	slices.SortStableFunc(out.Changes, func(a, b ObjectChange) int { return compare.Order(a.Direction, b.Direction) })
	return out, nil
}

// objectChanges compares two decisions as compare.Compare does: what is denied on a
// side is neither warned about nor audited there. Rules are those that policies enforce.
func objectChanges(was, is check.Decision, rules map[string]string) []ObjectChange {
	change := func(before, after []check.Finding, come, gone compare.Direction) []ObjectChange {
		said, direction := after, come
		switch {
		case (len(before) > 0) == (len(after) > 0):
			return nil
		case len(after) == 0:
			said, direction = before, gone
		}
		o := ObjectChange{Subject: is.Subject, Direction: direction, Message: said[0].Message}
		for _, f := range said {
			o.Rules = append(o.Rules, rules[f.Policy])
		}
		slices.Sort(o.Rules)
		o.Rules = slices.Compact(o.Rules)
		return []ObjectChange{o}
	}
	if denied := change(was.Denials, is.Denials, compare.Denied, compare.Admitted); denied != nil {
		return denied
	}
	if len(was.Denials) > 0 {
		return nil
	}
	return append(change(was.Warnings, is.Warnings, compare.Warned, compare.Unwarned),
		change(was.Audits, is.Audits, compare.Audited, compare.Unaudited)...)
}
