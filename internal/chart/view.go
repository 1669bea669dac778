package chart

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/vapchart/vapchart/internal/policy"
)

// chartView is what the chart's templates see.
type chartView struct {
	Name, Version, AppVersion, Folder string
	Pin                               policy.Pin
	Kubernetes                        string    // the oldest minor version
	Rules                             []ruleRow // baseline first, then restricted, then other
	Other                             []ruleRow // those of no profile
	Keys                              []keyView
	Corrections, Deviations           []Note
	LeftOut                           []leftOutRow
}

type ruleRow struct {
	Name, Title, Profile, Controls, From string
}

type leftOutRow struct {
	Rule, Where, Why string
}

func view(in Input) (chartView, error) {
	keys, err := keyViews()
	if err != nil {
		return chartView{}, err
	}
	v := chartView{
		Keys: keys,
		Name: in.Name, Version: in.Version, AppVersion: AppVersion(in.Pin), Folder: in.Folder, Pin: in.Pin, Kubernetes: in.Kubernetes,
		Corrections: escaped(in.Corrections), Deviations: escaped(in.Deviations),
	}
	for _, o := range in.Rules {
		r := o.Rule
		controls := make([]string, len(r.Controls))
		for i, c := range r.Controls {
			controls[i] = string(c)
		}
		v.Rules = append(v.Rules, ruleRow{
			Name: r.Name, Title: oneLine(r.Title), Profile: string(r.Profile),
			Controls: strings.Join(controls, ", "), From: from(r.Origin),
		})
	}
	order := []policy.Profile{policy.Baseline, policy.Restricted, policy.Other}
	slices.SortStableFunc(v.Rules, func(a, b ruleRow) int {
		return cmp.Or(
			cmp.Compare(slices.Index(order, policy.Profile(a.Profile)), slices.Index(order, policy.Profile(b.Profile))),
			cmp.Compare(a.Name, b.Name))
	})
	for _, r := range v.Rules {
		if r.Profile == string(policy.Other) {
			v.Other = append(v.Other, r)
		}
	}
	for _, u := range in.LeftOut {
		v.LeftOut = append(v.LeftOut, leftOutRow{
			Rule: u.Origin.String(), Where: fmt.Sprintf("%s:%d", u.Origin.Path, u.Line),
			Why: cell(fmt.Sprintf("%s: %s", u.Reason, u.Detail)),
		})
	}
	return v, nil
}

// AppVersion gives the pin as the chart's appVersion: ref and short commit, or
// the source's kind. It becomes a label's value, so it keeps to what a label
// may hold.
func AppVersion(pin policy.Pin) string {
	v := pin.Ref
	if len(pin.Commit) >= 12 {
		v = strings.TrimPrefix(v+"-"+pin.Commit[:12], "-")
	}
	if v == "" {
		v = "directory"
		if pin.Builtin() {
			v = pin.Source
		}
	}
	v = regexp.MustCompile(`[^A-Za-z0-9_.-]+`).ReplaceAllString(v, "-")
	if len(v) > 63 { // keep the end, where the commit is
		v = v[len(v)-63:]
	}
	return strings.Trim(v, "-_.")
}

// from gives a rule's origin, as a link where its source has an address.
func from(o policy.Origin) string {
	if o.Pin.Builtin() {
		return "built in"
	}
	if strings.HasPrefix(o.Pin.Source, "https://") && o.Pin.Commit != "" {
		return fmt.Sprintf("[%s](%s/blob/%s/%s#L%d)", o.String(), o.Pin.Source, o.Pin.Commit, o.Path, o.Line)
	}
	return fmt.Sprintf("`%s:%d`", o.Path, o.Line)
}

func escaped(notes []Note) []Note {
	out := make([]Note, len(notes))
	for i, n := range notes {
		out[i] = Note{Control: cell(n.Control), Rule: cell(n.Rule), Why: cell(n.Why)}
	}
	return out
}

// cell makes text fit into one cell of a Markdown table.
func cell(s string) string { return strings.ReplaceAll(oneLine(s), "|", `\|`) }

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
