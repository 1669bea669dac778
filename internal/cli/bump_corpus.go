package cli

import (
	"context"
	"slices"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/convert"
	"github.com/vapchart/vapchart/internal/report"
	"github.com/vapchart/vapchart/internal/verdict"
)

// readCorpus reads the manifests to judge besides the pods that are made for it.
func (f bumpFlags) readCorpus(s Streams) ([]checked, error) {
	if len(f.corpus) == 0 {
		return nil, nil
	}
	return readManifests(s.In, f.corpus, nil)
}

// judgeCorpus judges the manifests by both versions, as check does by one, and gives
// those that get another verdict.
func (b *bumper) judgeCorpus(ctx context.Context, sc *scene) (report.BumpCorpus, error) {
	out := report.BumpCorpus{Objects: len(b.corpus), Changes: []report.BumpObject{}}
	if len(b.corpus) == 0 {
		return out, nil
	}
	was, err := newChecker(sc.pair.before, b.corpus, "")
	if err != nil {
		return out, err
	}
	is, err := newChecker(sc.pair.after, b.corpus, "")
	if err != nil {
		return out, err
	}
	before, _, err := was.judge(ctx)
	if err != nil {
		return out, err
	}
	after, notes, err := is.judge(ctx)
	if err != nil {
		return out, err
	}
	out.Notes = notes
	rules := map[string]string{} // by policy
	for _, objs := range []*admission.Objects{sc.pair.before, sc.pair.after} {
		for _, p := range objs.Policies {
			rules[p.Name] = convert.RuleOf(p.Name, p.Annotations)
		}
	}
	for i := range before {
		out.Changes = append(out.Changes, objectChanges(before[i], after[i], rules)...)
	}
	slices.SortStableFunc(out.Changes, func(a, b report.BumpObject) int { return report.CompareDirections(a.Direction, b.Direction) })
	return out, nil
}

// objectChanges compares two decisions as verdict.Compare does: what is denied on a
// side is neither warned about nor audited there. Rules are those that policies enforce.
func objectChanges(was, is report.Decision, rules map[string]string) []report.BumpObject {
	change := func(before, after []report.Finding, come, gone verdict.Direction) []report.BumpObject {
		said, direction := after, come
		switch {
		case (len(before) > 0) == (len(after) > 0):
			return nil
		case len(after) == 0:
			said, direction = before, gone
		}
		o := report.BumpObject{Subject: is.Subject, Direction: direction, Message: said[0].Message}
		for _, f := range said {
			o.Rules = append(o.Rules, rules[f.Policy])
		}
		slices.Sort(o.Rules)
		o.Rules = slices.Compact(o.Rules)
		return []report.BumpObject{o}
	}
	if denied := change(was.Denials, is.Denials, verdict.Denied, verdict.Admitted); denied != nil {
		return denied
	}
	if len(was.Denials) > 0 {
		return nil
	}
	return append(change(was.Warnings, is.Warnings, verdict.Warned, verdict.Unwarned),
		change(was.Audits, is.Audits, verdict.Audited, verdict.Unaudited)...)
}
