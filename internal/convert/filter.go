package convert

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/vapchart/vapchart/internal/policy"
)

// anyOf gives the CEL that is true where any of the filters matches, "" where
// that needs no CEL. Each filter's parts stay together: they are joined before
// anything is negated, so that an exclusion never exempts more than it says.
//
// With onlyDifferences, filters that ask for nothing but resources need no CEL
// at all, since the match constraints hold these already.
func anyOf(filters []policy.Filter, onlyDifferences bool) string {
	if onlyDifferences {
		parts := func(f policy.Filter) bool { return !bare(f) }
		if !slices.ContainsFunc(filters, parts) {
			return ""
		}
		if len(filters) == 1 {
			f := filters[0]
			f.Resources = nil
			return allOf(f, subject(filters[0].Resources))
		}
	}
	var out []string
	for _, f := range filters {
		out = append(out, "("+allOf(f, subject(f.Resources))+")")
	}
	return strings.Join(out, " || ")
}

// allOf joins all parts of one filter.
func allOf(f policy.Filter, object string) string {
	var parts []string
	add := func(part string) {
		if part != "" {
			parts = append(parts, part)
		}
	}
	add(resourcesCEL(f.Resources))
	add(oneOf("request.?name.orValue('')", f.Names))
	add(oneOf("(request.kind.group == '' && request.kind.kind == 'Namespace' ? "+
		"request.?name.orValue('') : request.?namespace.orValue(''))", f.Namespaces))
	for _, k := range slices.Sorted(maps.Keys(f.Annotations)) {
		add(keyIs(object+".metadata.?annotations", k, f.Annotations[k]))
	}
	add(selectorCEL(object, f.Selector))
	var subjects []string
	for _, s := range f.Subjects {
		subjects = append(subjects, subjectCEL(s))
	}
	add(either(subjects))
	return strings.Join(parts, " && ")
}

// subject gives the CEL for the object that a filter looks at: on a deletion
// there is only the old one.
func subject(resources []policy.Resources) string {
	var deletes, others bool
	for _, res := range resources {
		for _, op := range res.Operations {
			deletes = deletes || op == "DELETE" || op == "*"
			others = others || op != "DELETE"
		}
	}
	switch {
	case deletes && others:
		return "(object != null ? object : oldObject)"
	case deletes:
		return "oldObject"
	default:
		return "object"
	}
}

func resourcesCEL(resources []policy.Resources) string {
	var out []string
	for _, res := range resources {
		var parts []string
		if !slices.Contains(res.Groups, "*") {
			parts = append(parts, "request.resource.group in "+list(res.Groups))
		}
		if !slices.Contains(res.Versions, "*") {
			parts = append(parts, "request.resource.version in "+list(res.Versions))
		}
		if !slices.Contains(res.Resources, "*") {
			parts = append(parts, "(request.resource.resource + (request.?subResource.orValue('') == '' ? '' : '/' + "+
				"request.subResource)) in "+list(res.Resources))
		}
		if len(res.Operations) > 0 && !slices.Contains(res.Operations, "*") {
			parts = append(parts, "request.operation in "+list(res.Operations))
		}
		if len(res.Names) > 0 {
			parts = append(parts, "request.?name.orValue('') in "+list(res.Names))
		}
		out = append(out, cmp.Or(strings.Join(parts, " && "), "true"))
	}
	return either(out)
}

func selectorCEL(object string, s *policy.Selector) string {
	if s == nil {
		return ""
	}
	labels := object + ".metadata.?labels"
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(s.MatchLabels)) {
		parts = append(parts, keyIs(labels, k, s.MatchLabels[k]))
	}
	for _, e := range s.MatchExpressions {
		has := fmt.Sprintf("%s[?%s].hasValue()", labels, quote(e.Key))
		in := fmt.Sprintf("%s && %s[?%s].value() in %s", has, labels, quote(e.Key), list(e.Values))
		switch e.Operator {
		case "In":
			parts = append(parts, in)
		case "NotIn":
			parts = append(parts, "!("+in+")")
		case "Exists":
			parts = append(parts, has)
		case "DoesNotExist":
			parts = append(parts, "!"+has)
		}
	}
	return strings.Join(parts, " && ")
}

func subjectCEL(s policy.Subject) string {
	name := s.Name
	switch s.Kind {
	case "Group":
		return "request.userInfo.?groups.orValue([]).exists(g, " + matches("g", name) + ")"
	case "ServiceAccount":
		name = "system:serviceaccount:" + s.Namespace + ":" + s.Name
	}
	return matches("request.userInfo.?username.orValue('')", name)
}

// keyIs says that a map, given as an optional, has a key with this value.
func keyIs(optionalMap, key, value string) string {
	entry := fmt.Sprintf("%s[?%s]", optionalMap, quote(key))
	return fmt.Sprintf("%s.hasValue() && %s", entry, matches(entry+".value()", value))
}

func oneOf(value string, patterns []string) string {
	if !slices.ContainsFunc(patterns, isWildcard) && len(patterns) > 1 {
		return value + " in " + list(patterns)
	}
	var out []string
	for _, p := range patterns {
		out = append(out, matches(value, p))
	}
	return either(out)
}

// matches compares text with a Kyverno pattern, in which * stands for any text
// and ? for one character.
func matches(value, pattern string) string {
	if !isWildcard(pattern) {
		return value + " == " + quote(pattern)
	}
	re := regexp.QuoteMeta(pattern)
	re = strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(re)
	return value + ".matches(" + quote("^"+re+"$") + ")"
}

func either(terms []string) string {
	if len(terms) > 1 {
		return "(" + strings.Join(terms, " || ") + ")"
	}
	return strings.Join(terms, "")
}

func list(values []string) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = quote(v)
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// quote gives a CEL string literal; CEL reads every escape that Go writes.
func quote(s string) string { return strconv.Quote(s) }

func isWildcard(s string) bool { return strings.ContainsAny(s, "*?") }

func hasWildcard(s *policy.Selector) bool {
	for _, v := range s.MatchLabels {
		if isWildcard(v) {
			return true
		}
	}
	return false
}
