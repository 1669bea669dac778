package bump

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
)

// Mention is a place in a file by hand that names a rule.
type Mention struct {
	File string `json:"file"`
	Line int    `json:"line"` // 1-based
	Rule string `json:"rule"`
	To   string `json:"to,omitempty"` // the name that it has to have; empty where the rule is gone
	Text string `json:"text"`         // what stands there
}

// Mentions finds where a YAML file names one of the rules, by itself, as the last
// part of a label's key, or as a policy of one of its modes. Names gives the new name
// of each, empty for one that is gone. Comments do not count.
func Mentions(file string, data []byte, names map[string]string) ([]Mention, error) {
	docs, err := manifest.Split(file, data)
	if err != nil || len(docs) == 0 || len(names) == 0 {
		return nil, err
	}
	f := finder{file: file, names: names}
	// A name may be part of a longer one, so it is asked for whole.
	f.word = regexp.MustCompile(`[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?`)
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var node yaml.Node
		err := dec.Decode(&node)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		f.node(&node)
	}
	slices.SortStableFunc(f.out, func(a, b Mention) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Rule, b.Rule)) })
	return slices.Compact(f.out), nil
}

type finder struct {
	file  string
	names map[string]string
	word  *regexp.Regexp
	out   []Mention
}

func (f *finder) node(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		first := n.Line
		if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
			first++ // the text begins below its sign
		}
		for i, line := range strings.Split(n.Value, "\n") {
			f.line(first+i, line)
		}
	}
	for _, c := range n.Content {
		f.node(c)
	}
}

func (f *finder) isRule(name string) bool {
	_, ok := f.names[name]
	return ok
}

func (f *finder) line(number int, text string) {
	for _, word := range f.word.FindAllString(text, -1) {
		rule := policy.ParseObjectName(word, f.isRule).Rule
		if to, ok := f.names[rule]; ok {
			f.out = append(f.out, Mention{File: f.file, Line: number, Rule: rule, To: to, Text: strings.TrimSpace(text)})
		}
	}
}
