package chart

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/tree"
)

// RuleInfo is what values can say about a rule of a chart.
type RuleInfo struct {
	Name     string
	Profile  policy.Profile
	Controls []policy.Control // by which values can exclude it; none of a rule of no profile
	Allows   []string         // keys of exceptions that relax it, in the newest version of the standard
}

// Rules gives the rules of the chart in t, sorted by name, as its templates see them.
func Rules(t tree.Tree) ([]RuleInfo, error) {
	controls, err := ReadControls(t)
	if err != nil {
		return nil, err
	}
	var out []RuleInfo
	for _, file := range t.Paths() {
		if !strings.HasPrefix(file, "files/rules/") {
			continue
		}
		doc, err := manifest.One(file, t[file])
		if err != nil {
			return nil, fmt.Errorf("read chart: %w", err)
		}
		data, err := doc.JSON()
		if err != nil {
			return nil, fmt.Errorf("read chart: %w", err)
		}
		var f ruleFile
		if err := json.Unmarshal(data, &f); err != nil {
			return nil, fmt.Errorf("read chart: %w", doc.Errorf("%v", err))
		}
		info := RuleInfo{Name: f.Name, Profile: f.Profile, Controls: controls.Of(f.Name)}
		if f.Exception != nil {
			info.Allows = f.Exception.Allows
		}
		out = append(out, info)
	}
	return out, nil
}
